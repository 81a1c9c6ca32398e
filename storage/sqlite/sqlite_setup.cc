#include "storage/sqlite/sqlite_setup.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <string_view>

#include "harness/core/check.h"
#include "harness/core/schema.h"
#include "storage/ddl.h"
#include "storage/sqlite/sqlite_path.h"

namespace tillstorm {
namespace {

// Memory for pages. While building it also bounds the sorter of an index.
constexpr std::string_view kCacheKib = "-65536";

struct Pragma {
  std::string_view name;
  std::string_view value;
  std::string_view reads_back;
};

template <size_t kCount>
Status SetAll(const std::array<Pragma, kCount>& pragmas, SqliteDb* db) {
  for (const Pragma& pragma : pragmas) {
    TS_RETURN_IF_ERROR(db->Set(pragma.name, pragma.value, pragma.reads_back));
  }
  return Status::Ok();
}

// Nobody may read or write the file for that. SQLite waits for some of them and
// not for others, so we wait ourselves.
Status EnterWal(SqliteDb* db) {
  constexpr int kStepMs = 20;
  Status status;
  sqlite3_busy_timeout(db->handle(), 0);
  for (int waited = 0; waited <= kWriterWaitMs; waited += kStepMs) {
    if (waited > 0) sqlite3_sleep(kStepMs);
    status = db->Set("journal_mode", "WAL", "wal");
    if (status.remedy() != Remedy::kRetryBatch) break;
  }
  sqlite3_busy_timeout(db->handle(), kWriterWaitMs);
  if (status.remedy() != Remedy::kRetryBatch) return status;
  return {status.code(),
          fmt::format("{}: another program holds a lock on it; close that "
                      "program",
                      db->shown())};
}

}  // namespace

Result<SqliteOptions> ParseSqliteOptions(
    const std::map<std::string, std::string>& options) {
  SqliteOptions parsed;
  for (const auto& [name, value] : options) {
    if (name != "page_size") {
      return Status(
          StatusCode::kUsage,
          fmt::format("sqlite: has no option '{}'; it has page_size", name));
    }
    unsigned size = 0;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), size);
    if (error != std::errc{} || end != value.data() + value.size() ||
        size < 512 || size > 65'536 || !std::has_single_bit(size)) {
      return Status(StatusCode::kUsage,
                    fmt::format("page_size is '{}'; it must be a power of two "
                                "from 512 to 65536",
                                value));
    }
    parsed.page_size = static_cast<int>(size);
  }
  return parsed;
}

Status SetUpBuilding(const SqliteOptions& options, SqliteDb* db) {
  const std::string page_size = std::to_string(options.page_size);
  const std::string application_id = std::to_string(kApplicationId);
  const std::string version = std::to_string(kSchemaVersion);
  // What differs between builds of SQLite is set here too (secure_delete,
  // auto_vacuum), so that equal rows make equal files. The application id is
  // the first that writes, so that even a run that is killed right then leaves
  // a partial file that we recognise.
  const std::array<Pragma, 12> pragmas = {{
      {"page_size", page_size, page_size},
      {"encoding", "'UTF-8'", "UTF-8"},
      {"auto_vacuum", "NONE", "0"},
      {"secure_delete", "OFF", "0"},
      {"foreign_keys", "OFF", "0"},
      {"journal_mode", "OFF", "off"},
      {"synchronous", "OFF", "0"},
      {"locking_mode", "EXCLUSIVE", "exclusive"},
      {"cache_size", kCacheKib, kCacheKib},
      {"temp_store", "FILE", "1"},
      {"application_id", application_id, application_id},
      {"user_version", version, version},
  }};
  return SetAll(pragmas, db);
}

Status CreateSchema(IndexMode indexes, SqliteDb* db) {
  for (const std::string& statement : CreateTablesSql(Dialect::kSqlite)) {
    TS_RETURN_IF_ERROR(db->Run(statement, "creating the tables"));
  }
  if (indexes != IndexMode::kInline) return Status::Ok();
  for (const std::string& statement : CreateIndexesSql()) {
    TS_RETURN_IF_ERROR(db->Run(statement, "creating the indexes"));
  }
  return Status::Ok();
}

Status SetUpLive(Durability durability, SqliteDb* db) {
  TS_CHECK(durability != Durability::kBulk);
  const std::string_view synchronous = durability == Durability::kPower ? "2"
                                       : durability == Durability::kProcess
                                           ? "1"
                                           : "0";
  const std::array<Pragma, 5> pragmas = {{
      {"synchronous", synchronous, synchronous},
      {"secure_delete", "OFF", "0"},
      {"foreign_keys", "OFF", "0"},
      {"cache_size", kCacheKib, kCacheKib},
      {"temp_store", "FILE", "1"},
  }};
  TS_RETURN_IF_ERROR(EnterWal(db));
  return SetAll(pragmas, db);
}

std::vector<std::pair<std::string, std::string>> ReadSettings(SqliteDb* db) {
  std::vector<std::pair<std::string, std::string>> settings;
  settings.emplace_back("sqlite", sqlite3_libversion());
  constexpr std::array<const char*, 7> kNames = {
      "journal_mode", "synchronous", "locking_mode",      "page_size",
      "cache_size",   "temp_store",  "wal_autocheckpoint"};
  for (const char* name : kNames) {
    const Result<std::string> value = db->Ask(fmt::format("PRAGMA {}", name));
    settings.emplace_back(name, value.ok() ? *value : "unknown");
  }
  return settings;
}

}  // namespace tillstorm
