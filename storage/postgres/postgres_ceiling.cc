#include "storage/postgres/postgres_ceiling.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/check.h"
#include "storage/ceiling_clock.h"
#include "storage/ddl.h"
#include "storage/postgres/postgres_ddl.h"
#include "storage/postgres/postgres_rows.h"
#include "storage/postgres/postgres_settings.h"

namespace tillstorm {

// --- Places. ---

Result<std::unique_ptr<PostgresScratch>> PostgresCeiling::MakePlace(
    WriterIds* ids) const {
  Result<std::unique_ptr<PostgresScratch>> made =
      PostgresScratch::Create(connect_, &stop_);
  if (!made.ok()) return made.status();
  PostgresConnection* const connection = (*made)->connection();
  TS_RETURN_IF_ERROR(SetDurability(options_.durability, connection));
  TS_RETURN_IF_ERROR(connection->Run("BEGIN", "beginning a transaction"));
  TS_RETURN_IF_ERROR(CreateSchema(connection));
  PostgresRowsOptions rows_options;
  rows_options.freeze = is_bulk();
  rows_options.keys_later = is_bulk();
  PostgresRows rows(rows_options, connection, ids);
  for (const Batch& batch : opening_) {
    TS_RETURN_IF_ERROR(rows.WriteBatch(batch));
    rows.Keep();
  }
  // Of `bulk` it is the transaction that the rows go into.
  if (!is_bulk()) TS_RETURN_IF_ERROR(connection->Commit());
  return made;
}

Status PostgresCeiling::CreateSchema(PostgresConnection* connection) const {
  for (const std::string& statement :
       is_bulk() ? BulkTablesSql() : CreateTablesSql(Dialect::kPostgres)) {
    TS_RETURN_IF_ERROR(connection->Run(statement, "creating the tables"));
  }
  if (options_.indexes != IndexMode::kInline) return Status::Ok();
  for (const std::string& statement : CreateIndexesSql()) {
    TS_RETURN_IF_ERROR(connection->Run(statement, "creating the indexes"));
  }
  return Status::Ok();
}

// --- The loop. ---

Result<CeilingTime> PostgresCeiling::TimeLoop(
    const CeilingRows& rows, std::chrono::nanoseconds longest) {
  opening_ = rows.opening;
  WriterIds ids;
  const Result<std::unique_ptr<PostgresScratch>> place = MakePlace(&ids);
  if (!place.ok()) return place.status();
  loop_ = std::make_unique<PostgresLoop>(
      PostgresLoopOptions{options_.batch_rows, is_bulk(), options_.load},
      connect_.shown);
  TS_RETURN_IF_ERROR(loop_->Prepare(rows.events, &ids));
  Result<CeilingTime> time = loop_->Run(longest, stop_, (*place)->connection());
  if (!time.ok()) return time.status();
  time->how =
      fmt::format("one connection, {} encoded beforehand, {} rows per commit",
                  options_.load == LoadPath::kInsert
                      ? "a prepared INSERT per row, its values"
                      : "binary COPY of buffers",
                  options_.batch_rows);
  return time;
}

// --- The engine alone. ---

Result<CeilingTime> PostgresCeiling::TimeEngine() {
  TS_CHECK(loop_ != nullptr);
  Result<SpoolFile> file = SpoolFile::Create();
  if (!file.ok()) return file.status();
  int64_t rows = 0;
  const Result<std::vector<Stream>> streams = WriteStreams(&*file, &rows);
  if (!streams.ok()) return streams.status();
  WriterIds ids;
  const Result<std::unique_ptr<PostgresScratch>> place = MakePlace(&ids);
  if (!place.ok()) return place.status();
  const CeilingClock clock;
  for (const Stream& stream : *streams) {
    TS_RETURN_IF_ERROR(Send(stream, *file, (*place)->connection()));
  }
  return clock.Read(
      rows, "binary COPY from a file, one stream per table, inserts only");
}

Result<std::vector<PostgresCeiling::Stream>> PostgresCeiling::WriteStreams(
    SpoolFile* file, int64_t* rows) const {
  std::vector<Stream> streams;
  for (const TableInfo& table : AllTables()) {
    const int64_t begin = file->size();
    Status status = file->Append(CopyHeader());
    const int64_t found =
        loop_->ForEachInsert(table.id, [&](std::string_view bytes) {
          if (status.ok()) status = file->Append(bytes);
        });
    TS_RETURN_IF_ERROR(status);
    TS_RETURN_IF_ERROR(file->Append(CopyTrailer()));
    if (found == 0) continue;
    *rows += found;
    streams.push_back({&table, {begin, file->size()}});
  }
  TS_RETURN_IF_ERROR(file->Sync());
  return streams;
}

Status PostgresCeiling::Send(const Stream& stream, const SpoolFile& file,
                             PostgresConnection* connection) const {
  const std::string doing = fmt::format("writing to {}", stream.table->name);
  TS_RETURN_IF_ERROR(
      connection->BeginCopy(loop_->CopySql(*stream.table), doing));
  std::vector<char> piece(kLoopSendBytes);
  const int64_t end = stream.range.end;
  for (int64_t at = stream.range.begin; at < end;) {
    if (stop_.load()) {
      return {StatusCode::kInterrupted,
              fmt::format("{}: stopped while measuring", connect_.shown)};
    }
    const size_t size = std::min(piece.size(), static_cast<size_t>(end - at));
    TS_RETURN_IF_ERROR(file.ReadAt(at, {piece.data(), size}));
    TS_RETURN_IF_ERROR(connection->PutCopy({piece.data(), size}, doing));
    at += static_cast<int64_t>(size);
  }
  return connection->EndCopy(doing);
}

}  // namespace tillstorm
