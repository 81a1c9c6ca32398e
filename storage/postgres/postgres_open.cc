#include "storage/postgres/postgres_open.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "harness/core/schema.h"

namespace tillstorm {
namespace {

constexpr std::string_view kDoing = "looking at the tables";

// What format_type() says of a column of the type that ddl.h gives it. A
// VARCHAR may have any length.
std::string_view TypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return "int4";
    case ColumnType::kFloat:
      return "float8";
    case ColumnType::kBoolean:
      return "bool";
    case ColumnType::kVarchar:
      return "varchar";
    case ColumnType::kText:
      return "text";
    case ColumnType::kJson:
      return "json";
    case ColumnType::kNaiveTime:
      return "timestamp";
    case ColumnType::kZonedTime:
      return "timestamptz";
    case ColumnType::kTimeOfDay:
      return "time";
    case ColumnType::kBytes:
      return "bytea";
  }
  return {};
}

using ColumnTypes = std::map<std::pair<std::string, std::string>, std::string>;

Result<ColumnTypes> ReadColumns(PostgresConnection* connection) {
  const Result<PostgresRowSet> rows = connection->Query(
      "SELECT c.relname, a.attname, t.typname FROM pg_attribute a "
      "JOIN pg_class c ON c.oid=a.attrelid JOIN pg_type t ON t.oid=a.atttypid "
      "WHERE c.relkind='r' AND a.attnum>0 AND NOT a.attisdropped AND "
      "t.typnamespace='pg_catalog'::regnamespace AND "
      "c.relnamespace=(SELECT oid FROM pg_namespace WHERE "
      "nspname=current_schema())",
      kDoing);
  if (!rows.ok()) return rows.status();
  ColumnTypes types;
  for (int row = 0; row < rows->rows(); ++row) {
    types[{std::string(rows->text(row, 0)), std::string(rows->text(row, 1))}] =
        rows->text(row, 2);
  }
  return types;
}

Status NoDataset(const PostgresConnection& connection) {
  return {StatusCode::kBadInput,
          fmt::format("{} holds no tillstorm dataset", connection.shown())};
}

}  // namespace

Result<PostgresContent> FindContent(PostgresConnection* connection) {
  // What extensions brought along is nobody's data.
  const Result<PostgresRowSet> rows = connection->Query(
      "SELECT count(*), coalesce(bool_or(c.relname='tillstorm_manifest' AND "
      "c.relkind='r'), false) FROM pg_class c WHERE c.relkind IN "
      "('r', 'p', 'v', 'm', 'f', 'S') AND c.relnamespace=(SELECT oid FROM "
      "pg_namespace WHERE nspname=current_schema()) AND NOT EXISTS "
      "(SELECT FROM pg_depend d WHERE d.objid=c.oid AND d.deptype='e')",
      kDoing);
  if (!rows.ok()) return rows.status();
  if (rows->text(0, 1) == "t") return PostgresContent::kDataset;
  return rows->text(0, 0) == "0" ? PostgresContent::kNothing
                                 : PostgresContent::kOther;
}

Status CheckTables(PostgresConnection* connection) {
  const Result<ColumnTypes> types = ReadColumns(connection);
  if (!types.ok()) return types.status();
  if (!types->contains({"tillstorm_manifest", "key"})) {
    return NoDataset(*connection);
  }
  for (const TableInfo& table : AllTables()) {
    for (const ColumnInfo& column : table.columns) {
      const auto found =
          types->find({std::string(table.name), std::string(column.name)});
      if (found == types->end()) {
        return {StatusCode::kBadInput,
                fmt::format("{} lacks the column {}.{}", connection->shown(),
                            table.name, column.name)};
      }
      if (found->second == TypeName(column.type)) continue;
      return {StatusCode::kBadInput,
              fmt::format("{}: the column {}.{} has the type {}; it must be {}",
                          connection->shown(), table.name, column.name,
                          found->second, TypeName(column.type))};
    }
  }
  return Status::Ok();
}

Status RefuseLoading(PostgresConnection* connection) {
  const Result<PostgresContent> content = FindContent(connection);
  if (!content.ok()) return content.status();
  if (*content != PostgresContent::kDataset) return Status::Ok();
  const Result<std::string> state =
      connection->Ask("SELECT value FROM tillstorm_manifest WHERE key='state'",
                      "reading the manifest");
  if (!state.ok()) return state.status();
  if (*state != "loading") return Status::Ok();
  return {StatusCode::kBadInput,
          fmt::format("{} is not complete: a load goes on or was ended early "
                      "(the manifest's state is 'loading'); make it again",
                      connection->shown())};
}

Result<Manifest> ReadManifest(PostgresConnection* connection) {
  const Result<PostgresRowSet> found = connection->Query(
      "SELECT key, value FROM tillstorm_manifest", "reading the manifest");
  if (!found.ok()) return found.status();
  std::map<std::string, std::string> rows;
  for (int row = 0; row < found->rows(); ++row) {
    rows[std::string(found->text(row, 0))] = found->text(row, 1);
  }
  Result<Manifest> manifest = Manifest::FromRows(rows);
  if (manifest.ok()) return manifest;
  return Status(
      manifest.status().code(),
      fmt::format("{}: {}", connection->shown(), manifest.status().message()));
}

}  // namespace tillstorm
