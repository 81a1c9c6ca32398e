// Collections on the model: what they leave is what their manifest says,
// however they run, stop, fail and go on.
#include "harness/collect.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "harness/core/row_codec.h"
#include "harness/generate.h"
#include "harness/verify.h"
#include "storage/forwarding_session.h"
#include "storage/model/model_backend.h"
#include "storage/null/null_backend.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

const Instant kStart = *ParseIsoDateTime("2026-03-02T10:00:00Z");
constexpr Micros kMinute{60 * kMicrosPerSecond};
constexpr Micros kHour = kMinute * 60;
const std::atomic<bool> kGoOn{false};

// Few devices, and much that goes wrong with them.
Scenario BusyScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 2;
  scenario.devices = 6;
  scenario.traffic = 3;
  scenario.interval = Micros{30 * kMicrosPerSecond};
  scenario.device_faults_per_1000_days = 1000;
  scenario.site_outages_per_1000_days = 1000;
  scenario.glitches_per_1000_days = 20'000;
  return scenario;
}

CollectOptions AtMax(const Scenario& scenario, Micros span) {
  CollectOptions options;
  options.seed = 7;
  options.scenario = scenario;
  options.opening = [](std::optional<Instant> close) {
    return Result<Instant>(close.value_or(kStart));
  };
  options.now = [] { return kStart; };
  options.span = span;
  options.speed.max = true;
  options.workers = 2;
  options.linger = Micros{2'000};
  return options;
}

std::function<Result<Instant>(std::optional<Instant>)> OpeningAt(Instant at) {
  return [at](std::optional<Instant> close) {
    return Result<Instant>(close ? std::max(*close, at) : at);
  };
}

// REQUIREs that the dataset is what its manifest says.
void RequireVerified(Backend& backend) {
  const auto reader = backend.OpenReader();
  REQUIRE(reader.ok());
  VerifyProgress progress;
  const auto report = Verify(**reader, 1, &progress, kGoOn);
  INFO(report.status().message());
  REQUIRE(report.ok());
  for (const TableDifference& difference : report->differences) {
    UNSCOPED_INFO(Table(difference.table).name << ": " << difference.first_row);
  }
  REQUIRE(report->differences.empty());
}

Digest Generated(const Scenario& scenario, Micros span) {
  GenerateOptions options;
  options.seed = 7;
  options.scenario = scenario;
  options.start = kStart;
  options.end = kStart + span;
  NullBackend backend;
  GenerateProgress progress;
  const auto summary = Generate(options, backend, &progress, kGoOn);
  REQUIRE(summary.ok());
  return summary->digest;
}

// A model whose session fails for good at one of its batches, as if the program
// had been killed there.
class KilledBackend final : public Backend {
 public:
  KilledBackend(ModelBackend& model, int applies)
      : model_(model), applies_left_(applies) {}

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override {
    return Wrap(model_.Create(options, manifest, fleet));
  }
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override {
    return Wrap(model_.Continue(options));
  }
  Result<bool> Exists() override { return model_.Exists(); }
  Result<std::unique_ptr<Reader>> OpenReader() override {
    return model_.OpenReader();
  }
  [[nodiscard]] std::string name() const override { return "killed"; }

 private:
  class KilledSession final : public ForwardingSession {
   public:
    KilledSession(std::unique_ptr<Session> session, int& applies_left)
        : ForwardingSession(std::move(session)), applies_left_(applies_left) {}
    Status Apply(const Batch& batch) override {
      if (applies_left_ == 0) return {StatusCode::kIo, "killed"};
      --applies_left_;
      return ForwardingSession::Apply(batch);
    }

   private:
    int& applies_left_;
  };

  Result<std::unique_ptr<Session>> Wrap(
      Result<std::unique_ptr<Session>> session) {
    if (!session.ok()) return session;
    return std::unique_ptr<Session>(
        std::make_unique<KilledSession>(std::move(*session), applies_left_));
  }

  ModelBackend& model_;
  int applies_left_;
};

TEST_CASE("a collection leaves what generate makes of its span",
          "[collect][same-data]") {
  const Scenario scenario = BusyScenario();
  const Digest expected = Generated(scenario, kHour);
  CollectOptions options = AtMax(scenario, kHour);
  options.workers = GENERATE(0U, 1U, 2U);
  options.block_events_max = GENERATE(1U, 17U, 1024U);
  options.batch_rows = GENERATE(10U, 1'000U, 100'000U);
  ModelBackend model;
  Collection collection(options, model);
  const Status status = collection.Run();
  INFO(status.message());
  REQUIRE(status.ok());
  CHECK(model.ComputeDigest() == expected);
  CHECK(collection.summary().total == expected);
  CHECK(collection.summary().fresh == expected);
  CHECK(collection.summary().is_closed);
  CHECK(collection.summary().dropped_events == 0);
}

TEST_CASE("any number of lanes leaves the same data", "[collect][lanes]") {
  Scenario scenario = BusyScenario();
  scenario.sites = GENERATE(2, 0);
  const Digest expected = Generated(scenario, kHour);
  CollectOptions options = AtMax(scenario, kHour);
  options.lanes = GENERATE(1, 2, 4);
  options.workers = GENERATE(0U, 4U);
  options.batch_rows = GENERATE(10U, 1'000U);
  ModelBackend model;
  Collection collection(options, model);
  const Status status = collection.Run();
  INFO(options.lanes << " lanes: " << status.message());
  REQUIRE(status.ok());
  CHECK(model.ComputeDigest() == expected);
  CHECK(collection.summary().total == expected);
  RequireVerified(model);

  // Another run has another number of lanes; each goes on with its own batches.
  options.opening = OpeningAt(kStart + kHour * 3);
  options.span = kMinute;
  options.lanes = 3;
  Collection next(options, model);
  REQUIRE(next.Run().ok());
  RequireVerified(model);
}

TEST_CASE("batches of one event give the same data, as does any speed",
          "[collect][same-data]") {
  const Scenario scenario = BusyScenario();
  const Micros span = kMinute * 10;
  const Digest expected = Generated(scenario, span);
  CollectOptions options = AtMax(scenario, span);
  SECTION("one event in a batch") { options.batch_rows = 1; }
  SECTION("a thousand times as fast as the clock") {
    options.speed = {false, 1000, 1};
    options.workers = GENERATE(0U, 2U);
  }
  SECTION("a pool of two blocks") {
    options.pool.blocks = 2;
    options.workers = 0;
  }
  ModelBackend model;
  Collection collection(options, model);
  REQUIRE(collection.Run().ok());
  CHECK(model.ComputeDigest() == expected);
}

TEST_CASE("a collection without sites begins with their birth",
          "[collect][same-data]") {
  Scenario scenario = BusyScenario();
  scenario.sites = 0;
  const Micros span = kMinute * 30;
  ModelBackend model;
  Collection collection(AtMax(scenario, span), model);
  REQUIRE(collection.Run().ok());
  CHECK(model.ComputeDigest() == Generated(scenario, span));
  CHECK(model.rows(TableId::kSites).size() == 1);
  CHECK(model.rows(TableId::kDevices).size() == 6);
}

TEST_CASE("what an interrupted run left is accepted and gone on with",
          "[collect]") {
  const int applies = GENERATE(0, 1, 2, 5, 9, 14, 30, 61, 97);
  Scenario scenario = BusyScenario();
  scenario.sites = GENERATE(2, 0);
  ModelBackend model;
  CollectOptions options = AtMax(scenario, kHour * 2);
  options.batch_rows = 40;
  options.block_events_max = 5;
  KilledBackend killed(model, applies);
  Collection first(options, killed);
  const Status status = first.Run();
  REQUIRE(status.code() == StatusCode::kIo);
  RequireVerified(model);

  // Killed once more while it levels or goes on.
  KilledBackend again(model, applies / 3);
  options.opening = OpeningAt(kStart + kHour * 5);
  Collection second(options, again);
  REQUIRE(second.Run().code() == StatusCode::kIo);
  RequireVerified(model);
  // Also what was committed of a levelling that broke off.
  CHECK(second.summary().total == model.ComputeDigest());

  options.opening = OpeningAt(kStart + kHour * 9);
  options.span = kHour;
  Collection third(options, model);
  const Status last = third.Run();
  INFO(last.message());
  REQUIRE(last.ok());
  RequireVerified(model);
  CHECK(third.summary().total == model.ComputeDigest());
  CHECK(third.summary().intervals.back().opening == kStart + kHour * 9);
  CHECK(third.summary().intervals.back().close == kStart + kHour * 10);
}

int64_t Integer(const std::vector<ValueView>& row, const TableInfo& table,
                std::string_view column) {
  return row[static_cast<size_t>(table.Find(column))].integer;
}

TEST_CASE("in a gap nothing begins, and what began before it goes on",
          "[collect]") {
  const Scenario scenario = BusyScenario();
  // The first interval ends in the middle of the longest job of two hours.
  Micros span{};
  {
    ModelBackend whole;
    Collection collection(AtMax(scenario, kHour * 2), whole);
    REQUIRE(collection.Run().ok());
    const TableInfo& table = Table(TableId::kJobs);
    int64_t longest = 0;
    for (const auto& [id, row] : whole.rows(TableId::kJobs)) {
      const auto values = DecodeRow(table, row);
      const int64_t created = Integer(values, table, "created_at");
      const int64_t took = Integer(values, table, "completed_at") - created;
      if (took <= longest) continue;
      longest = took;
      span = FromMicros(created + took / 2) - kStart;
    }
    REQUIRE(longest > kMicrosPerSecond);
  }
  ModelBackend model;
  CollectOptions options = AtMax(scenario, span);
  Collection first(options, model);
  REQUIRE(first.Run().ok());
  // Many hours later, in the night.
  const Instant opening = kStart + kHour * 15;
  options.opening = OpeningAt(opening);
  Collection second(options, model);
  REQUIRE(second.Run().ok());
  RequireVerified(model);

  const int64_t gap_from = MicrosSinceEpoch(kStart + span);
  const int64_t gap_to = MicrosSinceEpoch(opening);
  const auto in_gap = [&](TableId id, std::string_view column) {
    const TableInfo& table = Table(id);
    int64_t found = 0;
    for (const auto& [number, row] : model.rows(id)) {
      const int64_t at = Integer(DecodeRow(table, row), table, column);
      found += at >= gap_from && at < gap_to;
    }
    return found;
  };
  CHECK(in_gap(TableId::kHealthChecks, "timestamp") == 0);
  CHECK(in_gap(TableId::kDeviceMetrics, "timestamp") == 0);
  CHECK(in_gap(TableId::kDeviceStateHistory, "timestamp") == 0);
  CHECK(in_gap(TableId::kJobs, "created_at") == 0);
  CHECK(in_gap(TableId::kAlerts, "timestamp") == 0);
  CHECK(in_gap(TableId::kErrorLogs, "timestamp") == 0);
  // Jobs created just before the first close end in the gap.
  CHECK(in_gap(TableId::kJobOutcomes, "timestamp") > 0);
  CHECK(in_gap(TableId::kJobs, "completed_at") > 0);
  // All of the first interval have ended: six hours are enough for any.
  const TableInfo& jobs = Table(TableId::kJobs);
  int64_t unfinished = 0;
  for (const auto& [id, row] : model.rows(TableId::kJobs)) {
    const auto values = DecodeRow(jobs, row);
    unfinished +=
        Integer(values, jobs, "created_at") < gap_from &&
        values[static_cast<size_t>(jobs.Find("completed_at"))].is_null();
  }
  CHECK(unfinished == 0);
}

TEST_CASE("each state of a device follows from the one before, over gaps too",
          "[collect]") {
  const Scenario scenario = BusyScenario();
  ModelBackend model;
  CollectOptions options = AtMax(scenario, kMinute * 7);
  for (int i = 0; i < 40; ++i) {
    options.opening = OpeningAt(kStart + kHour * i);
    Collection collection(options, model);
    REQUIRE(collection.Run().ok());
  }
  RequireVerified(model);
  const TableInfo& table = Table(TableId::kDeviceStateHistory);
  const auto text = [&table](const std::vector<ValueView>& row,
                             std::string_view column) {
    return std::string(row[static_cast<size_t>(table.Find(column))].text);
  };
  std::map<int64_t, std::string> state;
  int resumed = 0;
  for (const auto& [id, row] : model.rows(TableId::kDeviceStateHistory)) {
    const auto values = DecodeRow(table, row);
    const int64_t device = Integer(values, table, "device_id");
    if (state.count(device) > 0) {
      CHECK(text(values, "previous_state") == state[device]);
    }
    CHECK(text(values, "previous_state") != text(values, "new_state"));
    state[device] = text(values, "new_state");
    resumed += text(values, "reason") == "observation resumed";
  }
  CHECK(resumed > 0);
  // The row of a device says the same as its history.
  const TableInfo& devices = Table(TableId::kDevices);
  for (const auto& [device, last] : state) {
    const auto row = model.Find(TableId::kDevices, device);
    REQUIRE(row.has_value());
    CHECK((*row)[static_cast<size_t>(devices.Find("status"))].text == last);
  }
}

TEST_CASE("an end that is asked for closes the interval where everybody is",
          "[collect]") {
  CollectOptions options = AtMax(BusyScenario(), kHour * 24 * 365);
  options.speed = {false, 10'000, 1};
  options.workers = GENERATE(0U, 2U);
  ModelBackend model;
  Collection collection(options, model);
  std::thread stopper([&collection] {
    while (collection.Snapshot().rows_new[Index(TableId::kHealthChecks)] < 50) {
      std::this_thread::yield();
    }
    collection.RequestEnd();
  });
  const Status status = collection.Run();
  stopper.join();
  REQUIRE(status.ok());
  CHECK(collection.summary().is_closed);
  CHECK(collection.summary().dropped_events == 0);
  CHECK(*collection.summary().intervals[0].close < kStart + kHour * 24 * 365);
  RequireVerified(model);
}

TEST_CASE("what is not drained in time is dropped and made again",
          "[collect]") {
  CollectOptions options = AtMax(BusyScenario(), kHour * 24 * 30);
  options.drain_max = std::chrono::milliseconds(0);
  options.batch_rows = 20;
  ModelBackend model;
  Collection collection(options, model);
  std::thread stopper([&collection] {
    while (collection.Snapshot().rows_new[Index(TableId::kHealthChecks)] < 50) {
      std::this_thread::yield();
    }
    collection.RequestEnd();
  });
  REQUIRE(collection.Run().ok());
  stopper.join();
  RequireVerified(model);
  CHECK(collection.summary().total == model.ComputeDigest());

  options.opening = OpeningAt(kStart);
  options.span = kMinute;
  Collection next(options, model);
  REQUIRE(next.Run().ok());
  RequireVerified(model);
}

TEST_CASE("a pause closes the interval and opens the next", "[collect]") {
  CollectOptions options = AtMax(BusyScenario(), kHour * 24 * 365);
  options.speed = {false, 10'000, 1};
  ModelBackend model;
  Collection collection(options, model);
  const auto await = [&collection](CollectPhase phase) {
    while (collection.Snapshot().phase != phase) std::this_thread::yield();
  };
  std::thread presser([&] {
    await(CollectPhase::kCollecting);
    collection.TogglePause();
    await(CollectPhase::kPaused);
    collection.TogglePause();
    await(CollectPhase::kCollecting);
    collection.RequestEnd();
  });
  const Status status = collection.Run();
  presser.join();
  REQUIRE(status.ok());
  REQUIRE(collection.summary().intervals.size() == 2);
  const auto& intervals = collection.summary().intervals;
  CHECK(intervals[0].close <= intervals[1].opening);
  CHECK(intervals[1].close.has_value());
  RequireVerified(model);
}

TEST_CASE("a run goes on with what generate made", "[collect]") {
  GenerateOptions generate;
  generate.seed = 7;
  generate.scenario = BusyScenario();
  generate.start = kStart;
  generate.end = kStart + kHour;
  ModelBackend model;
  GenerateProgress progress;
  REQUIRE(Generate(generate, model, &progress, kGoOn).ok());
  CollectOptions options = AtMax(BusyScenario(), kHour);
  Collection collection(options, model);
  REQUIRE(collection.Run().ok());
  RequireVerified(model);
  REQUIRE(collection.summary().intervals.size() == 2);
  CHECK(collection.summary().intervals[1].opening == kStart + kHour);
}

}  // namespace
}  // namespace tillstorm
