// DDL that only PostgreSQL needs beyond storage/ddl.h: tables that are filled
// before their keys are made, tables beside them that a batch goes through, and
// sequences.
//
// Threads: pure functions.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_DDL_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_DDL_H_

#include <string>
#include <vector>

#include "harness/core/schema.h"

namespace tillstorm {

// All tables as `bulk` fills them: without foreign keys, and without the
// primary key where the writer gives the ids, which are unique anyway.
[[nodiscard]] std::vector<std::string> BulkTablesSql();
// The keys that those tables lack.
[[nodiscard]] std::vector<std::string> BulkKeysSql();

// Drops everything of the schema that is there.
[[nodiscard]] std::vector<std::string> DropDatasetSql();

// Whether a row of the table may change.
[[nodiscard]] bool HasUpdates(const TableInfo& table);
// The temporary table that updates of a table are copied to; it is empty after
// each transaction.
[[nodiscard]] std::string UpdateTableName(const TableInfo& table);
[[nodiscard]] std::string CreateUpdateTableSql(const TableInfo& table);
// From there into the table.
[[nodiscard]] std::string UpdateSql(const TableInfo& table);
// Ids that are there but not in the table.
[[nodiscard]] std::string MissingRowsSql(const TableInfo& table);

// A temporary table with the columns of a table, until the transaction ends.
[[nodiscard]] std::string StageTableName(const TableInfo& table);
[[nodiscard]] std::string CreateStageTableSql(const TableInfo& table);
// Moves rows from there into their tables in one statement, so that tables may
// refer to each other in any order.
[[nodiscard]] std::string UnstageSql(const std::vector<TableId>& tables);

// Makes each sequence give the id after the largest one of its table.
[[nodiscard]] std::string SetSequencesSql();

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_DDL_H_
