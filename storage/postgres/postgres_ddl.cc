#include "storage/postgres/postgres_ddl.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/check.h"
#include "storage/ddl.h"

namespace tillstorm {
namespace {

bool HasKeyLater(const TableInfo& table) {
  return table.id_source == IdSource::kWriter;
}

}  // namespace

std::vector<std::string> BulkTablesSql() {
  std::vector<std::string> statements;
  for (const TableInfo& table : AllTables()) {
    if (table.id_column >= 0 && !HasSerial(table)) {
      statements.push_back("CREATE SEQUENCE " + SequenceName(table));
    }
    statements.push_back(CreateTableSql(table, Dialect::kPostgres,
                                        {!HasKeyLater(table), false}));
  }
  return statements;
}

std::vector<std::string> BulkKeysSql() {
  std::vector<std::string> statements;
  for (const TableInfo& table : AllTables()) {
    if (HasKeyLater(table)) statements.push_back(AddPrimaryKeySql(table));
  }
  for (const TableInfo& table : AllTables()) {
    for (std::string& statement : AddForeignKeysSql(table)) {
      statements.push_back(std::move(statement));
    }
  }
  return statements;
}

std::vector<std::string> DropDatasetSql() {
  std::string tables;
  std::string sequences;
  for (const TableInfo& table : AllTables()) {
    tables += fmt::format("{}{}", tables.empty() ? "" : ", ", table.name);
    if (table.id_column < 0 || HasSerial(table)) continue;
    sequences +=
        fmt::format("{}{}", sequences.empty() ? "" : ", ", SequenceName(table));
  }
  return {"DROP TABLE IF EXISTS " + tables,
          "DROP SEQUENCE IF EXISTS " + sequences};
}

bool HasUpdates(const TableInfo& table) {
  return std::any_of(
      table.columns.begin(), table.columns.end(),
      [](const ColumnInfo& column) { return column.can_change; });
}

std::string UpdateTableName(const TableInfo& table) {
  return fmt::format("tillstorm_update_{}", table.name);
}

std::string CreateUpdateTableSql(const TableInfo& table) {
  std::string columns = "id";
  for (const ColumnInfo& column : table.columns) {
    if (column.can_change) columns += fmt::format(", {}", column.name);
  }
  return fmt::format(
      "CREATE TEMPORARY TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS "
      "SELECT {} FROM {} WITH NO DATA",
      UpdateTableName(table), columns, table.name);
}

std::string UpdateSql(const TableInfo& table) {
  std::string assignments;
  for (const ColumnInfo& column : table.columns) {
    if (!column.can_change) continue;
    assignments += fmt::format("{}{}=new.{}", assignments.empty() ? "" : ", ",
                               column.name, column.name);
  }
  TS_CHECK(!assignments.empty());
  return fmt::format("UPDATE {} old SET {} FROM {} new WHERE old.id=new.id",
                     table.name, assignments, UpdateTableName(table));
}

std::string MissingRowsSql(const TableInfo& table) {
  return fmt::format(
      "SELECT min(id) FROM {} WHERE id NOT IN (SELECT id FROM {})",
      UpdateTableName(table), table.name);
}

std::string StageTableName(const TableInfo& table) {
  return fmt::format("tillstorm_stage_{}", table.name);
}

std::string CreateStageTableSql(const TableInfo& table) {
  return fmt::format("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP",
                     StageTableName(table), table.name);
}

std::string UnstageSql(const std::vector<TableId>& tables) {
  TS_CHECK(!tables.empty());
  const auto insert = [](TableId id) {
    return fmt::format("INSERT INTO {} SELECT * FROM {}", Table(id).name,
                       StageTableName(Table(id)));
  };
  std::string before;
  for (size_t i = 0; i + 1 < tables.size(); ++i) {
    before += fmt::format("{} part_{} AS ({})", i == 0 ? "WITH" : ",", i,
                          insert(tables[i]));
  }
  return fmt::format("{} {}", before, insert(tables.back()));
}

std::string SetSequencesSql() {
  std::string sql = "SELECT";
  for (const TableInfo& table : AllTables()) {
    if (table.id_column < 0) continue;
    sql += fmt::format(
        "{} (SELECT setval('{}', coalesce(max(id), 1), max(id) IS NOT NULL) "
        "FROM {})",
        sql.back() == 'T' ? "" : ",", SequenceName(table), table.name);
  }
  return sql;
}

}  // namespace tillstorm
