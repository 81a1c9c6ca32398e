#include "storage/sqlite/sqlite_registry.h"

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/check.h"
#include "storage/sqlite/sqlite_file.h"

namespace tillstorm {
namespace {

constexpr const char* kThrowAwayName = "dataset.db";

// Of one file.
struct Connections {
  int count = 0;
  std::vector<int> parked;  // descriptors to close after the last connection
};

struct Registry {
  std::mutex mutex;  // guards all of it
  std::map<std::string, Connections> connections;
  std::set<std::string> held;
  std::set<std::string> files;
  std::set<std::string> directories;
};

// Never destroyed: a thread may still discard while the process ends.
Registry& TheRegistry() {
  static auto* const registry = new Registry;
  return *registry;
}

void RemoveThrowAway(const std::string& directory) {
  constexpr std::array kSuffixes = {"", "-wal", "-shm", "-journal"};
  for (const char* suffix : kSuffixes) {
    unlink(fmt::format("{}/{}{}", directory, kThrowAwayName, suffix).c_str());
  }
  unlink(fmt::format("{}/.{}.partial", directory, kThrowAwayName).c_str());
  rmdir(directory.c_str());
}

Status CannotMake(int error, const std::string& parent, std::string_view cure) {
  return {error == EACCES ? StatusCode::kPermission : StatusCode::kCannotCreate,
          fmt::format("no file can be made in {}: {}; {}", parent,
                      std::strerror(error), cure)};
}

}  // namespace

namespace sqlite_registry {

bool Hold(const std::string& path) {
  const std::lock_guard lock(TheRegistry().mutex);
  return TheRegistry().held.insert(path).second;
}

void Release(const std::string& path) {
  const std::lock_guard lock(TheRegistry().mutex);
  TheRegistry().held.erase(path);
}

void Connect(const std::string& file) {
  const std::lock_guard lock(TheRegistry().mutex);
  ++TheRegistry().connections[file].count;
}

void Disconnect(const std::string& file) {
  const std::lock_guard lock(TheRegistry().mutex);
  const auto found = TheRegistry().connections.find(file);
  TS_CHECK(found != TheRegistry().connections.end());
  if (--found->second.count > 0) return;
  for (const int descriptor : found->second.parked) close(descriptor);
  TheRegistry().connections.erase(found);
}

void CloseDescriptor(const std::string& file, int descriptor) {
  const std::lock_guard lock(TheRegistry().mutex);
  const auto found = TheRegistry().connections.find(file);
  if (found == TheRegistry().connections.end()) {
    close(descriptor);
    return;
  }
  flock(descriptor, LOCK_UN);
  found->second.parked.push_back(descriptor);
}

void RememberFile(const std::string& path) {
  const std::lock_guard lock(TheRegistry().mutex);
  TheRegistry().files.insert(path);
}

void ForgetFile(const std::string& path) {
  const std::lock_guard lock(TheRegistry().mutex);
  TheRegistry().files.erase(path);
}

void RememberDirectory(const std::string& path) {
  const std::lock_guard lock(TheRegistry().mutex);
  TheRegistry().directories.insert(path);
}

void ForgetDirectory(const std::string& path) {
  const std::lock_guard lock(TheRegistry().mutex);
  TheRegistry().directories.erase(path);
}

}  // namespace sqlite_registry

void DiscardPartialFiles() {
  const std::lock_guard lock(TheRegistry().mutex);
  for (const std::string& file : TheRegistry().files) unlink(file.c_str());
  for (const std::string& directory : TheRegistry().directories) {
    RemoveThrowAway(directory);
  }
}

ThrowAwayDirectory::ThrowAwayDirectory(std::string directory)
    : directory_(std::move(directory)) {
  sqlite_registry::RememberDirectory(directory_);
}

Result<std::unique_ptr<ThrowAwayDirectory>> ThrowAwayDirectory::Create() {
  const char* parent = std::getenv("TMPDIR");
  if (parent == nullptr || parent[0] != '/') parent = "/tmp";
  std::string path = fmt::format("{}/tillstorm-XXXXXX", parent);
  if (mkdtemp(path.data()) == nullptr) {
    return CannotMake(errno, parent,
                      "set TMPDIR to a directory that can be written");
  }
  return std::unique_ptr<ThrowAwayDirectory>(
      new ThrowAwayDirectory(std::move(path)));
}

Result<std::unique_ptr<ThrowAwayDirectory>> ThrowAwayDirectory::CreateIn(
    const std::string& parent) {
  std::string path = fmt::format("{}{}.tillstorm-XXXXXX", parent,
                                 parent.ends_with('/') ? "" : "/");
  if (mkdtemp(path.data()) == nullptr) {
    return CannotMake(errno, parent,
                      "choose a location whose directory is there and can be "
                      "written");
  }
  return std::unique_ptr<ThrowAwayDirectory>(
      new ThrowAwayDirectory(std::move(path)));
}

ThrowAwayDirectory::~ThrowAwayDirectory() {
  RemoveThrowAway(directory_);
  sqlite_registry::ForgetDirectory(directory_);
}

std::string ThrowAwayDirectory::path() const {
  return fmt::format("{}/{}", directory_, kThrowAwayName);
}

}  // namespace tillstorm
