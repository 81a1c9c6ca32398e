#include "storage/postgres/postgres_writer.h"

#include <fmt/format.h>

#include <chrono>

#include "harness/core/check.h"
#include "storage/ddl.h"
#include "storage/postgres/postgres_ddl.h"
#include "storage/postgres/postgres_lock.h"
#include "storage/postgres/postgres_open.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

CreateOptions SharedOptions(const ContinueOptions& options) {
  CreateOptions create;
  create.durability = options.durability;
  create.indexes = IndexMode::kNone;
  create.load = options.load;
  create.lanes = options.lanes;
  return create;
}

}  // namespace

PostgresSession::PostgresSession(PostgresConnectOptions connect,
                                 const CreateOptions& create)
    : connect_(std::move(connect)),
      create_(create),
      lanes_(std::make_shared<PostgresLanes>()) {}

PostgresSession::PostgresSession(PostgresConnectOptions connect,
                                 const ContinueOptions& options)
    : PostgresSession(std::move(connect), SharedOptions(options)) {
  TS_CHECK(!is_bulk());
}

PostgresSession::PostgresSession(const PostgresSession& first, int)
    : connect_(first.connect_), create_(first.create_), lanes_(first.lanes_) {}

PostgresSession::~PostgresSession() { Leave(); }

// So that it is over at once: a server takes its time to notice that we left,
// and to drop temporary tables before it lets go of our lock.
void PostgresSession::Leave() {
  if (connection_ == nullptr) return;
  connection_->Rollback();
  LeaveLock(connection_.get());
  TakeConnection(nullptr);
}

// --- The connection. ---

Status PostgresSession::Connect(bool patiently) {
  Result<PostgresConnection> made =
      patiently ? PostgresConnection::OpenPatiently(connect_, &stop_)
                : PostgresConnection::Open(connect_, &stop_);
  if (!made.ok()) return {made.status().code(), made.status().message()};
  TakeConnection(std::make_unique<PostgresConnection>(std::move(*made)));
  return Status::Ok();
}

void PostgresSession::TakeConnection(
    std::unique_ptr<PostgresConnection> connection) {
  rows_.reset();
  const std::lock_guard lock(cancel_mutex_);
  connection_ = std::move(connection);
  canceller_ =
      connection_ == nullptr ? PostgresCanceller() : connection_->canceller();
  if (connection_ == nullptr) return;
  PostgresRowsOptions options;
  options.load = create_.load;
  options.freeze = is_one_transaction();
  options.keys_later = is_bulk();
  rows_.emplace(options, connection_.get(), &lanes_->ids);
}

// Of a connection to a dataset that is there.
Status PostgresSession::SetUpConnection() {
  TS_RETURN_IF_ERROR(SetDurability(create_.durability, connection_.get()));
  TS_RETURN_IF_ERROR(CheckTables(connection_.get()));
  Result<PostgresSettings> settings = ReadSettings(connection_.get());
  if (!settings.ok()) return settings.status();
  settings_ = std::move(*settings);
  return Status::Ok();
}

void PostgresSession::Interrupt() {
  stop_ = true;
  const std::lock_guard lock(cancel_mutex_);
  canceller_.Cancel();
}

// --- What may be done. ---

Status PostgresSession::CheckUsable() const {
  if (!broken_.ok()) return broken_;
  if (stop_) {
    return {StatusCode::kInterrupted,
            fmt::format("{}: stopped while writing", connect_.shown)};
  }
  return Status::Ok();
}

Status PostgresSession::Remember(Status status) {
  if (status.ok()) return status;
  if (stop_ && status.remedy() == Remedy::kRetryBatch) return CheckUsable();
  if (is_one_transaction()) {
    status = Status(status.code(), status.message());
    broken_ = status;
  } else if (status.remedy() != Remedy::kRetryBatch) {
    broken_ = status;
  }
  return status;
}

// --- Transactions. ---

template <class Work>
Status PostgresSession::Transact(Work&& work, ApplyTimes* times) {
  const Clock::time_point begin = Clock::now();
  if (!is_one_transaction()) {
    TS_RETURN_IF_ERROR(connection_->Run("BEGIN", "beginning a transaction"));
  }
  Status status = work();
  const Clock::time_point commit = Clock::now();
  if (status.ok() && !is_one_transaction()) status = connection_->Commit();
  if (!status.ok()) {
    if (!is_one_transaction()) connection_->Rollback();
    // What may have been committed keeps its ids, as another lane could take
    // them before the doubt is resolved.
    const bool in_doubt = status.remedy() == Remedy::kResolveDoubt;
    if (!in_doubt || create_.lanes == 1) rows_->Undo();
    return status;
  }
  rows_->Keep();
  if (times != nullptr) *times = {commit - begin, Clock::now() - commit};
  return status;
}

Status PostgresSession::Begin(const Manifest& manifest, const Batch& fleet) {
  TS_RETURN_IF_ERROR(Connect(false));
  TS_RETURN_IF_ERROR(LockForStart(connection_.get(), &stop_));
  TS_RETURN_IF_ERROR(SetDurability(create_.durability, connection_.get()));
  TS_RETURN_IF_ERROR(connection_->Run("BEGIN", "beginning a transaction"));
  Status status = WriteOpening(manifest, fleet);
  if (status.ok() && !is_one_transaction()) status = connection_->Commit();
  if (!status.ok()) {
    connection_->Rollback();
    const bool in_doubt = status.remedy() == Remedy::kResolveDoubt &&
                          status.code() == StatusCode::kUnavailable;
    return {in_doubt ? StatusCode::kInDoubt : status.code(), status.message()};
  }
  lanes_->acknowledged.Set(fleet.ledger.lane, fleet.ledger.batch);
  Result<PostgresSettings> settings = ReadSettings(connection_.get());
  if (!settings.ok()) return settings.status();
  settings_ = std::move(*settings);
  return ShareLock(connection_.get());
}

Status PostgresSession::WriteOpening(const Manifest& manifest,
                                     const Batch& fleet) {
  TS_RETURN_IF_ERROR(MakeRoom());
  TS_RETURN_IF_ERROR(CreateSchema());
  TS_RETURN_IF_ERROR(rows_->WriteBatch(fleet));
  TS_RETURN_IF_ERROR(rows_->WriteManifest(manifest));
  return connection_->Run(SetSequencesSql(), "setting the sequences");
}

// An unfinished load is nobody's; a finished dataset goes only when told to.
Status PostgresSession::MakeRoom() {
  const Result<PostgresContent> content = FindContent(connection_.get());
  if (!content.ok()) return content.status();
  if (*content == PostgresContent::kNothing) return Status::Ok();
  if (*content == PostgresContent::kOther) {
    return {StatusCode::kCannotCreate,
            fmt::format("{} holds tables that are no tillstorm dataset; give "
                        "an empty database, or a schema of its own in the "
                        "search_path",
                        connect_.shown)};
  }
  const Result<Manifest> manifest = ReadManifest(connection_.get());
  const bool is_loading = manifest.ok() && manifest->state == "loading";
  if (create_.replace || is_loading) return DropDataset();
  return {StatusCode::kCannotCreate,
          fmt::format("{} holds a tillstorm dataset already; --force replaces "
                      "it",
                      connect_.shown)};
}

Status PostgresSession::DropDataset() {
  for (const std::string& statement : DropDatasetSql()) {
    TS_RETURN_IF_ERROR(connection_->Run(statement, "replacing the dataset"));
  }
  return Status::Ok();
}

Status PostgresSession::CreateSchema() {
  for (const std::string& statement :
       is_bulk() ? BulkTablesSql() : CreateTablesSql(Dialect::kPostgres)) {
    TS_RETURN_IF_ERROR(connection_->Run(statement, "creating the tables"));
  }
  if (create_.indexes != IndexMode::kInline) return Status::Ok();
  for (const std::string& statement : CreateIndexesSql()) {
    TS_RETURN_IF_ERROR(connection_->Run(statement, "creating the indexes"));
  }
  return Status::Ok();
}

Status PostgresSession::GoOn() {
  TS_RETURN_IF_ERROR(Connect(false));
  TS_RETURN_IF_ERROR(CheckTables(connection_.get()));
  TS_RETURN_IF_ERROR(LockForStart(connection_.get(), &stop_));
  const Result<Manifest> manifest = ReadManifest(connection_.get());
  if (!manifest.ok()) return manifest.status();
  if (manifest->state != "complete") {
    return {StatusCode::kBadInput,
            fmt::format("{} is not complete: the manifest's state is '{}'; "
                        "make it again",
                        connect_.shown, manifest->state)};
  }
  TS_RETURN_IF_ERROR(SetUpConnection());
  TS_RETURN_IF_ERROR(rows_->FindNextIds());
  TS_RETURN_IF_ERROR(
      connection_->Run(SetSequencesSql(), "setting the sequences"));
  return ShareLock(connection_.get());
}

Result<std::unique_ptr<Session>> PostgresSession::OpenLane() {
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_CHECK(create_.lanes > 1);
  auto lane = std::unique_ptr<PostgresSession>(new PostgresSession(*this, 0));
  TS_RETURN_IF_ERROR(lane->JoinLane());
  return std::unique_ptr<Session>(std::move(lane));
}

Status PostgresSession::JoinLane() {
  TS_RETURN_IF_ERROR(Connect(false));
  TS_RETURN_IF_ERROR(JoinLock(connection_.get()));
  // The first session has looked at the tables.
  return SetDurability(create_.durability, connection_.get());
}

Status PostgresSession::Apply(const Batch& batch) {
  TS_RETURN_IF_ERROR(CheckUsable());
  last_delta_ = batch.ledger.delta.Json();
  TS_RETURN_IF_ERROR(
      Remember(Transact([&] { return rows_->WriteBatch(batch); }, &times_)));
  lanes_->acknowledged.Set(batch.ledger.lane, batch.ledger.batch);
  return Status::Ok();
}

// --- The manifest. ---

Status PostgresSession::SetManifest(const Manifest& manifest) {
  TS_CHECK(!is_one_transaction());
  TS_RETURN_IF_ERROR(CheckUsable());
  return ReplaceManifest(manifest);
}

// Of a manifest in doubt the dataset itself tells.
Status PostgresSession::ReplaceManifest(const Manifest& manifest) {
  const Status status =
      Remember(Transact([&] { return rows_->WriteManifest(manifest); }));
  if (status.remedy() != Remedy::kResolveDoubt) return status;
  const Status reopened = Reopen();
  const Result<Manifest> found = reopened.ok() ? ReadManifest(connection_.get())
                                               : Result<Manifest>(reopened);
  if (!found.ok()) {
    broken_ = Status(StatusCode::kInDoubt,
                     fmt::format("whether the manifest was replaced cannot be "
                                 "told: {}",
                                 found.status().message()));
    return broken_;
  }
  broken_ = CheckAcknowledged();
  if (!broken_.ok() || found->ToRows() == manifest.ToRows()) return broken_;
  return Remember(Transact([&] { return rows_->WriteManifest(manifest); }));
}

// --- The end. ---

Status PostgresSession::Finish(const Manifest& manifest,
                               const FinishProgress& progress) {
  TS_RETURN_IF_ERROR(CheckUsable());
  TS_RETURN_IF_ERROR(is_bulk() ? Remember(Complete(manifest, progress))
                               : ReplaceManifest(manifest));
  if (!is_bulk()) {
    if (create_.indexes == IndexMode::kDeferred) {
      TS_RETURN_IF_ERROR(Remember(BuildKeysAndIndexes(progress)));
    }
    TS_RETURN_IF_ERROR(
        Remember(connection_->Run(SetSequencesSql(), "setting the sequences")));
  }
  Leave();
  broken_ = Status(StatusCode::kIntegrity,
                   fmt::format("{} is finished already", connect_.shown));
  if (progress.report) progress.report("sync", 1, 1);
  return Status::Ok();
}

// Of `bulk`: keys, indexes, the manifest that makes it a dataset, the commit.
Status PostgresSession::Complete(const Manifest& manifest,
                                 const FinishProgress& progress) {
  if (!is_one_transaction()) {
    TS_RETURN_IF_ERROR(connection_->Run("BEGIN", "beginning a transaction"));
  }
  TS_RETURN_IF_ERROR(rows_->WriteManifest(manifest));
  TS_RETURN_IF_ERROR(BuildKeysAndIndexes(progress));
  TS_RETURN_IF_ERROR(
      connection_->Run(SetSequencesSql(), "setting the sequences"));
  TS_RETURN_IF_ERROR(connection_->Run("ANALYZE", "analyzing the tables"));
  const Status status = connection_->Commit();
  if (status.remedy() != Remedy::kResolveDoubt) return status;
  return FindCompleted(manifest, status);
}

Status PostgresSession::BuildKeysAndIndexes(const FinishProgress& progress) {
  std::vector<std::string> statements;
  if (is_bulk()) statements = BulkKeysSql();
  if (create_.indexes == IndexMode::kDeferred) {
    for (std::string& statement : CreateIndexesSql()) {
      statements.push_back(std::move(statement));
    }
  }
  TS_RETURN_IF_ERROR(
      connection_->Run("SET maintenance_work_mem='128MB'", "building indexes"));
  for (size_t i = 0; i < statements.size(); ++i) {
    if (progress.report) progress.report("indexes", i, statements.size());
    TS_RETURN_IF_ERROR(CheckUsable());
    TS_RETURN_IF_ERROR(connection_->Run(statements[i], "building indexes"));
  }
  if (progress.report) {
    progress.report("indexes", statements.size(), statements.size());
  }
  return Status::Ok();
}

}  // namespace tillstorm
