#include "harness/measure/ceilings.h"

#include <algorithm>
#include <string>
#include <vector>

#include "harness/measure/ceiling_rows.h"
#include "harness/run_options.h"
#include "storage/location.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

CeilingOptions SmallOptions() {
  CeilingOptions options;
  options.seed = 42;
  options.scenario = StandardScenario();
  options.scenario.sites = 2;
  options.scenario.devices = 8;
  options.start = kMonday;
  options.batch_rows = 500;
  options.time_each = std::chrono::milliseconds(20);
  options.rows_max = 3'000;
  return options;
}

void KeepOnly(std::string_view table, Scenario* scenario) {
  for (const std::string& name : EventTableNames()) {
    if (name != table) scenario->left_out.push_back(name);
  }
}

std::vector<std::string> NamesOf(const std::vector<Ceiling>& ceilings) {
  std::vector<std::string> names;
  for (const Ceiling& ceiling : ceilings) names.push_back(ceiling.name);
  return names;
}

TEST_CASE("All ceilings of SQLite stand beside a run, in their order",
          "[ceiling]") {
  const TestDirectory directory;
  const auto location = ParseLocation(directory / "dataset.db");
  const auto backend = OpenBackend(*location);
  CeilingOptions options = SmallOptions();
  std::vector<std::string> announced;
  options.observer = [&](std::string_view name) {
    announced.emplace_back(name);
  };
  const std::atomic<bool> stop{false};
  const auto ceilings = MeasureCeilings(options, **backend, stop);
  INFO(ceilings.status().message());
  REQUIRE(ceilings.ok());
  const std::vector<std::string> names = {"agents", "null", "loop", "engine",
                                          "raw_copy"};
  CHECK(NamesOf(*ceilings) == names);
  CHECK(announced == names);
  for (const Ceiling& ceiling : *ceilings) {
    CAPTURE(ceiling.name);
    CHECK(ceiling.rows > 0);
    CHECK(ceiling.seconds > 0);
    CHECK(ceiling.rows_per_s * ceiling.seconds ==
          Approx(static_cast<double>(ceiling.rows)));
    CHECK_FALSE(ceiling.how.empty());
  }
  CHECK((*ceilings)[2].rows <= 3'000 + 5'000);  // a window more than asked for
  CHECK((*ceilings)[2].how.find("durability process, indexes inline") !=
        std::string::npos);
  CHECK(directory.List().empty());
}

TEST_CASE("Ceilings at bulk say that no index was there to maintain",
          "[ceiling]") {
  const TestDirectory directory;
  const auto location = ParseLocation(directory / "dataset.db");
  const auto backend = OpenBackend(*location);
  CeilingOptions options = SmallOptions();
  options.durability = Durability::kBulk;
  options.indexes = IndexMode::kDeferred;
  const std::atomic<bool> stop{false};
  const auto ceilings = MeasureCeilings(options, **backend, stop);
  INFO(ceilings.status().message());
  REQUIRE(ceilings.ok());
  REQUIRE(ceilings->size() == 5);
  for (const Ceiling& ceiling : *ceilings) CHECK(ceiling.rows > 0);
  for (const size_t i : {2, 3}) {
    CHECK_THAT((*ceilings)[i].how,
               HoldsText("durability bulk, indexes deferred: there is none to "
                         "maintain, and none is built"));
  }
  CHECK(directory.List().empty());
}

TEST_CASE("Tables that the run leaves out are in no ceiling", "[ceiling]") {
  const TestDirectory directory;
  const auto location = ParseLocation(directory / "dataset.db");
  const auto backend = OpenBackend(*location);
  CeilingOptions options = SmallOptions();
  KeepOnly("device_metrics", &options.scenario);
  const std::atomic<bool> stop{false};
  const auto ceilings = MeasureCeilings(options, **backend, stop);
  INFO(ceilings.status().message());
  REQUIRE(ceilings.ok());
  CHECK(ceilings->size() == 5);

  const Plan plan(options.seed, options.scenario, options.start);
  RowsInMemory rows(plan, 1);
  REQUIRE(rows.Grow(1'000, stop).ok());
  CHECK(rows.rows().events.size() >= 1'000);
  for (const Event* event : rows.rows().events) {
    const bool is_kept = event->table == TableId::kDeviceMetrics ||
                         Table(event->table).is_fleet() ||
                         Table(event->table).is_ours();
    CHECK(is_kept);
  }
}

TEST_CASE("A fleet that signs up by itself is there before the clock runs",
          "[ceiling]") {
  const TestDirectory directory;
  const auto location = ParseLocation(directory / "dataset.db");
  const auto backend = OpenBackend(*location);
  CeilingOptions options = SmallOptions();
  options.scenario.sites = 0;
  options.scenario.devices = 2;
  options.scenario.traffic = 1;
  const std::atomic<bool> stop{false};
  const auto ceilings = MeasureCeilings(options, **backend, stop);
  INFO(ceilings.status().message());
  REQUIRE(ceilings.ok());
  CHECK(ceilings->size() == 5);
}

TEST_CASE("A backend that stores nothing has the first two ceilings",
          "[ceiling]") {
  const auto location = ParseLocation("null:");
  const auto backend = OpenBackend(*location);
  CeilingOptions options = SmallOptions();
  options.workers = 2;
  options.lanes = 2;
  const std::atomic<bool> stop{false};
  const auto ceilings = MeasureCeilings(options, **backend, stop);
  REQUIRE(ceilings.ok());
  CHECK(NamesOf(*ceilings) == std::vector<std::string>{"agents", "null"});
}

TEST_CASE("A stop ends the measuring of ceilings, whichever it is at",
          "[ceiling]") {
  const std::string at = GENERATE("agents", "null", "loop", "engine");
  CAPTURE(at);
  const TestDirectory directory;
  const auto location = ParseLocation(directory / "dataset.db");
  const auto backend = OpenBackend(*location);
  CeilingOptions options = SmallOptions();
  std::atomic<bool> stop{false};
  options.observer = [&](std::string_view name) {
    if (name == at) stop = true;
  };
  const auto ceilings = MeasureCeilings(options, **backend, stop);
  CHECK(ceilings.status().code() == StatusCode::kInterrupted);
  CHECK(directory.List().empty());
}

}  // namespace
}  // namespace tillstorm
