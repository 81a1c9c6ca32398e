// Stopping servers: our own, those that others left, and who does it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "storage/postgres/local_server.h"

namespace tillstorm {
namespace {

using std::chrono::seconds;

// For clients that are no tillstorm, such as a psql that somebody forgot.
constexpr seconds kForClients{30};
constexpr seconds kFastMax{120};
constexpr seconds kImmediateMax{10};
constexpr seconds kUndoMax{2};
// What takes no longer needs no word to the user.
constexpr seconds kQuiet{1};
constexpr std::chrono::hours kForever{100'000};

void Tell(const Notice& say, const std::string& sentence) {
  if (say) say(sentence);
}

}  // namespace

// After an opening that failed. Whoever waits for this server sees to it next.
void LocalServer::Undo() {
  if (!is_owner() || clients_lock_.TryTake() != 0) {
    if (process_ == 0 && sockets_ != nullptr) sockets_->Remove();
    if (throw_away_) RemoveTree(directory());
    Release();
    return;
  }
  // What it has in memory is of use to nobody if its data goes.
  const bool ended =
      process_ == 0 ||
      (!made_data_ &&
       EndServer(process_, Shutdown::kFast, kUndoMax) == Waited::kDone) ||
      EndServer(process_, Shutdown::kImmediate, kImmediateMax) == Waited::kDone;
  if (ended) {
    if (made_data_) RemoveTree(directory_.data());
    directory_.LeaveAsFound();
    if (throw_away_) RemoveTree(directory());
    if (sockets_ != nullptr) sockets_->Remove();
  }
  Release();
}

LocalServer::~LocalServer() { static_cast<void>(Stop()); }

Status LocalServer::Stop(StopFlag stop, const Notice& say) {
  if (!is_owner()) return LeaveToOthers(stop, say);
  if (throw_away_ || WaitForOthers(stop, say)) {
    return StopOwned(kForClients, stop, say);
  }
  Tell(say, fmt::format("the PostgreSQL server of {} goes on for the others "
                        "that use it; the last of them stops it",
                        directory()));
  TS_RETURN_IF_ERROR(LeaveToOthers(stop, say));
  return {
      StatusCode::kInterrupted,
      fmt::format("stopped while waiting for others that use {}", directory())};
}

// False when the waiting was stopped.
bool LocalServer::WaitForOthers(StopFlag stop, const Notice& say) const {
  const auto is_alone = [this] { return clients_lock_.TryTake() == 0; };
  Waited waited = WaitFor(is_alone, kQuiet, stop);
  if (waited == Waited::kLate) {
    Tell(say, fmt::format("waiting for the other tillstorms that use the "
                          "PostgreSQL server of {}; a signal leaves it to them",
                          directory()));
    waited = WaitFor(is_alone, kForever, stop);
  }
  return waited == Waited::kDone;
}

// The last one out stops a server whose starter is gone.
Status LocalServer::LeaveToOthers(StopFlag stop, const Notice& say) {
  const bool is_shared = !throw_away_ && clients_lock_.is_open();
  Release();
  if (!is_shared || !TakeAbandoned()) {
    Release();
    return Status::Ok();
  }
  TakeSockets();
  return StopOwned(kForClients, stop, say);
}

Status LocalServer::StopOwned(seconds for_clients, StopFlag stop,
                              const Notice& say) {
  const bool ended = process_ == 0 || EndProcess(for_clients, stop, say);
  if (ended) {
    if (throw_away_) RemoveTree(directory());
    if (sockets_ != nullptr) sockets_->Remove();
  }
  Release();
  if (ended) return Status::Ok();
  return {StatusCode::kUnavailable,
          fmt::format("the PostgreSQL server of {} (process {}) does not end",
                      directory(), process_)};
}

// What a throw-away server has in memory need not reach the disk.
bool LocalServer::EndProcess(seconds for_clients, StopFlag stop,
                             const Notice& say) const {
  const auto ends = [this](Shutdown how, seconds longest, StopFlag stopped) {
    return EndServer(process_, how, longest, stopped);
  };
  if (!throw_away_) {
    const seconds quiet = std::min<seconds>(kQuiet, for_clients);
    Waited waited = ends(Shutdown::kSmart, quiet, stop);
    if (waited == Waited::kLate && for_clients > quiet) {
      Tell(say, fmt::format("waiting up to {} s for other clients of the "
                            "PostgreSQL server of {}; a signal disconnects "
                            "them",
                            for_clients.count(), directory()));
      waited = ends(Shutdown::kSmart, for_clients - quiet, stop);
    }
    if (waited == Waited::kDone ||
        ends(Shutdown::kFast, kFastMax, nullptr) == Waited::kDone) {
      return true;
    }
  }
  return ends(Shutdown::kImmediate, kImmediateMax, nullptr) == Waited::kDone;
}

// Whatever of it goes on is somebody else's from now on.
void LocalServer::Release() {
  sockets_.reset();
  server_lock_.Close();
  clients_lock_.Close();
  owner_ = 0;
}

void LocalServer::StopNow() {
  if (!is_owner() || process_ == 0) return;
  if (!throw_away_) {
    // The next start sees to the rest, by the record that stays.
    if (clients_lock_.TryTake() == 0) {
      static_cast<void>(EndServer(process_, Shutdown::kFast, seconds(0)));
    }
  } else if (EndServer(process_, Shutdown::kImmediate, seconds(1)) ==
             Waited::kDone) {
    RemoveTree(directory());
    if (sockets_ != nullptr) sockets_->Remove();
  }
  owner_ = 0;  // Stop() has nothing left to wait for
}

// Those that its starter left.
void LocalServer::TakeSockets() {
  for (auto& abandoned : SocketFolder::FindAbandoned()) {
    if (abandoned->path() == socket_folder_) sockets_ = std::move(abandoned);
  }
}

// --- What others left. ---

bool LocalServer::HasAbandoned() {
  return !SocketFolder::FindAbandoned().empty();
}

void LocalServer::StopAbandoned(StopFlag stop) {
  for (auto& sockets : SocketFolder::FindAbandoned()) {
    if (IsRaised(stop)) return;
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
    if (!server.TakeAbandoned()) continue;
    server.sockets_ = std::move(sockets);
    static_cast<void>(server.StopOwned(seconds(0), nullptr, {}));
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
  process_ = directory_.FindRunning(&running) ? running.process : 0;
  return true;
}

}  // namespace tillstorm
