// DDL: the statements that make the schema, as text, for both dialects. All of
// it derives from the one description in harness/core/schema.h.
//
// Tables carry HOMEPOT's types and constraints as SQLAlchemy would emit them:
// NOT NULL, PRIMARY KEY and FOREIGN KEY at the end of the table, no defaults,
// no names for constraints. Indexes are statements of their own, so that they
// can be made before, after or never.
//
// PostgreSQL differs in three things: a single-column key `id` is SERIAL;
// health_checks, whose key is (id, timestamp), has a sequence beside it that no
// column uses as a default; a foreign key to a later table (devices and
// lifecycle_epochs refer to each other) is added by ALTER TABLE at the end.
//
// Threads: pure functions.
#ifndef TILLSTORM_STORAGE_DDL_H_
#define TILLSTORM_STORAGE_DDL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/schema.h"

namespace tillstorm {

enum class Dialect : uint8_t { kSqlite, kPostgres };

// `VARCHAR(50)`, `DATETIME`, `TIMESTAMP WITH TIME ZONE`, ...; of an `id` in
// PostgreSQL what it holds (INTEGER), not how it is numbered.
[[nodiscard]] std::string ColumnTypeSql(const ColumnInfo& column,
                                        Dialect dialect);

// Which keys are made with a table; the others come later.
struct TableKeys {
  bool primary = true;
  bool foreign = true;
};

// Statements end without a semicolon.
[[nodiscard]] std::string CreateTableSql(const TableInfo& table,
                                         Dialect dialect, TableKeys keys = {});
// What CreateTableSql() left out, for PostgreSQL: SQLite cannot add keys.
[[nodiscard]] std::string AddPrimaryKeySql(const TableInfo& table);
[[nodiscard]] std::vector<std::string> AddForeignKeysSql(
    const TableInfo& table);
// The name of the sequence that numbers the table's rows in PostgreSQL.
// REQUIRES: the table has a column `id`.
[[nodiscard]] std::string SequenceName(const TableInfo& table);
// Whether PostgreSQL makes that sequence with the table.
[[nodiscard]] bool HasSerial(const TableInfo& table);
// The same in both dialects.
[[nodiscard]] std::string CreateIndexSql(const TableInfo& table,
                                         const IndexInfo& index);

// All tables, in an order in which they can be executed; no indexes.
[[nodiscard]] std::vector<std::string> CreateTablesSql(Dialect dialect);
// All indexes, table by table, by name within a table.
[[nodiscard]] std::vector<std::string> CreateIndexesSql();

// Everything as one script, each statement ended by a semicolon and a newline.
[[nodiscard]] std::string SchemaScript(Dialect dialect);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_DDL_H_
