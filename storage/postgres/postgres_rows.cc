#include "storage/postgres/postgres_rows.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/measuring.h"
#include "harness/core/row_codec.h"
#include "harness/core/rows_dataset.h"
#include "storage/postgres/postgres_ddl.h"

namespace tillstorm {
namespace {

constexpr int64_t kIdMax = std::numeric_limits<int32_t>::max();

// Bytes handed to libpq at once: enough that a call costs nothing, few enough
// that the server works on the last ones while the next are encoded.
constexpr size_t kSendBytes = 64UL << 10;

constexpr std::string_view kUniqueViolation = "23505";

// The later table that rows of the table may refer to, if there is one.
std::optional<TableId> LaterReference(const TableInfo& table) {
  for (const ColumnInfo& column : table.columns) {
    const TableInfo* const target = FindTable(column.references);
    if (target != nullptr && target->id > table.id) return target->id;
  }
  return std::nullopt;
}

}  // namespace

PostgresRows::PostgresRows(const PostgresRowsOptions& options,
                           PostgresConnection* connection, WriterIds* ids)
    : options_(options), connection_(*connection), ids_(*ids) {
  for (const TableInfo& table : AllTables()) {
    inserts_.push_back(CopyRow::OfInserts(table));
    updates_.push_back(CopyRow::OfUpdates(table));
  }
}

Status PostgresRows::FindNextIds() {
  for (const TableInfo& table : AllTables()) {
    if (table.id_source != IdSource::kWriter) continue;
    const Result<PostgresRowSet> row = connection_.QueryBinary(
        fmt::format("SELECT max(id) FROM {}", table.name), "reading ids");
    if (!row.ok()) return row.status();
    if (row->is_null(0, 0)) continue;
    ids_.Raise(table.id, int64_t{DecodeInt4(row->text(0, 0))} + 1);
  }
  return Status::Ok();
}

void PostgresRows::Undo() {
  for (const TakenIds& taken : taken_) {
    ids_.GiveBack(taken.table, taken.first, taken.count);
  }
  taken_.clear();
  for (const TableId table : new_update_tables_) update_tables_.erase(table);
  new_update_tables_.clear();
}

// --- A batch. ---

Status PostgresRows::WriteBatch(const Batch& batch) {
  taken_.clear();
  staged_.clear();
  TS_RETURN_IF_ERROR(WriteLedgerRow(batch.ledger));
  TS_RETURN_IF_ERROR(order_.ForEachGroup(
      batch.events,
      [this](const EventGroup& group) { return WriteGroup(group); }));
  return Unstage();
}

Status PostgresRows::WriteGroup(const EventGroup& group) {
  const TableInfo& table = Table(group.table);
  const bool is_insert = group.op == EventOp::kInsert;
  if (is_insert && GoesThroughStage(table)) return Stage(table, group.events);
  TS_RETURN_IF_ERROR(Unstage());
  return is_insert ? InsertRows(table, group.events)
                   : UpdateRows(table, group.events);
}

Status PostgresRows::WriteLedgerRow(const LedgerEntry& entry) {
  if constexpr (!kIsMeasuring) return Status::Ok();
  const Status status = WithLedgerRow(
      entry, [this](const LedgerRow& row) { return InsertRow(row); });
  if (status.ok() || connection_.last_sqlstate() != kUniqueViolation) {
    return status;
  }
  // It is there: of a repeat whose first try came through after all, or of
  // somebody else.
  return {StatusCode::kIntegrity, status.message(), Remedy::kResolveDoubt};
}

Status PostgresRows::InsertRows(const TableInfo& table, EventSpan events) {
  const Result<int64_t> first = TakeIds(table, events.size());
  if (!first.ok()) return first.status();
  if (options_.load == LoadPath::kInsert) {
    return InsertOneByOne(table, events, *first);
  }
  const CopyRow& row = inserts_[Index(table.id)];
  TS_RETURN_IF_ERROR(BeginCopy(table.name, row, options_.freeze,
                               fmt::format("writing to {}", table.name)));
  int64_t id = *first;
  for (const Event* event : events) {
    TS_RETURN_IF_ERROR(CopyOne(row, event->payload(), id++));
  }
  return EndCopy();
}

Status PostgresRows::InsertOneByOne(const TableInfo& table, EventSpan events,
                                    int64_t first_id) {
  const Result<PostgresInsert*> insert = InsertOf(table);
  if (!insert.ok()) return insert.status();
  const std::string doing = fmt::format("writing to {}", table.name);
  int64_t id = first_id;
  for (const Event* event : events) {
    TS_RETURN_IF_ERROR((*insert)->Execute(event->payload(),
                                          static_cast<int32_t>(id++), doing));
  }
  return Status::Ok();
}

// The first of the ids of so many rows; of no use where they carry them.
Result<int64_t> PostgresRows::TakeIds(const TableInfo& table, size_t count) {
  if (table.id_source != IdSource::kWriter) return int64_t{0};
  const auto wanted = static_cast<int64_t>(count);
  const int64_t first = ids_.Take(table.id, wanted);
  taken_.push_back({table.id, first, wanted});
  if (first + wanted - 1 <= kIdMax) return first;
  return Status(StatusCode::kIntegrity,
                fmt::format("{}: {} would get more than {} rows, the largest "
                            "id",
                            connection_.shown(), table.name, kIdMax));
}

// --- Tables that refer to each other. ---

bool PostgresRows::GoesThroughStage(const TableInfo& table) const {
  if (options_.keys_later) return false;
  return LaterReference(table) ||
         (!staged_.empty() && LaterReference(Table(staged_[0])) == table.id);
}

Status PostgresRows::Stage(const TableInfo& table, EventSpan events) {
  const std::string doing = fmt::format("writing to {}", table.name);
  TS_RETURN_IF_ERROR(connection_.Run(CreateStageTableSql(table), doing));
  staged_.push_back(table.id);
  const CopyRow& row = inserts_[Index(table.id)];
  TS_RETURN_IF_ERROR(BeginCopy(StageTableName(table), row, false, doing));
  for (const Event* event : events) {
    TS_RETURN_IF_ERROR(CopyOne(row, event->payload(), 0));
  }
  return EndCopy();
}

Status PostgresRows::Unstage() {
  if (staged_.empty()) return Status::Ok();
  const std::vector<TableId> staged = std::exchange(staged_, {});
  return connection_.Run(
      UnstageSql(staged),
      fmt::format("writing to {}", Table(staged.front()).name));
}

// --- Updates. ---

// When it is first needed: to make them all would be most of what opening a
// lane costs.
Status PostgresRows::MakeUpdateTable(const TableInfo& table) {
  if (update_tables_.contains(table.id)) return Status::Ok();
  TS_RETURN_IF_ERROR(connection_.Run(CreateUpdateTableSql(table),
                                     "creating temporary tables"));
  update_tables_.insert(table.id);
  new_update_tables_.push_back(table.id);
  return Status::Ok();
}

Status PostgresRows::UpdateRows(const TableInfo& table, EventSpan events) {
  TS_RETURN_IF_ERROR(MakeUpdateTable(table));
  const Result<std::span<const RowUpdate>> updates =
      folder_.Fold(events, connection_.shown());
  if (!updates.ok()) return updates.status();
  const std::string doing = fmt::format("updating {}", table.name);
  const CopyRow& row = updates_[Index(table.id)];
  // Of a batch before, where all are one transaction.
  if (options_.keys_later) {
    TS_RETURN_IF_ERROR(
        connection_.Run("TRUNCATE " + UpdateTableName(table), doing));
  }
  TS_RETURN_IF_ERROR(BeginCopy(UpdateTableName(table), row, false, doing));
  for (const RowUpdate& update : *updates) {
    TS_RETURN_IF_ERROR(CopyOne(row, update.event->payload(), update.id));
  }
  TS_RETURN_IF_ERROR(EndCopy());
  const Result<PostgresRowSet> updated =
      connection_.Query(UpdateSql(table), doing);
  if (!updated.ok()) return updated.status();
  if (updated->touched() == static_cast<int64_t>(updates->size())) {
    return Status::Ok();
  }
  return FindMissingRow(table);
}

// An id is the key of its table: what did not change one row changed none.
Status PostgresRows::FindMissingRow(const TableInfo& table) {
  const Result<std::string> missing = connection_.Ask(
      MissingRowsSql(table), fmt::format("updating {}", table.name));
  if (!missing.ok()) return missing.status();
  return {StatusCode::kIntegrity,
          fmt::format("{}: an update of {} row {} changed 0 rows, not one",
                      connection_.shown(), table.name, *missing)};
}

// --- Rows of ours. ---

template <class Row>
Status PostgresRows::InsertRow(const Row& row) {
  const TableInfo& table = Table(Row::kTable);
  const Result<PostgresInsert*> insert = InsertOf(table);
  if (!insert.ok()) return insert.status();
  row_.resize(EncodedRowSizeMax(row));
  const std::byte* end = EncodeRow(row, row_.data());
  return (*insert)->Execute({row_.data(), end}, 0,
                            fmt::format("writing to {}", table.name));
}

Status PostgresRows::WriteManifest(const Manifest& manifest) {
  TS_RETURN_IF_ERROR(connection_.Run("DELETE FROM tillstorm_manifest",
                                     "replacing the manifest"));
  for (const auto& [key, value] : manifest.ToRows()) {
    TS_RETURN_IF_ERROR(InsertRow(ManifestRow{key, value}));
  }
  return Status::Ok();
}

Result<PostgresInsert*> PostgresRows::InsertOf(const TableInfo& table) {
  std::optional<PostgresInsert>& statement =
      insert_statements_[Index(table.id)];
  if (!statement) {
    Result<PostgresInsert> made = PostgresInsert::Prepare(table, &connection_);
    if (!made.ok()) return made.status();
    statement = std::move(*made);
  }
  return &*statement;
}

// --- COPY. ---

Status PostgresRows::BeginCopy(std::string_view into, const CopyRow& row,
                               bool freeze, std::string doing) {
  doing_ = std::move(doing);
  TS_RETURN_IF_ERROR(connection_.BeginCopy(
      fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary{})", into,
                  row.columns(), freeze ? ", FREEZE" : ""),
      doing_));
  copied_.resize(kSendBytes);
  const std::string_view header = CopyHeader();
  std::memcpy(copied_.data(), header.data(), header.size());
  copied_size_ = header.size();
  return Status::Ok();
}

Status PostgresRows::CopyOne(const CopyRow& row, Bytes payload, int64_t id) {
  const size_t size_max = row.SizeMax(payload);
  if (copied_size_ + size_max > copied_.size()) {
    TS_RETURN_IF_ERROR(SendCopy());
    if (size_max > copied_.size()) copied_.resize(size_max);
  }
  const char* const end = row.Encode(payload, static_cast<int32_t>(id),
                                     copied_.data() + copied_size_);
  copied_size_ = static_cast<size_t>(end - copied_.data());
  return Status::Ok();
}

Status PostgresRows::SendCopy() {
  const size_t size = std::exchange(copied_size_, 0);
  return connection_.PutCopy({copied_.data(), size}, doing_);
}

Status PostgresRows::EndCopy() {
  TS_RETURN_IF_ERROR(SendCopy());
  TS_RETURN_IF_ERROR(connection_.PutCopy(CopyTrailer(), doing_));
  return connection_.EndCopy(doing_);
}

}  // namespace tillstorm
