#include "storage/sqlite/sqlite_rows.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/measuring.h"
#include "harness/core/row_codec.h"
#include "harness/core/rows_dataset.h"

namespace tillstorm {
namespace {

constexpr int64_t kIdMax = std::numeric_limits<int32_t>::max();

}  // namespace

SqliteRows::SqliteRows(SqliteDb* db, SchemaMaker maker)
    : db_(*db), maker_(maker) {
  next_ids_.fill(1);
}

Status SqliteRows::FindNextIds() {
  for (const TableInfo& table : AllTables()) {
    if (table.id_source != IdSource::kWriter) continue;
    TS_RETURN_IF_ERROR(FindNextId(table));
  }
  return Status::Ok();
}

Status SqliteRows::FindNextId(const TableInfo& table) {
  Result<SqliteStatement> statement =
      db_.Prepare(fmt::format("SELECT max(id) FROM {}", table.name));
  if (!statement.ok()) return statement.status();
  sqlite3_stmt* const row = statement->get();
  const int code = sqlite3_step(row);
  if (code != SQLITE_ROW) {
    return db_.Error(code, fmt::format("reading {}", table.name));
  }
  const int type = sqlite3_column_type(row, 0);
  const int64_t id = sqlite3_column_int64(row, 0);
  if ((type != SQLITE_NULL && type != SQLITE_INTEGER) || id < 0 ||
      id > kIdMax) {
    return {StatusCode::kBadInput,
            fmt::format("{}: the largest id in {} is no number from 1 to {}",
                        db_.shown(), table.name, kIdMax)};
  }
  next_ids_[Index(table.id)] = id + 1;
  return Status::Ok();
}

Status SqliteRows::WriteBatch(const Batch& batch) {
  TS_RETURN_IF_ERROR(
      order_.ForEachGroup(batch.events, [this](const EventGroup& group) {
        // A statement outside of the transaction would commit by itself.
        TS_CHECK(db_.in_transaction());
        const TableInfo& table = Table(group.table);
        return group.op == EventOp::kInsert ? InsertRows(table, group.events)
                                            : UpdateRows(table, group.events);
      }));
  TS_CHECK(db_.in_transaction());
  if constexpr (!kIsMeasuring) return Status::Ok();
  return WithLedgerRow(batch.ledger,
                       [this](const LedgerRow& row) { return InsertRow(row); });
}

Status SqliteRows::InsertRows(const TableInfo& table, EventSpan events) {
  Result<RowStatement*> statement = InsertStatement(table);
  if (!statement.ok()) return statement.status();
  RowStatement& insert = **statement;
  const bool gives_ids = table.id_source == IdSource::kWriter;
  int64_t& next_id = next_ids_[Index(table.id)];
  if (gives_ids && next_id + static_cast<int64_t>(events.size()) - 1 > kIdMax) {
    return {StatusCode::kIntegrity,
            fmt::format("{}: {} would get more than {} rows, the largest id",
                        db_.shown(), table.name, kIdMax)};
  }
  for (const Event* event : events) {
    if (gives_ids) insert.BindId(next_id++);
    const int code = insert.Execute(event->payload());
    if (code != SQLITE_OK) {
      return db_.Error(code, fmt::format("writing to {}", table.name));
    }
    if (IsAdopted(table)) {
      TS_RETURN_IF_ERROR(CheckOneChanged(table, PureIdOf(*event)));
    }
  }
  return Status::Ok();
}

Status SqliteRows::UpdateRows(const TableInfo& table, EventSpan events) {
  const Result<std::span<const RowUpdate>> updates =
      folder_.Fold(events, db_.shown());
  if (!updates.ok()) return updates.status();
  Result<RowStatement*> statement = UpdateStatement(table);
  if (!statement.ok()) return statement.status();
  for (const RowUpdate& update : *updates) {
    TS_RETURN_IF_ERROR(UpdateRow(table, update, *statement));
  }
  return Status::Ok();
}

Status SqliteRows::UpdateRow(const TableInfo& table, const RowUpdate& update,
                             RowStatement* statement) {
  const int code = statement->Execute(update.event->payload());
  if (code != SQLITE_OK) {
    return db_.Error(code, fmt::format("updating {}", table.name));
  }
  return CheckOneChanged(table, update.id);
}

Status SqliteRows::CheckOneChanged(const TableInfo& table, int64_t id) const {
  const int64_t changed = sqlite3_changes64(db_.handle());
  if (changed == 1) return Status::Ok();
  return {StatusCode::kIntegrity,
          fmt::format("{}: an update of {} row {} changed {} rows, not one",
                      db_.shown(), table.name, id, changed)};
}

template <class Row>
Status SqliteRows::InsertRow(const Row& row) {
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

Status SqliteRows::WriteManifest(const Manifest& manifest) {
  TS_RETURN_IF_ERROR(
      db_.Run("DELETE FROM tillstorm_manifest", "replacing the manifest"));
  for (const auto& [key, value] : manifest.ToRows()) {
    TS_RETURN_IF_ERROR(InsertRow(ManifestRow{key, value}));
  }
  return Status::Ok();
}

Result<RowStatement*> SqliteRows::InsertStatement(const TableInfo& table) {
  std::optional<RowStatement>& statement = inserts_[Index(table.id)];
  if (!statement) {
    Result<RowStatement> made = IsAdopted(table)
                                    ? RowStatement::TakeOver(table, &db_)
                                    : RowStatement::Insert(table, &db_);
    if (!made.ok()) return made.status();
    statement = std::move(*made);
  }
  return &*statement;
}

Result<RowStatement*> SqliteRows::UpdateStatement(const TableInfo& table) {
  std::optional<RowStatement>& statement = updates_[Index(table.id)];
  if (!statement) {
    Result<RowStatement> made = IsAdopted(table)
                                    ? RowStatement::UpdateState(table, &db_)
                                    : RowStatement::Update(table, &db_);
    if (!made.ok()) return made.status();
    statement = std::move(*made);
  }
  return &*statement;
}

}  // namespace tillstorm
