// PostgresProbe: what can be told of the PostgreSQL libraries and of a database
// before it is opened for work; see storage/probe.h for what that may do.
//
// A server of our own that has a directory already is started for it, and
// stopped again.
//
// Threads: any.
// Errors: none; what goes wrong is a line.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_PROBE_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_PROBE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/preflight_line.h"
#include "storage/postgres/postgres_target.h"
#include "storage/postgres/server_settings.h"
#include "storage/probe.h"

namespace tillstorm {

[[nodiscard]] std::vector<PreflightLine> ProbePostgresLibraries();

// REQUIRES: this process does not write the dataset.
[[nodiscard]] LocationProbe ProbePostgresDatabase(const PostgresTarget& target,
                                                  const ProbeNeeds& needs);
// `directory` is absolute, or empty for a throw-away server.
[[nodiscard]] LocationProbe ProbeLocalServer(const std::string& directory,
                                             const ServerSettings& settings,
                                             const ProbeNeeds& needs);

// What a server and a database say of themselves.
struct PostgresFacts {
  int version = 0;  // 150020
  std::string version_text;
  bool is_standby = false;
  bool is_read_only = false;
  std::string encoding;
  std::string schema;  // empty: there is none to write to
  bool may_create = false;
  bool may_make_temporary = false;
  int free_connections = 0;  // that this role can still make
};

// The judgements, apart from the asking. `name` is the database's.
[[nodiscard]] std::vector<PreflightLine> JudgePostgres(
    const std::string& name, const PostgresFacts& facts, int lanes);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_PROBE_H_
