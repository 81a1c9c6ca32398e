#include "storage/sqlite/sqlite_db.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "harness/core/check.h"
#include "storage/sqlite/sqlite_registry.h"
#include "storage/sqlite/sqlite_syncs.h"

namespace tillstorm {
namespace {

bool IsSpaceError(int os_error) {
  return os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG;
}

// What an error tells about: where it happened and what the system said.
struct Failure {
  int code = 0;
  int os_error = 0;
  std::string_view doing;
  std::string_view path;
  std::string_view text;
};

Status InputOutputError(const Failure& failure) {
  if (IsSpaceError(failure.os_error) || failure.code == SQLITE_IOERR_SHMSIZE) {
    return DiskFull(failure.os_error, failure.doing, failure.path);
  }
  if (failure.code == SQLITE_IOERR_NOMEM) {
    return {StatusCode::kSystemLimit, fmt::format("{}: out of memory while {}",
                                                  failure.path, failure.doing)};
  }
  return {StatusCode::kIo,
          fmt::format("{}: {} failed: {} ({})", failure.path, failure.doing,
                      failure.text,
                      failure.os_error == 0 ? "no reason given"
                                            : std::strerror(failure.os_error)),
          Remedy::kReopenSession};
}

StatusCode DamageCode(SqliteRole role) {
  return role == SqliteRole::kWriter ? StatusCode::kIntegrity
                                     : StatusCode::kBadInput;
}

Status CannotOpen(const Failure& failure, SqliteRole role) {
  if (failure.os_error == EACCES || failure.os_error == EPERM) {
    return {StatusCode::kPermission, fmt::format("{}: no permission while {}",
                                                 failure.path, failure.doing)};
  }
  return {role == SqliteRole::kWriter ? StatusCode::kCannotCreate
                                      : StatusCode::kBadInput,
          fmt::format("{}: cannot be opened while {}: {}", failure.path,
                      failure.doing,
                      failure.os_error == 0
                          ? std::string(failure.text)
                          : std::string(std::strerror(failure.os_error)))};
}

Status Locked(const Failure& failure, SqliteRole role) {
  if (role == SqliteRole::kReader) {
    return {StatusCode::kUnavailable,
            fmt::format("{} is being written by another program; wait until "
                        "it has finished",
                        failure.path)};
  }
  return {StatusCode::kUnavailable,
          fmt::format("{}: another program holds a lock on it while {}; close "
                      "that program",
                      failure.path, failure.doing),
          Remedy::kRetryBatch};
}

Status Damaged(const Failure& failure, SqliteRole role) {
  return {DamageCode(role),
          fmt::format("{} is damaged, found while {}: {}", failure.path,
                      failure.doing, failure.text)};
}

Status ReadOnly(const Failure& failure) {
  if (failure.code == SQLITE_READONLY_DBMOVED) {
    return {StatusCode::kIntegrity,
            fmt::format("{} was moved or replaced while it was written",
                        failure.path)};
  }
  if (failure.code == SQLITE_READONLY_ROLLBACK) {
    return {StatusCode::kBadInput,
            fmt::format("{} was left in the middle of a change by a program "
                        "that was killed, and reading must not repair it; "
                        "open it once with a program that writes it",
                        failure.path)};
  }
  return {StatusCode::kPermission,
          fmt::format("{}: no permission to write while {}: {}", failure.path,
                      failure.doing, failure.text)};
}

}  // namespace

std::string_view ColumnText(sqlite3_stmt* statement, int column) {
  const auto* text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement, column))};
}

Status DiskFull(int os_error, std::string_view doing, std::string_view path) {
  const std::string_view what =
      os_error == EFBIG    ? "the limit on the size of a file is reached "
                             "(see ulimit -f), like a disk full,"
      : os_error == EDQUOT ? "disk full (your quota is used up)"
                           : "disk full";
  return {StatusCode::kIo, fmt::format("{} while {} {}; make room or write "
                                       "somewhere else",
                                       what, doing, path)};
}

void SqliteDb::CloseHandle::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
  sqlite_registry::Disconnect(file);
}

Result<SqliteDb> SqliteDb::Open(const std::string& file, std::string shown,
                                SqliteRole role) {
  TS_CHECK(!file.empty() && file[0] == '/');  // else `file:` would be a URI
  constexpr int kReaderWaitMs = 1'000;
  const bool reads = role == SqliteRole::kReader;
  const int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_EXRESCODE |
                    (reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  SqliteDb db;
  db.shown_ = std::move(shown);
  db.role_ = role;
  sqlite3* handle = nullptr;
  sqlite_registry::Connect(file);
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, CountingVfs());
  db.handle_ = {handle, CloseHandle{file}};
  if (handle == nullptr) {
    sqlite_registry::Disconnect(file);
    return Status(StatusCode::kSystemLimit,
                  db.shown_ + ": out of memory while opening it");
  }
  if (code != SQLITE_OK) return db.Error(code, "opening it");
  sqlite3_busy_timeout(handle, reads ? kReaderWaitMs : kWriterWaitMs);
  return db;
}

Status SqliteDb::Run(const std::string& sql, std::string_view doing) {
  const int code =
      sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status::Ok() : Error(code, doing);
}

Result<SqliteStatement> SqliteDb::Prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(
      handle_.get(), sql.c_str(), static_cast<int>(sql.size()) + 1,
      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Error(code, "preparing " + sql);
  return SqliteStatement(statement);
}

Result<std::string> SqliteDb::Ask(const std::string& sql) {
  Result<SqliteStatement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const int code = sqlite3_step(statement->get());
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return Error(code, "asking " + sql);
  const auto* text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement->get(), 0));
  return text == nullptr ? std::string() : std::string(text);
}

Status SqliteDb::Set(std::string_view pragma, std::string_view value,
                     std::string_view reads_back) {
  Result<std::string> set = Ask(fmt::format("PRAGMA {}={}", pragma, value));
  if (!set.ok()) return set.status();
  Result<std::string> found = Ask(fmt::format("PRAGMA {}", pragma));
  if (!found.ok()) return found.status();
  if (*found == reads_back) return Status::Ok();
  return {StatusCode::kUnavailable,
          fmt::format("{}: SQLite was told {}={} but reports {}", shown_,
                      pragma, value, *found)};
}

Status SqliteDb::Error(int code, std::string_view doing) const {
  // A COMMIT that fails does not tell SQLite's own record of the system's
  // error; errno still holds it.
  const int last_errno = errno;
  int os_error = sqlite3_system_errno(handle_.get());
  if (os_error == 0) os_error = last_errno;
  const Failure failure{code, os_error, doing, shown_,
                        sqlite3_errmsg(handle_.get())};
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      return {StatusCode::kInterrupted,
              fmt::format("{}: stopped while {}", shown_, doing)};
    case SQLITE_FULL:
      return DiskFull(0, doing, shown_);
    case SQLITE_IOERR:
      return InputOutputError(failure);
    case SQLITE_NOMEM:
      return {StatusCode::kSystemLimit,
              fmt::format("{}: out of memory while {}", shown_, doing)};
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL:  // a race for a lock that was lost many times
      return Locked(failure, role_);
    case SQLITE_CANTOPEN:
      return CannotOpen(failure, role_);
    case SQLITE_READONLY:
      return ReadOnly(failure);
    case SQLITE_NOTADB:
      return {DamageCode(role_),
              fmt::format("{} is not an SQLite database", shown_)};
    case SQLITE_CORRUPT:
      return Damaged(failure, role_);
    case SQLITE_CONSTRAINT:
      return {StatusCode::kIntegrity,
              fmt::format("{}: {} broke a constraint: {}", shown_, doing,
                          failure.text)};
    default:
      return {DamageCode(role_),
              fmt::format("{}: {} failed: {}", shown_, doing, failure.text)};
  }
}

void SqliteDb::Rollback() {
  if (!in_transaction()) return;
  // Fails only when SQLite has rolled back by itself, which is as good.
  sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool SqliteDb::HasMoved() const {
  int moved = 0;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

void SqliteDb::KeepLogOnClose(bool keep) {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                    keep ? 1 : 0, nullptr);
}

Status SqliteDb::Close() {
  const int code = sqlite3_close(handle_.get());
  if (code != SQLITE_OK) return Error(code, "closing it");
  (void)handle_.release();
  sqlite_registry::Disconnect(handle_.get_deleter().file);
  return Status::Ok();
}

}  // namespace tillstorm
