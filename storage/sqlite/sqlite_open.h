// Opening an SQLite file that is not to be trusted, hardened and checked; see
// sqlite_reader.h for what that promises.
//
// Threads: as the connection.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_OPEN_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_OPEN_H_

#include <string>

#include "harness/core/status.h"
#include "storage/sqlite/sqlite_db.h"

namespace tillstorm {

// A read-only connection inside a transaction. `path` is absolute.
[[nodiscard]] Result<SqliteDb> OpenUntrusted(const std::string& path);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_OPEN_H_
