#include "storage/postgres/postgres_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/core/check.h"
#include "storage/ceiling_clock.h"
#include "storage/postgres/postgres_ddl.h"

namespace tillstorm {

PostgresLoop::PostgresLoop(const PostgresLoopOptions& options,
                           std::string shown)
    : options_(options), shown_(std::move(shown)) {
  TS_CHECK(options.batch_rows > 0);
  for (const TableInfo& table : AllTables()) {
    inserts_.push_back(CopyRow::OfInserts(table));
    updates_.push_back(CopyRow::OfUpdates(table));
  }
}

// --- Before the clock runs. ---

Status PostgresLoop::Prepare(EventSpan events, WriterIds* ids) {
  const size_t rows = options_.batch_rows;
  for (size_t at = 0; at < events.size(); at += rows) {
    TS_RETURN_IF_ERROR(
        AddCommit(events.subspan(at, std::min(rows, events.size() - at)), ids));
  }
  return Status::Ok();
}

Status PostgresLoop::AddCommit(EventSpan events, WriterIds* ids) {
  Commit commit;
  commit.events = static_cast<int64_t>(events.size());
  TS_RETURN_IF_ERROR(order_.ForEachGroup(events, [&](const EventGroup& group) {
    return Encode(group, ids, &commit.groups.emplace_back());
  }));
  commits_.push_back(std::move(commit));
  return Status::Ok();
}

Status PostgresLoop::Encode(const EventGroup& from, WriterIds* ids,
                            Group* group) {
  group->table = from.table;
  group->op = from.op;
  const size_t index = Index(from.table);
  const bool is_insert = from.op == EventOp::kInsert;
  const CopyRow& row = is_insert ? inserts_[index] : updates_[index];
  std::vector<const Event*> events(from.events.begin(), from.events.end());
  if (!is_insert) {
    const Result<std::span<const RowUpdate>> updates =
        folder_.Fold(from.events, shown_);
    if (!updates.ok()) return updates.status();
    events.clear();
    for (const RowUpdate& update : *updates) events.push_back(update.event);
  }
  group->rows = static_cast<int64_t>(events.size());
  size_t size_max = 0;
  for (const Event* event : events) size_max += row.SizeMax(event->payload());
  group->encoded.resize(size_max);
  char* out = group->encoded.data();
  int64_t id = is_insert ? ids->Take(from.table, group->rows) : 0;
  for (const Event* event : events) {
    out = row.Encode(event->payload(), static_cast<int32_t>(id++), out);
  }
  group->encoded.resize(static_cast<size_t>(out - group->encoded.data()));
  return Status::Ok();
}

// --- While it runs. ---

Result<CeilingTime> PostgresLoop::Run(std::chrono::nanoseconds longest,
                                      const std::atomic<bool>& stop,
                                      PostgresConnection* connection) {
  TS_RETURN_IF_ERROR(MakeUpdateTables(connection));
  if (options_.load == LoadPath::kInsert) {
    TS_RETURN_IF_ERROR(PrepareInserts(connection));
  }
  int64_t rows = 0;
  size_t done = 0;
  const CeilingClock clock;
  while (done < commits_.size() && (done == 0 || clock.elapsed() < longest)) {
    if (stop.load()) {
      return Status(StatusCode::kInterrupted,
                    fmt::format("{}: stopped while measuring", shown_));
    }
    TS_RETURN_IF_ERROR(WriteCommit(commits_[done], connection));
    rows += commits_[done++].events;
  }
  return clock.Read(rows, "");
}

std::set<TableId> PostgresLoop::TablesWith(EventOp op) const {
  std::set<TableId> tables;
  for (const Commit& commit : commits_) {
    for (const Group& group : commit.groups) {
      if (group.op == op) tables.insert(group.table);
    }
  }
  return tables;
}

Status PostgresLoop::PrepareInserts(PostgresConnection* connection) {
  insert_statements_.clear();
  for (const TableId table : TablesWith(EventOp::kInsert)) {
    Result<PostgresInsert> made =
        PostgresInsert::Prepare(Table(table), connection);
    if (!made.ok()) return made.status();
    insert_statements_.emplace(table, std::move(*made));
  }
  return Status::Ok();
}

Status PostgresLoop::MakeUpdateTables(PostgresConnection* connection) const {
  for (const TableId table : TablesWith(EventOp::kUpdate)) {
    TS_RETURN_IF_ERROR(connection->Run(CreateUpdateTableSql(Table(table)),
                                       "creating temporary tables"));
  }
  return Status::Ok();
}

Status PostgresLoop::WriteCommit(const Commit& commit,
                                 PostgresConnection* connection) {
  if (!options_.is_one_transaction) {
    TS_RETURN_IF_ERROR(connection->Run("BEGIN", "beginning a transaction"));
  }
  for (const Group& group : commit.groups) {
    TS_RETURN_IF_ERROR(WriteGroup(group, connection));
  }
  return options_.is_one_transaction ? Status::Ok() : connection->Commit();
}

Status PostgresLoop::WriteGroup(const Group& group,
                                PostgresConnection* connection) {
  const TableInfo& table = Table(group.table);
  if (group.op == EventOp::kInsert) {
    const std::string writing = fmt::format("writing to {}", table.name);
    return options_.load == LoadPath::kInsert
               ? InsertOneByOne(group, writing)
               : Copy(CopySql(table), group, writing, connection);
  }
  const std::string doing = fmt::format("updating {}", table.name);
  const std::string stage = UpdateTableName(table);
  if (options_.is_one_transaction) {
    TS_RETURN_IF_ERROR(connection->Run("TRUNCATE " + stage, doing));
  }
  TS_RETURN_IF_ERROR(
      Copy(fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", stage,
                       updates_[Index(group.table)].columns()),
           group, doing, connection));
  const Result<PostgresRowSet> updated =
      connection->Query(UpdateSql(table), doing);
  if (!updated.ok()) return updated.status();
  if (updated->touched() == group.rows) return Status::Ok();
  // An update of a row that is not there would be quick, and no update.
  return {StatusCode::kIntegrity,
          fmt::format("{}: {} updates of {} changed {} rows, not one each",
                      shown_, group.rows, table.name, updated->touched())};
}

Status PostgresLoop::InsertOneByOne(const Group& group,
                                    const std::string& doing) {
  PostgresInsert& insert = insert_statements_.at(group.table);
  const char* row = group.encoded.data();
  for (int64_t i = 0; i < group.rows; ++i) {
    const Result<const char*> next = insert.ExecuteEncoded(row, doing);
    if (!next.ok()) return next.status();
    row = *next;
  }
  return Status::Ok();
}

std::string PostgresLoop::CopySql(const TableInfo& table) const {
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary{})", table.name,
                     inserts_[Index(table.id)].columns(),
                     options_.is_one_transaction ? ", FREEZE" : "");
}

Status PostgresLoop::Copy(const std::string& sql, const Group& group,
                          const std::string& doing,
                          PostgresConnection* connection) const {
  TS_RETURN_IF_ERROR(connection->BeginCopy(sql, doing));
  TS_RETURN_IF_ERROR(connection->PutCopy(CopyHeader(), doing));
  const std::string_view rows(group.encoded.data(), group.encoded.size());
  for (size_t at = 0; at < rows.size(); at += kLoopSendBytes) {
    TS_RETURN_IF_ERROR(
        connection->PutCopy(rows.substr(at, kLoopSendBytes), doing));
  }
  TS_RETURN_IF_ERROR(connection->PutCopy(CopyTrailer(), doing));
  return connection->EndCopy(doing);
}

int64_t PostgresLoop::ForEachInsert(
    TableId table, const std::function<void(std::string_view)>& visit) const {
  int64_t rows = 0;
  for (const Commit& commit : commits_) {
    for (const Group& group : commit.groups) {
      if (group.table != table || group.op != EventOp::kInsert) continue;
      visit({group.encoded.data(), group.encoded.size()});
      rows += group.rows;
    }
  }
  return rows;
}

}  // namespace tillstorm
