#include "agents/fault.h"

#include <map>

#include "agents/plan.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;

Scenario FaultyScenario(Micros interval) {
  Scenario scenario = StandardScenario();
  scenario.sites = 8;
  scenario.devices = 64;
  scenario.interval = interval;
  scenario.device_faults_per_1000_days = 500;
  scenario.site_outages_per_1000_days = 300;
  return scenario;
}

TEST_CASE("a fault is over before the next day's restart and lasts under a day",
          "[agents][fault]") {
  const auto interval = GENERATE(1, 5, 300, 3600);
  const Plan plan(3, FaultyScenario(Micros{interval * kMicrosPerSecond}),
                  *ParseIsoDateTime("2026-01-01"));
  std::map<FaultKind, int> kinds;
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    const TimeZone& zone = plan.ZoneOf(facts.site);
    for (LocalDay day = 20'454; day < 20'454 + 365; ++day) {
      const DaySpan span = SpanOf(zone, day);
      const auto fault = DeviceFault(plan.seed(), plan.scenario(), device,
                                     facts.frailty_q16, span);
      if (!fault) continue;
      ++kinds[fault->kind];
      REQUIRE(fault->onset >= span.begin + Micros{280 * kMinuteUs});
      REQUIRE(fault->onset < span.end);
      REQUIRE(fault->onset < fault->first_sign);
      REQUIRE(fault->first_sign < fault->failing_from);
      REQUIRE(fault->failing_from < fault->restart);
      REQUIRE(fault->restart < fault->end);
      REQUIRE(fault->failing_from - fault->onset >= Micros{10 * kMinuteUs});
      REQUIRE(fault->failing_from - fault->onset <= Micros{1440 * kMinuteUs});
      // At least three checks fail in a row.
      REQUIRE(fault->restart - fault->failing_from >=
              4 * plan.scenario().interval);
      // The nightly restart comes 3 h 40 min after the next midnight.
      REQUIRE(fault->end < span.end + Micros{220 * kMinuteUs});
      REQUIRE(fault->severity_milli >= 650);
      REQUIRE(fault->severity_milli <= 1000);
    }
  }
  CHECK(kinds.size() == 5);  // each kind occurs, outages belong to sites
}

TEST_CASE("faults come at the rate of the scenario", "[agents][fault]") {
  Scenario scenario = FaultyScenario(Micros{5'000'000});
  scenario.device_faults_per_1000_days = 80;
  const Plan plan(4, scenario, *ParseIsoDateTime("2026-01-01"));
  const DaySpan any = SpanOf(plan.ZoneOf(0), 20'454);
  int64_t faults = 0;
  int64_t outages = 0;
  constexpr int64_t kDays = 20'000;
  for (int64_t day = 0; day < kDays; ++day) {
    DaySpan span = any;
    span.day += day;
    faults += DeviceFault(plan.seed(), scenario, 1, 65'536, span) ? 1 : 0;
    outages += SiteOutage(plan.seed(), scenario, 1, span) ? 1 : 0;
  }
  // Binomial: 1600 +- 38 and 6000 +- 65; five deviations either way.
  CHECK(std::abs(faults - 1600) < 190);
  CHECK(std::abs(outages - 6000) < 325);
}

TEST_CASE("the effect grows to the severity, holds while failing, then is gone",
          "[agents][fault]") {
  Fault fault;
  fault.onset = FromMicros(1'000'000);
  fault.first_sign = FromMicros(2'000'000);
  fault.failing_from = FromMicros(5'000'000);
  fault.restart = FromMicros(7'000'000);
  fault.end = FromMicros(8'000'000);
  fault.severity_milli = 500;
  CHECK(fault.EffectQ16(FromMicros(999'999)) == 0);
  CHECK(fault.EffectQ16(FromMicros(3'000'000)) == 65536 / 4);
  CHECK(fault.EffectQ16(FromMicros(5'000'000)) == 65536 / 2);
  CHECK(fault.EffectQ16(FromMicros(6'999'999)) == 65536 / 2);
  CHECK(fault.EffectQ16(FromMicros(7'000'000)) == 0);
  CHECK_FALSE(fault.Fails(FromMicros(4'999'999)));
  CHECK(fault.Fails(FromMicros(5'000'000)));
  CHECK_FALSE(fault.Fails(FromMicros(7'000'000)));
}

TEST_CASE("a site outage lasts 2 to 45 minutes", "[agents][fault]") {
  const Plan plan(5, FaultyScenario(Micros{5'000'000}),
                  *ParseIsoDateTime("2026-01-01"));
  for (LocalDay day = 20'454; day < 20'454 + 1000; ++day) {
    const DaySpan span = SpanOf(plan.ZoneOf(2), day);
    const auto outage = plan.OutageOf(2, span);
    if (!outage) continue;
    REQUIRE(outage->onset >= span.begin);
    REQUIRE(outage->onset < span.end);
    REQUIRE(outage->end - outage->onset >= Micros{2 * kMinuteUs});
    REQUIRE(outage->end - outage->onset <= Micros{45 * kMinuteUs});
  }
}

}  // namespace
}  // namespace tillstorm
