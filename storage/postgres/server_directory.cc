#include "storage/postgres/server_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPrivate = 0700;
constexpr const char* kMarker = "tillstorm_server";

bool IsOwnedBySomebodyElse(const std::string& path, uid_t* owner) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return false;
  *owner = found.st_uid;
  return found.st_uid != geteuid();
}

bool Exists(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0;
}

Status MakeError(int error, const std::string& path) {
  const StatusCode code = error == EACCES || error == EPERM
                              ? StatusCode::kPermission
                              : StatusCode::kCannotCreate;
  return {code, fmt::format("the directory {} of a PostgreSQL server cannot be "
                            "made: {}; make its parent or choose another path",
                            path, std::strerror(error))};
}

// Makes the directory unless it is there. Root's must let another user pass.
Status MakeDirectory(const std::string& path, bool* made) {
  constexpr mode_t kPassable = 0711;
  *made = mkdir(path.c_str(), kPrivate) == 0;
  if (!*made) return errno == EEXIST ? Status::Ok() : MakeError(errno, path);
  if (geteuid() == 0 && chmod(path.c_str(), kPassable) != 0) {
    return MakeError(errno, path);
  }
  return Status::Ok();
}

// The lines of a small file.
std::vector<std::string> ReadLines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Whether the process is a server on that directory, in which it then is.
bool IsServer(pid_t process, const std::string& data) {
  std::error_code ignored;
  const fs::path in =
      fs::read_symlink(fmt::format("/proc/{}/cwd", process), ignored);
  return !in.empty() && fs::equivalent(in, data, ignored);
}

bool ReadProcess(const std::vector<std::string>& lines, pid_t* process) {
  if (lines.empty()) return false;
  const std::string& text = lines[0];
  return std::from_chars(text.data(), text.data() + text.size(), *process).ec ==
             std::errc() &&
         *process > 0;
}

// The last line, which says what went wrong.
std::string LastLine(const std::string& output) {
  std::string last;
  for (size_t begin = 0; begin < output.size();) {
    const size_t end = std::min(output.find('\n', begin), output.size());
    if (end > begin) last = output.substr(begin, end - begin);
    begin = end + 1;
  }
  return last;
}

}  // namespace

void RemoveTree(const std::string& directory) {
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}

Result<UserIdentity> ServerUser() {
  UserIdentity user = UserIdentity::Own();
  if (user.user != 0 || UserIdentity::Find("postgres", &user)) return user;
  return Status(StatusCode::kUnavailable,
                "there is no user postgres, as whom a server is started by "
                "root; install the package postgresql or run as another user");
}

bool ServerDirectory::IsOurs(const std::string& path) {
  return Exists(fmt::format("{}/{}", path, kMarker));
}

Result<ServerDirectory> ServerDirectory::Open(const std::string& path,
                                              bool create) {
  ServerDirectory directory;
  directory.path_ = path;
  if (create) TS_RETURN_IF_ERROR(MakeDirectory(path, &directory.made_));
  directory.is_new_ = !IsOurs(path);
  Status status = directory.CheckContents(create);
  if (status.ok()) status = directory.ChooseIdentity();
  if (status.ok()) status = directory.CheckReach();
  if (status.ok()) status = directory.ChoosePrograms();
  if (status.ok()) return directory;
  if (directory.made_) rmdir(path.c_str());
  return status;
}

void ServerDirectory::LeaveAsFound() const {
  if (!is_new_) return;
  for (const std::string& file : {log(), clients_lock(), server_lock()}) {
    unlink(file.c_str());
  }
  if (made_) rmdir(path_.c_str());
}

bool ServerDirectory::HasData() const { return Exists(data()); }

Status ServerDirectory::CheckContents(bool create) const {
  if (IsOurs(path_)) return Status::Ok();
  const StatusCode refused =
      create ? StatusCode::kCannotCreate : StatusCode::kBadInput;
  std::error_code error;
  const fs::directory_iterator contents(path_, error);
  if (error) {
    const bool denied = error == std::errc::permission_denied;
    return {denied ? StatusCode::kPermission : refused,
            fmt::format("{} is no directory of a PostgreSQL server of ours: {}",
                        path_, error.message())};
  }
  if (Exists(path_ + "/PG_VERSION")) {
    return {refused,
            fmt::format("{} is a PostgreSQL data directory that tillstorm did "
                        "not make; start its server and give postgresql://..., "
                        "or give another directory",
                        path_)};
  }
  if (contents != fs::directory_iterator()) {
    return {refused,
            fmt::format("{} holds other files and no PostgreSQL server of "
                        "ours; give a directory that is empty or does not "
                        "exist yet",
                        path_)};
  }
  if (create) return Status::Ok();
  return {refused, fmt::format("{} is empty; `generate` and `collect` make a "
                               "PostgreSQL server in it",
                               path_)};
}

Status ServerDirectory::ChooseIdentity() {
  identity_ = UserIdentity::Own();
  uid_t owner = geteuid();
  const bool has_other_owner = IsOwnedBySomebodyElse(data(), &owner);
  if (geteuid() != 0) {
    if (!has_other_owner) return Status::Ok();
    return {StatusCode::kPermission,
            fmt::format("{} belongs to another user, who alone can start the "
                        "PostgreSQL server in it; run as that user or as root",
                        data())};
  }
  if (has_other_owner && UserIdentity::Find(owner, &identity_)) {
    return Status::Ok();
  }
  Result<UserIdentity> user = ServerUser();
  if (!user.ok()) return user.status();
  identity_ = std::move(*user);
  return Status::Ok();
}

Status ServerDirectory::CheckReach() const {
  if (identity_.user == geteuid()) return Status::Ok();
  const int error = ReachDirectory(path_, identity_);
  if (error == 0) return Status::Ok();
  return {StatusCode::kPermission,
          fmt::format("the user {}, as whom a PostgreSQL server is started by "
                      "root, cannot reach {}: {}; give a directory that it "
                      "can, such as one under /var/tmp",
                      identity_.name, path_, std::strerror(error))};
}

Status ServerDirectory::ChoosePrograms() {
  const std::vector<std::string> lines = ReadLines(data() + "/PG_VERSION");
  int version = 0;
  if (!lines.empty()) {
    const std::string& text = lines[0];
    std::from_chars(text.data(), text.data() + text.size(), version);
  }
  Result<ServerPrograms> programs = version == 0
                                        ? ChooseServerPrograms()
                                        : ChooseServerPrograms(version, path_);
  if (!programs.ok()) return programs.status();
  programs_ = std::move(*programs);
  return Status::Ok();
}

Status ServerDirectory::MakeData(bool sync, StopFlag stop) const {
  const std::string partial = data() + ".partial";
  std::error_code error;
  fs::remove_all(partial, error);  // of a run that was killed
  if (mkdir(partial.c_str(), kPrivate) != 0 ||
      (identity_.user != geteuid() &&
       chown(partial.c_str(), identity_.user, identity_.group) != 0)) {
    return MakeError(errno, partial);
  }
  // Trust is for whoever can reach the socket: the user itself, and root.
  std::vector<std::string> arguments = {
      programs_.initdb(),    "--pgdata=" + partial, "--auth=trust",
      "--username=postgres", "--encoding=UTF8",     "--locale=C",
      "--no-instructions"};
  if (!sync) arguments.emplace_back("--no-sync");
  const ProgramResult result = RunProgram(arguments, identity_, stop);
  if (!result.ok()) {
    fs::remove_all(partial, error);
    if (result.stopped) {
      return {StatusCode::kInterrupted,
              fmt::format("stopped while {} was being made", data())};
    }
    return {StatusCode::kUnavailable,
            fmt::format("{} failed to make {}: {}", programs_.initdb(), data(),
                        result.error != 0 ? std::strerror(result.error)
                                          : LastLine(result.output))};
  }
  if (rename(partial.c_str(), data().c_str()) != 0) {
    return MakeError(errno, data());
  }
  return Status::Ok();
}

bool ServerDirectory::FindRunning(RunningServer* server) const {
  // Process, directory, start, port, socket folder, address, key, status.
  constexpr size_t kSocketLine = 4;
  constexpr size_t kStatusLine = 7;
  const std::vector<std::string> lines = ReadLines(data() + "/postmaster.pid");
  *server = RunningServer();
  if (!ReadProcess(lines, &server->process) || HasEnded(server->process) ||
      !IsServer(server->process, data())) {
    return false;
  }
  if (lines.size() > kSocketLine) server->socket_folder = lines[kSocketLine];
  server->ready =
      lines.size() > kStatusLine && lines[kStatusLine].starts_with("ready");
  return true;
}

void ServerDirectory::RemoveStalePid() const {
  const std::string file = data() + "/postmaster.pid";
  pid_t process = 0;
  if (ReadProcess(ReadLines(file), &process) && !IsServer(process, data()) &&
      kill(process, 0) == 0) {
    unlink(file.c_str());
  }
}

}  // namespace tillstorm
