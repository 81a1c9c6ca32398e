#include "storage/sqlite/sqlite_ceiling.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "harness/core/check.h"
#include "storage/ceiling_clock.h"
#include "storage/sqlite/sqlite_loop.h"
#include "storage/sqlite/sqlite_path.h"

namespace tillstorm {
namespace {

// Manifest and ledger say how rows came there; they are no rows of the load.
bool IsLoaded(const TableInfo& table) {
  return table.id != TableId::kManifest && table.id != TableId::kLedger;
}

Status CopyError(std::string_view doing, const std::string& path) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return DiskFull(error, doing, path);
  }
  return {StatusCode::kIo,
          fmt::format("{}: {} failed: {}", path, doing, std::strerror(error))};
}

}  // namespace

Status SqliteCeiling::CheckStop(const std::string& shown) const {
  if (!stop_.load()) return Status::Ok();
  return {StatusCode::kInterrupted,
          fmt::format("{}: stopped while measuring", shown)};
}

// --- Places. ---

Result<std::unique_ptr<ThrowAwayDirectory>> SqliteCeiling::MakeDirectory()
    const {
  return folder_.empty() ? ThrowAwayDirectory::Create()
                         : ThrowAwayDirectory::CreateIn(folder_);
}

Result<SqliteCeiling::Place> SqliteCeiling::MakePlace(
    std::span<const Batch> opening) const {
  Place place;
  Result<std::unique_ptr<ThrowAwayDirectory>> directory = MakeDirectory();
  if (!directory.ok()) return directory.status();
  place.directory = std::move(*directory);
  Result<std::unique_ptr<DatasetFile>> file =
      DatasetFile::Create(place.directory->path(), false);
  if (!file.ok()) return file.status();
  place.file = std::move(*file);
  Result<SqliteDb> db = SqliteDb::Open(place.file->file(), place.file->shown(),
                                       SqliteRole::kWriter);
  if (!db.ok()) return db.status();
  place.db = std::move(*db);
  TS_RETURN_IF_ERROR(SetUpBuilding(sqlite_, &place.db));
  {
    SqliteRows rows(&place.db, SchemaMaker::kTillstorm);
    TS_RETURN_IF_ERROR(
        place.db.Run("BEGIN IMMEDIATE", "beginning a transaction"));
    TS_RETURN_IF_ERROR(CreateSchema(options_.indexes, &place.db));
    for (const Batch& batch : opening) {
      TS_RETURN_IF_ERROR(rows.WriteBatch(batch));
    }
    TS_RETURN_IF_ERROR(place.db.Run("COMMIT", "committing"));
    place.next_ids = rows.next_ids();
  }
  if (options_.durability != Durability::kBulk) {
    TS_RETURN_IF_ERROR(GoLive(&place));
  }
  return place;
}

Status SqliteCeiling::GoLive(Place* place) const {
  TS_RETURN_IF_ERROR(place->db.Close());
  TS_RETURN_IF_ERROR(place->file->Sync(stop_));
  TS_RETURN_IF_ERROR(place->file->Publish());
  Result<SqliteDb> db = SqliteDb::Open(
      place->file->file(), place->file->shown(), SqliteRole::kWriter);
  if (!db.ok()) return db.status();
  place->db = std::move(*db);
  return SetUpLive(options_.durability, &place->db);
}

Result<int64_t> SqliteCeiling::CountRows(SqliteDb* db, std::string_view schema,
                                         const TableInfo& table) const {
  if (!IsLoaded(table)) return int64_t{0};
  const Result<std::string> count =
      db->Ask(fmt::format("SELECT count(*) FROM {}.{}", schema, table.name));
  if (!count.ok()) return count.status();
  return int64_t{std::stoll(*count)};
}

// --- The loop. ---

Result<CeilingTime> SqliteCeiling::TimeLoop(const CeilingRows& rows,
                                            std::chrono::nanoseconds longest) {
  loop_.reset();
  Result<Place> made = MakePlace(rows.opening);
  if (!made.ok()) return made.status();
  Place& place = *made;
  Result<CeilingTime> time = [&]() -> Result<CeilingTime> {
    SqliteLoop loop(&place.db, place.next_ids);
    TS_RETURN_IF_ERROR(loop.Prepare(rows.events, options_.batch_rows));
    return loop.Run(longest, stop_);
  }();
  if (!time.ok()) return time.status();
  time->how = fmt::format(
      "one thread, prepared INSERT and UPDATE, values ready in memory, {} rows "
      "per commit",
      options_.batch_rows);
  loop_rows_ = 0;
  for (const TableInfo& table : AllTables()) {
    const Result<int64_t> count = CountRows(&place.db, "main", table);
    if (!count.ok()) return count.status();
    loop_rows_ += *count;
  }
  TS_RETURN_IF_ERROR(place.db.Close());  // brings the log into the file
  loop_ = std::move(place);
  return time;
}

// --- The engine alone. ---

Result<CeilingTime> SqliteCeiling::TimeEngine() {
  TS_CHECK(loop_.has_value());
  Result<Place> made = MakePlace({});
  if (!made.ok()) return made.status();
  Place& target = *made;
  TS_RETURN_IF_ERROR(AttachLoop(&target.db));
  int64_t rows = 0;
  Result<std::vector<TableCopy>> tables = PlanCopy(&target, &rows);
  if (!tables.ok()) return tables.status();
  const size_t commits = tables->empty() ? 0 : tables->front().bounds.size();
  const CeilingClock clock;
  for (size_t commit = 0; commit < commits; ++commit) {
    TS_RETURN_IF_ERROR(CheckStop(target.db.shown()));
    TS_RETURN_IF_ERROR(CopyCommit(*tables, commit, &target.db));
  }
  CeilingTime time = clock.Read(
      rows, fmt::format("INSERT..SELECT..WHERE from an attached file, {} rows "
                        "per commit",
                        options_.batch_rows));
  int64_t copied = 0;
  for (const TableInfo& table : AllTables()) {
    const Result<int64_t> count = CountRows(&target.db, "main", table);
    if (!count.ok()) return count.status();
    copied += *count;
  }
  if (copied == rows) return time;
  return Status(StatusCode::kIntegrity,
                fmt::format("{}: {} rows were copied, {} are there",
                            target.db.shown(), rows, copied));
}

Status SqliteCeiling::AttachLoop(SqliteDb* db) const {
  const std::string& file = loop_->file->file();
  const Result<SqliteStatement> attach = db->Prepare("ATTACH ?1 AS source");
  if (!attach.ok()) return attach.status();
  sqlite3_bind_text(attach->get(), 1, file.data(),
                    static_cast<int>(file.size()), SQLITE_STATIC);
  const int code = sqlite3_step(attach->get());
  return code == SQLITE_DONE ? Status::Ok()
                             : db->Error(code, "attaching the rows");
}

// Each commit takes its share of every table, as those of the loop did.
Result<std::vector<SqliteCeiling::TableCopy>> SqliteCeiling::PlanCopy(
    Place* target, int64_t* rows) const {
  *rows = loop_rows_;
  const int64_t batch_rows = options_.batch_rows;
  const int64_t commits = (loop_rows_ + batch_rows - 1) / batch_rows;
  std::vector<TableCopy> copies;
  for (const TableInfo& table : AllTables()) {
    const Result<int64_t> count = CountRows(&target->db, "source", table);
    if (!count.ok()) return count.status();
    if (*count == 0) continue;
    Result<TableCopy> copy = PlanTable(target, table, *count, commits);
    if (!copy.ok()) return copy.status();
    copies.push_back(std::move(*copy));
  }
  return copies;
}

Result<SqliteCeiling::TableCopy> SqliteCeiling::PlanTable(
    Place* target, const TableInfo& table, int64_t rows,
    int64_t commits) const {
  TableCopy copy;
  copy.table = table.name;
  Result<SqliteStatement> insert = target->db.Prepare(
      fmt::format("INSERT INTO main.{0} SELECT * FROM source.{0} WHERE "
                  "rowid>?1 AND rowid<=?2",
                  table.name));
  if (!insert.ok()) return insert.status();
  copy.insert = std::move(*insert);
  Result<SqliteStatement> rowids = target->db.Prepare(
      fmt::format("SELECT rowid FROM source.{} ORDER BY rowid", table.name));
  if (!rowids.ok()) return rowids.status();
  int64_t passed = 0;
  int64_t last = std::numeric_limits<int64_t>::min();
  for (int64_t commit = 0; commit < commits; ++commit) {
    const int64_t upto = rows * (commit + 1) / commits;
    for (; passed < upto; ++passed) {
      const int code = sqlite3_step(rowids->get());
      if (code != SQLITE_ROW) return target->db.Error(code, "reading rowids");
      last = sqlite3_column_int64(rowids->get(), 0);
    }
    copy.bounds.push_back(last);
  }
  return copy;
}

Status SqliteCeiling::CopyCommit(const std::vector<TableCopy>& tables,
                                 size_t commit, SqliteDb* db) const {
  TS_RETURN_IF_ERROR(db->Run("BEGIN IMMEDIATE", "beginning a transaction"));
  for (const TableCopy& copy : tables) {
    sqlite3_stmt* const insert = copy.insert.get();
    sqlite3_bind_int64(insert, 1,
                       commit == 0 ? std::numeric_limits<int64_t>::min()
                                   : copy.bounds[commit - 1]);
    sqlite3_bind_int64(insert, 2, copy.bounds[commit]);
    const int code = sqlite3_step(insert);
    sqlite3_reset(insert);
    if (code != SQLITE_DONE) {
      return db->Error(code, fmt::format("writing to {}", copy.table));
    }
  }
  return db->Run("COMMIT", "committing");
}

// --- The bytes alone. ---

Result<std::optional<CeilingTime>> SqliteCeiling::TimeRawCopy() {
  TS_CHECK(loop_.has_value());
  const Result<std::unique_ptr<ThrowAwayDirectory>> directory = MakeDirectory();
  if (!directory.ok()) return directory.status();
  const CeilingClock clock;
  TS_RETURN_IF_ERROR(CopyBytes(loop_->file->file(), (*directory)->path()));
  return std::optional(clock.Read(
      loop_rows_, "the loop's file copied in pieces of 1 MiB, one fsync"));
}

Status SqliteCeiling::CopyBytes(const std::string& from,
                                const std::string& to) const {
  constexpr size_t kPiece = size_t{1} << 20;
  const FileDescriptor source(
      open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), from);
  if (!source.ok()) return CopyError("opening it", from);
  const FileDescriptor target(open(
      to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target.ok()) return CopyError("creating it", to);
  std::vector<char> piece(kPiece);
  for (;;) {
    TS_RETURN_IF_ERROR(CheckStop(to));
    const ssize_t got = read(source.get(), piece.data(), piece.size());
    if (got < 0) return CopyError("reading", from);
    if (got == 0) break;
    for (ssize_t put = 0; put < got;) {
      const ssize_t written = write(target.get(), piece.data() + put,
                                    static_cast<size_t>(got - put));
      if (written <= 0) return CopyError("writing", to);
      put += written;
    }
  }
  return fsync(target.get()) == 0 ? Status::Ok() : CopyError("syncing", to);
}

}  // namespace tillstorm
