// What a device emits, seen from outside: rows only.
#include "agents/device_agent.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

using Row = std::vector<ValueView>;

Scenario BusyScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 4;
  scenario.devices = 16;
  scenario.interval = Micros{30 * kMicrosPerSecond};
  scenario.device_faults_per_1000_days = 500;
  scenario.site_outages_per_1000_days = 300;
  return scenario;
}

// A week of one device.
class Week {
 public:
  explicit Week(uint32_t device)
      : plan_(21, BusyScenario(), *ParseIsoDateTime("2026-03-06T00:00:00Z")),
        recorder_(64 * 1024) {
    const Instant end = plan_.start() + Micros{7 * kMicrosPerDay};
    DeviceAgent agent(plan_, device,
                      {plan_.start(), plan_.start(), end, EmitMode::kFinal});
    recorder_.Run(agent);
    for (const Event* event : recorder_.events()) {
      rows_[event->table].push_back(
          DecodeRow(Table(event->table), event->payload()));
    }
  }

  [[nodiscard]] const std::vector<Row>& rows(TableId table) {
    return rows_[table];
  }
  [[nodiscard]] const Plan& plan() const { return plan_; }

 private:
  Plan plan_;
  testing::Recorder recorder_;
  std::map<TableId, std::vector<Row>> rows_;
};

const ValueView& Get(TableId table, const Row& row, std::string_view column) {
  return row[static_cast<size_t>(Table(table).Find(column))];
}

TEST_CASE("metrics have no NULL and stay in their ranges", "[agents][device]") {
  constexpr TableId kMetrics = TableId::kDeviceMetrics;
  for (uint32_t device = 0; device < 16; ++device) {
    Week week(device);
    REQUIRE(week.rows(kMetrics).size() > 19'000);  // of 20,160 checks
    for (const Row& row : week.rows(kMetrics)) {
      for (size_t i = 1; i < row.size(); ++i) REQUIRE_FALSE(row[i].is_null());
      for (const auto* percent :
           {"cpu_percent", "memory_percent", "disk_percent"}) {
        REQUIRE(Get(kMetrics, row, percent).real >= 0);
        REQUIRE(Get(kMetrics, row, percent).real <= 100);
      }
      REQUIRE(Get(kMetrics, row, "error_rate").real >= 0);
      REQUIRE(Get(kMetrics, row, "error_rate").real <= 1);
      REQUIRE(Get(kMetrics, row, "network_latency_ms").real > 0);
      REQUIRE(Get(kMetrics, row, "queue_depth").integer >= 0);
      REQUIRE(Get(kMetrics, row, "provenance").text == "simulated");
    }
  }
}

TEST_CASE("transactions and their volume grow within a local day only",
          "[agents][device]") {
  constexpr TableId kMetrics = TableId::kDeviceMetrics;
  for (uint32_t device = 0; device < 16; ++device) {
    Week week(device);
    const Plan& plan = week.plan();
    const TimeZone& zone = plan.ZoneOf(plan.fleet().SiteOf(device));
    std::optional<LocalDay> day;
    int64_t count = 0;
    double volume = 0;
    int64_t most = 0;
    for (const Row& row : week.rows(kMetrics)) {
      const LocalDay today =
          zone.DayOf(FromMicros(Get(kMetrics, row, "timestamp").integer));
      const int64_t now = Get(kMetrics, row, "transaction_count").integer;
      const double amount = Get(kMetrics, row, "transaction_volume").real;
      if (day == today) {
        REQUIRE(now >= count);
        REQUIRE(amount >= volume);
      } else if (day) {
        REQUIRE(now < 10);  // a new day begins near nothing
      }
      // 10 to 50 a transaction on average; one alone up to 75.
      REQUIRE(amount <= 50.0 * static_cast<double>(now) + 25.0);
      day = today;
      count = now;
      volume = amount;
      most = std::max(most, count);
    }
    CHECK(most > 10);
  }
}

TEST_CASE("a state row says what changed, and has its health check beside it",
          "[agents][device]") {
  constexpr TableId kStates = TableId::kDeviceStateHistory;
  size_t errors = 0;
  size_t restarts = 0;
  for (uint32_t device = 0; device < 16; ++device) {
    Week week(device);
    std::map<int64_t, const Row*> checks;
    for (const Row& row : week.rows(TableId::kHealthChecks)) {
      checks[Get(TableId::kHealthChecks, row, "timestamp").integer] = &row;
    }
    std::string_view state;
    for (const Row& row : week.rows(kStates)) {
      const auto from = Get(kStates, row, "previous_state").text;
      const auto to = Get(kStates, row, "new_state").text;
      if (!state.empty()) REQUIRE(from == state);
      REQUIRE(from != to);
      state = to;
      const auto check = checks.find(Get(kStates, row, "timestamp").integer);
      REQUIRE(check != checks.end());
      const bool healthy =
          Get(TableId::kHealthChecks, *check->second, "is_healthy").integer;
      REQUIRE(healthy == (to == "online" || to == "maintenance"));
      errors += to == "error" ? 1 : 0;
      restarts += to == "maintenance" ? 1 : 0;
    }
  }
  CHECK(errors > 20);
  CHECK(restarts > 16 * 5);  // nearly every night of a device
}

TEST_CASE("a failed check has code 500 and a text, a healthy one neither",
          "[agents][device]") {
  constexpr TableId kChecks = TableId::kHealthChecks;
  Week week(3);
  size_t failed = 0;
  for (const Row& row : week.rows(kChecks)) {
    const bool healthy = Get(kChecks, row, "is_healthy").integer == 1;
    REQUIRE(Get(kChecks, row, "status_code").integer == (healthy ? 200 : 500));
    REQUIRE(Get(kChecks, row, "error_message").is_null() == healthy);
    failed += healthy ? 0 : 1;
  }
  CHECK(failed > 0);
}

TEST_CASE("a device with a fault fails at least three checks in a row",
          "[agents][device]") {
  constexpr TableId kChecks = TableId::kHealthChecks;
  size_t faults = 0;
  for (uint32_t device = 0; device < 16; ++device) {
    Week week(device);
    for (const Row& truth : week.rows(TableId::kTruth)) {
      const auto at = [&truth](const char* column) {
        return Get(TableId::kTruth, truth, column).integer;
      };
      size_t failed = 0;
      for (const Row& row : week.rows(kChecks)) {
        const int64_t now = Get(kChecks, row, "timestamp").integer;
        if (now < at("failing_from") || now >= at("planned_end")) continue;
        if (Get(kChecks, row, "is_healthy").integer == 0) ++failed;
      }
      const bool inside =
          at("planned_end") <
          MicrosSinceEpoch(week.plan().start()) + 7 * kMicrosPerDay;
      // An outage of the site may hide a fault; it never hides most of them.
      if (inside && failed >= 3) ++faults;
    }
  }
  CHECK(faults >= 25);  // 16 devices, 7 days, about one in two has a fault
}

TEST_CASE("payloads are JSON in Python's spacing with upstream's keys",
          "[agents][device]") {
  constexpr TableId kChecks = TableId::kHealthChecks;
  Week week(1);
  const std::vector<std::string> keys = {
      "status",      "config_version", "last_restart", "response_time_ms",
      "device_info", "services",       "metrics",      "system",
      "app_metrics", "network"};
  for (size_t i = 0; i < week.rows(kChecks).size(); i += 97) {
    const Row& row = week.rows(kChecks)[i];
    const std::string_view text = Get(kChecks, row, "response_data").text;
    const auto json = nlohmann::ordered_json::parse(text);
    size_t found = 0;
    for (const auto& [key, value] : json.items()) {
      if (key == "error") continue;
      REQUIRE(std::string(key) == keys.at(found++));
    }
    REQUIRE(found == keys.size());
    REQUIRE(json["metrics"].size() == 10);
    // Outside of strings every comma and colon is followed by one blank.
    bool in_string = false;
    for (size_t at = 0; at + 1 < text.size(); ++at) {
      if (text[at] == '"') in_string = !in_string;
      if (!in_string && (text[at] == ',' || text[at] == ':')) {
        REQUIRE(text[at + 1] == ' ');
        REQUIRE(text[at + 2] != ' ');
      }
    }
  }
}

TEST_CASE("uptime counts the seconds since the last restart",
          "[agents][device]") {
  constexpr TableId kMetrics = TableId::kDeviceMetrics;
  Week week(2);
  int64_t before = -1;
  int64_t before_at = 0;
  int resets = 0;
  for (const Row& row : week.rows(kMetrics)) {
    const auto json =
        nlohmann::json::parse(Get(kMetrics, row, "extra_metrics").text);
    const int64_t uptime = json["uptime_seconds"];
    const int64_t now = Get(kMetrics, row, "timestamp").integer;
    if (before >= 0 && uptime < before) {
      ++resets;
      REQUIRE(uptime <= (now - before_at) / kMicrosPerSecond + 1);
    } else if (before >= 0) {
      const int64_t elapsed = (now - before_at) / kMicrosPerSecond;
      REQUIRE(std::abs(uptime - before - elapsed) <= 1);
    }
    before = uptime;
    before_at = now;
  }
  CHECK(resets >= 6);  // one a night
}

}  // namespace
}  // namespace tillstorm
