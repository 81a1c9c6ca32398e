#include "storage/postgres/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
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

// The last failure that the server wrote of from `start` on; what it finds
// before it has a log to write to bears its name.
std::string Complaint(const std::string& log, off_t start) {
  constexpr std::array<std::string_view, 2> kMarks = {"FATAL:  ", "postgres: "};
  std::ifstream file(log);
  file.seekg(start);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    for (const std::string_view mark : kMarks) {
      const size_t found = line.find(mark);
      if (found != std::string::npos) last = line.substr(found + mark.size());
    }
  }
  return last.empty() ? "see " + log : last;
}

// Of a server that ended instead, or takes too long.
Status NotReady(const ServerDirectory& directory, const ServerProcess& process,
                bool ended) {
  const std::string complaint = Complaint(directory.log(), process.log_start);
  for (const auto& [name, value] : process.given) {
    if (!ended || complaint.find(name) == std::string::npos) continue;
    return {StatusCode::kUsage,
            fmt::format("PostgreSQL refuses {}={} of the location: {}", name,
                        value, complaint)};
  }
  return {
      StatusCode::kUnavailable,
      fmt::format("the PostgreSQL server of {} {}: {}", directory.path(),
                  ended ? "did not start" : "is still not ready", complaint)};
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
    process->given = GivenSettings(settings);
  }
  if (error == 0) return Status::Ok();
  process->id = 0;
  return {StatusCode::kUnavailable,
          fmt::format("the PostgreSQL server of {} cannot be started: {}",
                      directory.path(), std::strerror(error))};
}

Result<RunningServer> WaitUntilReady(const ServerDirectory& directory,
                                     ServerProcess* process, seconds longest,
                                     StopFlag stop) {
  RunningServer running;
  bool ended = false;
  const Waited waited = WaitFor(
      [&] {
        ended = process->id != 0 && HasEnded(process->id);
        return ended || (directory.FindRunning(&running) && running.ready);
      },
      longest, stop);
  if (ended) process->id = 0;
  if (waited == Waited::kStopped) {
    return Status(StatusCode::kInterrupted,
                  fmt::format("stopped while the PostgreSQL server of {} was "
                              "starting",
                              directory.path()));
  }
  if (waited == Waited::kDone && !ended) return running;
  return NotReady(directory, *process, ended);
}

Waited EndServer(pid_t process, Shutdown how, seconds longest, StopFlag stop) {
  const int signal = how == Shutdown::kSmart  ? SIGTERM
                     : how == Shutdown::kFast ? SIGINT
                                              : SIGQUIT;
  if (kill(process, signal) != 0 && errno == ESRCH) return Waited::kDone;
  return WaitFor([process] { return HasEnded(process); }, longest, stop);
}

}  // namespace tillstorm
