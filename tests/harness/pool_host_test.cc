// The pool host gives the same events in the same order however it is run.
#include "harness/pool_host.h"

#include <optional>
#include <vector>

#include "agents/device_agent.h"
#include "agents/site_agent.h"
#include "agents/traffic_agent.h"
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
  for (uint32_t i = 0; i < SmallPlan().fleet().traffic_agents(); ++i) {
    TrafficAgent agent(SmallPlan(), i, SmallSpan());
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
      const bool same = RunHost(options) == expected;
      REQUIRE(same);
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
  const auto seconds = [](const Scenario& scenario) {
    return static_cast<double>(WindowFor(scenario).count()) / 1e6;
  };
  Scenario scenario = StandardScenario();
  // 12 * (2 * 17,280 + 2 * 600) + 3 * (25,200 + 5 * 7,200) events a day; 4,096
  // of them take 86,400 * 4,096 / 612,720 s.
  CHECK(seconds(scenario) == Approx(577.58).epsilon(0.001));
  scenario.devices = 3;
  scenario.sites = 1;
  CHECK(seconds(scenario) == Approx(900));
  scenario.devices = 2000;
  scenario.sites = 3;
  CHECK(seconds(scenario) == Approx(4.936).epsilon(0.001));
  scenario.devices = 100'000;
  CHECK(seconds(scenario) == Approx(1));
  scenario.left_out = {"health_checks", "device_metrics"};
  // 100,000 * 1,200 + 3 * 61,200
  CHECK(seconds(scenario) == Approx(2.945).epsilon(0.001));
}

}  // namespace
}  // namespace tillstorm
