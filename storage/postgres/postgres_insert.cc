#include "storage/postgres/postgres_insert.h"

#include <fmt/format.h>

namespace tillstorm {

PostgresInsert::PostgresInsert(const TableInfo& table,
                               PostgresConnection* connection)
    : connection_(connection),
      row_(CopyRow::OfInserts(table)),
      name_(fmt::format("insert_{}", table.name)),
      values_(row_.column_count()),
      lengths_(row_.column_count()),
      formats_(row_.column_count(), 1) {}

Result<PostgresInsert> PostgresInsert::Prepare(const TableInfo& table,
                                               PostgresConnection* connection) {
  PostgresInsert made(table, connection);
  std::string parameters;
  for (size_t i = 1; i <= made.row_.column_count(); ++i) {
    parameters += fmt::format("{}${}", i == 1 ? "" : ",", i);
  }
  TS_RETURN_IF_ERROR(connection->Prepare(
      made.name_, fmt::format("INSERT INTO {}({}) VALUES({})", table.name,
                              made.row_.columns(), parameters)));
  return made;
}

Status PostgresInsert::Execute(Bytes payload, int32_t id,
                               std::string_view doing) {
  if (encoded_.size() < row_.SizeMax(payload)) {
    encoded_.resize(2 * row_.SizeMax(payload));
  }
  row_.Encode(payload, id, encoded_.data());
  return ExecuteEncoded(encoded_.data(), doing).status();
}

Result<const char*> PostgresInsert::ExecuteEncoded(const char* row,
                                                   std::string_view doing) {
  const char* at = row + 2;  // after the number of columns
  for (size_t i = 0; i < values_.size(); ++i) {
    lengths_[i] = DecodeInt4({at, 4});
    at += 4;
    const bool is_null = lengths_[i] < 0;
    values_[i] = is_null ? nullptr : at;
    if (!is_null) at += lengths_[i];
  }
  TS_RETURN_IF_ERROR(
      connection_->RunPrepared(name_, {values_, lengths_, formats_}, doing));
  return at;
}

}  // namespace tillstorm
