#include "storage/sqlite/sqlite_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "harness/core/check.h"
#include "harness/core/row_codec.h"
#include "harness/core/rows_dataset.h"
#include "storage/ddl.h"

namespace tillstorm {
namespace {

// The id that an update's payload begins with.
int64_t UpdatedId(const Event& event) {
  int64_t id = 0;
  TS_DCHECK(event.payload_size >= 9);
  std::memcpy(&id, event.payload().data() + 1, sizeof(id));
  return id;
}

int StopRequested(void* stop) {
  return *static_cast<const std::atomic<bool>*>(stop) ? 1 : 0;
}

}  // namespace

SqliteSession::SqliteSession(std::unique_ptr<DatasetFile> file,
                             const CreateOptions& create,
                             const SqliteOptions& options)
    : create_(create), options_(options), file_(std::move(file)) {
  next_ids_.fill(1);
}

// --- The connection. ---

Status SqliteSession::Open(bool building) {
  Result<SqliteDb> db =
      SqliteDb::Open(file_->file(), file_->shown(), SqliteRole::kWriter);
  if (!db.ok()) return db.status();
  TS_RETURN_IF_ERROR(building ? SetUpBuilding(options_, &*db)
                              : SetUpLive(create_.durability, &*db));
  settings_ = ReadSettings(&*db);
  const std::lock_guard lock(open_mutex_);
  db_ = std::move(*db);
  return Status::Ok();
}

Status SqliteSession::Close() {
  for (auto& statement : inserts_) statement.reset();
  for (auto& statement : updates_) statement.reset();
  const std::lock_guard lock(open_mutex_);
  return db_.Close();
}

void SqliteSession::Interrupt() {
  stop_ = true;
  const std::lock_guard lock(open_mutex_);
  if (db_.is_open()) db_.Interrupt();
}

Status SqliteSession::CheckUsable() const {
  if (!broken_.ok()) return broken_;
  if (stop_) {
    return {StatusCode::kInterrupted,
            fmt::format("{}: stopped while writing", file_->shown())};
  }
  return Status::Ok();
}

// At `bulk` nothing can be rolled back: every error is final.
Status SqliteSession::Remember(Status status) {
  if (status.ok()) return status;
  if (is_bulk()) {
    status = Status(status.code(), status.message(), Remedy::kStop);
    broken_ = status;
  } else if (status.remedy() != Remedy::kRetryBatch) {
    broken_ = status;
  }
  return status;
}

// --- Transactions. ---

template <class Work>
Status SqliteSession::Transact(Work&& work) {
  TS_RETURN_IF_ERROR(db_.Run("BEGIN IMMEDIATE", "beginning a transaction"));
  const NextIds ids_before = next_ids_;
  Status status = work();
  if (status.ok()) {
    TS_CHECK(db_.in_transaction());
    errno = 0;  // SqliteDb::Error() may need it
    const int code =
        sqlite3_exec(db_.handle(), "COMMIT", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) status = CommitError(code);
  }
  if (!status.ok()) {
    db_.Rollback();
    next_ids_ = ids_before;
  }
  return status;
}

// A COMMIT that failed may have happened all the same: the commit record can be
// in the file although what came after it was refused.
Status SqliteSession::CommitError(int code) {
  Status status = db_.Error(code, "committing");
  if (is_bulk() || (code & 0xff) == SQLITE_BUSY) return status;
  return {StatusCode::kInDoubt, status.message(), Remedy::kResolveDoubt};
}

Status SqliteSession::Begin(const Manifest& manifest, const Batch& fleet) {
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(Open(/*building=*/true));
  TS_RETURN_IF_ERROR(Transact([&] { return WriteOpening(manifest, fleet); }));
  return is_bulk() ? Status::Ok() : GoLive();
}

Status SqliteSession::WriteOpening(const Manifest& manifest,
                                   const Batch& fleet) {
  TS_RETURN_IF_ERROR(CreateSchema());
  TS_RETURN_IF_ERROR(WriteBatch(fleet));
  return WriteManifest(manifest);
}

Status SqliteSession::GoLive() {
  TS_RETURN_IF_ERROR(Close());
  TS_RETURN_IF_ERROR(file_->Sync(stop_));
  TS_RETURN_IF_ERROR(file_->Publish());
  return Open(/*building=*/false);
}

Status SqliteSession::Apply(const Batch& batch) {
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(Remember(Transact([&] { return WriteBatch(batch); })));
  if (is_bulk()) file_->WriteBehindGrowth();
  return Status::Ok();
}

// --- Rows. ---

Status SqliteSession::CreateSchema() {
  for (const std::string& statement : CreateTablesSql(Dialect::kSqlite)) {
    TS_RETURN_IF_ERROR(db_.Run(statement, "creating the tables"));
  }
  if (create_.indexes != IndexMode::kInline) return Status::Ok();
  for (const std::string& statement : CreateIndexesSql()) {
    TS_RETURN_IF_ERROR(db_.Run(statement, "creating the indexes"));
  }
  return Status::Ok();
}

Status SqliteSession::WriteBatch(const Batch& batch) {
  // A counting sort by table and kind of event; 2 * table + 1 are its updates.
  const auto bucket_of = [](const Event* event) {
    return Index(event->table) * 2 + (event->op == EventOp::kUpdate ? 1 : 0);
  };
  std::array<size_t, 2 * kTableCount + 1> ends{};
  for (const Event* event : batch.events) ++ends[bucket_of(event) + 1];
  for (size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  sorted_.resize(batch.events.size());
  // Afterwards ends[b] is where bucket b ends.
  for (const Event* event : batch.events) {
    sorted_[ends[bucket_of(event)]++] = event;
  }
  size_t begin = 0;
  for (size_t bucket = 0; bucket < 2 * kTableCount; ++bucket) {
    const EventSpan events(sorted_.data() + begin, ends[bucket] - begin);
    begin = ends[bucket];
    if (events.empty()) continue;
    const TableInfo& table = AllTables()[bucket / 2];
    TS_RETURN_IF_ERROR(bucket % 2 == 0 ? InsertRows(table, events)
                                       : UpdateRows(table, events));
  }
  return WriteLedger(batch.ledger);
}

Status SqliteSession::InsertRows(const TableInfo& table, EventSpan events) {
  Result<RowStatement*> statement = InsertStatement(table);
  if (!statement.ok()) return statement.status();
  RowStatement& insert = **statement;
  const bool gives_ids = table.id_source == IdSource::kWriter;
  int64_t& next_id = next_ids_[Index(table.id)];
  constexpr int64_t kIdMax = std::numeric_limits<int32_t>::max();
  if (gives_ids && next_id + static_cast<int64_t>(events.size()) - 1 > kIdMax) {
    return {StatusCode::kIntegrity,
            fmt::format("{}: {} would get more than {} rows, the largest id",
                        file_->shown(), table.name, kIdMax)};
  }
  for (const Event* event : events) {
    if (gives_ids) insert.BindId(next_id++);
    const int code = insert.Execute(event->payload());
    if (code != SQLITE_OK) {
      return db_.Error(code, fmt::format("writing to {}", table.name));
    }
  }
  return Status::Ok();
}

Status SqliteSession::UpdateRows(const TableInfo& table, EventSpan events) {
  row_updates_.clear();
  for (size_t i = 0; i < events.size(); ++i) {
    row_updates_.push_back({UpdatedId(*events[i]), i, events[i]});
  }
  std::sort(row_updates_.begin(), row_updates_.end(),
            [](const RowUpdate& a, const RowUpdate& b) {
              return a.id != b.id ? a.id < b.id : a.place < b.place;
            });
  for (auto first = row_updates_.begin(); first != row_updates_.end();) {
    const auto last =
        std::find_if(first, row_updates_.end(),
                     [first](const RowUpdate& u) { return u.id != first->id; });
    TS_RETURN_IF_ERROR(UpdateRow(table, {first, last}));
    first = last;
  }
  return Status::Ok();
}

// The last of several updates of a row stands for all of them.
Status SqliteSession::UpdateRow(const TableInfo& table,
                                std::span<const RowUpdate> updates) {
  const int64_t id = updates.front().id;
  for (size_t i = 1; i < updates.size(); ++i) {
    if (updates[i].event->hash_before != updates[i - 1].event->hash_after) {
      return {StatusCode::kIntegrity,
              fmt::format("{}: an update of {} row {} does not follow from the "
                          "one before",
                          file_->shown(), table.name, id)};
    }
  }
  Result<RowStatement*> statement = UpdateStatement(table);
  if (!statement.ok()) return statement.status();
  const int code = (*statement)->Execute(updates.back().event->payload());
  if (code != SQLITE_OK) {
    return db_.Error(code, fmt::format("updating {}", table.name));
  }
  const int64_t changed = sqlite3_changes64(db_.handle());
  if (changed == 1) return Status::Ok();
  return {StatusCode::kIntegrity,
          fmt::format("{}: an update of {} row {} changed {} rows, not one",
                      file_->shown(), table.name, id, changed)};
}

template <class Row>
Status SqliteSession::InsertRow(const Row& row) {
  const TableInfo& table = Table(Row::kTable);
  Result<RowStatement*> statement = InsertStatement(table);
  if (!statement.ok()) return statement.status();
  row_.resize(EncodedRowSizeMax(row));
  const std::byte* end = EncodeRow(row, row_.data());
  const int code = (*statement)->Execute({row_.data(), end});
  return code == SQLITE_OK
             ? Status::Ok()
             : db_.Error(code, fmt::format("writing to {}", table.name));
}

Status SqliteSession::WriteLedger(const LedgerEntry& entry) {
  return WithLedgerRow(entry,
                       [this](const LedgerRow& row) { return InsertRow(row); });
}

Status SqliteSession::WriteManifest(const Manifest& manifest) {
  TS_RETURN_IF_ERROR(
      db_.Run("DELETE FROM tillstorm_manifest", "replacing the manifest"));
  for (const auto& [key, value] : manifest.ToRows()) {
    TS_RETURN_IF_ERROR(InsertRow(ManifestRow{key, value}));
  }
  return Status::Ok();
}

Result<RowStatement*> SqliteSession::InsertStatement(const TableInfo& table) {
  std::optional<RowStatement>& statement = inserts_[Index(table.id)];
  if (!statement) {
    Result<RowStatement> made = RowStatement::Insert(table, &db_);
    if (!made.ok()) return made.status();
    statement = std::move(*made);
  }
  return &*statement;
}

Result<RowStatement*> SqliteSession::UpdateStatement(const TableInfo& table) {
  std::optional<RowStatement>& statement = updates_[Index(table.id)];
  if (!statement) {
    Result<RowStatement> made = RowStatement::Update(table, &db_);
    if (!made.ok()) return made.status();
    statement = std::move(*made);
  }
  return &*statement;
}

// --- The end. ---

Status SqliteSession::Finish(const Manifest& manifest,
                             const FinishProgress& progress) {
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(
      Remember(Transact([&] { return WriteManifest(manifest); })));
  if (create_.indexes == IndexMode::kDeferred) {
    TS_RETURN_IF_ERROR(Remember(BuildIndexes(progress)));
  }
  const auto report = [&progress](size_t done) {
    if (progress.report) progress.report("sync", done, 1);
  };
  report(0);
  if (!is_bulk()) TS_RETURN_IF_ERROR(Remember(SettleLive()));
  TS_RETURN_IF_ERROR(Remember(Close()));
  broken_ = Status(StatusCode::kIntegrity,
                   fmt::format("{} is finished already", file_->shown()));
  TS_RETURN_IF_ERROR(file_->Sync(stop_));
  if (is_bulk()) TS_RETURN_IF_ERROR(file_->Publish());
  report(1);
  return Status::Ok();
}

Status SqliteSession::BuildIndexes(const FinishProgress& progress) {
  // SQLite sorts an index in pieces of the size of its cache and cannot be
  // stopped inside a piece. It merges 16 pieces at a time: these are as large
  // as a stop within a second allows, so that most indexes need one merge only.
  constexpr std::string_view kSorterKib = "-32768";
  TS_RETURN_IF_ERROR(db_.Set("cache_size", kSorterKib, kSorterKib));
  constexpr int kStepsBetweenLooks = 10'000;  // well under a millisecond
  sqlite3_progress_handler(db_.handle(), kStepsBetweenLooks, &StopRequested,
                           &stop_);
  const std::vector<std::string> statements = CreateIndexesSql();
  for (size_t i = 0; i < statements.size(); ++i) {
    if (progress.report) progress.report("indexes", i, statements.size());
    TS_RETURN_IF_ERROR(CheckUsable());
    TS_RETURN_IF_ERROR(db_.Run(
        statements[i],
        "building indexes (which also takes room in SQLITE_TMPDIR, TMPDIR or "
        "/var/tmp) of"));
  }
  if (progress.report) {
    progress.report("indexes", statements.size(), statements.size());
  }
  return Status::Ok();
}

// Everything into the one file: no WAL stays behind.
Status SqliteSession::SettleLive() {
  const Result<std::string> busy = db_.Ask("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy.ok()) return busy.status();
  if (*busy != "0") {
    return {StatusCode::kUnavailable,
            fmt::format("{}: another program is reading it, so that it cannot "
                        "be settled; close that program",
                        file_->shown())};
  }
  return db_.Set("journal_mode", "DELETE", "delete");
}

}  // namespace tillstorm
