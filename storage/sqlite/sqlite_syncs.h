// How often this process's system was asked to bring a dataset to the disk: by
// SQLite, through a VFS around its own that counts calls of xSync and does
// nothing else, and by ourselves.
//
// A call is one fsync() or fdatasync(); where SQLite also syncs a directory,
// after it made or removed a journal, that second one is not counted.
//
// Threads: any.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_SYNCS_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_SYNCS_H_

#include <cstdint>

namespace tillstorm {

// Since this process began: of all connections that SqliteDb opened, and of
// SyncCounted().
[[nodiscard]] int64_t CountSqliteSyncs();

// fsync().
[[nodiscard]] int SyncCounted(int descriptor);

// The name of the VFS to open files with, or nullptr, which means SQLite's own,
// when it cannot be had. Registers it at the first call.
[[nodiscard]] const char* CountingVfs();

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_SYNCS_H_
