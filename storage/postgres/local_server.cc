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

#include "storage/postgres/server_process.h"

namespace tillstorm {
namespace {

using std::chrono::seconds;

// A server that was killed reads its log first, which may take minutes.
constexpr seconds kStartMax{300};
constexpr seconds kLook{1};
// For clients that are no tillstorm, such as a psql that somebody forgot.
constexpr seconds kForClients{30};
constexpr seconds kFastMax{120};
constexpr seconds kImmediateMax{10};

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

void RemoveTree(const std::string& directory) {
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

// One that nobody has; it is made when its record is there.
std::string ThrowAwayName() {
  std::random_device random;
  return fmt::format("{}/tillstorm-pg-{:08x}{:08x}", TemporaryDirectory(),
                     random(), random());
}

}  // namespace

Result<std::shared_ptr<LocalServer>> LocalServer::Open(
    const std::string& path, bool create, const ServerSettings& settings) {
  const std::lock_guard lock(TheRegistry().mutex);
  Result<ServerDirectory> directory = ServerDirectory::Open(path, create);
  if (!directory.ok()) return directory.status();
  std::error_code error;
  const std::string key = std::filesystem::canonical(path, error);
  std::weak_ptr<LocalServer>& known = TheRegistry().servers[key];
  if (std::shared_ptr<LocalServer> open = known.lock()) return open;
  std::shared_ptr<LocalServer> server(new LocalServer);
  server->directory_ = std::move(*directory);
  TS_RETURN_IF_ERROR(server->Attach(settings));
  known = server;
  return server;
}

Result<std::shared_ptr<LocalServer>> LocalServer::OpenThrowAway(
    const ServerSettings& settings) {
  const Result<UserIdentity> user = ServerUser();
  if (!user.ok()) return user.status();
  std::shared_ptr<LocalServer> server(new LocalServer);
  server->throw_away_ = true;
  const std::string path = ThrowAwayName();
  Result<std::unique_ptr<SocketFolder>> sockets =
      SocketFolder::Create(*user, {path, true});
  if (!sockets.ok()) return sockets.status();
  server->sockets_ = std::move(*sockets);
  Result<ServerDirectory> directory = ServerDirectory::Open(path, true);
  Status status = directory.status();
  if (status.ok()) {
    server->directory_ = std::move(*directory);
    status = server->Attach(settings);
  }
  if (!status.ok()) {
    if (server->sockets_ != nullptr) server->sockets_->Remove();
    RemoveTree(path);
    return status;
  }
  const std::lock_guard lock(TheRegistry().mutex);
  TheRegistry().servers[path] = server;
  return server;
}

LocalServer::~LocalServer() { static_cast<void>(Stop()); }

Status LocalServer::Attach(const ServerSettings& settings) {
  // Whoever started it may only just have begun to, and may give up.
  for (seconds waited{0}; waited < kStartMax; waited += kLook) {
    TS_RETURN_IF_ERROR(TakeLocks());
    if (is_owner()) {
      RunningServer running;
      return directory_.FindRunning(&running) ? TakeOver(running)
                                              : Start(settings);
    }
    if (UseRunning(kLook).ok()) return Status::Ok();
  }
  return {StatusCode::kUnavailable,
          fmt::format("another tillstorm holds {}, but its PostgreSQL server "
                      "is not ready",
                      directory())};
}

// While somebody stops the server the lock of the clients is his.
Status LocalServer::TakeLocks() {
  // The server's first: it is what marks the directory as ours.
  int error = server_lock_.Open(directory_.server_lock());
  if (error != 0) return CannotLock(error, directory_.server_lock());
  error = clients_lock_.Open(directory_.clients_lock());
  if (error == 0) error = clients_lock_.Share();
  if (error != 0) return CannotLock(error, directory_.clients_lock());
  error = server_lock_.TryTake();
  if (error == 0) owner_ = getpid();
  if (is_owner() || error == EWOULDBLOCK) return Status::Ok();
  return CannotLock(error, directory_.server_lock());
}

// One whose starter was killed.
Status LocalServer::TakeOver(const RunningServer& running) {
  process_ = running.process;
  for (auto& abandoned : SocketFolder::FindAbandoned()) {
    if (abandoned->path() == running.socket_folder) {
      sockets_ = std::move(abandoned);
    }
  }
  return UseRunning(kStartMax);
}

Status LocalServer::UseRunning(seconds longest) {
  ServerProcess process;
  process.id = process_;
  const Result<RunningServer> running =
      WaitUntilReady(directory_, process, longest);
  if (!running.ok()) return running.status();
  process_ = running->process;
  socket_folder_ = running->socket_folder;
  return Status::Ok();
}

Status LocalServer::Start(const ServerSettings& settings) {
  if (sockets_ == nullptr) {
    Result<std::unique_ptr<SocketFolder>> sockets =
        SocketFolder::Create(directory_.identity(), {directory(), false});
    if (!sockets.ok()) return sockets.status();
    sockets_ = std::move(*sockets);
  }
  TS_RETURN_IF_ERROR(directory_.MakeData(!throw_away_));
  ServerProcess process;
  TS_RETURN_IF_ERROR(
      StartServer(directory_, sockets_->path(), settings, &process));
  process_ = process.id;
  return UseRunning(kStartMax);
}

Status LocalServer::Stop() {
  if (!is_owner()) {
    clients_lock_.Close();
    return Status::Ok();
  }
  if (!throw_away_) static_cast<void>(clients_lock_.Take());
  return StopOwned(kForClients);
}

Status LocalServer::StopOwned(seconds for_clients) {
  const bool ended = process_ == 0 || EndProcess(for_clients);
  if (ended) {
    if (throw_away_) RemoveTree(directory());
    if (sockets_ != nullptr) sockets_->Remove();
  }
  sockets_.reset();
  server_lock_.Close();
  clients_lock_.Close();
  owner_ = 0;
  if (ended) return Status::Ok();
  return {StatusCode::kUnavailable,
          fmt::format("the PostgreSQL server of {} (process {}) does not end",
                      directory(), process_)};
}

// What a throw-away server has in memory need not reach the disk.
bool LocalServer::EndProcess(seconds for_clients) const {
  return (!throw_away_ && (EndServer(process_, Shutdown::kSmart, for_clients) ||
                           EndServer(process_, Shutdown::kFast, kFastMax))) ||
         EndServer(process_, Shutdown::kImmediate, kImmediateMax);
}

void LocalServer::StopNow() {
  if (!is_owner() || process_ == 0) return;
  if (!throw_away_) {
    // The next start sees to the rest, by the record that stays.
    if (clients_lock_.TryTake() == 0) {
      static_cast<void>(EndServer(process_, Shutdown::kFast, seconds(0)));
    }
  } else if (EndServer(process_, Shutdown::kImmediate, seconds(1))) {
    RemoveTree(directory());
    if (sockets_ != nullptr) sockets_->Remove();
  }
  owner_ = 0;  // Stop() has nothing left to wait for
}

void LocalServer::StopAllNow() {
  constexpr std::chrono::milliseconds kWait{100};
  const std::unique_lock lock(TheRegistry().mutex, kWait);
  if (!lock.owns_lock()) return;
  for (const auto& [key, known] : TheRegistry().servers) {
    if (const auto server = known.lock()) server->StopNow();
  }
}

void LocalServer::StopAbandoned() {
  for (auto& sockets : SocketFolder::FindAbandoned()) {
    const ServerRecord record = sockets->record();
    if (!ServerDirectory::IsOurs(record.directory)) {
      // Of a throw-away one perhaps killed before it was marked as ours.
      if (record.throw_away) RemoveTree(record.directory);
      sockets->Remove();
      continue;
    }
    Result<ServerDirectory> directory =
        ServerDirectory::Open(record.directory, false);
    if (!directory.ok()) continue;
    LocalServer server;
    server.directory_ = std::move(*directory);
    server.throw_away_ = record.throw_away;
    if (server.TakeAbandoned()) {
      server.sockets_ = std::move(sockets);
      static_cast<void>(server.StopOwned(seconds(0)));
    }
  }
}

// False when somebody uses it, or has taken it over already.
bool LocalServer::TakeAbandoned() {
  if (clients_lock_.Open(directory_.clients_lock()) != 0 ||
      clients_lock_.TryTake() != 0 ||
      server_lock_.Open(directory_.server_lock()) != 0 ||
      server_lock_.TryTake() != 0) {
    return false;
  }
  owner_ = getpid();
  RunningServer running;
  if (directory_.FindRunning(&running)) process_ = running.process;
  return true;
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
