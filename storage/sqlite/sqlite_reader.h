// Reading an SQLite dataset back. The file is untrusted: anybody may have made
// or damaged it.
//
// Opening never changes or locks out anything, never follows a link, never
// waits on a pipe. It ends with one sentence unless the file is a whole SQLite
// database with our application id, this schema version and exactly the tables
// and columns of the schema (other tables may be there too).
//
// A reader sees one state of the dataset, that of its opening, whoever writes
// meanwhile, in this process or another. It never brings the log (-wal) of a
// writer, be it alive or killed, into the file. Nothing is made either, except
// that a dataset with a log needs SQLite's index of it (-shm) beside it.
//
// Threads: one; Interrupt() from any.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_READER_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_READER_H_

#include <memory>
#include <string>

#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

// `path` is absolute.
[[nodiscard]] Result<std::unique_ptr<Reader>> OpenSqliteReader(
    const std::string& path);
// Likewise of a database that can be adopted (sqlite_open.h).
[[nodiscard]] Result<std::unique_ptr<Reader>> OpenSqliteAdoptable(
    const std::string& path);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_READER_H_
