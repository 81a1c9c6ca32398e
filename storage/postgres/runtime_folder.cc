#include "storage/postgres/runtime_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRecordSuffix = ".record";
constexpr std::string_view kPrefix = "pg-";
constexpr std::string_view kThrowAway = "throw-away ";
constexpr std::string_view kKept = "kept ";

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] == '/' ? value : "";
}

std::string SocketName() { return fmt::format(".s.PGSQL.{}", kServerPort); }

// Best first.
std::vector<std::string> Candidates() {
  std::vector<std::string> folders;
  const std::string runtime = Variable("XDG_RUNTIME_DIR");
  if (!runtime.empty()) folders.push_back(runtime + "/tillstorm");
  for (const std::string& parent :
       {TemporaryDirectory(), std::string("/tmp")}) {
    const std::string folder =
        fmt::format("{}/tillstorm-{}", parent, geteuid());
    if (folders.empty() || folders.back() != folder) folders.push_back(folder);
  }
  return folders;
}

// Whether it is a directory in which only we can put things.
bool IsPrivate(const std::string& folder) {
  constexpr mode_t kOthersWrite = 022;
  struct stat found {};
  return lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
         found.st_uid == geteuid() && (found.st_mode & kOthersWrite) == 0;
}

// Whether sockets of a server that runs as `identity` can be in it; makes it.
bool IsUsable(const std::string& folder, const UserIdentity& identity) {
  constexpr mode_t kPrivate = 0700;
  constexpr mode_t kPassable = 0711;
  const std::string longest =
      fmt::format("{}/{}XXXXXX/{}", folder, kPrefix, SocketName());
  if (longest.size() >= sizeof(sockaddr_un::sun_path)) return false;
  const bool ours = identity.user == geteuid();
  const bool made = mkdir(folder.c_str(), kPrivate) == 0;
  if (!IsPrivate(folder)) return false;
  if (!ours && chmod(folder.c_str(), kPassable) != 0) return false;
  if (ours || ReachDirectory(folder, identity) == 0) return true;
  if (made) rmdir(folder.c_str());
  return false;
}

}  // namespace

std::string TemporaryDirectory() {
  const std::string directory = Variable("TMPDIR");
  return directory.empty() ? "/tmp" : directory;
}

Result<std::unique_ptr<SocketFolder>> SocketFolder::Create(
    const UserIdentity& identity, const ServerRecord& record) {
  for (const std::string& folder : Candidates()) {
    if (!IsUsable(folder, identity)) continue;
    std::string path = fmt::format("{}/{}XXXXXX", folder, kPrefix);
    if (mkdtemp(path.data()) == nullptr) continue;
    std::unique_ptr<SocketFolder> made(new SocketFolder);
    made->path_ = path;
    made->record_ = record;
    Status status = made->WriteRecord();
    if (status.ok() && identity.user != geteuid() &&
        chown(path.c_str(), identity.user, identity.group) != 0) {
      status = {StatusCode::kPermission,
                fmt::format("{} cannot be given to the user {}: {}", path,
                            identity.name, std::strerror(errno))};
    }
    if (status.ok()) return made;
    made->Remove();
    return status;
  }
  return Status(
      StatusCode::kCannotCreate,
      fmt::format("there is no private folder for the socket of a PostgreSQL "
                  "server in any of {}; set XDG_RUNTIME_DIR or TMPDIR to a "
                  "directory that {} may use, with a short path",
                  fmt::join(Candidates(), ", "), identity.name));
}

std::vector<std::unique_ptr<SocketFolder>> SocketFolder::FindAbandoned() {
  std::vector<std::unique_ptr<SocketFolder>> found;
  for (const std::string& folder : Candidates()) {
    if (!IsPrivate(folder)) continue;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      const std::string path = entry.path();
      const std::string name = entry.path().filename();
      if (!name.starts_with(kPrefix) || !name.ends_with(kRecordSuffix)) {
        continue;
      }
      std::unique_ptr<SocketFolder> abandoned(new SocketFolder);
      abandoned->path_ = path.substr(0, path.size() - kRecordSuffix.size());
      if (abandoned->lock_.OpenExisting(path) == 0 &&
          abandoned->lock_.TryTake() == 0 && abandoned->ReadRecord()) {
        found.push_back(std::move(abandoned));
      }
    }
  }
  return found;
}

Status SocketFolder::WriteRecord() {
  const std::string text = fmt::format(
      "{}{}\n", record_.throw_away ? kThrowAway : kKept, record_.directory);
  int error = lock_.Open(record_path());
  // A look at abandoned ones may hold it for a moment.
  if (error == 0) error = lock_.Take();
  if (error == 0 && write(lock_.descriptor(), text.data(), text.size()) !=
                        static_cast<ssize_t>(text.size())) {
    error = errno == 0 ? ENOSPC : errno;
  }
  if (error == 0) return Status::Ok();
  return {StatusCode::kCannotCreate,
          fmt::format("{} cannot be written: {}", record_path(),
                      std::strerror(error))};
}

// False for one that its owner has removed or not written yet.
bool SocketFolder::ReadRecord() {
  std::ifstream file(record_path());
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!text.ends_with('\n')) return false;
  text.pop_back();
  record_.throw_away = text.starts_with(kThrowAway);
  const std::string_view kind = record_.throw_away ? kThrowAway : kKept;
  if (!text.starts_with(kind) || text.size() <= kind.size()) return false;
  record_.directory = text.substr(kind.size());
  return record_.directory.front() == '/';
}

void SocketFolder::Remove() {
  for (const std::string& name : {SocketName(), SocketName() + ".lock"}) {
    unlink((path_ + "/" + name).c_str());
  }
  rmdir(path_.c_str());
  unlink(record_path().c_str());
  lock_.Close();
}

}  // namespace tillstorm
