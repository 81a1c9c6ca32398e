#include "harness/upstream_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/progress_line.h"

namespace tillstorm {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Upstream's tables of telemetry and logs, and how many rows it expects a day.
struct TableCheck {
  std::string_view name;
  std::string_view table;
  int64_t per_day;
  bool critical;
};
constexpr std::array<TableCheck, 5> kFirstTables = {{
    {"Device Metrics", "device_metrics", 288, true},
    {"Job Outcomes", "job_outcomes", 5, true},
    {"Device State History", "device_state_history", 2, true},
    {"Error Logs", "error_logs", 1, false},
    {"Configuration History", "configuration_history", 1, false},
}};
constexpr std::array<TableCheck, 2> kLastTables = {{
    {"API Request Logs", "api_request_logs", 100, false},
    {"User Activities", "user_activities", 50, false},
}};

constexpr std::array<std::string_view, 9> kMetrics = {
    "cpu_percent",        "memory_percent",     "disk_percent",
    "network_latency_ms", "transaction_count",  "transaction_volume",
    "error_rate",         "active_connections", "queue_depth"};
constexpr size_t kPercentages = 3;  // the first so many

// Upstream looks for gaps in so many rows, and calls so long a stretch one.
constexpr int kContinuityRows = 1000;
constexpr int64_t kGapUs = 3'600 * kMicrosPerSecond;
constexpr size_t kGapsShown = 5;

constexpr int64_t kSchedulesMin = 7;

class Validator {
 public:
  Validator(QuerySession& database, ValidateReport* report)
      : database_(database), report_(*report) {}

  Status CheckConnectivity();
  Status CheckAgents();
  Status CheckTable(const TableCheck& check);
  Status CheckSchedules();
  Status CheckQuality();
  Status CheckContinuity();

 private:
  // What there is of a table; first and last are texts as they are stored.
  struct TableFacts {
    int64_t rows = 0;
    int64_t recent = 0;  // in the last 24 hours
    std::string first;
    std::string last;
  };
  Result<TableFacts> FactsOf(std::string_view table);
  // Of a table that has rows over that long a time.
  void JudgeSpan(const TableCheck& check, const TableFacts& facts, Micros span,
                 OrderedJson details);

  void Add(std::string_view name, CheckStatus status, std::string message,
           const OrderedJson& details = OrderedJson::object()) {
    report_.checks.push_back(
        {std::string(name), status, std::move(message), details.dump()});
  }
  void AddIssue(std::string issue, std::string recommendation) {
    report_.issues.push_back(std::move(issue));
    auto& known = report_.recommendations;
    if (std::find(known.begin(), known.end(), recommendation) == known.end()) {
      known.push_back(std::move(recommendation));
    }
  }
  // The whole numbers of the only row of a SELECT.
  Result<std::vector<int64_t>> Numbers(const std::string& sql) {
    std::vector<int64_t> numbers;
    TS_RETURN_IF_ERROR(database_.Query(sql, [&](QueryRow row) {
      for (const QueryValue& value : row) {
        numbers.push_back(static_cast<int64_t>(value.number()));
      }
      return false;
    }));
    return numbers;
  }

  QuerySession& database_;
  ValidateReport& report_;
};

Status Validator::CheckConnectivity() {
  const auto one = Numbers("SELECT 1");
  if (!one.ok()) return one.status();
  Add("Database Connectivity", CheckStatus::kPassed, "the database answers");
  return Status::Ok();
}

Status Validator::CheckAgents() {
  const auto count = Numbers("SELECT count(*) FROM devices WHERE is_active");
  if (!count.ok()) return count.status();
  const int64_t active = count->at(0);
  const OrderedJson details = {{"active_devices", active}};
  if (active > 0) {
    Add("Agent Activity", CheckStatus::kPassed,
        fmt::format("{} active devices", active), details);
  } else {
    Add("Agent Activity", CheckStatus::kWarning, "no device is active",
        details);
    AddIssue("no active devices", "add devices and start their agents");
  }
  return Status::Ok();
}

Result<Validator::TableFacts> Validator::FactsOf(std::string_view table) {
  TableFacts facts;
  TS_RETURN_IF_ERROR(database_.Query(
      fmt::format("SELECT count(*), {}, {} FROM {}",
                  database_.InstantText("min(timestamp)"),
                  database_.InstantText("max(timestamp)"), table),
      [&facts](QueryRow row) {
        facts.rows = row[0].integer;
        facts.first = row[1].text;
        facts.last = row[2].text;
        return false;
      }));
  const Instant cutoff = report_.now - Micros{kMicrosPerDay};
  TS_RETURN_IF_ERROR(database_.Query(
      fmt::format("SELECT count(*) FROM {} WHERE timestamp >= '{}'", table,
                  SqlDateTime(cutoff)),
      [&facts](QueryRow row) {
        facts.recent = row[0].integer;
        return false;
      }));
  return facts;
}

Status Validator::CheckTable(const TableCheck& check) {
  const auto facts = FactsOf(check.table);
  if (!facts.ok()) return facts.status();
  const OrderedJson details = {{"total_records", facts->rows},
                               {"recent_24h", facts->recent}};
  if (facts->rows == 0) {
    Add(check.name,
        check.critical ? CheckStatus::kFailed : CheckStatus::kWarning,
        fmt::format("{} has no rows", check.table), details);
    AddIssue(fmt::format("no data in {}", check.table),
             "let agents and traffic run before validating");
    return Status::Ok();
  }
  Instant from;
  Instant to;
  const bool has_first = ParseSqlDateTime(facts->first, &from);
  if (!has_first || !ParseSqlDateTime(facts->last, &to)) {
    Add(check.name, CheckStatus::kFailed,
        fmt::format("{} has a timestamp that is none: '{}'", check.table,
                    has_first ? facts->last : facts->first),
        details);
    AddIssue(fmt::format("bad timestamps in {}", check.table),
             "timestamps must read YYYY-MM-DD HH:MM:SS.ffffff");
    return Status::Ok();
  }
  JudgeSpan(check, *facts, to - from, details);
  return Status::Ok();
}

void Validator::JudgeSpan(const TableCheck& check, const TableFacts& facts,
                          Micros span, OrderedJson details) {
  const auto rows = static_cast<double>(facts.rows);
  const double days =
      static_cast<double>(span.count()) / static_cast<double>(kMicrosPerDay);
  const double per_day = days > 0 ? rows / days : rows;
  details["collection_days"] = days;
  details["records_per_day"] = per_day;
  details["expected_per_day"] = check.per_day;
  details["rate_percentage"] =
      100 * per_day / static_cast<double>(check.per_day);
  const std::string found =
      fmt::format("{} rows over {:.2f} days", GroupedCount(facts.rows), days);
  if (days >= static_cast<double>(report_.min_days)) {
    Add(check.name, CheckStatus::kPassed, found, details);
    return;
  }
  Add(check.name, CheckStatus::kWarning,
      fmt::format("{}, fewer than {}", found, report_.min_days), details);
  AddIssue(fmt::format("{} covers {:.2f} of {} days", check.table, days,
                       report_.min_days),
           fmt::format("collect for at least {} days", report_.min_days));
}

Status Validator::CheckSchedules() {
  const auto count = Numbers("SELECT count(*) FROM site_operating_schedules");
  if (!count.ok()) return count.status();
  const int64_t rows = count->at(0);
  const OrderedJson details = {{"total_schedules", rows}};
  constexpr std::string_view kName = "Site Operating Schedules";
  if (rows >= kSchedulesMin) {
    Add(kName, CheckStatus::kPassed, fmt::format("{} schedule rows", rows),
        details);
    return Status::Ok();
  }
  Add(kName, CheckStatus::kWarning,
      rows == 0
          ? "no schedule rows"
          : fmt::format("{} schedule rows, fewer than {}", rows, kSchedulesMin),
      details);
  AddIssue("schedules are missing", "give every site a row per weekday");
  return Status::Ok();
}

Status Validator::CheckQuality() {
  std::string sql = "SELECT count(*)";
  for (const std::string_view metric : kMetrics) {
    sql += fmt::format(", sum(CASE WHEN {} IS NULL THEN 1 ELSE 0 END)", metric);
  }
  for (size_t i = 0; i < kPercentages; ++i) {
    sql +=
        fmt::format(", sum(CASE WHEN {} > 100 THEN 1 ELSE 0 END)", kMetrics[i]);
  }
  const auto numbers = Numbers(sql + " FROM device_metrics");
  if (!numbers.ok()) return numbers.status();
  OrderedJson details = {{"total_records", numbers->at(0)}};
  std::vector<std::string> found;
  for (size_t i = 0; i < kMetrics.size(); ++i) {
    const int64_t missing = numbers->at(1 + i);
    details["null_values"][std::string(kMetrics[i])] = missing;
    if (missing > 0) {
      found.push_back(fmt::format("{} rows without {}", missing, kMetrics[i]));
    }
  }
  for (size_t i = 0; i < kPercentages; ++i) {
    const int64_t over = numbers->at(1 + kMetrics.size() + i);
    details["over_100"][std::string(kMetrics[i])] = over;
    if (over > 0) {
      found.push_back(
          fmt::format("{} rows with {} over 100", over, kMetrics[i]));
    }
  }
  if (found.empty()) {
    Add("Data Quality", CheckStatus::kPassed,
        "no metric is missing or over 100", details);
    return Status::Ok();
  }
  const std::string message = fmt::format("{}", fmt::join(found, ", "));
  Add("Data Quality", CheckStatus::kWarning, message, details);
  AddIssue("metrics are missing or out of range: " + message,
           "look at what the agents report");
  return Status::Ok();
}

Status Validator::CheckContinuity() {
  const Instant from = std::max(
      report_.now - Micros{kMicrosPerDay} * report_.min_days, kInstantMin);
  std::vector<Instant> instants;
  TS_RETURN_IF_ERROR(database_.Query(
      fmt::format("SELECT {} FROM device_metrics WHERE timestamp >= '{}' ORDER "
                  "BY timestamp LIMIT {}",
                  database_.InstantText("timestamp"), SqlDateTime(from),
                  kContinuityRows),
      [&](QueryRow row) {
        Instant instant;
        if (ParseSqlDateTime(row[0].text, &instant)) {
          instants.push_back(instant);
        }
        return true;
      }));
  if (instants.size() < 2) {
    report_.notices.push_back(fmt::format(
        "Collection Continuity was not checked: {} device metrics since {}",
        instants.size(), IsoDateTime(from)));
    return Status::Ok();
  }
  OrderedJson gaps = OrderedJson::array();
  size_t count = 0;
  for (size_t i = 1; i < instants.size(); ++i) {
    const int64_t gap = (instants[i] - instants[i - 1]).count();
    if (gap <= kGapUs) continue;
    if (++count > kGapsShown) continue;
    gaps.push_back({{"start", IsoDateTime(instants[i - 1])},
                    {"end", IsoDateTime(instants[i])},
                    {"gap_minutes", static_cast<double>(gap) / 60e6}});
  }
  const OrderedJson details = {{"records_checked", instants.size()},
                               {"gap_count", count},
                               {"gaps", gaps}};
  if (count == 0) {
    Add("Collection Continuity", CheckStatus::kPassed,
        fmt::format("no gap over an hour in {} metrics", instants.size()),
        details);
    return Status::Ok();
  }
  Add("Collection Continuity", CheckStatus::kWarning,
      fmt::format("{} gaps over an hour", count), details);
  AddIssue(fmt::format("{} gaps in the collection", count),
           "find out why agents stopped");
  return Status::Ok();
}

}  // namespace

Status RunUpstreamChecks(QuerySession& database,
                         const std::function<void()>& checked,
                         ValidateReport* report) {
  Validator validator(database, report);
  const auto step = [&checked](const Status& status) {
    checked();
    return status;
  };
  TS_RETURN_IF_ERROR(step(validator.CheckConnectivity()));
  TS_RETURN_IF_ERROR(step(validator.CheckAgents()));
  for (const TableCheck& check : kFirstTables) {
    TS_RETURN_IF_ERROR(step(validator.CheckTable(check)));
  }
  TS_RETURN_IF_ERROR(step(validator.CheckSchedules()));
  for (const TableCheck& check : kLastTables) {
    TS_RETURN_IF_ERROR(step(validator.CheckTable(check)));
  }
  TS_RETURN_IF_ERROR(step(validator.CheckQuality()));
  return step(validator.CheckContinuity());
}

}  // namespace tillstorm
