// SqliteDb, SqliteStatement: an SQLite connection and a prepared statement that
// close themselves, and the one place where SQLite's result codes become
// Status.
//
// Errors: extended result codes decide the class. Whether damage is bad input
// (somebody gave us that file) or broken integrity (we were writing it) depends
// on the role of the connection. A lock of another program is waited for: by a
// writer 5 seconds, by a reader one. After any error the caller must not go on
// with the transaction: see Rollback().
//
// Threads: one connection, one thread; SQLite's own locks are off. Only
// Interrupt() may be called from another thread, while the connection is open.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_DB_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_DB_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/core/status.h"

namespace tillstorm {

enum class SqliteRole : uint8_t {
  kWriter,
  kReader,
  kNewcomer,  // a writer that has not checked the file yet: see Trust()
};

// How long a writer waits for the lock of another program.
inline constexpr int kWriterWaitMs = 5'000;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
  }
};
using SqliteStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// A column of the current row as text; empty when it is NULL. Valid until the
// next step.
[[nodiscard]] std::string_view ColumnText(sqlite3_stmt* statement, int column);

class SqliteDb {
 public:
  // Opens an existing regular file: never makes one, never follows a symbolic
  // link. `file` must be absolute and its directory free of links; `shown` is
  // what messages call it.
  [[nodiscard]] static Result<SqliteDb> Open(const std::string& file,
                                             std::string shown,
                                             SqliteRole role);

  // Executes statements that give no rows. `doing` completes "... while
  // <doing>" of an error.
  Status Run(const std::string& sql, std::string_view doing);
  [[nodiscard]] Result<SqliteStatement> Prepare(const std::string& sql);
  // The first column of the first row, as text; empty without a row.
  [[nodiscard]] Result<std::string> Ask(const std::string& sql);
  // Sets a pragma and reads it back; kUnavailable when it reads otherwise.
  Status Set(std::string_view pragma, std::string_view value,
             std::string_view reads_back);

  // The error of the last call, which returned `code`.
  [[nodiscard]] Status Error(int code, std::string_view doing) const;

  // Whether a transaction is open.
  [[nodiscard]] bool in_transaction() const {
    return sqlite3_get_autocommit(handle_.get()) == 0;
  }
  // Ends a transaction that is still open; SQLite may have ended it already
  // when an error occurred (a full disk does that).
  void Rollback();

  // Whether the name of the file leads to another one now, or to none.
  [[nodiscard]] bool HasMoved() const;
  // A newcomer becomes a writer: from now on damage is broken integrity.
  void Trust() { role_ = SqliteRole::kWriter; }
  // Whether closing leaves the file and its log (-wal) as they are, instead of
  // bringing the one into the other.
  void KeepLogOnClose(bool keep);

  // REQUIRES: all statements are gone.
  Status Close();

  void Interrupt() { sqlite3_interrupt(handle_.get()); }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] bool is_open() const { return handle_ != nullptr; }
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  struct CloseHandle {
    void operator()(sqlite3* handle) const;
    std::string file;
  };

  std::unique_ptr<sqlite3, CloseHandle> handle_;
  std::string shown_;
  SqliteRole role_ = SqliteRole::kReader;
};

// One sentence about a full disk, quota or file size limit; `os_error` is errno
// or 0 when unknown.
[[nodiscard]] Status DiskFull(int os_error, std::string_view doing,
                              std::string_view path);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_DB_H_
