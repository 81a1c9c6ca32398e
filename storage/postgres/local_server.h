// LocalServer: a PostgreSQL server of our own, for as long as it is needed. It
// listens on a unix socket in a private folder and nowhere else.
//
//   Open()           uses the server that runs on the directory, or starts one
//   OpenThrowAway()  makes a directory and a server that both go at the end
//
// Who started a server stops it, when every tillstorm that uses it has left:
// Stop() waits for them; other clients are given some time and are then
// disconnected. A starter that does not wait, or was killed, leaves the server
// to the others: the last one out stops it, unless one that comes meanwhile
// takes it over, and StopAbandoned() stops what nobody uses. A process has one
// LocalServer per directory, which its users share.
//
// Stopping: what opens or stops a server takes a flag, which may be null. An
// opening that fails or is stopped leaves what was there before it.
//
// Threads: the static functions from any; the rest one at a time.
// Errors: kUnavailable for a server that does not start or is not installed,
// kUsage when the location's settings keep it from starting, kInterrupted when
// the flag was raised, otherwise those of ServerDirectory.
#ifndef TILLSTORM_STORAGE_POSTGRES_LOCAL_SERVER_H_
#define TILLSTORM_STORAGE_POSTGRES_LOCAL_SERVER_H_

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "harness/core/status.h"
#include "storage/backend.h"
#include "storage/postgres/file_lock.h"
#include "storage/postgres/runtime_folder.h"
#include "storage/postgres/server_directory.h"
#include "storage/postgres/server_process.h"
#include "storage/postgres/server_settings.h"
#include "storage/postgres/wait.h"

namespace tillstorm {

class LocalServer {
 public:
  // `directory` is absolute; see ServerDirectory::Open(). A server that runs
  // already keeps its settings.
  [[nodiscard]] static Result<std::shared_ptr<LocalServer>> Open(
      const std::string& directory, bool create, const ServerSettings& settings,
      StopFlag stop = nullptr);
  // Under $TMPDIR or /tmp.
  [[nodiscard]] static Result<std::shared_ptr<LocalServer>> OpenThrowAway(
      const ServerSettings& settings, StopFlag stop = nullptr);
  // Whether a killed tillstorm left something.
  [[nodiscard]] static bool HasAbandoned();
  // Stops servers that a killed tillstorm left running, unless another one uses
  // them, and removes what is left of throw-away ones, one after the other;
  // when `stop` is raised the rest stays for the next time.
  static void StopAbandoned(StopFlag stop = nullptr);
  // For emergencies: ends the servers that this process started, unless another
  // tillstorm uses them, and removes throw-away ones. One that is just being
  // opened gets a second to clear up by itself.
  static void StopAllNow();

  ~LocalServer();  // Stop(), for as long as it takes
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  // Waits for other clients, which `say` is told (it may be empty); idempotent.
  // kUnavailable when it does not end, kInterrupted when it was left to others
  // because `stop` was raised. REQUIRES: this process has closed its
  // connections.
  Status Stop(StopFlag stop = nullptr, const Notice& say = {});

  // Of libpq. Superuser and database are called postgres.
  [[nodiscard]] std::string conninfo() const;
  [[nodiscard]] const std::string& socket_folder() const {
    return socket_folder_;
  }
  [[nodiscard]] const std::string& directory() const {
    return directory_.path();
  }
  [[nodiscard]] pid_t process() const { return process_; }
  // Whether this process is the one that stops it; a fork of it is not.
  [[nodiscard]] bool is_owner() const { return owner_ == getpid(); }

 private:
  LocalServer() = default;
  Status Attach(const ServerSettings& settings, StopFlag stop);
  [[nodiscard]] Result<bool> TakeLocks();
  bool TakeAbandoned();
  void TakeSockets();
  Status TakeOver(const RunningServer& running, StopFlag stop);
  Status UseRunning(ServerProcess process, std::chrono::seconds longest,
                    StopFlag stop);
  Status Start(const ServerSettings& settings, StopFlag stop);
  void Undo();
  bool WaitForOthers(StopFlag stop, const Notice& say) const;
  Status LeaveToOthers(StopFlag stop, const Notice& say);
  Status StopOwned(std::chrono::seconds for_clients, StopFlag stop,
                   const Notice& say);
  bool EndProcess(std::chrono::seconds for_clients, StopFlag stop,
                  const Notice& say) const;
  void Release();
  void StopNow();

  ServerDirectory directory_;
  bool throw_away_ = false;
  bool made_data_ = false;
  pid_t owner_ = 0;
  FileLock server_lock_;
  FileLock clients_lock_;
  std::unique_ptr<SocketFolder> sockets_;  // of a server that we stop
  std::string socket_folder_;
  pid_t process_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_LOCAL_SERVER_H_
