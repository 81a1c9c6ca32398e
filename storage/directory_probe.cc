#include "storage/directory_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace tillstorm {
namespace {

// Fewer than a dataset with its log and index needs, and some.
constexpr int64_t kInodesMin = 8;
constexpr std::chrono::milliseconds kDiskClockApart{2'000};

enum class DiskKind : uint8_t { kLocal, kMemory, kRemote };

struct FileSystem {
  uint32_t magic = 0;  // see statfs(2)
  std::string_view name;
  DiskKind kind = DiskKind::kLocal;
};

constexpr std::array<FileSystem, 20> kFileSystems = {{
    {0x0000'ef53, "ext4", DiskKind::kLocal},
    {0x5846'5342, "xfs", DiskKind::kLocal},
    {0x9123'683e, "btrfs", DiskKind::kLocal},
    {0x2fc1'2fc1, "zfs", DiskKind::kLocal},
    {0xf2f5'2010, "f2fs", DiskKind::kLocal},
    {0x794c'7630, "overlayfs", DiskKind::kLocal},
    {0x0102'1994, "tmpfs", DiskKind::kMemory},
    {0x8584'58f6, "ramfs", DiskKind::kMemory},
    {0x0000'6969, "nfs", DiskKind::kRemote},
    {0xff53'4d42, "cifs", DiskKind::kRemote},
    {0xfe53'4d42, "smb", DiskKind::kRemote},
    {0x0000'517b, "smb", DiskKind::kRemote},
    {0x0102'1997, "9p", DiskKind::kRemote},
    {0x6573'5546, "fuse", DiskKind::kRemote},
    {0x00c3'6400, "ceph", DiskKind::kRemote},
    {0x5346'414f, "afs", DiskKind::kRemote},
    {0x7375'7245, "coda", DiskKind::kRemote},
    {0x0bd0'0bd0, "lustre", DiskKind::kRemote},
    {0x4750'4653, "gpfs", DiskKind::kRemote},
    {0x786f'4256, "vboxsf", DiskKind::kRemote},
}};

std::string MebiBytes(int64_t bytes) {
  constexpr double kMebi = 1 << 20;
  constexpr double kGibi = 1 << 30;
  const auto size = static_cast<double>(bytes);
  return size < kGibi ? fmt::format("{:.1f} MiB", size / kMebi)
                      : fmt::format("{:.1f} GiB", size / kGibi);
}

PreflightLine CannotMake(int error, const std::string& directory) {
  const auto line = [&directory](StatusCode code, std::string_view found,
                                 std::string cure) {
    return PreflightLine::Failed(
        code, "directory",
        fmt::format("no file can be made in {}: {}", directory, found),
        std::move(cure));
  };
  switch (error) {
    case EACCES:
    case EPERM:
      return line(StatusCode::kPermission, "no permission",
                  "choose a directory that you may write to");
    case ENOSPC:
    case EDQUOT:
      return line(StatusCode::kIo,
                  error == ENOSPC ? "the disk is full" : "your quota is used",
                  "make room or write somewhere else");
    case EMFILE:
    case ENFILE:
      return line(StatusCode::kSystemLimit, std::strerror(error),
                  "allow more open files (ulimit -n)");
    default:
      return line(StatusCode::kCannotCreate, std::strerror(error),
                  "choose another directory");
  }
}

std::chrono::milliseconds Milliseconds(const timespec& time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(time.tv_sec) +
      std::chrono::nanoseconds(time.tv_nsec));
}

// Makes a file, which loses its name at once.
void ProbeMaking(const std::string& directory,
                 std::vector<PreflightLine>* lines) {
  std::string name = fmt::format("{}{}.tillstorm-probe-XXXXXX", directory,
                                 directory.ends_with('/') ? "" : "/");
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) {
    lines->push_back(CannotMake(errno, directory));
    return;
  }
  int error = unlink(name.c_str()) == 0 ? 0 : errno;
  if (error == 0 && write(file, "x", 1) != 1) error = errno;
  timespec now{};
  struct stat made {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (error == 0 && fstat(file, &made) != 0) error = errno;
  close(file);
  if (error != 0) {
    lines->push_back(CannotMake(error, directory));
    return;
  }
  lines->push_back(PreflightLine::Passed(
      "directory", fmt::format("files can be made in {}", directory)));
  lines->push_back(JudgeDiskClock(
      directory, Milliseconds(made.st_mtim) - Milliseconds(now)));
}

std::optional<int64_t> FileSizeMax() {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return std::nullopt;
  if (limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return static_cast<int64_t>(limit.rlim_cur);
}

void ProbeRoom(const std::string& directory,
               std::optional<int64_t> expected_bytes,
               std::vector<PreflightLine>* lines) {
  struct statvfs found {};
  if (statvfs(directory.c_str(), &found) != 0) {
    lines->push_back(
        PreflightLine::Warning("free disk",
                               fmt::format("the room in {} is unknown: {}",
                                           directory, std::strerror(errno)),
                               "see that there is enough"));
    return;
  }
  DiskRoom room;
  room.free_bytes = static_cast<int64_t>(found.f_bavail * found.f_frsize);
  if (found.f_files > 0) {
    room.free_inodes = static_cast<int64_t>(found.f_favail);
  }
  room.file_size_max = FileSizeMax();
  lines->push_back(JudgeRoom(directory, room, expected_bytes));
}

}  // namespace

std::vector<PreflightLine> ProbeDirectory(
    const std::string& directory, std::optional<int64_t> expected_bytes) {
  std::vector<PreflightLine> lines;
  struct statfs found {};
  if (statfs(directory.c_str(), &found) == 0) {
    lines.push_back(JudgeFileSystem(
        directory, static_cast<uint32_t>(found.f_type),
        (static_cast<uint64_t>(found.f_flags) & ST_RDONLY) != 0));
  }
  ProbeMaking(directory, &lines);
  ProbeRoom(directory, expected_bytes, &lines);
  return lines;
}

PreflightLine JudgeFileSystem(const std::string& directory, uint32_t magic,
                              bool read_only) {
  constexpr const char* kCheck = "file system";
  const auto* const known = std::find_if(
      kFileSystems.begin(), kFileSystems.end(),
      [magic](const FileSystem& one) { return one.magic == magic; });
  const std::string name =
      known == kFileSystems.end()
          ? fmt::format("a file system of the type {:#x}", magic)
          : std::string(known->name);
  if (read_only) {
    return PreflightLine::Failed(
        StatusCode::kCannotCreate, kCheck,
        fmt::format("{} is on {}, mounted read-only", directory, name),
        "choose a directory on another disk");
  }
  if (known == kFileSystems.end() || known->kind == DiskKind::kLocal) {
    return PreflightLine::Passed(kCheck,
                                 fmt::format("{} is on {}", directory, name));
  }
  if (known->kind == DiskKind::kMemory) {
    return PreflightLine::Passed(
        kCheck, fmt::format("{} is on {}: gone when the machine restarts",
                            directory, name));
  }
  return PreflightLine::Warning(
      kCheck,
      fmt::format("{} is on {}, where locks and shared memory of a database "
                  "may not work",
                  directory, name),
      "choose a directory on a disk of this machine");
}

PreflightLine JudgeRoom(const std::string& directory, const DiskRoom& room,
                        std::optional<int64_t> expected_bytes) {
  constexpr const char* kCheck = "free disk";
  if (room.free_inodes && *room.free_inodes < kInodesMin) {
    return PreflightLine::Failed(StatusCode::kCannotCreate, kCheck,
                                 fmt::format("{} has room for {} more files",
                                             directory, *room.free_inodes),
                                 "remove files or write somewhere else");
  }
  const bool limited =
      room.file_size_max && *room.file_size_max < room.free_bytes;
  const int64_t bytes = limited ? *room.file_size_max : room.free_bytes;
  const std::string found =
      limited ? fmt::format("a file may have {} at most", MebiBytes(bytes))
              : fmt::format("{} has {} free", directory, MebiBytes(bytes));
  const std::string cure = limited ? "raise the limit (ulimit -f)"
                                   : "make room or write somewhere else";
  const int64_t least = expected_bytes && *expected_bytes < kRoomMin / 2
                            ? 2 * *expected_bytes
                            : kRoomMin;
  if (bytes < least) {
    return PreflightLine::Failed(
        StatusCode::kIo, kCheck,
        fmt::format("{}, less than {}", found, MebiBytes(least)), cure);
  }
  if (expected_bytes && bytes < *expected_bytes) {
    return PreflightLine::Warning(
        kCheck,
        fmt::format("{}, and about {} are expected", found,
                    MebiBytes(*expected_bytes)),
        cure);
  }
  if (!expected_bytes && bytes < kRoomComfortable) {
    return PreflightLine::Warning(
        kCheck,
        fmt::format("{}, less than {}", found, MebiBytes(kRoomComfortable)),
        cure);
  }
  return PreflightLine::Passed(kCheck, found);
}

PreflightLine JudgeDiskClock(const std::string& directory,
                             std::chrono::milliseconds ahead) {
  constexpr const char* kCheck = "disk clock";
  if (std::chrono::abs(ahead) <= kDiskClockApart) {
    return PreflightLine::Passed(
        kCheck, fmt::format("times of files in {} are ours", directory));
  }
  return PreflightLine::Warning(
      kCheck,
      fmt::format("a file made in {} just now is dated {:.1f} s {}", directory,
                  static_cast<double>(std::chrono::abs(ahead).count()) / 1e3,
                  ahead.count() > 0 ? "later" : "earlier"),
      "set the clock of this machine or of the one with the disk");
}

}  // namespace tillstorm
