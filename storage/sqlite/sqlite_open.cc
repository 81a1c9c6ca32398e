#include "storage/sqlite/sqlite_open.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <map>
#include <string_view>

#include "harness/core/schema.h"
#include "storage/sqlite/sqlite_path.h"
#include "storage/sqlite/sqlite_schema.h"

namespace tillstorm {
namespace {

Status Bad(std::string sentence) {
  return {StatusCode::kBadInput, std::move(sentence)};
}

// Looks at the file through SQLite's own descriptor.
Status ReadHeader(const SqliteDb& db, SqliteHeader* header) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  std::array<std::byte, kSqliteHeaderSize> bytes{};
  if (file == nullptr || file->pMethods == nullptr ||
      file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()),
                            0) != SQLITE_OK ||
      !ParseSqliteHeader(bytes, header)) {
    return Bad(fmt::format("{} is not an SQLite database", db.shown()));
  }
  return Status::Ok();
}

// What the file and its log have, in bytes.
sqlite3_int64 SizeWithLog(const SqliteDb& db) {
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) size = 0;
  const char* const name = sqlite3_db_filename(db.handle(), "main");
  struct stat log {};
  if (lstat(sqlite3_filename_wal(name), &log) == 0) size += log.st_size;
  return size;
}

SchemaMaker MakerOf(const SqliteHeader& header) {
  return header.application_id == kAdoptedApplicationId
             ? SchemaMaker::kHomepot
             : SchemaMaker::kTillstorm;
}

// A program that is killed while it brings the log into the file leaves a
// header that counts pages which are only in the log.
Status CheckWhole(const SqliteHeader& header, const SqliteDb& db) {
  const sqlite3_int64 size = SizeWithLog(db);
  const auto promised =
      static_cast<sqlite3_int64>(header.page_size) * header.pages;
  if (size >= promised) return Status::Ok();
  return Bad(fmt::format("{} is truncated: it has {} bytes of {}", db.shown(),
                         size, promised));
}

// What a dataset of ours has in its header, which no log changes: it is written
// before there is one. The user version of an adopted one is HOMEPOT's.
Status CheckHeader(const SqliteHeader& header, const SqliteDb& db) {
  const bool is_adopted = MakerOf(header) == SchemaMaker::kHomepot;
  if (header.application_id != kApplicationId && !is_adopted) {
    return Bad(fmt::format(
        "{} is an SQLite database but not a tillstorm dataset (its application "
        "id is {}, not {})",
        db.shown(), header.application_id, kApplicationId));
  }
  TS_RETURN_IF_ERROR(CheckWhole(header, db));
  if ((header.user_version != kSchemaVersion && !is_adopted) ||
      header.text_encoding != 1) {
    return Bad(fmt::format(
        "{} has schema version {} (text encoding {}); this "
        "program reads version {} (encoding 1)",
        db.shown(), header.user_version, header.text_encoding, kSchemaVersion));
  }
  return Status::Ok();
}

// What a database that nobody but HOMEPOT has written has in its header.
Status CheckForeignHeader(const SqliteHeader& header, const SqliteDb& db) {
  if (header.application_id == kApplicationId) {
    return Bad(
        fmt::format("{} is a dataset that tillstorm made itself; leave "
                    "--adopt out",
                    db.shown()));
  }
  if (header.application_id != 0) {
    return Bad(fmt::format(
        "{} is no database that HOMEPOT set up: its application id is {}, not "
        "0; give the path of one",
        db.shown(), header.application_id));
  }
  TS_RETURN_IF_ERROR(CheckWhole(header, db));
  if (header.text_encoding == 1) return Status::Ok();
  return Bad(fmt::format("{} has text encoding {}, not 1 (UTF-8)", db.shown(),
                         header.text_encoding));
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
  TS_RETURN_IF_ERROR(db->Set("cell_size_check", "1", "1"));
  const Result<std::string> mapped = db->Ask("PRAGMA mmap_size=0");
  return mapped.ok() ? Status::Ok() : mapped.status();
}

// Begins a transaction that sees the state of now. REQUIRES: hardened.
Status BeginSnapshot(const SqliteHeader& header, SqliteDb* db) {
  constexpr std::string_view kCacheKib = "-16384";
  TS_RETURN_IF_ERROR(db->Set("query_only", "1", "1"));
  TS_RETURN_IF_ERROR(db->Run("BEGIN", "opening it"));
  const Result<std::string> first = db->Ask("PRAGMA schema_version");
  if (first.ok()) return db->Set("cache_size", kCacheKib, kCacheKib);
  const int code = sqlite3_extended_errcode(db->handle());
  const bool no_room =
      (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY;
  if (!header.is_wal || !no_room || code == SQLITE_READONLY_ROLLBACK) {
    return first.status();
  }
  return {StatusCode::kPermission,
          fmt::format("{} was not settled by who wrote it last, and to read it "
                      "SQLite must keep a {}-shm beside it: make its directory "
                      "writable, or copy it and its -wal to one that is",
                      db->shown(), db->shown())};
}

Status CheckComplete(SqliteDb* db) {
  const Result<Manifest> manifest = ReadManifest(db);
  if (!manifest.ok()) return manifest.status();
  if (manifest->state == "complete") return Status::Ok();
  return Bad(fmt::format(
      "{} is not complete: the manifest's state is '{}'; make it again",
      db->shown(), manifest->state));
}

}  // namespace

Result<SqliteDb> OpenForeign(const std::string& path) {
  std::string file;
  TS_RETURN_IF_ERROR(FindRegularFile(path, &file));
  Result<SqliteDb> db = SqliteDb::Open(file, path, SqliteRole::kReader);
  if (!db.ok()) return db;
  SqliteHeader header;
  TS_RETURN_IF_ERROR(ReadHeader(*db, &header));
  TS_RETURN_IF_ERROR(Harden(&*db));
  TS_RETURN_IF_ERROR(BeginSnapshot(header, &*db));
  return db;
}

Result<SqliteDb> OpenUntrusted(const std::string& path) {
  std::string file;
  TS_RETURN_IF_ERROR(FindRegularFile(path, &file));
  Result<SqliteDb> db = SqliteDb::Open(file, path, SqliteRole::kReader);
  if (!db.ok()) return db;
  SqliteHeader header;
  TS_RETURN_IF_ERROR(ReadHeader(*db, &header));
  TS_RETURN_IF_ERROR(CheckHeader(header, *db));
  TS_RETURN_IF_ERROR(Harden(&*db));
  TS_RETURN_IF_ERROR(BeginSnapshot(header, &*db));
  TS_RETURN_IF_ERROR(CheckTables(MakerOf(header), &*db));
  return db;
}

Result<SqliteDb> OpenAdoptable(const std::string& path) {
  std::string file;
  TS_RETURN_IF_ERROR(FindRegularFile(path, &file));
  Result<SqliteDb> db = SqliteDb::Open(file, path, SqliteRole::kReader);
  if (!db.ok()) return db;
  SqliteHeader header;
  TS_RETURN_IF_ERROR(ReadHeader(*db, &header));
  TS_RETURN_IF_ERROR(CheckForeignHeader(header, *db));
  TS_RETURN_IF_ERROR(Harden(&*db));
  TS_RETURN_IF_ERROR(BeginSnapshot(header, &*db));
  TS_RETURN_IF_ERROR(CheckAdoptable(&*db));
  return db;
}

Result<SqliteDb> OpenToAdopt(const std::string& file,
                             const std::string& shown) {
  Result<SqliteDb> db = SqliteDb::Open(file, shown, SqliteRole::kNewcomer);
  if (!db.ok()) return db;
  SqliteHeader header;
  TS_RETURN_IF_ERROR(ReadHeader(*db, &header));
  TS_RETURN_IF_ERROR(CheckForeignHeader(header, *db));
  db->KeepLogOnClose(true);  // should it be refused
  TS_RETURN_IF_ERROR(Harden(&*db));
  TS_RETURN_IF_ERROR(db->Run("BEGIN IMMEDIATE", "opening it"));
  return db;
}

Result<bool> IsAdopted(SqliteDb* db) {
  const Result<std::string> id = db->Ask("PRAGMA application_id");
  if (!id.ok()) return id.status();
  return *id == std::to_string(kAdoptedApplicationId);
}

Result<SqliteDb> OpenToGoOn(const std::string& file, const std::string& shown) {
  Result<SqliteDb> db = SqliteDb::Open(file, shown, SqliteRole::kNewcomer);
  if (!db.ok()) return db;
  SqliteHeader header;
  TS_RETURN_IF_ERROR(ReadHeader(*db, &header));
  TS_RETURN_IF_ERROR(CheckHeader(header, *db));
  db->KeepLogOnClose(true);  // should it be refused
  TS_RETURN_IF_ERROR(Harden(&*db));
  TS_RETURN_IF_ERROR(db->Run("BEGIN", "opening it"));
  TS_RETURN_IF_ERROR(CheckTables(MakerOf(header), &*db));
  TS_RETURN_IF_ERROR(CheckDeclarations(MakerOf(header), &*db));
  TS_RETURN_IF_ERROR(CheckComplete(&*db));
  TS_RETURN_IF_ERROR(db->Run("COMMIT", "opening it"));
  db->KeepLogOnClose(false);
  return db;
}

Result<Manifest> ReadManifest(SqliteDb* db) {
  Result<SqliteStatement> statement =
      db->Prepare("SELECT key, value FROM tillstorm_manifest");
  if (!statement.ok()) return statement.status();
  sqlite3_stmt* const row = statement->get();
  std::map<std::string, std::string> rows;
  int code = SQLITE_OK;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    if (sqlite3_column_type(row, 0) != SQLITE_TEXT ||
        sqlite3_column_type(row, 1) != SQLITE_TEXT) {
      return Bad(fmt::format("{}: the manifest holds something other than text",
                             db->shown()));
    }
    rows.emplace(ColumnText(row, 0), ColumnText(row, 1));
  }
  if (code != SQLITE_DONE) return db->Error(code, "reading the manifest");
  Result<Manifest> manifest = Manifest::FromRows(rows);
  if (manifest.ok()) return manifest;
  return Status(
      manifest.status().code(),
      fmt::format("{}: {}", db->shown(), manifest.status().message()));
}

}  // namespace tillstorm
