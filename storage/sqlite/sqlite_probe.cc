#include "storage/sqlite/sqlite_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "storage/dataset_probe.h"
#include "storage/directory_probe.h"
#include "storage/sqlite/sqlite_file.h"
#include "storage/sqlite/sqlite_open.h"
#include "storage/sqlite/sqlite_reader.h"

namespace tillstorm {
namespace {

constexpr const char* kFileCheck = "file";
constexpr const char* kRunsCheck = "other runs";
constexpr const char* kOtherPath = "choose another path";

PreflightLine LookupError(int error, const std::string& path) {
  const auto line = [](StatusCode code, std::string message, std::string cure) {
    return PreflightLine::Failed(code, "directory", std::move(message),
                                 std::move(cure));
  };
  switch (error) {
    case ENOENT:
      return line(StatusCode::kCannotCreate,
                  fmt::format("there is no directory for {}", path),
                  "make it first or choose another path");
    case EACCES:
    case EPERM:
      return line(StatusCode::kPermission,
                  fmt::format("no permission to look at {}", path),
                  "choose a directory that you may write to");
    case EISDIR:
      return line(StatusCode::kBadInput, fmt::format("{} is a directory", path),
                  "give the path of a file in it");
    default:
      return line(
          StatusCode::kCannotCreate,
          fmt::format("{} cannot be looked at: {}", path, std::strerror(error)),
          kOtherPath);
  }
}

// The process that holds a lock on the file, as the kernel lists it; 0 when it
// does not tell.
int LockHolder(const struct stat& file) {
  // `1: FLOCK  ADVISORY  WRITE 3035 08:01:1234 0 EOF`
  const std::string place =
      fmt::format(" {:02x}:{:02x}:{} ", major(file.st_dev), minor(file.st_dev),
                  file.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    const size_t end = line.find(place);
    const size_t begin = line.rfind(' ', end - 1);
    if (end == std::string::npos || begin == std::string::npos ||
        line.find(" FLOCK ") == std::string::npos) {
      continue;
    }
    return std::atoi(line.c_str() + begin);
  }
  return 0;
}

// Whether somebody holds the lock of a file; false when there is no such
// file. The holder is 0 when it is unknown.
bool IsLocked(const std::string& file, int* holder) {
  const FileDescriptor descriptor(
      open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), file);
  if (!descriptor.ok()) return false;
  if (flock(descriptor.get(), LOCK_SH | LOCK_NB) == 0) {
    flock(descriptor.get(), LOCK_UN);
    return false;
  }
  if (errno != EWOULDBLOCK) return false;
  struct stat status {};
  *holder = fstat(descriptor.get(), &status) == 0 ? LockHolder(status) : 0;
  return true;
}

// Beside `file` there is a partial one while a run makes it.
PreflightLine ProbeRuns(const std::string& file, const std::string& shown) {
  const size_t name = file.rfind('/') + 1;
  const std::string partial =
      fmt::format("{}.{}.partial", file.substr(0, name), file.substr(name));
  int holder = 0;
  if (!IsLocked(file, &holder) && !IsLocked(partial, &holder)) {
    return PreflightLine::Passed(
        kRunsCheck, fmt::format("no other tillstorm writes {}", shown));
  }
  return PreflightLine::Failed(
      StatusCode::kUnavailable, kRunsCheck,
      fmt::format("another tillstorm{} is writing {}",
                  holder > 0 ? fmt::format(" (process {})", holder) : "",
                  shown),
      "wait for it, stop it or choose another path");
}

PreflightLine ProbeNewFile(const std::string& file, const std::string& shown) {
  constexpr std::array<const char*, 3> kSidecars = {"-wal", "-shm", "-journal"};
  for (const char* suffix : kSidecars) {
    struct stat found {};
    if (lstat((file + suffix).c_str(), &found) != 0) continue;
    return PreflightLine::Failed(
        StatusCode::kCannotCreate, kFileCheck,
        fmt::format("{}{} is left over from another database", shown, suffix),
        "remove it or choose another path");
  }
  return PreflightLine::Passed(
      kFileCheck, fmt::format("{} is new, collect will make it", shown));
}

// Of a regular file.
PreflightLine ProbeOldFile(const std::string& file, const struct stat& found,
                           const std::string& shown) {
  if (faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) != 0 &&
      errno != EROFS) {  // that is the file system's line
    return PreflightLine::Failed(
        StatusCode::kPermission, kFileCheck,
        fmt::format("no permission to read and write {}", shown),
        "change its permissions or choose another path");
  }
  if (found.st_nlink > 1) {
    return PreflightLine::Warning(
        kFileCheck,
        fmt::format("{} has {} names (hard links)", shown, found.st_nlink),
        "use one of them only: the log of a database goes with its name");
  }
  return PreflightLine::Passed(
      kFileCheck, fmt::format("{} is there and can be written", shown));
}

void ProbeDataset(const std::string& path, const ProbeNeeds& needs,
                  LocationProbe* probe) {
  const Result<std::unique_ptr<Reader>> reader = OpenSqliteReader(path);
  JudgeDataset(path, reader.ok() ? (*reader)->ReadManifest() : reader.status(),
               needs, probe);
}

void ProbeAdoptable(const std::string& path, LocationProbe* probe) {
  const Result<std::unique_ptr<Reader>> reader = OpenSqliteAdoptable(path);
  probe->lines.push_back(
      reader.ok()
          ? PreflightLine::Passed(
                kDatasetCheck,
                fmt::format("{} is a database that HOMEPOT set up", path))
          : NoDataset(reader.status()));
}

// Of a file that is there. False when there is no more to look at.
bool ProbeUse(const std::string& file, const struct stat& found,
              const std::string& shown, std::vector<PreflightLine>* lines) {
  if (!S_ISREG(found.st_mode)) return true;
  lines->push_back(ProbeOldFile(file, found, shown));
  if (lines->back().verdict == Verdict::kFailed) return false;
  lines->push_back(ProbeRuns(file, shown));
  return lines->back().verdict != Verdict::kFailed;
}

LocationProbe ProbeFile(const std::string& path, const ProbeNeeds& needs) {
  LocationProbe probe;
  std::string file;
  struct stat found {};
  int error = ResolveDirectory(path, &file);
  if (error == 0) {
    const size_t slash = file.rfind('/');
    probe.lines = ProbeDirectory(slash == 0 ? "/" : file.substr(0, slash),
                                 needs.expected_bytes);
    if (lstat(file.c_str(), &found) == 0) {
      if (ProbeUse(file, found, path, &probe.lines)) {
        needs.adopts ? ProbeAdoptable(path, &probe)
                     : ProbeDataset(path, needs, &probe);
      }
      return probe;
    }
    error = errno;
    if (error == ENOENT) {
      probe.lines.push_back(ProbeNewFile(file, path));
      probe.lines.push_back(ProbeRuns(file, path));
      return probe;
    }
  }
  probe.lines.push_back(LookupError(error, path));
  return probe;
}

}  // namespace

std::vector<PreflightLine> ProbeSqliteLibrary() {
  return {JudgeSqliteVersion(sqlite3_libversion_number()),
          JudgeSqliteThreads(sqlite3_threadsafe())};
}

LocationProbe ProbeSqliteLocation(const std::string& path,
                                  const ProbeNeeds& needs) {
  if (!path.empty()) return ProbeFile(path, needs);
  const char* directory = std::getenv("TMPDIR");
  LocationProbe probe;
  probe.lines = ProbeDirectory(
      directory != nullptr && directory[0] == '/' ? directory : "/tmp",
      needs.expected_bytes);
  return probe;
}

PreflightLine JudgeSqliteVersion(int version) {
  constexpr int kFirst = 3'007'000;
  constexpr int kFixed = 3'051'003;
  constexpr std::array<std::pair<int, int>, 2> kBackports = {
      {{3'044'006, 3'045'000}, {3'050'007, 3'051'000}}};
  bool affected = version >= kFirst && version < kFixed;
  for (const auto& [begin, end] : kBackports) {
    if (version >= begin && version < end) affected = false;
  }
  const std::string text =
      fmt::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000,
                  version % 1'000);
  if (!affected) return PreflightLine::Passed("SQLite", "version " + text);
  return PreflightLine::Mitigated(
      "SQLite",
      fmt::format("version {} can damage a database that two connections write "
                  "or checkpoint at the same instant (fixed in 3.51.3, 3.50.7 "
                  "and 3.44.6)",
                  text),
      "one writing connection");
}

PreflightLine JudgeSqliteThreads(int level) {
  constexpr const char* kCheck = "SQLite build";
  if (level != 0) return PreflightLine::Passed(kCheck, "safe with threads");
  return PreflightLine::Failed(
      StatusCode::kUnavailable, kCheck,
      "the library is made for programs without threads "
      "(SQLITE_THREADSAFE=0)",
      "install one that is not, such as Debian's libsqlite3-0");
}

}  // namespace tillstorm
