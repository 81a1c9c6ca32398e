// LocalServer: a PostgreSQL server of our own, for as long as it is needed. It
// listens on a unix socket in a private folder and nowhere else.
//
//   Open()           uses the server that runs on the directory, or starts one
//   OpenThrowAway()  makes a directory and a server that both go at the end
//
// Who started a server stops it, when every tillstorm that uses it has left:
// Stop() waits for them; other clients are given some time and are then
// disconnected. A server whose starter was killed is taken over by the next one
// that opens it, or stopped by StopAbandoned(). A process has one LocalServer
// per directory, which its users share.
//
// Threads: the static functions from any; the rest one at a time.
// Errors: kUnavailable for a server that does not start or is not installed,
// otherwise those of ServerDirectory.
#ifndef TILLSTORM_STORAGE_POSTGRES_LOCAL_SERVER_H_
#define TILLSTORM_STORAGE_POSTGRES_LOCAL_SERVER_H_

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "harness/core/status.h"
#include "storage/postgres/file_lock.h"
#include "storage/postgres/runtime_folder.h"
#include "storage/postgres/server_directory.h"
#include "storage/postgres/server_settings.h"

namespace tillstorm {

class LocalServer {
 public:
  // `directory` is absolute; see ServerDirectory::Open(). A server that runs
  // already keeps its settings.
  [[nodiscard]] static Result<std::shared_ptr<LocalServer>> Open(
      const std::string& directory, bool create,
      const ServerSettings& settings);
  // Under $TMPDIR or /tmp.
  [[nodiscard]] static Result<std::shared_ptr<LocalServer>> OpenThrowAway(
      const ServerSettings& settings);
  // Stops servers that a killed tillstorm left running, unless another one uses
  // them, and removes what is left of throw-away ones.
  static void StopAbandoned();
  // For emergencies: ends the servers that this process started, unless another
  // tillstorm uses them, and removes throw-away ones.
  static void StopAllNow();

  ~LocalServer();  // Stop()
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  // Waits for other clients; idempotent. kUnavailable when it does not end.
  // REQUIRES: this process has closed its connections.
  Status Stop();

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
  Status Attach(const ServerSettings& settings);
  Status TakeLocks();
  bool TakeAbandoned();
  Status TakeOver(const RunningServer& running);
  Status UseRunning(std::chrono::seconds longest);
  Status Start(const ServerSettings& settings);
  Status StopOwned(std::chrono::seconds for_clients);
  bool EndProcess(std::chrono::seconds for_clients) const;
  void StopNow();

  ServerDirectory directory_;
  bool throw_away_ = false;
  pid_t owner_ = 0;
  FileLock server_lock_;
  FileLock clients_lock_;
  std::unique_ptr<SocketFolder> sockets_;  // of a server that we stop
  std::string socket_folder_;
  pid_t process_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_LOCAL_SERVER_H_
