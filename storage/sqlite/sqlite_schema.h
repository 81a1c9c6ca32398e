// What the tables of an SQLite file must look like, going by what SQLite says
// of them.
//
// A dataset that we made has exactly our tables. One that HOMEPOT set up has
// HOMEPOT's, in whatever order its columns were added; what HOMEPOT has beyond
// the schema may stay as long as rows can be written without it.
//
// Threads: as the connection.
// Errors: kBadInput with a sentence that names the table, and the column.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_SCHEMA_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_SCHEMA_H_

#include <cstdint>

#include "harness/core/status.h"
#include "storage/sqlite/sqlite_db.h"

namespace tillstorm {

// Who made HOMEPOT's tables. Those of ours are always as we make them.
enum class SchemaMaker : uint8_t { kTillstorm, kHomepot };

// All tables, with what reading them needs.
Status CheckTables(SchemaMaker maker, SqliteDb* db);
// What only matters to who writes: a constraint of somebody else could make
// SQLite leave out rows without a word.
Status CheckDeclarations(SchemaMaker maker, SqliteDb* db);

// A database that can be adopted: HOMEPOT's tables, those that agents fill
// empty, none of ours.
Status CheckAdoptable(SqliteDb* db);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_SCHEMA_H_
