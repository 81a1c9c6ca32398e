// What a writing connection is told before it writes, and what it says it does.
// Every setting is read back: a pragma that SQLite ignores is an error.
//
// Threads: as the connection.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_SETUP_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_SETUP_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/status.h"
#include "storage/backend.h"
#include "storage/sqlite/sqlite_db.h"

namespace tillstorm {

// Options that stand on the location.
struct SqliteOptions {
  // Bytes per page of the file. A power of two in [512, 65536]. Larger pages
  // suit long rows and scans, smaller ones single look-ups.
  int page_size = 4096;
};

// kUsage for an unknown option or a bad value.
[[nodiscard]] Result<SqliteOptions> ParseSqliteOptions(
    const std::map<std::string, std::string>& options);

// For building a new file that nobody else may see: nothing is journalled or
// synced. Marks the file as ours.
Status SetUpBuilding(const SqliteOptions& options, SqliteDb* db);
// Makes all tables, and the indexes unless they come later or never.
// REQUIRES: inside a transaction.
Status CreateSchema(IndexMode indexes, SqliteDb* db);
// For writing a file that is in use. REQUIRES: durability is not kBulk.
Status SetUpLive(Durability durability, SqliteDb* db);

// The settings that shape speed and durability, as SQLite reports them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> ReadSettings(
    SqliteDb* db);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_SETUP_H_
