// The pool host gives the same events in the same order however it is run.
#include "harness/pool_host.h"

#include <optional>
#include <vector>

#include "agents/device_agent.h"
#include "agents/site_agent.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

Scenario SmallScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 5;
  scenario.devices = 21;
  scenario.interval = Micros{60 * kMicrosPerSecond};
  scenario.site_outages_per_1000_days = 500;
  scenario.device_faults_per_1000_days = 500;
  return scenario;
}

const Plan& SmallPlan() {
  static const Plan kPlan(13, SmallScenario(),
                          *ParseIsoDateTime("2026-01-05T10:00:00Z"));
  return kPlan;
}

AgentSpan SmallSpan() {
  const Instant start = SmallPlan().start();
  return {start, start, start + Micros{20 * 3600 * kMicrosPerSecond},
          EmitMode::kFinal};
}

// The hashes of all events in the order in which the host gives them.
std::vector<Hash128> RunHost(const PoolHostOptions& options) {
  std::vector<Hash128> hashes;
  PoolHost host(SmallPlan(), SmallSpan(), options);
  std::optional<Event> last;  // a copy: its window may be gone
  while (auto window = host.Next()) {
    for (const Event* event : window->events()) {
      if (last) REQUIRE(Before(*last, *event));
      last = *event;
      hashes.push_back(event->hash_after);
    }
    host.Release(std::move(window));
  }
  return hashes;
}

TEST_CASE("threads and windows change neither events nor order", "[host]") {
  // One agent after the other, without a host, and a plain sort.
  testing::Recorder recorder(64 * 1024);
  for (uint32_t site = 0; site < 5; ++site) {
    SiteAgent agent(SmallPlan(), site, SmallSpan());
    recorder.Run(agent);
  }
  for (uint32_t device = 0; device < 21; ++device) {
    DeviceAgent agent(SmallPlan(), device, SmallSpan());
    recorder.Run(agent);
  }
  std::vector<const Event*> events = recorder.events();
  std::sort(events.begin(), events.end(),
            [](const Event* a, const Event* b) { return Before(*a, *b); });
  std::vector<Hash128> expected;
  for (const Event* event : events) expected.push_back(event->hash_after);
  REQUIRE(expected.size() > 40'000);

  for (const uint32_t threads : {1U, 2U, 7U, 32U}) {
    for (const int64_t window_s : {7, 600, 100'000}) {
      INFO(threads << " threads, windows of " << window_s << " s");
      PoolHostOptions options;
      options.threads = threads;
      options.window = Micros{window_s * kMicrosPerSecond};
      REQUIRE(RunHost(options) == expected);
    }
  }
}

TEST_CASE("a stopped host ends, whatever it is doing", "[host]") {
  for (int i = 0; i < 20; ++i) {
    PoolHostOptions options;
    options.threads = 3;
    PoolHost host(SmallPlan(), SmallSpan(), options);
    for (int taken = 0; taken < i; ++taken) {
      if (auto window = host.Next()) host.Release(std::move(window));
    }
    host.RequestStop();
    CHECK(host.Next() == nullptr);
  }
}

TEST_CASE("a window keeps about 4,000 events and lasts at most 15 minutes",
          "[host]") {
  Scenario scenario = StandardScenario();
  CHECK(WindowFor(scenario) == Micros{853'333'333});
  scenario.devices = 3;
  CHECK(WindowFor(scenario) == Micros{900'000'000});
  scenario.devices = 2000;  // 800 events/s
  CHECK(WindowFor(scenario) == Micros{5'120'000});
  scenario.devices = 100'000;
  CHECK(WindowFor(scenario) == Micros{1'000'000});
}

}  // namespace
}  // namespace tillstorm
