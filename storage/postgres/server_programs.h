// ServerPrograms: where PostgreSQL's own programs are. Debian keeps those of a
// server apart from the search path, a folder per version.
//
// Threads: any.
#ifndef TILLSTORM_STORAGE_POSTGRES_SERVER_PROGRAMS_H_
#define TILLSTORM_STORAGE_POSTGRES_SERVER_PROGRAMS_H_

#include <string>
#include <vector>

#include "harness/core/status.h"

namespace tillstorm {

struct ServerPrograms {
  std::string directory;     // holds initdb and postgres
  int version = 0;           // major: 15
  std::string version_text;  // 15.20

  [[nodiscard]] std::string initdb() const { return directory + "/initdb"; }
  [[nodiscard]] std::string postgres() const { return directory + "/postgres"; }
};

// All that are installed, newest version first: in the folders of the search
// path, in those of Debian and in those of the packages of postgresql.org.
[[nodiscard]] std::vector<ServerPrograms> FindServerPrograms();

// The newest ones, or those of one major version: kUnavailable, with the name
// of the package, when they are not installed.
[[nodiscard]] Result<ServerPrograms> ChooseServerPrograms();
[[nodiscard]] Result<ServerPrograms> ChooseServerPrograms(
    int version, const std::string& directory);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_SERVER_PROGRAMS_H_
