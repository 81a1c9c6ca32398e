#include "storage/sqlite/sqlite_open.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "harness/core/schema.h"
#include "storage/ddl.h"
#include "storage/sqlite/sqlite_file.h"

namespace tillstorm {
namespace {

Status Bad(std::string sentence) {
  return {StatusCode::kBadInput, std::move(sentence)};
}

Status LookupError(int error, const std::string& path) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Bad(fmt::format("there is no file {}", path));
    case EISDIR:
      return Bad(
          fmt::format("{} is a directory; give the path of a dataset", path));
    case EACCES:
    case EPERM:
      return {StatusCode::kPermission,
              fmt::format("no permission to read {}", path)};
    default:
      return Bad(
          fmt::format("{} cannot be read: {}", path, std::strerror(error)));
  }
}

// Finds the file without opening it: to open a pipe would wait, and to close
// a descriptor of a file that a session in this process writes would drop the
// locks of that session.
Status FindRegularFile(const std::string& path, std::string* file) {
  int error = ResolveDirectory(path, file);
  struct stat found {};
  if (error == 0 && lstat(file->c_str(), &found) != 0) error = errno;
  if (error != 0) return LookupError(error, path);
  if (S_ISDIR(found.st_mode)) return LookupError(EISDIR, path);
  if (S_ISLNK(found.st_mode)) {
    return Bad(fmt::format(
        "{} is a symbolic link; give the path of the file itself", path));
  }
  if (!S_ISREG(found.st_mode)) {
    return Bad(fmt::format("{} is no regular file, so it is no dataset", path));
  }
  if (found.st_size == 0) {
    return Bad(fmt::format("{} is empty, so it is no dataset", path));
  }
  return Status::Ok();
}

// Looks at the file through SQLite's own descriptor.
Status CheckHeader(const SqliteDb& db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  std::array<std::byte, kSqliteHeaderSize> bytes{};
  SqliteHeader header;
  sqlite3_int64 size = 0;
  if (file == nullptr || file->pMethods == nullptr ||
      file->pMethods->xFileSize(file, &size) != SQLITE_OK ||
      file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()),
                            0) != SQLITE_OK ||
      !ParseSqliteHeader(bytes, &header)) {
    return Bad(fmt::format("{} is not an SQLite database", db.shown()));
  }
  if (header.application_id != kApplicationId) {
    return Bad(fmt::format(
        "{} is an SQLite database but not a tillstorm dataset (its application "
        "id is {}, not {})",
        db.shown(), header.application_id, kApplicationId));
  }
  const auto promised =
      static_cast<sqlite3_int64>(header.page_size) * header.pages;
  if (size < promised) {
    return Bad(fmt::format("{} is truncated: it has {} bytes of {}", db.shown(),
                           size, promised));
  }
  if (header.user_version != kSchemaVersion || header.text_encoding != 1) {
    return Bad(fmt::format(
        "{} has schema version {} (text encoding {}); this "
        "program reads version {} (encoding 1)",
        db.shown(), header.user_version, header.text_encoding, kSchemaVersion));
  }
  return Status::Ok();
}

struct Limit {
  int id = 0;
  int value = 0;
};

// SQLite's own advice for files of strangers, with room for our schema.
Status Harden(SqliteDb* db) {
  constexpr std::array<std::array<int, 2>, 6> kSwitches = {{
      {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
      {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
      {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
  }};
  for (const auto& [name, value] : kSwitches) {
    const int code = sqlite3_db_config(db->handle(), name, value, nullptr);
    if (code != SQLITE_OK) return db->Error(code, "securing the connection");
  }
  // A ledger row of a million owners has 12 MB, a scenario a few.
  constexpr int kRowBytesMax = 32 << 20;
  constexpr std::array<Limit, 9> kLimits = {{
      {SQLITE_LIMIT_LENGTH, kRowBytesMax},
      {SQLITE_LIMIT_SQL_LENGTH, 100'000},
      {SQLITE_LIMIT_COLUMN, 100},
      {SQLITE_LIMIT_EXPR_DEPTH, 10},
      {SQLITE_LIMIT_COMPOUND_SELECT, 3},
      {SQLITE_LIMIT_VDBE_OP, 25'000},
      {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
      {SQLITE_LIMIT_WORKER_THREADS, 0},
  }};
  for (const Limit& limit : kLimits) {
    sqlite3_limit(db->handle(), limit.id, limit.value);
  }
  constexpr std::string_view kCacheKib = "-16384";
  TS_RETURN_IF_ERROR(db->Set("query_only", "1", "1"));
  TS_RETURN_IF_ERROR(db->Set("cell_size_check", "1", "1"));
  TS_RETURN_IF_ERROR(db->Set("cache_size", kCacheKib, kCacheKib));
  const Result<std::string> mapped = db->Ask("PRAGMA mmap_size=0");
  return mapped.ok() ? Status::Ok() : mapped.status();
}

std::string_view Text(sqlite3_stmt* statement, int column) {
  const auto* text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// A real table, which a view or a virtual table of that name is not.
Status CheckIsTable(const TableInfo& table, SqliteDb* db) {
  const Result<std::string> found = db->Ask(
      fmt::format("SELECT count(*) FROM sqlite_schema WHERE name='{}' AND "
                  "type='table' AND rootpage>0",
                  table.name));
  if (!found.ok()) return found.status();
  if (*found == "1") return Status::Ok();
  return Bad(fmt::format("{} has no table {}", db->shown(), table.name));
}

// How table_xinfo numbers a column of the primary key, from 1; 0 for others.
int KeyPosition(const TableInfo& table, std::string_view column) {
  for (size_t i = 0; i < table.primary_key.size(); ++i) {
    if (table.primary_key[i] == column) return static_cast<int>(i) + 1;
  }
  return 0;
}

Status CheckColumns(const TableInfo& table, SqliteDb* db) {
  Result<SqliteStatement> statement = db->Prepare(
      fmt::format("SELECT name, type, pk, hidden FROM pragma_table_xinfo('{}')",
                  table.name));
  if (!statement.ok()) return statement.status();
  sqlite3_stmt* const row = statement->get();
  for (const ColumnInfo& column : table.columns) {
    const int code = sqlite3_step(row);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      return db->Error(code, "reading the schema");
    }
    if (code == SQLITE_DONE || Text(row, 0) != column.name) {
      return Bad(fmt::format("{}: table {} has no column {} where it should be",
                             db->shown(), table.name, column.name));
    }
    const std::string type = ColumnTypeSql(column, Dialect::kSqlite);
    if (Text(row, 1) != type || sqlite3_column_int(row, 3) != 0 ||
        sqlite3_column_int(row, 2) != KeyPosition(table, column.name)) {
      return Bad(fmt::format(
          "{}: column {}.{} is not declared as the schema has it ({})",
          db->shown(), table.name, column.name, type));
    }
  }
  const int code = sqlite3_step(row);
  if (code == SQLITE_DONE) return Status::Ok();
  if (code != SQLITE_ROW) return db->Error(code, "reading the schema");
  return Bad(
      fmt::format("{}: table {} has a column {}, which the schema does "
                  "not know",
                  db->shown(), table.name, Text(row, 0)));
}

}  // namespace

Result<SqliteDb> OpenUntrusted(const std::string& path) {
  std::string file;
  TS_RETURN_IF_ERROR(FindRegularFile(path, &file));
  Result<SqliteDb> db = SqliteDb::Open(file, path, SqliteRole::kReader);
  if (!db.ok()) return db;
  TS_RETURN_IF_ERROR(CheckHeader(*db));
  TS_RETURN_IF_ERROR(Harden(&*db));
  TS_RETURN_IF_ERROR(db->Run("BEGIN", "opening it"));
  for (const TableInfo& table : AllTables()) {
    TS_RETURN_IF_ERROR(CheckIsTable(table, &*db));
    TS_RETURN_IF_ERROR(CheckColumns(table, &*db));
  }
  return db;
}

}  // namespace tillstorm
