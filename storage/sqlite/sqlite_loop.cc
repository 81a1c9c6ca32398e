#include "storage/sqlite/sqlite_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/instant.h"
#include "harness/core/row_codec.h"
#include "storage/ceiling_clock.h"

namespace tillstorm {
namespace {

constexpr size_t kTimesPerChunk = 65'536;

std::string InsertSql(const TableInfo& table) {
  std::string marks = "?";
  for (size_t i = 1; i < table.columns.size(); ++i) marks += ",?";
  return fmt::format("INSERT INTO {} VALUES({})", table.name, marks);
}

// Parameters in the order of an update's payload: `id`, then the columns.
std::string UpdateSql(const TableInfo& table) {
  std::string assignments;
  int parameter = 1;
  for (const ColumnInfo& column : table.columns) {
    if (!column.can_change) continue;
    assignments += fmt::format("{}{}=?{}", assignments.empty() ? "" : ",",
                               column.name, ++parameter);
  }
  return fmt::format("UPDATE {} SET {} WHERE id=?1", table.name, assignments);
}

}  // namespace

// --- Before the clock runs. ---

Status SqliteLoop::Prepare(EventSpan events, uint32_t batch_rows) {
  TS_CHECK(batch_rows > 0 && commits_.empty());
  for (size_t at = 0; at < events.size(); at += batch_rows) {
    TS_RETURN_IF_ERROR(AddCommit(
        events.subspan(at, std::min<size_t>(batch_rows, events.size() - at))));
  }
  return Status::Ok();
}

Status SqliteLoop::AddCommit(EventSpan events) {
  Commit commit;
  commit.events = static_cast<int64_t>(events.size());
  TS_RETURN_IF_ERROR(
      order_.ForEachGroup(events, [&](const EventGroup& of) -> Status {
        const TableInfo& table = Table(of.table);
        const Result<sqlite3_stmt*> statement = StatementOf(table, of.op);
        if (!statement.ok()) return statement.status();
        Group& group = commit.groups.emplace_back();
        group.statement = *statement;
        group.table = table.name;
        return of.op == EventOp::kInsert ? AddInserts(table, of.events, &group)
                                         : AddUpdates(table, of.events, &group);
      }));
  commits_.push_back(std::move(commit));
  return Status::Ok();
}

Result<sqlite3_stmt*> SqliteLoop::StatementOf(const TableInfo& table,
                                              EventOp op) {
  const bool is_update = op == EventOp::kUpdate;
  SqliteStatement& statement =
      statements_[2 * Index(table.id) + (is_update ? 1 : 0)];
  if (statement == nullptr) {
    Result<SqliteStatement> made =
        db_.Prepare(is_update ? UpdateSql(table) : InsertSql(table));
    if (!made.ok()) return made.status();
    statement = std::move(*made);
  }
  return statement.get();
}

Status SqliteLoop::AddInserts(const TableInfo& table, EventSpan events,
                              Group* group) {
  group->columns = table.columns.size();
  group->values.reserve(events.size() * group->columns);
  for (const Event* event : events) {
    const std::byte* at = event->payload().data();
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.Encodes(i)) {
        AddValue(table.columns[i].type, &at, group);
        continue;
      }
      Value& id = group->values.emplace_back();
      id.kind = Value::Kind::kInteger;
      id.integer = next_ids_[Index(table.id)]++;
    }
  }
  return Status::Ok();
}

Status SqliteLoop::AddUpdates(const TableInfo& table, EventSpan events,
                              Group* group) {
  const Result<std::span<const RowUpdate>> updates =
      folder_.Fold(events, db_.shown());
  if (!updates.ok()) return updates.status();
  group->columns = 1 + static_cast<size_t>(std::count_if(
                           table.columns.begin(), table.columns.end(),
                           [](const ColumnInfo& c) { return c.can_change; }));
  group->values.reserve(updates->size() * group->columns);
  for (const RowUpdate& update : *updates) {
    const std::byte* at = update.event->payload().data();
    for (const ColumnInfo& column : table.columns) {
      if (!column.can_change && column.name != "id") continue;
      AddValue(column.type, &at, group);
    }
  }
  return Status::Ok();
}

void SqliteLoop::AddValue(ColumnType type, const std::byte** at, Group* group) {
  ValueView decoded;
  *at = DecodeValue(type, *at, &decoded);
  Value& value = group->values.emplace_back();
  if (decoded.is_null()) return;
  switch (type) {
    case ColumnType::kInteger:
    case ColumnType::kBoolean:
      value.kind = Value::Kind::kInteger;
      value.integer = decoded.integer;
      return;
    case ColumnType::kFloat:
      value.kind = Value::Kind::kDouble;
      value.real = decoded.real;
      return;
    case ColumnType::kNaiveTime:
    case ColumnType::kZonedTime:
    case ColumnType::kTimeOfDay:
      value.kind = Value::Kind::kString;
      value.bytes = KeepTime(type, decoded.integer);
      value.size =
          type == ColumnType::kTimeOfDay ? kSqlTimeSize : kSqlDateTimeSize;
      return;
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kJson:
    case ColumnType::kBytes:
      break;
  }
  value.kind =
      type == ColumnType::kBytes ? Value::Kind::kBytes : Value::Kind::kString;
  value.bytes = decoded.text.data();
  value.size = static_cast<int32_t>(decoded.text.size());
}

const char* SqliteLoop::KeepTime(ColumnType type, int64_t micros) {
  if (times_.empty() || times_used_ == kTimesPerChunk) {
    times_.push_back(
        std::make_unique<char[]>(kTimesPerChunk * kSqlDateTimeSize));
    times_used_ = 0;
  }
  char* const text = times_.back().get() + times_used_++ * kSqlDateTimeSize;
  if (type == ColumnType::kTimeOfDay) {
    FormatSqlTime(TimeOfDay{micros}, text);
  } else {
    FormatSqlDateTime(FromMicros(micros), text);
  }
  return text;
}

// --- While it runs. ---

Result<CeilingTime> SqliteLoop::Run(std::chrono::nanoseconds longest,
                                    const std::atomic<bool>& stop) {
  const int64_t changes = sqlite3_total_changes64(db_.handle());
  int64_t rows = 0;
  size_t done = 0;
  const CeilingClock clock;
  while (done < commits_.size() && (done == 0 || clock.elapsed() < longest)) {
    if (stop.load()) {
      return Status(StatusCode::kInterrupted,
                    fmt::format("{}: stopped while measuring", db_.shown()));
    }
    TS_RETURN_IF_ERROR(WriteCommit(commits_[done]));
    rows += commits_[done++].events;
  }
  const CeilingTime time = clock.Read(rows, "");
  TS_RETURN_IF_ERROR(CheckChanges(changes, done));
  return time;
}

Status SqliteLoop::WriteCommit(const Commit& commit) {
  TS_RETURN_IF_ERROR(db_.Run("BEGIN IMMEDIATE", "beginning a transaction"));
  for (const Group& group : commit.groups) {
    TS_RETURN_IF_ERROR(WriteGroup(group));
  }
  return db_.Run("COMMIT", "committing");
}

Status SqliteLoop::WriteGroup(const Group& group) {
  sqlite3_stmt* const statement = group.statement;
  const Value* value = group.values.data();
  const Value* const end = value + group.values.size();
  while (value != end) {
    for (int i = 1; i <= static_cast<int>(group.columns); ++i, ++value) {
      switch (value->kind) {
        case Value::Kind::kNull:
          sqlite3_bind_null(statement, i);
          break;
        case Value::Kind::kInteger:
          sqlite3_bind_int64(statement, i, value->integer);
          break;
        case Value::Kind::kDouble:
          sqlite3_bind_double(statement, i, value->real);
          break;
        case Value::Kind::kString:
          sqlite3_bind_text(statement, i, value->bytes, value->size,
                            SQLITE_STATIC);
          break;
        case Value::Kind::kBytes:
          sqlite3_bind_blob(statement, i, value->bytes, value->size,
                            SQLITE_STATIC);
          break;
      }
    }
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) {
      return db_.Error(code, fmt::format("writing to {}", group.table));
    }
  }
  return Status::Ok();
}

// An update of a row that is not there would be quick, and no update.
Status SqliteLoop::CheckChanges(int64_t before, size_t commits) const {
  int64_t wanted = 0;
  for (size_t i = 0; i < commits; ++i) {
    for (const Group& group : commits_[i].groups) {
      wanted += static_cast<int64_t>(group.rows());
    }
  }
  const int64_t changed = sqlite3_total_changes64(db_.handle()) - before;
  if (changed == wanted) return Status::Ok();
  return {StatusCode::kIntegrity,
          fmt::format("{}: {} statements changed {} rows, not one each",
                      db_.shown(), wanted, changed)};
}

}  // namespace tillstorm
