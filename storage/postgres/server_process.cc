#include "storage/postgres/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "storage/postgres/child_process.h"
#include "storage/postgres/runtime_folder.h"

namespace tillstorm {
namespace {

using std::chrono::seconds;

constexpr std::chrono::milliseconds kPoll{10};

// Polls until `done` says so; false when that takes longer.
template <class Predicate>
bool WaitFor(Predicate done, seconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

// The last failure that the server wrote of from `start` on.
std::string Complaint(const std::string& log, off_t start) {
  constexpr std::string_view kFatal = "FATAL:  ";
  std::ifstream file(log);
  file.seekg(start);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    const size_t fatal = line.find(kFatal);
    if (fatal != std::string::npos) last = line.substr(fatal + kFatal.size());
  }
  return last.empty() ? "see " + log : last;
}

// As an element of PostgreSQL's list settings.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::vector<std::string> CommandLine(const ServerDirectory& directory,
                                     const std::string& socket_folder,
                                     const ServerSettings& settings) {
  std::vector<std::string> words = {
      directory.programs().postgres(),
      "-D",
      directory.data(),
      "-c",
      "listen_addresses=",
      "-c",
      fmt::format("port={}", kServerPort),
      "-c",
      "unix_socket_directories=" + Quoted(socket_folder)};
  for (const auto& [name, value] : settings) {
    words.insert(words.end(), {"-c", fmt::format("{}={}", name, value)});
  }
  return words;
}

}  // namespace

Status StartServer(const ServerDirectory& directory,
                   const std::string& socket_folder,
                   const ServerSettings& settings, ServerProcess* process) {
  constexpr mode_t kPrivate = 0600;
  directory.RemoveStalePid();
  const int log =
      open(directory.log().c_str(),
           O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, kPrivate);
  int error = log < 0 ? errno : 0;
  if (error == 0) {
    process->log_start = lseek(log, 0, SEEK_END);
    error = StartProgram(CommandLine(directory, socket_folder, settings),
                         directory.identity(), log, &process->id);
    close(log);
  }
  if (error == 0) return Status::Ok();
  process->id = 0;
  return {StatusCode::kUnavailable,
          fmt::format("the PostgreSQL server of {} cannot be started: {}",
                      directory.path(), std::strerror(error))};
}

Result<RunningServer> WaitUntilReady(const ServerDirectory& directory,
                                     const ServerProcess& process,
                                     seconds longest) {
  RunningServer running;
  bool ended = false;
  const bool told = WaitFor(
      [&] {
        ended = process.id != 0 && HasEnded(process.id);
        return ended || (directory.FindRunning(&running) && running.ready);
      },
      longest);
  if (told && !ended) return running;
  return Status(
      StatusCode::kUnavailable,
      fmt::format("the PostgreSQL server of {} {}: {}", directory.path(),
                  ended ? "did not start" : "is still not ready",
                  Complaint(directory.log(), process.log_start)));
}

bool EndServer(pid_t process, Shutdown how, seconds longest) {
  const int signal = how == Shutdown::kSmart  ? SIGTERM
                     : how == Shutdown::kFast ? SIGINT
                                              : SIGQUIT;
  if (kill(process, signal) != 0 && errno == ESRCH) return true;
  return WaitFor([process] { return HasEnded(process); }, longest);
}

}  // namespace tillstorm
