// Opening an SQLite file that is not to be trusted, hardened and checked; see
// sqlite_reader.h for what that promises a reader.
//
// Threads: as the connection.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_OPEN_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_OPEN_H_

#include <string>

#include "harness/core/status.h"
#include "storage/manifest.h"
#include "storage/sqlite/sqlite_db.h"

namespace tillstorm {

// A read-only connection to a dataset of ours, inside a transaction that sees
// the state of now. `path` is absolute.
[[nodiscard]] Result<SqliteDb> OpenUntrusted(const std::string& path);
// The same to any SQLite database, whatever is in it.
[[nodiscard]] Result<SqliteDb> OpenForeign(const std::string& path);

// The same to a database that HOMEPOT set up and that can be adopted: kBadInput
// unless its application id is 0 and CheckAdoptable() says ok.
[[nodiscard]] Result<SqliteDb> OpenAdoptable(const std::string& path);

// A connection that is about to adopt it, inside a transaction that keeps
// others from writing. Looks at the header only: the rest is for who reads it
// meanwhile. `file` is as for SqliteDb::Open().
[[nodiscard]] Result<SqliteDb> OpenToAdopt(const std::string& file,
                                           const std::string& shown);
// Whether HOMEPOT set the dataset up and we adopted it.
[[nodiscard]] Result<bool> IsAdopted(SqliteDb* db);

// A connection that goes on writing a complete dataset of ours: kBadInput
// unless it has what OpenUntrusted() asks for, tables declared exactly as we
// declare them (adopted ones: without what could lose rows), and the state
// `complete`. A file that is refused stays as it
// is. Triggers and views in it have no effect. It is a newcomer until the
// caller trusts it. `file` is as for SqliteDb::Open().
[[nodiscard]] Result<SqliteDb> OpenToGoOn(const std::string& file,
                                          const std::string& shown);

[[nodiscard]] Result<Manifest> ReadManifest(SqliteDb* db);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_OPEN_H_
