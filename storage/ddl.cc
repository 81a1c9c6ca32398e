#include "storage/ddl.h"

#include <fmt/format.h>

#include <string_view>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

std::string Join(const std::vector<std::string_view>& names) {
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += ", ";
    joined += name;
  }
  return joined;
}

std::string ForeignKeySql(const ColumnInfo& column) {
  return fmt::format("FOREIGN KEY({}) REFERENCES {} (id)", column.name,
                     column.references);
}

std::string PrimaryKeySql(const TableInfo& table) {
  return fmt::format("PRIMARY KEY ({})", Join(table.primary_key));
}

bool RefersToLaterTable(const TableInfo& table, const ColumnInfo& column) {
  const TableInfo* target = FindTable(column.references);
  TS_CHECK(target != nullptr);
  return Index(target->id) > Index(table.id);
}

// Whether the table has an `id` that its key only contains.
bool HasSequenceApart(const TableInfo& table) {
  return table.id_column >= 0 && !HasSerial(table);
}

}  // namespace

std::string ColumnTypeSql(const ColumnInfo& column, Dialect dialect) {
  const bool sqlite = dialect == Dialect::kSqlite;
  switch (column.type) {
    case ColumnType::kInteger:
      return "INTEGER";
    case ColumnType::kFloat:
      return "FLOAT";
    case ColumnType::kBoolean:
      return "BOOLEAN";
    case ColumnType::kVarchar:
      return fmt::format("VARCHAR({})", column.length);
    case ColumnType::kText:
      return "TEXT";
    case ColumnType::kJson:
      return "JSON";
    case ColumnType::kNaiveTime:
      return sqlite ? "DATETIME" : "TIMESTAMP WITHOUT TIME ZONE";
    case ColumnType::kZonedTime:
      return sqlite ? "DATETIME" : "TIMESTAMP WITH TIME ZONE";
    case ColumnType::kTimeOfDay:
      return sqlite ? "TIME" : "TIME WITHOUT TIME ZONE";
    case ColumnType::kBytes:
      return sqlite ? "BLOB" : "BYTEA";
  }
  TS_CHECK(false);
}

bool HasSerial(const TableInfo& table) {
  return table.primary_key.size() == 1 && table.primary_key[0] == "id";
}

std::string SequenceName(const TableInfo& table) {
  return fmt::format("{}_id_seq", table.name);
}

std::string CreateTableSql(const TableInfo& table, Dialect dialect,
                           TableKeys keys) {
  const bool postgres = dialect == Dialect::kPostgres;
  std::vector<std::string> lines;
  for (const ColumnInfo& column : table.columns) {
    const bool serial = postgres && column.name == "id" && HasSerial(table);
    lines.push_back(
        fmt::format("{} {}{}", column.name,
                    serial ? "SERIAL" : ColumnTypeSql(column, dialect),
                    column.nullable ? "" : " NOT NULL"));
  }
  if (keys.primary) lines.push_back(PrimaryKeySql(table));
  for (const ColumnInfo& column : table.columns) {
    if (column.references.empty() || !keys.foreign) continue;
    if (postgres && RefersToLaterTable(table, column)) continue;
    lines.push_back(ForeignKeySql(column));
  }
  return fmt::format("CREATE TABLE {} (\n  {}\n)", table.name,
                     fmt::join(lines, ",\n  "));
}

std::string AddPrimaryKeySql(const TableInfo& table) {
  return fmt::format("ALTER TABLE {} ADD {}", table.name, PrimaryKeySql(table));
}

std::vector<std::string> AddForeignKeysSql(const TableInfo& table) {
  std::vector<std::string> statements;
  for (const ColumnInfo& column : table.columns) {
    if (column.references.empty()) continue;
    statements.push_back(fmt::format("ALTER TABLE {} ADD {}", table.name,
                                     ForeignKeySql(column)));
  }
  return statements;
}

std::string CreateIndexSql(const TableInfo& table, const IndexInfo& index) {
  return fmt::format("CREATE {}INDEX {} ON {} ({})",
                     index.unique ? "UNIQUE " : "", index.name, table.name,
                     Join(index.columns));
}

std::vector<std::string> CreateTablesSql(Dialect dialect) {
  std::vector<std::string> statements;
  std::vector<std::string> late_keys;
  for (const TableInfo& table : AllTables()) {
    if (dialect == Dialect::kPostgres && HasSequenceApart(table)) {
      statements.push_back(
          fmt::format("CREATE SEQUENCE {}", SequenceName(table)));
    }
    statements.push_back(CreateTableSql(table, dialect));
    if (dialect == Dialect::kSqlite) continue;
    for (const ColumnInfo& column : table.columns) {
      if (column.references.empty()) continue;
      if (!RefersToLaterTable(table, column)) continue;
      late_keys.push_back(fmt::format("ALTER TABLE {} ADD {}", table.name,
                                      ForeignKeySql(column)));
    }
  }
  statements.insert(statements.end(), late_keys.begin(), late_keys.end());
  return statements;
}

std::vector<std::string> CreateIndexesSql() {
  std::vector<std::string> statements;
  for (const TableInfo& table : AllTables()) {
    for (const IndexInfo& index : table.indexes) {
      statements.push_back(CreateIndexSql(table, index));
    }
  }
  return statements;
}

std::string SchemaScript(Dialect dialect) {
  std::string script;
  for (const std::string& statement : CreateTablesSql(dialect)) {
    script += statement + ";\n";
  }
  for (const std::string& statement : CreateIndexesSql()) {
    script += statement + ";\n";
  }
  return script;
}

}  // namespace tillstorm
