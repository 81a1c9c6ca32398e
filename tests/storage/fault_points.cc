#include "tests/storage/fault_points.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

namespace tillstorm::faults {
namespace {

int64_t syncs_to_spare = 0;
int64_t syncs_to_fail = 0;
int64_t failed_syncs = 0;
int64_t calls_to_live = -1;  // -1: for ever

void Count() {
  if (calls_to_live < 0 || --calls_to_live > 0) return;
  kill(getpid(), SIGKILL);
}

template <class... Arguments>
auto Call(long number, Arguments... arguments) {
  Count();
  return syscall(number, arguments...);
}

int Sync(long number, int descriptor) {
  if (syncs_to_fail > 0 && syncs_to_spare-- <= 0) {
    --syncs_to_fail;
    ++failed_syncs;
    errno = EIO;
    return -1;
  }
  return static_cast<int>(Call(number, descriptor));
}

}  // namespace

void FailSyncs(int64_t count, int64_t spared) {
  syncs_to_spare = spared;
  syncs_to_fail = count;
  failed_syncs = 0;
}

int64_t FailedSyncs() { return failed_syncs; }

void KillAt(int64_t call) { calls_to_live = call; }

void Reset() {
  syncs_to_fail = 0;
  calls_to_live = -1;
}

}  // namespace tillstorm::faults

// --- In the place of the C library's. ---

namespace faults = tillstorm::faults;

extern "C" {

int fsync(int descriptor) { return faults::Sync(SYS_fsync, descriptor); }

int fdatasync(int descriptor) {
  return faults::Sync(SYS_fdatasync, descriptor);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  return faults::Call(SYS_pwrite64, descriptor, bytes, size, at);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  return faults::Call(SYS_pwrite64, descriptor, bytes, size, at);
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  return static_cast<int>(faults::Call(SYS_ftruncate, descriptor, size));
}

int ftruncate(int descriptor, off_t size) noexcept {
  return static_cast<int>(faults::Call(SYS_ftruncate, descriptor, size));
}

int fchmod(int descriptor, mode_t mode) noexcept {
  return static_cast<int>(faults::Call(SYS_fchmod, descriptor, mode));
}

int unlink(const char* path) noexcept {
  return static_cast<int>(faults::Call(SYS_unlinkat, AT_FDCWD, path, 0));
}

int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(
      faults::Call(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_directory, const char* from, int to_directory,
              const char* to, unsigned int flags) noexcept {
  return static_cast<int>(faults::Call(SYS_renameat2, from_directory, from,
                                       to_directory, to, flags));
}

}  // extern "C"
