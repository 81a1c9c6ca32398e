#include "agents/load_curve.h"

#include "agents/plan.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;

Plan PlanOf(uint64_t seed) {
  Scenario scenario = StandardScenario();
  scenario.sites = 8;
  scenario.devices = 32;
  return {seed, scenario, *ParseIsoDateTime("2026-01-05")};
}

TEST_CASE("load is 1 in the peak, little outside the opening hours",
          "[agents][load]") {
  // Monday: 8 to 22, peak 12 to 14.
  const ScheduleDay monday = StandardScenario().schedule[0];
  CHECK(PlainLoadQ16(monday, 3 * 60) == 65536 / 100);
  CHECK(PlainLoadQ16(monday, 13 * 60) == 65536);
  CHECK(PlainLoadQ16(monday, 23 * 60) == 65536 / 100);
  CHECK(PlainLoadQ16(monday, 10 * 60) > 65536 * 4 / 10);
  CHECK(PlainLoadQ16(monday, 10 * 60) < 65536 * 6 / 10);
  // Short hours, where the shoulders overlap, stay within bounds.
  const ScheduleDay kiosk{600, 720, 630, 660, 50, false};
  for (int64_t minute = 0; minute <= 1440; ++minute) {
    REQUIRE(PlainLoadQ16(kiosk, minute) >= 65536 / 100);
    REQUIRE(PlainLoadQ16(kiosk, minute) <= 65536);
  }
}

TEST_CASE("the integral is the sum of the load, and never falls",
          "[agents][load]") {
  const Plan plan = PlanOf(5);
  const LoadCurve curve = plan.LoadOf(0, 20'460);
  // Trapezoids of one minute, in another arithmetic.
  double sum = 0;
  int64_t before = 0;
  for (int64_t minute = 0; minute < 24 * 60; ++minute) {
    const int64_t from = minute * kMinuteUs;
    sum += (static_cast<double>(curve.LoadQ16(from)) +
            static_cast<double>(curve.LoadQ16(from + kMinuteUs))) /
           2 * static_cast<double>(kMinuteUs);
    const int64_t integral = curve.IntegralQ16(from + kMinuteUs);
    REQUIRE(integral >= before);
    before = integral;
  }
  CHECK(static_cast<double>(before) == Approx(sum).epsilon(1e-3));
  // Microsecond by microsecond over a knot as well.
  const int64_t knot = int64_t{30} << 30;
  for (int64_t i = -2000; i < 2000; ++i) {
    REQUIRE(curve.IntegralQ16(knot + i) <= curve.IntegralQ16(knot + i + 1));
  }
}

TEST_CASE("opening hours are wall time on days when clocks change",
          "[agents][load]") {
  // London, 2026-03-29: 1:00 becomes 2:00, so that 8:00 comes 7 h after
  // midnight. A Sunday: open 10 to 18.
  const Plan plan = PlanOf(1);
  constexpr uint32_t kLondon = 1;
  const LocalDay sunday =
      plan.ZoneOf(kLondon).DayOf(*ParseIsoDateTime("2026-03-29T12:00"));
  const LoadCurve spring = plan.LoadOf(kLondon, sunday);
  const LoadCurve before = plan.LoadOf(kLondon, sunday - 7);
  const auto opened = [](const LoadCurve& curve, int64_t hours) {
    return curve.LoadQ16(hours * 60 * kMinuteUs) > 65536 / 4;
  };
  CHECK(opened(spring, 10));
  CHECK_FALSE(opened(before, 10 - 1));
  CHECK(opened(before, 11));
  CHECK_FALSE(opened(spring, 18));
}

TEST_CASE("days, sites and seeds have loads of their own", "[agents][load]") {
  const auto noon = [](uint64_t seed, uint32_t site, LocalDay day) {
    return PlanOf(seed).LoadOf(site, day).LoadQ16(13 * 60 * kMinuteUs);
  };
  const int64_t load = noon(1, 0, 20'460);
  CHECK(load == noon(1, 0, 20'460));
  CHECK(load != noon(2, 0, 20'460));
  CHECK(load != noon(1, 1, 20'460));
  CHECK(load != noon(1, 0, 20'467));
}

}  // namespace
}  // namespace tillstorm
