#include "storage/sqlite/sqlite_adopt.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "harness/core/check.h"
#include "storage/ddl.h"
#include "storage/sqlite/sqlite_open.h"
#include "storage/sqlite/sqlite_reader.h"
#include "storage/sqlite/sqlite_rows.h"

namespace tillstorm {
namespace {

Status CreateOurTables(SqliteDb* db) {
  for (const TableInfo& table : AllTables()) {
    if (!table.is_ours()) continue;
    TS_RETURN_IF_ERROR(
        db->Run(CreateTableSql(table, Dialect::kSqlite), "creating tables in"));
  }
  return Status::Ok();
}

// HOMEPOT gives its indexes the same names.
Status CreateMissingIndexes(SqliteDb* db) {
  for (const TableInfo& table : AllTables()) {
    for (const IndexInfo& index : table.indexes) {
      const Result<std::string> found = db->Ask(
          fmt::format("SELECT count(*) FROM sqlite_schema WHERE type='index' "
                      "AND name='{}'",
                      index.name));
      if (!found.ok()) return found.status();
      if (*found != "0") continue;
      TS_RETURN_IF_ERROR(
          db->Run(CreateIndexSql(table, index), "creating indexes in"));
    }
  }
  return Status::Ok();
}

Status WriteAdoption(const Adoption& adoption, IndexMode indexes,
                     SqliteDb* db) {
  TS_RETURN_IF_ERROR(CreateOurTables(db));
  if (indexes == IndexMode::kInline) {
    TS_RETURN_IF_ERROR(CreateMissingIndexes(db));
  }
  SqliteRows rows(db, SchemaMaker::kHomepot);
  TS_RETURN_IF_ERROR(rows.WriteBatch(adoption.fleet));
  TS_RETURN_IF_ERROR(rows.WriteManifest(adoption.manifest));
  return db->Run(fmt::format("PRAGMA application_id={}", kAdoptedApplicationId),
                 "marking");
}

}  // namespace

Status AdoptSqlite(const DatasetFile& file, IndexMode indexes,
                   const MakeAdoption& make) {
  TS_CHECK(indexes != IndexMode::kDeferred);
  Result<SqliteDb> db = OpenToAdopt(file.file(), file.shown());
  if (!db.ok()) return db.status();
  {
    // Nobody else can write now: what another connection reads stays so.
    const auto reader = OpenSqliteAdoptable(file.shown());
    if (!reader.ok()) return reader.status();
    const Result<Adoption> adoption = make(**reader);
    if (!adoption.ok()) return adoption.status();
    TS_RETURN_IF_ERROR(WriteAdoption(*adoption, indexes, &*db));
  }
  TS_RETURN_IF_ERROR(file.CheckInPlace());
  TS_RETURN_IF_ERROR(db->Run("COMMIT", "committing"));
  db->KeepLogOnClose(false);
  return db->Close();
}

}  // namespace tillstorm
