#include "storage/sqlite/sqlite_writer.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "harness/core/check.h"
#include "storage/ddl.h"
#include "storage/sqlite/sqlite_open.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

bool IsSyncError(int code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

int StopRequested(void* stop) {
  return *static_cast<const std::atomic<bool>*>(stop) ? 1 : 0;
}

}  // namespace

SqliteSession::SqliteSession(std::unique_ptr<DatasetFile> file,
                             const CreateOptions& create,
                             const SqliteOptions& options)
    : create_(create),
      options_(options),
      goes_on_(false),
      file_(std::move(file)) {}

SqliteSession::SqliteSession(std::unique_ptr<DatasetFile> file,
                             const ContinueOptions& options)
    : create_{options.durability, IndexMode::kNone},
      goes_on_(true),
      file_(std::move(file)) {
  TS_CHECK(!is_bulk());
}

SqliteSession::~SqliteSession() {
  // After an error nothing more is done to the file. Besides, a log is removed
  // by its name, which may be that of somebody else's by now.
  if (db_.is_open() && !is_bulk() && !broken_.ok()) db_.KeepLogOnClose(true);
}

// --- The connection. ---

Status SqliteSession::OpenToBuild() {
  Result<SqliteDb> db =
      SqliteDb::Open(file_->file(), file_->shown(), SqliteRole::kWriter);
  if (!db.ok()) return db.status();
  TakeConnection(std::move(*db), SchemaMaker::kTillstorm);
  TS_RETURN_IF_ERROR(SetUpBuilding(options_, &db_));
  settings_ = ReadSettings(&db_);
  return Status::Ok();
}

Status SqliteSession::OpenLive() {
  Result<SqliteDb> db = goes_on_ ? OpenToGoOn(file_->file(), file_->shown())
                                 : SqliteDb::Open(file_->file(), file_->shown(),
                                                  SqliteRole::kWriter);
  if (!db.ok()) return db.status();
  const Result<bool> is_adopted = IsAdopted(&*db);
  if (!is_adopted.ok()) return is_adopted.status();
  TakeConnection(std::move(*db),
                 *is_adopted ? SchemaMaker::kHomepot : SchemaMaker::kTillstorm);
  TS_RETURN_IF_ERROR(rows_->FindNextIds());
  db_.Trust();  // only now: what is refused was not changed
  TS_RETURN_IF_ERROR(SetUpLive(create_.durability, &db_));
  settings_ = ReadSettings(&db_);
  sqlite3_wal_hook(db_.handle(), &AfterCommit, this);  // as often as by default
  // The first read makes the log.
  const Result<std::string> first = db_.Ask("PRAGMA schema_version");
  if (!first.ok()) return first.status();
  log_ = file_->file() + "-wal";
  struct stat log {};
  log_number_ = lstat(log_.c_str(), &log) == 0 ? log.st_ino : 0;
  return CheckInPlace(When::kNow);
}

void SqliteSession::TakeConnection(SqliteDb db, SchemaMaker maker) {
  const std::lock_guard lock(open_mutex_);
  db_ = std::move(db);
  rows_.emplace(&db_, maker);
}

Status SqliteSession::Close() {
  rows_.reset();
  const std::lock_guard lock(open_mutex_);
  return db_.Close();
}

Status SqliteSession::GoLive() {
  TS_RETURN_IF_ERROR(Close());
  TS_RETURN_IF_ERROR(file_->Sync(stop_));
  TS_RETURN_IF_ERROR(file_->Publish());
  return OpenLive();
}

// A fresh connection, whatever became of the one before.
Status SqliteSession::Reopen() {
  rows_.reset();
  {
    const std::lock_guard lock(open_mutex_);
    if (db_.is_open()) {
      db_.KeepLogOnClose(true);
      db_ = SqliteDb();
    }
  }
  TS_RETURN_IF_ERROR(file_->CheckInPlace());
  return OpenLive();
}

void SqliteSession::Interrupt() {
  stop_ = true;
  const std::lock_guard lock(open_mutex_);
  if (db_.is_open()) db_.Interrupt();
}

int64_t SqliteSession::log_bytes() const {
  struct stat log {};
  if (log_.empty() || stat(log_.c_str(), &log) != 0) return 0;
  return log.st_size;
}

// --- What may be done. ---

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

Status SqliteSession::CheckInPlace(When when) {
  if (is_bulk()) return Status::Ok();  // Publish() looks
  const Clock::time_point now = Clock::now();
  if (when == When::kOnceASecond && looked_ &&
      now - *looked_ < std::chrono::seconds(1)) {
    return Status::Ok();
  }
  looked_ = now;
  TS_RETURN_IF_ERROR(file_->CheckInPlace());
  if (db_.HasMoved()) {
    return {StatusCode::kIntegrity,
            fmt::format("{} was replaced while it was opened", file_->shown())};
  }
  struct stat log {};
  if (lstat(log_.c_str(), &log) == 0 && log.st_ino == log_number_) {
    return Status::Ok();
  }
  return {StatusCode::kIntegrity,
          fmt::format("{} was removed or replaced while {} was written: what "
                      "it held is lost",
                      log_, file_->shown())};
}

// --- Transactions. ---

template <class Work>
Status SqliteSession::Transact(Work&& work, ApplyTimes* times) {
  const Clock::time_point begin = Clock::now();
  TS_RETURN_IF_ERROR(db_.Run("BEGIN IMMEDIATE", "beginning a transaction"));
  const SqliteRows::NextIds ids_before = rows_->next_ids();
  Status status = work();
  if (status.ok()) {
    TS_CHECK(db_.in_transaction());
    const Clock::time_point commit = Clock::now();
    errno = 0;  // SqliteDb::Error() may need it
    checkpoint_ = checkpoint_.zero();
    const int code =
        sqlite3_exec(db_.handle(), "COMMIT", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) status = CommitError(code);
    if (status.ok() && times != nullptr) {
      *times = {commit - begin, Clock::now() - commit, checkpoint_};
    }
  }
  if (!status.ok()) {
    db_.Rollback();
    rows_->set_next_ids(ids_before);
  }
  return status;
}

// A COMMIT that failed may have happened all the same: the commit record can be
// in the file although what came after it was refused.
Status SqliteSession::CommitError(int code) {
  const Status status = db_.Error(code, "committing");
  if (is_bulk() || status.remedy() == Remedy::kRetryBatch) return status;
  if (IsSyncError(code)) StopTrustingDisk(status);
  return {status.code(), status.message(), Remedy::kResolveDoubt};
}

// What SQLite does by itself too (PRAGMA wal_autocheckpoint), but without a
// word when it fails.
int SqliteSession::AfterCommit(void* session, sqlite3* db, const char* schema,
                               int log_pages) {
  constexpr int kLogPages = 1000;
  if (log_pages < kLogPages) return SQLITE_OK;
  auto& self = *static_cast<SqliteSession*>(session);
  const Clock::time_point begin = Clock::now();
  const int code = sqlite3_wal_checkpoint_v2(
      db, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  self.checkpoint_ = Clock::now() - begin;
  if (IsSyncError(code)) {
    self.StopTrustingDisk(
        self.db_.Error(code, "bringing the log into the file"));
    self.broken_ = self.unsynced_;
  }
  return SQLITE_OK;  // the transaction is committed
}

void SqliteSession::StopTrustingDisk(const Status& reason) {
  unsynced_ = Status(
      StatusCode::kIo,
      fmt::format("{}; what was written may not be on the disk, so nothing "
                  "more is written to it",
                  reason.message()));
}

Status SqliteSession::Begin(const Manifest& manifest, const Batch& fleet) {
  TS_CHECK(!goes_on_);
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(OpenToBuild());
  const Status opened = Transact([&] { return WriteOpening(manifest, fleet); });
  // Nobody sees the file yet: there is no doubt.
  if (!opened.ok()) return {opened.code(), opened.message()};
  return is_bulk() ? Status::Ok() : Remember(GoLive());
}

Status SqliteSession::GoOn() {
  TS_CHECK(goes_on_);
  return Remember(OpenLive());
}

Status SqliteSession::WriteOpening(const Manifest& manifest,
                                   const Batch& fleet) {
  TS_RETURN_IF_ERROR(CreateSchema(create_.indexes, &db_));
  TS_RETURN_IF_ERROR(rows_->WriteBatch(fleet));
  return rows_->WriteManifest(manifest);
}

Status SqliteSession::Apply(const Batch& batch) {
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(Remember(CheckInPlace(When::kOnceASecond)));
  TS_RETURN_IF_ERROR(
      Remember(Transact([&] { return rows_->WriteBatch(batch); }, &times_)));
  if (is_bulk()) file_->WriteBehindGrowth();
  return Status::Ok();
}

// --- Doubt. ---

Result<bool> SqliteSession::ResolveDoubt(int32_t lane, int32_t batch) {
  TS_CHECK(!is_bulk());
  const bool in_doubt = broken_.remedy() == Remedy::kResolveDoubt;
  if (!broken_.ok() && !in_doubt) return broken_;
  const Status reopened = Reopen();
  const Result<bool> found =
      reopened.ok() ? HasBatch(lane, batch) : Result<bool>(reopened);
  if (!found.ok()) {
    broken_ = Status(
        StatusCode::kInDoubt,
        fmt::format("whether batch {} of lane {} was committed cannot be told: "
                    "{}",
                    batch, lane, found.status().message()),
        Remedy::kResolveDoubt);
    return broken_;
  }
  broken_ = unsynced_;
  return found;
}

Result<bool> SqliteSession::HasBatch(int32_t lane, int32_t batch) {
  const Result<std::string> count = db_.Ask(
      fmt::format("SELECT count(*) FROM tillstorm_ledger WHERE lane={} AND "
                  "batch={}",
                  lane, batch));
  if (!count.ok()) return count.status();
  return *count == "1";
}

Status SqliteSession::SetManifest(const Manifest& manifest) {
  TS_CHECK(!is_bulk());
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(Remember(CheckInPlace(When::kNow)));
  return ReplaceManifest(manifest);
}

// Of a manifest in doubt the dataset itself tells.
Status SqliteSession::ReplaceManifest(const Manifest& manifest) {
  const Status status =
      Remember(Transact([&] { return rows_->WriteManifest(manifest); }));
  if (status.remedy() != Remedy::kResolveDoubt) return status;
  const Status reopened = Reopen();
  const Result<Manifest> found =
      reopened.ok() ? ReadManifest(&db_) : Result<Manifest>(reopened);
  if (!found.ok()) {
    broken_ = Status(StatusCode::kInDoubt,
                     fmt::format("whether the manifest was replaced cannot be "
                                 "told: {}",
                                 found.status().message()));
    return broken_;
  }
  broken_ = unsynced_;
  if (!broken_.ok()) return broken_;
  return found->ToRows() == manifest.ToRows()
             ? Status::Ok()
             : Status(status.code(), status.message(), Remedy::kRetryBatch);
}

// --- The end. ---

Status SqliteSession::Finish(const Manifest& manifest,
                             const FinishProgress& progress) {
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(Remember(CheckInPlace(When::kNow)));
  TS_RETURN_IF_ERROR(ReplaceManifest(manifest));
  if (create_.indexes == IndexMode::kDeferred) {
    TS_RETURN_IF_ERROR(Remember(BuildIndexes(progress)));
  }
  const auto report = [&progress](size_t done) {
    if (progress.report) progress.report("sync", done, 1);
  };
  report(0);
  if (!is_bulk()) TS_RETURN_IF_ERROR(Remember(Settle()));
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

// Everything into the one file, so that no log stays behind. Somebody who reads
// the file can keep it from that: the log stays beside it then, complete.
Status SqliteSession::Settle() {
  constexpr int kWaitForReadersMs = 1'000;
  sqlite3_busy_timeout(db_.handle(), kWaitForReadersMs);
  const Result<std::string> busy = db_.Ask("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy.ok() && busy.status().code() != StatusCode::kUnavailable) {
    return busy.status();
  }
  if (!busy.ok() || *busy != "0") return Status::Ok();
  const Status settled = db_.Set("journal_mode", "DELETE", "delete");
  return settled.code() == StatusCode::kUnavailable ? Status::Ok() : settled;
}

}  // namespace tillstorm
