#include "storage/postgres/local_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <system_error>
#include <utility>

namespace tillstorm {
namespace {

using std::chrono::seconds;

// A server that was killed reads its log first, which may take minutes.
constexpr seconds kStartMax{300};
constexpr seconds kLook{1};

struct Registry {
  std::timed_mutex mutex;  // guards all of it
  std::map<std::string, std::weak_ptr<LocalServer>> servers;
};

// Never destroyed: a thread may still use it while the process ends.
Registry& TheRegistry() {
  static auto* const registry = new Registry;
  return *registry;
}

Status CannotLock(int error, const std::string& file) {
  return {error == EACCES ? StatusCode::kPermission : StatusCode::kCannotCreate,
          fmt::format("{} cannot be locked: {}", file, std::strerror(error))};
}

// One that nobody has; it is made when its record is there.
std::string ThrowAwayName() {
  std::random_device random;
  return fmt::format("{}/tillstorm-pg-{:08x}{:08x}", TemporaryDirectory(),
                     random(), random());
}

}  // namespace

Result<std::shared_ptr<LocalServer>> LocalServer::Open(
    const std::string& path, bool create, const ServerSettings& settings,
    StopFlag stop) {
  const std::lock_guard lock(TheRegistry().mutex);
  Result<ServerDirectory> directory = ServerDirectory::Open(path, create);
  if (!directory.ok()) return directory.status();
  std::error_code error;
  const std::string key = std::filesystem::canonical(path, error);
  std::weak_ptr<LocalServer>& known = TheRegistry().servers[key];
  if (std::shared_ptr<LocalServer> open = known.lock()) return open;
  std::shared_ptr<LocalServer> server(new LocalServer);
  server->directory_ = std::move(*directory);
  const Status status = server->Attach(settings, stop);
  if (!status.ok()) {
    server->Undo();
    return status;
  }
  known = server;
  return server;
}

Result<std::shared_ptr<LocalServer>> LocalServer::OpenThrowAway(
    const ServerSettings& settings, StopFlag stop) {
  const std::lock_guard lock(TheRegistry().mutex);
  const Result<UserIdentity> user = ServerUser();
  if (!user.ok()) return user.status();
  std::shared_ptr<LocalServer> server(new LocalServer);
  server->throw_away_ = true;
  const std::string path = ThrowAwayName();
  // First: by its record a directory is found, however this process ends.
  Result<std::unique_ptr<SocketFolder>> sockets =
      SocketFolder::Create(*user, {path, true});
  if (!sockets.ok()) return sockets.status();
  server->sockets_ = std::move(*sockets);
  Result<ServerDirectory> directory = ServerDirectory::Open(path, true);
  Status status = directory.status();
  if (status.ok()) {
    server->directory_ = std::move(*directory);
    status = server->Attach(settings, stop);
  }
  if (!status.ok()) {
    server->Undo();
    return status;
  }
  TheRegistry().servers[path] = server;
  return server;
}

Status LocalServer::Attach(const ServerSettings& settings, StopFlag stop) {
  // Whoever started it may only just have begun to, and may give up; while
  // somebody stops it the lock of the clients is his.
  Status status;
  const auto is_attached = [&] {
    const Result<bool> taken = TakeLocks();
    status = taken.status();
    if (!taken.ok()) return true;
    if (!*taken) return false;
    if (!is_owner()) return UseRunning({}, kLook, stop).ok();
    RunningServer running;
    status = directory_.FindRunning(&running) ? TakeOver(running, stop)
                                              : Start(settings, stop);
    return true;
  };
  switch (WaitFor(is_attached, kStartMax, stop)) {
    case Waited::kDone:
      return status;
    case Waited::kStopped:
      return {StatusCode::kInterrupted,
              fmt::format("stopped while waiting for the PostgreSQL server of "
                          "{}",
                          directory())};
    case Waited::kLate:
      break;
  }
  return {StatusCode::kUnavailable,
          fmt::format("another tillstorm holds {}, but its PostgreSQL server "
                      "is not ready",
                      directory())};
}

// False while somebody stops the server.
Result<bool> LocalServer::TakeLocks() {
  // The server's first: it is what marks the directory as ours.
  int error = server_lock_.Open(directory_.server_lock());
  if (error != 0) return CannotLock(error, directory_.server_lock());
  error = clients_lock_.Open(directory_.clients_lock());
  if (error == 0) error = clients_lock_.TryShare();
  if (error == EWOULDBLOCK) return false;
  if (error != 0) return CannotLock(error, directory_.clients_lock());
  error = server_lock_.TryTake();
  if (error == 0) owner_ = getpid();
  if (is_owner() || error == EWOULDBLOCK) return true;
  return CannotLock(error, directory_.server_lock());
}

// One whose starter has left it.
Status LocalServer::TakeOver(const RunningServer& running, StopFlag stop) {
  process_ = running.process;
  socket_folder_ = running.socket_folder;
  TakeSockets();
  ServerProcess process;
  process.id = process_;
  return UseRunning(process, kStartMax, stop);
}

Status LocalServer::UseRunning(ServerProcess process, seconds longest,
                               StopFlag stop) {
  const Result<RunningServer> running =
      WaitUntilReady(directory_, &process, longest, stop);
  process_ = running.ok() ? running->process : process.id;
  if (!running.ok()) return running.status();
  socket_folder_ = running->socket_folder;
  return Status::Ok();
}

Status LocalServer::Start(const ServerSettings& settings, StopFlag stop) {
  if (sockets_ == nullptr) {
    Result<std::unique_ptr<SocketFolder>> sockets =
        SocketFolder::Create(directory_.identity(), {directory(), false});
    if (!sockets.ok()) return sockets.status();
    sockets_ = std::move(*sockets);
  }
  if (!directory_.HasData()) {
    TS_RETURN_IF_ERROR(directory_.MakeData(!throw_away_, stop));
    made_data_ = true;
  }
  ServerProcess process;
  TS_RETURN_IF_ERROR(
      StartServer(directory_, sockets_->path(), settings, &process));
  return UseRunning(process, kStartMax, stop);
}

void LocalServer::StopAllNow() {
  const std::unique_lock lock(TheRegistry().mutex, seconds(1));
  if (!lock.owns_lock()) return;
  for (const auto& [key, known] : TheRegistry().servers) {
    if (const auto server = known.lock()) server->StopNow();
  }
}

std::string LocalServer::conninfo() const {
  std::string host;
  for (const char c : socket_folder_) {
    if (c == '\\' || c == '\'') host += '\\';
    host += c;
  }
  return fmt::format("host='{}' port={} user=postgres dbname=postgres", host,
                     kServerPort);
}

}  // namespace tillstorm
