// The real agents through the live pipeline leave what `generate` writes.
#include <atomic>
#include <memory>
#include <thread>

#include "agents/all_agents.h"
#include "harness/fleet_events.h"
#include "harness/generate.h"
#include "harness/lane_writer.h"
#include "harness/live_host.h"
#include "storage/model/model_backend.h"
#include "storage/null/null_backend.h"
#include "tests/support/catch.h"
#include "tests/support/fake_pipeline.h"

namespace tillstorm {
namespace {

constexpr uint64_t kSeed = 42;

// 100 agents: 4 sites, 90 devices, 6 traffic agents.
Scenario SmallScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 4;
  scenario.devices = 90;
  scenario.traffic = 6;
  // So that something happens in ten minutes.
  scenario.device_faults_per_1000_days = 1000;
  scenario.site_outages_per_1000_days = 1000;
  scenario.glitches_per_1000_days = 20'000;
  return scenario;
}

const Instant kStart = *ParseIsoDateTime("2026-01-05T10:00:00Z");
const Instant kEnd = kStart + Micros{600 * kMicrosPerSecond};

Digest GeneratedDigest() {
  GenerateOptions options;
  options.seed = kSeed;
  options.scenario = SmallScenario();
  options.start = kStart;
  options.end = kEnd;
  NullBackend backend;
  GenerateProgress progress;
  const std::atomic<bool> stop{false};
  const auto summary = Generate(options, backend, &progress, stop);
  REQUIRE(summary.ok());
  return summary->digest;
}

struct LiveOptions {
  uint32_t runners = 0;
  double speed = 0;  // 0: max
  uint32_t block_events = ~uint32_t{0};
  uint32_t rows = 10'000;
};

// The digest of the rows that a live run leaves.
Digest LiveDigest(const Plan& plan, const LiveOptions& options) {
  const AgentSpans at_start = [](EntityId) {
    return AgentSpan{kStart, kStart, kStart};
  };
  const AgentSpans whole = [](EntityId) {
    return AgentSpan{kStart, kStart, kEnd};
  };
  ModelBackend model;
  const FleetEvents fleet(plan, at_start);
  Batch opening;
  opening.events = fleet.events();
  const auto session = model.Create({}, {}, opening);
  REQUIRE(session.ok());

  BlockPool pool({.block_bytes = 8192, .blocks = 256});
  EventQueue queue;
  LaneWriterOptions lane;
  lane.rows = options.rows;
  lane.linger = std::chrono::milliseconds(5);
  LaneWriter writer(**session, queue, pool, lane);
  LiveHostOptions live;
  live.runners = options.runners;
  live.pace = {.opening = kStart, .end = kEnd};
  if (options.speed > 0) {
    live.pace.speed = options.speed;
  } else {
    live.pace.speed.reset();
  }
  live.producer.block_events_max = options.block_events;
  live.producer.left_out = plan.scenario().LeftOut();
  LiveHost host(
      AgentCount(plan), [&](uint32_t i) { return MakeAgent(plan, i, whole); },
      live, pool, queue);

  REQUIRE(host.Prepare().ok());
  Status written;
  std::thread thread([&] { written = writer.Run(); });
  host.Start();
  const Status joined = host.Join();
  queue.Close();
  thread.join();
  REQUIRE(joined.ok());
  INFO(written.message());
  REQUIRE(written.ok());
  return model.ComputeDigest();
}

TEST_CASE("a live run leaves what generate writes, however it is run",
          "[live]") {
  const Plan plan(kSeed, SmallScenario(), kStart);
  REQUIRE(AgentCount(plan) == 100);
  const Digest expected = GeneratedDigest();
  REQUIRE(expected.rows() > 20'000);
  const LiveOptions options = GENERATE(
      LiveOptions{}, LiveOptions{.rows = 1}, LiveOptions{.block_events = 1},
      LiveOptions{.block_events = 10, .rows = 100'000},
      LiveOptions{.runners = 2}, LiveOptions{.runners = 3, .rows = 77},
      LiveOptions{.speed = 1000}, LiveOptions{.runners = 2, .speed = 1000},
      LiveOptions{.runners = 2, .block_events = 1024, .rows = 100});
  INFO(options.runners << " runners, speed " << options.speed << ", blocks of "
                       << options.block_events << ", batches of "
                       << options.rows);
  const Digest digest = LiveDigest(plan, options);
  for (size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<TableId>(i);
    INFO(Table(table).name);
    CHECK(digest.table(table).rows == expected.table(table).rows);
    CHECK(digest.table(table).sum == expected.table(table).sum);
  }
}

}  // namespace
}  // namespace tillstorm
