// A database that HOMEPOT set up, of tests/support/homepot_database.sql: made
// and looked at through SQLite alone, never through our own schema.
#ifndef TILLSTORM_TESTS_SUPPORT_HOMEPOT_DATABASE_H_
#define TILLSTORM_TESTS_SUPPORT_HOMEPOT_DATABASE_H_

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "harness/core/check.h"

#ifndef TILLSTORM_SOURCE_DIR
#define TILLSTORM_SOURCE_DIR "."
#endif

namespace tillstorm {

// Executes it; what it gives, every value as SQLite quotes it.
inline std::vector<std::string> RunSql(const std::string& file,
                                       const std::string& sql) {
  sqlite3* db = nullptr;
  TS_CHECK(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  std::vector<std::string> values;
  const auto add = [](void* out, int count, char** row, char**) {
    for (int i = 0; i < count; ++i) {
      static_cast<std::vector<std::string>*>(out)->emplace_back(
          row[i] == nullptr ? "NULL" : row[i]);
    }
    return 0;
  };
  const int code = sqlite3_exec(db, sql.c_str(), add, &values, nullptr);
  sqlite3_close(db);
  TS_CHECK(code == SQLITE_OK);
  return values;
}

// The database of the script, then whatever `changes` make of it.
inline void MakeHomepotDatabase(const std::string& file,
                                const std::string& changes = {}) {
  std::ifstream script(TILLSTORM_SOURCE_DIR
                       "/tests/support/homepot_database.sql");
  const std::string sql{std::istreambuf_iterator<char>(script), {}};
  TS_CHECK(!sql.empty());
  RunSql(file, sql + changes);
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every row of the tables that HOMEPOT's fleet stands in, but for the columns
// of `devices` that say how a device is doing.
inline std::vector<std::string> HomepotRows(const std::string& file) {
  std::vector<std::string> rows = RunSql(
      file,
      "SELECT id, device_id, name, device_type, lifecycle_state, site_id, "
      "enrollment_method, enrollment_token, lifecycle_epoch_id, ip_address, "
      "mac_address, os_details, local_ip, wan_ip, firmware_version, "
      "peripherals, device_permissions, capabilities, push_token, "
      "push_channel, config, api_key_hash, is_active, is_monitored, "
      "is_simulated, created_at, updated_at FROM devices ORDER BY id");
  for (const char* table : {"tenants", "users", "sites", "lifecycle_epochs",
                            "site_memberships", "site_operating_schedules"}) {
    const auto more =
        RunSql(file, "SELECT * FROM " + std::string(table) + " ORDER BY id");
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_HOMEPOT_DATABASE_H_
