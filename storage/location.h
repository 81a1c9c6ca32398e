// Location: what --to and LOCATION arguments mean.
//
//   PATH, sqlite:PATH[?option=value&...]   a SQLite file
//   sqlite:                                a throw-away file, removed at the
//                                          end
//   postgresql://[user@]host[:port]/db?... a server of the user's
//   postgres:DIR[?option=value&...]        a server of our own, which is
//                                          started for as long as it is needed;
//                                          its data stays in the directory
//   postgres:[?option=value&...]           a throw-away server of our own
//   null:                                  takes everything, stores nothing
//
// A path is made absolute, so that nothing a user types is ever read as a
// `file:` URI by SQLite. Options are the engine's own; an unknown one is
// refused. So is a password: arguments can be read by every user of a machine.
#ifndef TILLSTORM_STORAGE_LOCATION_H_
#define TILLSTORM_STORAGE_LOCATION_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

enum class Engine : uint8_t {
  kSqlite,
  kNull,
  kPostgres,       // a server that somebody else runs
  kPostgresLocal,  // one of our own
};

struct Location {
  Engine engine = Engine::kSqlite;
  // Absolute, of the file or of the server's directory; empty for a throw-away,
  // for null: and for a server that somebody else runs.
  std::string path;
  std::map<std::string, std::string> options;
  std::string text;  // as the user wrote it; holds no password

  [[nodiscard]] bool is_postgres() const {
    return engine == Engine::kPostgres || engine == Engine::kPostgresLocal;
  }
  // Whether anything is written that could be read back.
  [[nodiscard]] bool stores() const { return engine != Engine::kNull; }
  // Whether the dataset is still there when the program has ended.
  [[nodiscard]] bool keeps() const {
    return engine == Engine::kPostgres || !path.empty();
  }
};

// kUsage with a sentence that says what was found and what would be right.
[[nodiscard]] Result<Location> ParseLocation(std::string_view text);

[[nodiscard]] Result<std::unique_ptr<Backend>> OpenBackend(
    const Location& location);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_LOCATION_H_
