// Any agent can be built at any instant and goes on as if it had been running.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agents/device_agent.h"
#include "agents/site_agent.h"
#include "harness/core/sampler.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

using testing::Recorder;
using testing::SameEvent;

constexpr int64_t kHourUs = 3'600 * kMicrosPerSecond;

// Many faults, so that a start often falls into one.
Scenario BusyScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 8;  // one per time zone
  scenario.devices = 32;
  scenario.interval = Micros{30 * kMicrosPerSecond};
  scenario.device_faults_per_1000_days = 700;
  scenario.site_outages_per_1000_days = 500;
  return scenario;
}

Instant At(std::string_view iso) { return *ParseIsoDateTime(iso); }

// Days around: nothing special, and the days on which clocks change in
// New York, Europe, Sydney.
const std::vector<Instant>& Openings() {
  static const std::vector<Instant> kOpenings = {
      At("2026-01-05"), At("2026-03-06"), At("2026-03-27"), At("2026-04-03"),
      At("2026-10-02"), At("2026-10-23"), At("2026-10-30"), At("2026-07-13")};
  return kOpenings;
}

enum class Where { kAnywhere, kMidnight, kMidFault, kMidRestart, kMidOutage };

// An instant of that kind within the span; what is not there becomes anywhere.
Instant PickInstant(const Plan& plan, uint32_t device, const AgentSpan& span,
                    Where where, const Draw& draw) {
  const DeviceFacts facts = plan.fleet().Device(device);
  const TimeZone& zone = plan.ZoneOf(facts.site);
  const auto inside = [&span](Instant instant) {
    return instant > span.opening && instant < span.end;
  };
  const auto between = [&draw](Instant from, Instant to) {
    return from + Micros{UniformBetween(draw.u64(1), 0, (to - from).count())};
  };
  const LocalDay first = zone.DayOf(span.opening) + 1;
  for (LocalDay day = first + static_cast<LocalDay>(draw.u64(2) % 2);
       day < first + 3; ++day) {
    const DeviceDay device_day(plan, device, facts, day);
    if (where == Where::kMidnight && inside(device_day.span().begin)) {
      return device_day.span().begin;
    }
    for (const Fault& fault : device_day.faults()) {
      const Instant picked = where == Where::kMidFault
                                 ? between(fault.onset, fault.restart)
                                 : between(fault.restart, fault.end);
      const bool wanted =
          where == Where::kMidFault || where == Where::kMidRestart;
      if (wanted && inside(picked)) return picked;
    }
    const auto outage = plan.OutageOf(facts.site, device_day.span());
    if (where == Where::kMidOutage && outage) {
      const Instant picked = between(outage->onset, outage->end);
      if (inside(picked)) return picked;
    }
  }
  return between(span.opening, span.end - Micros{1});
}

std::unique_ptr<Agent> MakeAgent(const Plan& plan, EntityId entity,
                                 const AgentSpan& span) {
  if (entity.kind() == EntityKind::kSite) {
    return std::make_unique<SiteAgent>(plan, entity.index(), span);
  }
  return std::make_unique<DeviceAgent>(plan, entity.index(), span);
}

// Whether an agent built at `from` emits the suffix of `whole`; adds to `start`
// how long it took to build.
bool EmitsSuffix(const Plan& plan, EntityId entity, AgentSpan span,
                 Instant from, std::vector<double>* start_ms) {
  Recorder whole;
  whole.Run(*MakeAgent(plan, entity, span));
  span.from = from;
  const auto begin = std::chrono::steady_clock::now();
  const std::unique_ptr<Agent> agent = MakeAgent(plan, entity, span);
  start_ms->push_back(std::chrono::duration<double, std::milli>(
                          std::chrono::steady_clock::now() - begin)
                          .count());
  Recorder suffix;
  suffix.Run(*agent);
  std::vector<const Event*> expected = whole.events();
  std::erase_if(expected, [from](const Event* e) { return e->instant < from; });
  const std::vector<const Event*> found = suffix.events();
  return std::equal(
      expected.begin(), expected.end(), found.begin(), found.end(),
      [](const Event* a, const Event* b) { return SameEvent(*a, *b); });
}

TEST_CASE("an agent built at any instant emits the suffix of its full stream",
          "[agents][seek]") {
  constexpr int kTrials = 500;
  const Plan plan(7, BusyScenario(), At("2026-01-01"));
  const Stream random(1, StreamPhase::kBench, {EntityKind::kFleet, 0}, 1);
  std::vector<double> start_ms;
  int mid_fault = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Draw draw = random.At(trial, 0);
    const Draw more = random.At(trial, 1);
    const auto device = static_cast<uint32_t>(draw.u64(0) % 32);
    AgentSpan span;
    span.opening = Openings()[trial % Openings().size()] +
                   Micros{UniformBetween(more.u64(0), 0, 24 * kHourUs)};
    span.from = span.opening;
    span.end = span.opening + Micros{60 * kHourUs};
    span.mode = trial % 3 == 0 ? EmitMode::kFinal : EmitMode::kChanges;
    const Instant from =
        PickInstant(plan, device, span, static_cast<Where>(trial % 5), draw);
    const DeviceFacts facts = plan.fleet().Device(device);
    const DeviceDay day(plan, device, facts,
                        plan.ZoneOf(facts.site).DayOf(from));
    mid_fault += day.ConditionAt(from).fault != nullptr ? 1 : 0;
    // Every tenth is the agent of the site.
    const EntityId entity = trial % 10 == 9
                                ? EntityId(EntityKind::kSite, facts.site)
                                : EntityId(EntityKind::kDevice, device);
    INFO("trial " << trial << ", device " << device << ", from "
                  << IsoDateTime(from));
    REQUIRE(EmitsSuffix(plan, entity, span, from, &start_ms));
  }
  // Otherwise the trials would not have tried what they claim to.
  CHECK(mid_fault > kTrials / 5);
  fmt::print("figure: {} agents started, {} of them mid-fault\n", kTrials,
             mid_fault);
  fmt::print("figure: slowest start {:.3f} ms\n",
             *std::max_element(start_ms.begin(), start_ms.end()));
}

TEST_CASE("what an agent emits does not depend on where the interval opened",
          "[agents][seek]") {
  const Plan plan(3, BusyScenario(), At("2026-01-01"));
  const Instant from = At("2026-02-03T04:05:06");
  const Instant end = from + Micros{24 * kHourUs};
  for (uint32_t device = 0; device < 32; ++device) {
    Recorder early;
    Recorder late;
    DeviceAgent one(
        plan, device,
        {from - Micros{90 * kHourUs}, from, end, EmitMode::kChanges});
    DeviceAgent two(
        plan, device,
        {from - Micros{30 * kHourUs}, from, end, EmitMode::kChanges});
    early.Run(one);
    late.Run(two);
    const auto a = early.events();
    const auto b = late.events();
    REQUIRE(std::equal(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const Event* x, const Event* y) { return SameEvent(*x, *y); }));
  }
}

}  // namespace
}  // namespace tillstorm
