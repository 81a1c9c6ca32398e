#include "storage/postgres/postgres_settings.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace tillstorm {
namespace {

constexpr std::string_view kDoing = "setting the durability";

Status RequireOn(std::string_view name, PostgresConnection* connection) {
  const Result<std::string> value =
      connection->Ask(fmt::format("SHOW {}", name), kDoing);
  if (!value.ok()) return value.status();
  if (*value == "on") return Status::Ok();
  return {StatusCode::kUnavailable,
          fmt::format("{}: the server has {}={}; durability power needs on",
                      connection->shown(), name, *value)};
}

}  // namespace

Status SetDurability(Durability durability, PostgresConnection* connection) {
  const bool waits =
      durability == Durability::kPower || durability == Durability::kBulk;
  if (durability == Durability::kPower) {
    TS_RETURN_IF_ERROR(RequireOn("fsync", connection));
    TS_RETURN_IF_ERROR(RequireOn("full_page_writes", connection));
  }
  const std::string_view wanted = waits ? "on" : "off";
  TS_RETURN_IF_ERROR(connection->Run(
      fmt::format("SET synchronous_commit={}", wanted), kDoing));
  const Result<std::string> found =
      connection->Ask("SHOW synchronous_commit", kDoing);
  if (!found.ok()) return found.status();
  if (*found == wanted) return Status::Ok();
  return {StatusCode::kUnavailable,
          fmt::format("{}: synchronous_commit is {} after it was set to {}",
                      connection->shown(), *found, wanted)};
}

Result<PostgresSettings> ReadSettings(PostgresConnection* connection) {
  constexpr std::array<std::string_view, 12> kNames = {
      "server_version",     "synchronous_commit", "fsync",
      "full_page_writes",   "wal_level",          "wal_sync_method",
      "max_wal_size",       "shared_buffers",     "data_checksums",
      "checkpoint_timeout", "wal_buffers",        "wal_compression"};
  std::string sql = "SELECT ";
  for (const std::string_view name : kNames) {
    sql += fmt::format("{}current_setting('{}')",
                       name == kNames.front() ? "" : ", ", name);
  }
  const Result<PostgresRowSet> row = connection->Query(sql, "reading settings");
  if (!row.ok()) return row.status();
  PostgresSettings settings;
  for (size_t i = 0; i < kNames.size(); ++i) {
    settings.emplace_back(kNames[i], row->text(0, static_cast<int>(i)));
  }
  return settings;
}

}  // namespace tillstorm
