#include "storage/sqlite/sqlite_schema.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>

#include "harness/core/schema.h"
#include "storage/ddl.h"

namespace tillstorm {
namespace {

Status Bad(std::string sentence) {
  return {StatusCode::kBadInput, std::move(sentence)};
}

// A real table, which a view or a virtual table of that name is not.
Status CheckIsTable(const TableInfo& table, SqliteDb* db) {
  const Result<std::string> found = db->Ask(
      fmt::format("SELECT count(*) FROM sqlite_schema WHERE name='{}' AND "
                  "type='table' AND rootpage>0",
                  table.name));
  if (!found.ok()) return found.status();
  if (*found == "1") return Status::Ok();
  return Bad(fmt::format("{} has no table {}", db->shown(), table.name));
}

// How table_xinfo numbers a column of the primary key, from 1; 0 for others.
int KeyPosition(const TableInfo& table, std::string_view column) {
  for (size_t i = 0; i < table.primary_key.size(); ++i) {
    if (table.primary_key[i] == column) return static_cast<int>(i) + 1;
  }
  return 0;
}

// Exactly ours, in our order.
Status CheckColumns(const TableInfo& table, SqliteDb* db) {
  Result<SqliteStatement> statement = db->Prepare(
      fmt::format("SELECT name, type, pk, hidden FROM pragma_table_xinfo('{}')",
                  table.name));
  if (!statement.ok()) return statement.status();
  sqlite3_stmt* const row = statement->get();
  for (const ColumnInfo& column : table.columns) {
    const int code = sqlite3_step(row);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      return db->Error(code, "reading the schema");
    }
    if (code == SQLITE_DONE || ColumnText(row, 0) != column.name) {
      return Bad(fmt::format("{}: table {} has no column {} where it should be",
                             db->shown(), table.name, column.name));
    }
    const std::string type = ColumnTypeSql(column, Dialect::kSqlite);
    if (ColumnText(row, 1) != type || sqlite3_column_int(row, 3) != 0 ||
        sqlite3_column_int(row, 2) != KeyPosition(table, column.name)) {
      return Bad(fmt::format(
          "{}: column {}.{} is not declared as the schema has it ({})",
          db->shown(), table.name, column.name, type));
    }
  }
  const int code = sqlite3_step(row);
  if (code == SQLITE_DONE) return Status::Ok();
  if (code != SQLITE_ROW) return db->Error(code, "reading the schema");
  return Bad(
      fmt::format("{}: table {} has a column {}, which the schema does "
                  "not know",
                  db->shown(), table.name, ColumnText(row, 0)));
}

struct FoundColumn {
  std::string type;
  int key = 0;  // as KeyPosition()
  bool hidden = false;
  bool needs_value = false;  // a row cannot be written without it
};

Result<std::map<std::string, FoundColumn>> ReadColumns(const TableInfo& table,
                                                       SqliteDb* db) {
  Result<SqliteStatement> statement = db->Prepare(fmt::format(
      "SELECT name, type, pk, hidden, \"notnull\" AND dflt_value IS NULL FROM "
      "pragma_table_xinfo('{}')",
      table.name));
  if (!statement.ok()) return statement.status();
  sqlite3_stmt* const row = statement->get();
  std::map<std::string, FoundColumn> columns;
  int code = SQLITE_OK;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    columns[std::string(ColumnText(row, 0))] = {
        std::string(ColumnText(row, 1)), sqlite3_column_int(row, 2),
        sqlite3_column_int(row, 3) != 0, sqlite3_column_int(row, 4) != 0};
  }
  if (code != SQLITE_DONE) return db->Error(code, "reading the schema");
  return columns;
}

// Those of the schema, and none besides that must have a value.
Status CheckHomepotColumns(const TableInfo& table, SqliteDb* db) {
  auto found = ReadColumns(table, db);
  if (!found.ok()) return found.status();
  for (const ColumnInfo& column : table.columns) {
    const auto at = found->find(std::string(column.name));
    if (at == found->end()) {
      return Bad(fmt::format("{}: table {} has no column {}, as HOMEPOT's has",
                             db->shown(), table.name, column.name));
    }
    const std::string type = ColumnTypeSql(column, Dialect::kSqlite);
    if (at->second.type != type || at->second.hidden ||
        at->second.key != KeyPosition(table, column.name)) {
      return Bad(fmt::format(
          "{}: column {}.{} is not declared as HOMEPOT declares it ({})",
          db->shown(), table.name, column.name, type));
    }
    found->erase(at);
  }
  for (const auto& [name, column] : *found) {
    if (!column.needs_value) continue;
    return Bad(
        fmt::format("{}: table {} has a column {}, which must have a value and "
                    "which the schema does not know",
                    db->shown(), table.name, name));
  }
  return Status::Ok();
}

Status CheckTable(SchemaMaker maker, const TableInfo& table, SqliteDb* db) {
  TS_RETURN_IF_ERROR(CheckIsTable(table, db));
  return maker == SchemaMaker::kHomepot && !table.is_ours()
             ? CheckHomepotColumns(table, db)
             : CheckColumns(table, db);
}

Result<std::string> DeclarationOf(const TableInfo& table, SqliteDb* db) {
  return db->Ask(fmt::format(
      "SELECT sql FROM sqlite_schema WHERE type='table' AND name='{}'",
      table.name));
}

// Conflicts with other rows must be errors.
Status CheckHomepotDeclaration(const TableInfo& table, SqliteDb* db) {
  const Result<std::string> found = db->Ask(
      fmt::format("SELECT count(*) FROM sqlite_schema WHERE tbl_name='{}' AND "
                  "sql LIKE '%ON CONFLICT%'",
                  table.name));
  if (!found.ok()) return found.status();
  if (*found == "0") return Status::Ok();
  return Bad(fmt::format(
      "{}: table {} has an ON CONFLICT clause, which HOMEPOT's has not and "
      "which could make rows disappear",
      db->shown(), table.name));
}

Status CheckEmpty(const TableInfo& table, SqliteDb* db) {
  const Result<std::string> found =
      db->Ask(fmt::format("SELECT EXISTS(SELECT 1 FROM {})", table.name));
  if (!found.ok()) return found.status();
  if (*found == "0") return Status::Ok();
  return Bad(fmt::format(
      "{}: table {} has rows, and --adopt takes a database whose event tables "
      "are empty; empty them or collect into another file",
      db->shown(), table.name));
}

Status CheckAbsent(const TableInfo& table, SqliteDb* db) {
  const Result<std::string> found = db->Ask(fmt::format(
      "SELECT count(*) FROM sqlite_schema WHERE name='{}'", table.name));
  if (!found.ok()) return found.status();
  if (*found == "0") return Status::Ok();
  return Bad(fmt::format(
      "{}: there is a {} already, which HOMEPOT does not make; drop it or "
      "collect into another file",
      db->shown(), table.name));
}

}  // namespace

Status CheckTables(SchemaMaker maker, SqliteDb* db) {
  for (const TableInfo& table : AllTables()) {
    TS_RETURN_IF_ERROR(CheckTable(maker, table, db));
  }
  return Status::Ok();
}

Status CheckDeclarations(SchemaMaker maker, SqliteDb* db) {
  for (const TableInfo& table : AllTables()) {
    if (maker == SchemaMaker::kHomepot && !table.is_ours()) {
      TS_RETURN_IF_ERROR(CheckHomepotDeclaration(table, db));
      continue;
    }
    const Result<std::string> found = DeclarationOf(table, db);
    if (!found.ok()) return found.status();
    if (*found == CreateTableSql(table, Dialect::kSqlite)) continue;
    return Bad(fmt::format(
        "{}: table {} is not declared as tillstorm does it; only a dataset "
        "whose tables nobody changed can be gone on with",
        db->shown(), table.name));
  }
  return Status::Ok();
}

Status CheckAdoptable(SqliteDb* db) {
  for (const TableInfo& table : AllTables()) {
    if (table.is_ours()) {
      TS_RETURN_IF_ERROR(CheckAbsent(table, db));
      continue;
    }
    TS_RETURN_IF_ERROR(CheckTable(SchemaMaker::kHomepot, table, db));
    TS_RETURN_IF_ERROR(CheckHomepotDeclaration(table, db));
    if (table.is_event()) TS_RETURN_IF_ERROR(CheckEmpty(table, db));
  }
  return Status::Ok();
}

}  // namespace tillstorm
