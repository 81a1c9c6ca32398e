// FaultPoints: system calls that fail, or that kill the process, to see what
// storage makes of it. The test program defines fsync(), pwrite64() and others
// itself, so that SQLite's library calls these instead of the C library's.
//
// Threads: one. A fork()ed child has what was set before, and counts for
// itself.
#ifndef TILLSTORM_TESTS_STORAGE_FAULT_POINTS_H_
#define TILLSTORM_TESTS_STORAGE_FAULT_POINTS_H_

#include <cstdint>

namespace tillstorm::faults {

// After `spared` calls of fsync() and fdatasync() the next `count` fail with
// EIO.
void FailSyncs(int64_t count, int64_t spared = 0);
// How many failed since then.
[[nodiscard]] int64_t FailedSyncs();

// Kills this process (SIGKILL) instead of the call with that number, from 1 on,
// of those that change a file or a directory.
void KillAt(int64_t call);

// No faults any more.
void Reset();

}  // namespace tillstorm::faults

#endif  // TILLSTORM_TESTS_STORAGE_FAULT_POINTS_H_
