// Invariants: what they demand of datasets that are not whole: parts of the
// tables, stretches of time, manifests that nobody can read.
#include "harness/invariants.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "agents/all_agents.h"
#include "harness/dataset.h"
#include "harness/fleet_events.h"
#include "tests/harness/validate_fixture.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

TEST_CASE("a missing weekday of one of three sites is named", "[validate]") {
  const TestDirectory directory;
  const std::string path = directory / "three.db";
  MakeDataset(path, SmallOptions(3));
  Execute(path,
          "DELETE FROM site_operating_schedules WHERE site_id = 2 AND "
          "day_of_week = 6");
  const auto ours = Run(path);
  REQUIRE(ours.ok());
  const std::string name = "one schedule per site and weekday";
  CHECK(Find(*ours, name).broken == 1);
  CHECK(Find(*ours, name).checked == 21);
  CHECK_THAT(Find(*ours, name).message, HoldsText("site 2"));
  CHECK_THAT(Find(*ours, name).message, HoldsText("weekday 6"));
  // Strangers need not have all seven.
  Execute(path, "DROP TABLE tillstorm_manifest");
  const auto others = Run(path);
  REQUIRE(others.ok());
  CHECK(Find(*others, name).broken == 0);
  CHECK(Find(*others, name).checked == 20);
}

TEST_CASE("a rule has nothing to say about tables that were left out",
          "[validate]") {
  const std::string kept =
      GENERATE("jobs", "health_checks", "device_metrics", "alerts",
               "push_notification_logs", "error_logs", "device_state_history");
  const TestDirectory directory;
  const std::string path = directory / "part.db";
  GenerateOptions options = SmallOptions(2);
  for (const TableInfo& table : AllTables()) {
    if (table.is_event() && table.name != kept) {
      options.scenario.left_out.emplace_back(table.name);
    }
  }
  MakeDataset(path, options);
  const auto report = Run(path);
  REQUIRE(report.ok());
  CHECK(report->is_ours);
  for (const Invariant& invariant : report->invariants) {
    INFO(kept << ": " << invariant.name << ": " << invariant.message);
    CHECK(invariant.status == CheckStatus::kPassed);
  }
  for (const Invariant& reference : report->references) {
    INFO(kept << ": " << reference.name);
    CHECK(reference.status == CheckStatus::kPassed);
  }
}

TEST_CASE("in a database of strangers an empty table breaks no rule of another",
          "[validate]") {
  const TestDirectory directory;
  const std::string path = directory / "part.db";
  std::filesystem::copy_file(SoundDataset(), path);
  Execute(path,
          "DROP TABLE tillstorm_manifest; DELETE FROM job_outcomes; "
          "DELETE FROM health_checks");
  const auto report = Run(path);
  REQUIRE(report.ok());
  for (const Invariant& invariant : report->invariants) {
    INFO(invariant.name << ": " << invariant.message);
    CHECK(invariant.status == CheckStatus::kPassed);
  }
  CHECK(Find(*report, "jobs end with their outcome").message ==
        "no rows to look at");
  CHECK(Find(*report, "each alert has failed checks before it").checked == 0);
}

TEST_CASE(
    "a dataset whose manifest cannot be read is checked as one of "
    "strangers",
    "[validate]") {
  const std::string damage = GENERATE(
      "UPDATE tillstorm_manifest SET value = '1' WHERE key = 'format'",
      "DELETE FROM tillstorm_manifest WHERE key = 'intervals'",
      "UPDATE tillstorm_manifest SET value = '{}' WHERE key = 'scenario'",
      "DROP TABLE tillstorm_manifest; CREATE TABLE tillstorm_manifest (x)");
  const TestDirectory directory;
  const std::string path = directory / "older.db";
  std::filesystem::copy_file(SoundDataset(), path);
  Execute(path, damage);
  Execute(path, "UPDATE health_checks SET status_code = 500 WHERE id = 4");
  const auto report = Run(path);
  INFO(damage);
  REQUIRE(report.ok());
  CHECK_FALSE(report->is_ours);
  REQUIRE(report->notices.size() == 1);
  CHECK_THAT(report->notices[0], HoldsText("the manifest cannot be read"));
  CHECK(StatusOf(*report).at("health checks: 200 iff healthy") ==
        CheckStatus::kWarning);
  CHECK(report->overall == CheckStatus::kWarning);
  // The newest metrics, a check before the end.
  CHECK(report->now <= *ParseIsoDateTime("2026-01-09"));
  CHECK(report->now > *ParseIsoDateTime("2026-01-08T23:54:00"));
}

// The device faults of three days, in order.
std::vector<Fault> FaultsOf(const Plan& plan) {
  std::vector<Fault> faults;
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    for (LocalDay day = 0; day < 3; ++day) {
      const auto fault = DeviceFault(
          plan.seed(), plan.scenario(), device, facts.frailty_q16,
          SpanOf(plan.ZoneOf(facts.site), plan.FirstDayOf(facts.site) + day));
      if (fault) faults.push_back(*fault);
    }
  }
  std::sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
    return a.failing_from < b.failing_from;
  });
  return faults;
}

// The first of these faults that begins to fail at or after that instant.
const Fault& FirstFrom(const std::vector<Fault>& faults, Instant from) {
  const auto found = std::find_if(
      faults.begin(), faults.end(),
      [from](const Fault& fault) { return fault.failing_from >= from; });
  REQUIRE(found != faults.end());
  return *found;
}

// Three stretches with gaps between them: one is closed while checks of a
// device fail and goes on when it is well, the next begins while another fails.
std::vector<Interval> Stretches(const Plan& plan) {
  const Micros hour{3'600 * kMicrosPerSecond};
  const std::vector<Fault> faults = FaultsOf(plan);
  const Fault& first = FirstFrom(faults, plan.start() + 3 * hour);
  const Fault& second = FirstFrom(faults, first.end + 5 * hour);
  const auto middle = [](const Fault& fault) {
    return fault.failing_from + (fault.restart - fault.failing_from) / 2;
  };
  return {{plan.start(), middle(first)},
          {first.end + hour, second.failing_from - hour / 6},
          {middle(second), std::nullopt}};
}

// A dataset collected in stretches, the last one still open: each owner ends
// elsewhere.
void MakeStretches(const std::string& path) {
  const GenerateOptions options = SmallOptions(4);
  Manifest manifest;
  const Plan plan(42, options.scenario, options.start);
  manifest.seed = 42;
  manifest.schema_version = kSchemaVersion;
  manifest.stream_version = kStreamVersion;
  manifest.scenario = options.scenario.CanonicalJson();
  manifest.scenario_hash = options.scenario.Hash();
  manifest.ids = plan.ids().Json();
  manifest.intervals = Stretches(plan);
  const Instant last =
      manifest.intervals.back().opening + Micros{20 * 3'600 * kMicrosPerSecond};
  std::vector<OwnerInstant> owners;
  for (uint32_t device = 0; device < 8; ++device) {
    owners.push_back({EntityId(EntityKind::kDevice, device).value,
                      last + device * Micros{600 * kMicrosPerSecond}});
  }
  for (uint32_t site = 0; site < 4; ++site) {
    const Micros later{3'000 * kMicrosPerSecond};
    owners.push_back({EntityId(EntityKind::kSite, site).value, last + later});
    owners.push_back({EntityId(EntityKind::kTraffic, site).value, last});
  }
  const auto dataset = Dataset::Read(manifest, owners);
  REQUIRE(dataset.ok());
  const AgentSpans spans = (*dataset)->WholeSpans();
  testing::Recorder recorder(64 * 1024);
  for (uint32_t i = 0; i < AgentCount(plan); ++i) {
    recorder.Run(*MakeAgent(plan, i, spans));
  }
  std::vector<const Event*> events = recorder.events();
  std::sort(events.begin(), events.end(),
            [](const Event* a, const Event* b) { return Before(*a, *b); });
  const FleetEvents fleet(plan, spans);
  Batch opening;
  opening.events = fleet.events();
  CreateOptions create;
  create.durability = Durability::kBulk;
  SqliteBackend backend(path, {});
  auto session = backend.Create(create, manifest, opening);
  REQUIRE(session.ok());
  Batch batch;
  batch.events = events;
  batch.ledger.batch = 1;
  REQUIRE((*session)->Apply(batch).ok());
  REQUIRE((*session)->Finish(manifest, {}).ok());
}

TEST_CASE("what was collected in stretches with gaps passes every invariant",
          "[validate]") {
  const TestDirectory directory;
  const std::string path = directory / "stretches.db";
  MakeStretches(path);
  const auto report = Run(path, 2);
  REQUIRE(report.ok());
  CHECK(report->is_ours);
  for (const Invariant& invariant : report->invariants) {
    INFO(invariant.name << ": " << invariant.message);
    CHECK(invariant.status == CheckStatus::kPassed);
    CHECK(invariant.checked > 0);
  }
  // Otherwise nothing would have been tried.
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  int resumed = 0;
  REQUIRE(sqlite3_exec(
              db,
              "SELECT count(*) FROM device_state_history WHERE reason = "
              "'observation resumed'",
              [](void* count, int, char** values, char**) {
                *static_cast<int*>(count) = std::stoi(values[0]);
                return 0;
              },
              &resumed, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  CHECK(resumed >= 2);
  // Such a row anywhere else has no excuse.
  Execute(path,
          "UPDATE device_state_history SET timestamp = datetime(timestamp, '-1 "
          "second') || '.000001' WHERE reason = 'observation resumed'");
  const auto moved = Run(path, 2);
  REQUIRE(moved.ok());
  CHECK(Find(*moved, "each state has its health check").broken == resumed);
}

}  // namespace
}  // namespace tillstorm
