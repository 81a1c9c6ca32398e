#include "storage/sqlite/sqlite_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/row_codec.h"
#include "harness/core/rows_dataset.h"

namespace tillstorm {
namespace {

constexpr int64_t kIdMax = std::numeric_limits<int32_t>::max();

// The id that a payload with a pure id begins with.
int64_t IdOf(const Event& event) {
  int64_t id = 0;
  TS_DCHECK(event.payload_size >= 9);
  std::memcpy(&id, event.payload().data() + 1, sizeof(id));
  return id;
}

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
    // A statement outside of the transaction would commit by itself.
    TS_CHECK(db_.in_transaction());
    const TableInfo& table = AllTables()[bucket / 2];
    TS_RETURN_IF_ERROR(bucket % 2 == 0 ? InsertRows(table, events)
                                       : UpdateRows(table, events));
  }
  TS_CHECK(db_.in_transaction());
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
      TS_RETURN_IF_ERROR(CheckOneChanged(table, IdOf(*event)));
    }
  }
  return Status::Ok();
}

Status SqliteRows::UpdateRows(const TableInfo& table, EventSpan events) {
  row_updates_.clear();
  for (size_t i = 0; i < events.size(); ++i) {
    row_updates_.push_back({IdOf(*events[i]), i, events[i]});
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
Status SqliteRows::UpdateRow(const TableInfo& table,
                             std::span<const RowUpdate> updates) {
  const int64_t id = updates.front().id;
  for (size_t i = 1; i < updates.size(); ++i) {
    if (updates[i].event->hash_before != updates[i - 1].event->hash_after) {
      return {StatusCode::kIntegrity,
              fmt::format("{}: an update of {} row {} does not follow from the "
                          "one before",
                          db_.shown(), table.name, id)};
    }
  }
  Result<RowStatement*> statement = UpdateStatement(table);
  if (!statement.ok()) return statement.status();
  const int code = (*statement)->Execute(updates.back().event->payload());
  if (code != SQLITE_OK) {
    return db_.Error(code, fmt::format("updating {}", table.name));
  }
  return CheckOneChanged(table, id);
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
