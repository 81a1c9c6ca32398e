// The validator on a sound dataset and on damaged ones.
#include "harness/validate.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "storage/ddl.h"
#include "storage/null/null_backend.h"
#include "tests/harness/validate_fixture.h"

namespace tillstorm {
namespace {

using Json = nlohmann::json;

TEST_CASE("a dataset of ours passes every check", "[validate]") {
  const auto report = Run(SoundDataset());
  REQUIRE(report.ok());
  CHECK(report->is_ours);
  for (const auto& [name, status] : StatusOf(*report)) {
    INFO(name);
    CHECK(status == CheckStatus::kPassed);
  }
  CHECK(report->overall == CheckStatus::kPassed);
  CHECK(report->notices.empty());
  for (const Invariant& invariant : report->invariants) {
    INFO(invariant.name);
    CHECK(invariant.checked > 0);
  }
}

TEST_CASE("the report has upstream's keys and the names of its checks",
          "[validate]") {
  const auto report = Run(SoundDataset());
  REQUIRE(report.ok());
  const Json json = Json::parse(ValidateJson(*report));
  for (const char* key :
       {"timestamp", "min_days_required", "checks", "overall_status", "issues",
        "recommendations", "summary"}) {
    INFO(key);
    CHECK(json.contains(key));
  }
  std::vector<std::string> names;
  for (const Json& check : json["checks"]) {
    names.push_back(check["name"]);
    CHECK(check.contains("status"));
    CHECK(check.contains("message"));
    CHECK(check["details"].is_object());
  }
  CHECK(names == std::vector<std::string>{
                     "Database Connectivity", "Agent Activity",
                     "Device Metrics", "Job Outcomes", "Device State History",
                     "Error Logs", "Configuration History",
                     "Site Operating Schedules", "API Request Logs",
                     "User Activities", "Data Quality",
                     "Collection Continuity"});
  CHECK(json["summary"]["passed"] == 12);
  CHECK(json["summary"]["warnings"] == 0);
  CHECK(json["summary"]["failed"] == 0);
  CHECK(json["summary"]["total"] == 12);
  const Json& metrics = json["checks"][2]["details"];
  for (const char* key : {"total_records", "recent_24h", "collection_days",
                          "records_per_day", "rate_percentage"}) {
    INFO(key);
    CHECK(metrics.contains(key));
  }
  CHECK(metrics["expected_per_day"] == 288);
}

struct Damage {
  std::string sql;
  std::string name;  // of what notices
  CheckStatus status;
};

constexpr CheckStatus kWarning = CheckStatus::kWarning;
constexpr CheckStatus kFailed = CheckStatus::kFailed;

TEST_CASE("each check notices the damage that it is for", "[validate]") {
  const auto damage = GENERATE(
      Damage{"UPDATE devices SET is_active = 0", "Agent Activity", kWarning},
      Damage{"DELETE FROM device_metrics", "Device Metrics", kFailed},
      Damage{"DELETE FROM device_metrics WHERE timestamp > '2026-01-07'",
             "Device Metrics", kWarning},
      Damage{"DELETE FROM job_outcomes", "Job Outcomes", kFailed},
      Damage{"DELETE FROM device_state_history", "Device State History",
             kFailed},
      Damage{"DELETE FROM error_logs", "Error Logs", kWarning},
      Damage{"DELETE FROM configuration_history", "Configuration History",
             kWarning},
      Damage{"DELETE FROM api_request_logs", "API Request Logs", kWarning},
      Damage{"DELETE FROM user_activities", "User Activities", kWarning},
      Damage{"DELETE FROM site_operating_schedules WHERE id = 7",
             "Site Operating Schedules", kWarning},
      Damage{"UPDATE device_metrics SET queue_depth = NULL WHERE id = 9",
             "Data Quality", kWarning},
      Damage{"UPDATE device_metrics SET disk_percent = 100.5 WHERE id = 9",
             "Data Quality", kWarning},
      Damage{"DELETE FROM device_metrics WHERE timestamp > '2026-01-06 10' AND "
             "timestamp < '2026-01-06 11:10'",
             "Collection Continuity", kWarning},
      Damage{"DELETE FROM alerts", "table alerts", kWarning},
      Damage{"DELETE FROM push_notification_logs", "layer network", kWarning},
      Damage{
          "UPDATE jobs SET site_id = 77 WHERE id = (SELECT min(id) FROM jobs)",
          "jobs.site_id -> sites", kFailed},
      Damage{"UPDATE jobs SET started_at = '2025-01-01 00:00:00.000000' WHERE "
             "status = 'completed'",
             "jobs: created <= started <= completed", kFailed},
      Damage{"DELETE FROM job_outcomes WHERE device_id IS NULL",
             "jobs end with their outcome", kFailed},
      Damage{"UPDATE push_notification_logs SET received_at = NULL WHERE "
             "status = 'delivered'",
             "messages: sent <= received, delivered iff received", kFailed},
      Damage{"UPDATE push_notification_logs SET latency_ms = latency_ms + 5",
             "push latency is received - sent", kFailed},
      Damage{"UPDATE device_metrics SET cpu_percent = -0.5 WHERE id = 4",
             "percentages lie in 0 to 100", kFailed},
      Damage{"UPDATE health_checks SET status_code = 500 WHERE id = 4",
             "health checks: 200 iff healthy", kFailed},
      Damage{"UPDATE error_logs SET resolved_at = NULL WHERE resolved",
             "errors: resolved iff resolved_at", kFailed},
      Damage{"UPDATE alerts SET status = 'active'",
             "alerts: resolved iff resolved_at", kFailed},
      Damage{"UPDATE site_operating_schedules SET day_of_week = 0",
             "one schedule per site and weekday", kFailed},
      Damage{"DELETE FROM site_operating_schedules WHERE day_of_week = 6",
             "one schedule per site and weekday", kFailed},
      Damage{"UPDATE device_state_history SET previous_state = 'unpaired' "
             "WHERE id = (SELECT max(id) FROM device_state_history)",
             "each state follows from the one before", kFailed},
      Damage{"UPDATE health_checks SET timestamp = '2026-01-01 00:00:00.000000'"
             " WHERE is_healthy = 0",
             "each state has its health check", kFailed},
      Damage{"UPDATE health_checks SET is_healthy = 1, status_code = 200",
             "each alert has failed checks before it", kFailed},
      Damage{"UPDATE devices SET status = 'unpaired'",
             "devices have the status of their last state", kFailed},
      Damage{"UPDATE devices SET last_seen = '2026-01-08 12:00:00.000000'",
             "devices were last seen when they last reported", kFailed});
  const TestDirectory directory;
  const std::string path = directory / "damaged.db";
  std::filesystem::copy_file(SoundDataset(), path);
  Execute(path, damage.sql);
  const auto report = Run(path);
  INFO(damage.sql);
  REQUIRE(report.ok());
  const auto found = StatusOf(*report);
  REQUIRE(found.contains(damage.name));
  CHECK(found.at(damage.name) == damage.status);
  CHECK(report->overall >= damage.status);
  CHECK_FALSE(ValidateJson(*report).empty());
}

TEST_CASE("a broken invariant names the row", "[validate]") {
  const TestDirectory directory;
  const std::string path = directory / "damaged.db";
  std::filesystem::copy_file(SoundDataset(), path);
  Execute(path,
          "UPDATE health_checks SET status_code = 404 WHERE id IN (8, 9)");
  const auto report = Run(path);
  REQUIRE(report.ok());
  for (const Invariant& invariant : report->invariants) {
    if (invariant.name != "health checks: 200 iff healthy") continue;
    CHECK(invariant.broken == 2);
    CHECK_THAT(invariant.message, HoldsText("health_checks row 8"));
  }
}

TEST_CASE("no rows within the days wanted is a notice, not a check",
          "[validate]") {
  const auto report = Run(SoundDataset(), 0);
  REQUIRE(report.ok());
  CHECK(report->checks.size() == 11);
  REQUIRE(report->notices.size() == 1);
  CHECK_THAT(report->notices[0], HoldsText("Collection Continuity"));
}

TEST_CASE("on a database of strangers only the twelve checks can fail",
          "[validate]") {
  const TestDirectory directory;
  const std::string path = directory / "homepot.db";
  std::string script;
  for (const std::string& sql : CreateTablesSql(Dialect::kSqlite)) {
    if (sql.find("tillstorm_") == std::string::npos) script += sql + ";";
  }
  Execute(path, script);
  Execute(path,
          "INSERT INTO sites (id, site_id, name, lifecycle_state) VALUES "
          "(1, 'site-001', 'Store', 'active');"
          "INSERT INTO devices (id, device_id, name, device_type, "
          "lifecycle_state, site_id, is_active, status) VALUES (1, "
          "'pos-terminal-001', 'POS', 'pos_terminal', 'active', 1, 1, 'error');"
          "INSERT INTO device_metrics (id, timestamp, device_id, cpu_percent) "
          "VALUES (1, '2026-01-05 00:00:00.000000', 1, 400), "
          "(2, '2026-01-09 00:00:00.000000', 99, 4)");
  const auto report = Run(path);
  REQUIRE(report.ok());
  CHECK_FALSE(report->is_ours);
  const auto found = StatusOf(*report);
  CHECK(found.at("Device Metrics") == CheckStatus::kPassed);
  CHECK(found.at("Job Outcomes") == CheckStatus::kFailed);
  CHECK(found.at("Data Quality") == CheckStatus::kWarning);
  CHECK(found.at("device_metrics.device_id -> devices") ==
        CheckStatus::kWarning);
  CHECK(found.at("percentages lie in 0 to 100") == CheckStatus::kWarning);
  for (const Invariant& invariant : report->invariants) {
    INFO(invariant.name);
    CHECK(invariant.status != CheckStatus::kFailed);
  }
}

TEST_CASE("values of wrong types are findings, not crashes", "[validate]") {
  const TestDirectory directory;
  const std::string path = directory / "odd.db";
  std::filesystem::copy_file(SoundDataset(), path);
  Execute(path,
          "UPDATE device_metrics SET timestamp = 'soon' WHERE id = 3;"
          "UPDATE device_metrics SET cpu_percent = 'hot' WHERE id = 4;"
          "UPDATE alerts SET timestamp = x'00ff', device_id = 7;"
          "UPDATE device_state_history SET new_state = NULL WHERE id = -1;"
          "UPDATE jobs SET completed_at = 12 WHERE id = 1");
  const auto report = Run(path);
  REQUIRE(report.ok());
  CHECK(StatusOf(*report).at("Device Metrics") == CheckStatus::kFailed);
  CHECK(report->overall == CheckStatus::kFailed);
}

TEST_CASE("what is no HOMEPOT database is bad input", "[validate]") {
  const TestDirectory directory;
  const std::string path = directory / "other.db";
  Execute(path, "CREATE TABLE devices (id INTEGER)");
  const auto report = Run(path);
  REQUIRE_FALSE(report.ok());
  CHECK(report.status().code() == StatusCode::kBadInput);
  CHECK_THAT(report.status().message(), HoldsText("no table device_metrics"));
  CHECK(Run(directory / "missing.db").status().code() == StatusCode::kBadInput);
  NullBackend null;
  CHECK(null.OpenQueries().status().code() == StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tillstorm
