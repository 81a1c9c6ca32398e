// ServerProcess: the postgres program that serves a ServerDirectory: starting
// it, waiting until it answers, ending it.
//
// Threads: one per server.
// Errors: kUnavailable, with what the server itself says about it; kUsage when
// that is about a setting of the location; kInterrupted.
#ifndef TILLSTORM_STORAGE_POSTGRES_SERVER_PROCESS_H_
#define TILLSTORM_STORAGE_POSTGRES_SERVER_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <string>

#include "harness/core/status.h"
#include "storage/postgres/server_directory.h"
#include "storage/postgres/server_settings.h"

namespace tillstorm {

struct ServerProcess {
  pid_t id = 0;          // 0: none
  off_t log_start = 0;   // what it says stands in the log from there on
  ServerSettings given;  // those of its settings that the location gave
};

// REQUIRES: the directory has its data, and nobody serves it.
Status StartServer(const ServerDirectory& directory,
                   const std::string& socket_folder,
                   const ServerSettings& settings, ServerProcess* process);

// Until it takes connections. The process may be an unknown one (0), of a
// server that somebody else starts; it is unknown afterwards if it has ended.
[[nodiscard]] Result<RunningServer> WaitUntilReady(
    const ServerDirectory& directory, ServerProcess* process,
    std::chrono::seconds longest, StopFlag stop);

// How a server ends, as PostgreSQL calls it.
enum class Shutdown : uint8_t {
  kSmart,      // when its clients have left
  kFast,       // at once
  kImmediate,  // without writing what it has in memory: as a crash
};
// Whether it ended in time, or was gone already. It is told to end even when
// `stop` is raised.
[[nodiscard]] Waited EndServer(pid_t process, Shutdown how,
                               std::chrono::seconds longest,
                               StopFlag stop = nullptr);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_SERVER_PROCESS_H_
