// What devices report: errors of faults and of glitches.
#include "agents/device_error.h"

#include <map>
#include <optional>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

Instant At(std::string_view iso) { return *ParseIsoDateTime(iso); }

// The checks of that day that fall into the glitch and fail.
std::optional<Instant> FirstFailure(const DeviceDay& day,
                                    const Glitch& glitch) {
  for (int64_t check = 0; check < day.checks(); ++check) {
    const Instant at = day.CheckInstant(check);
    const bool inside = at >= glitch.from && at < glitch.to;
    if (inside && day.ConditionAt(at).failure) return at;
  }
  return std::nullopt;
}

TEST_CASE(
    "a glitch is reported with the first check that it makes fail, or not "
    "at all",
    "[agents][device]") {
  const int64_t interval_s = GENERATE(5, 60);
  Scenario scenario = StandardScenario();
  scenario.interval = Micros{interval_s * kMicrosPerSecond};
  scenario.device_faults_per_1000_days = 0;
  scenario.site_outages_per_1000_days = 0;
  scenario.glitches_per_1000_days = 5000;
  const Plan plan(3, scenario, At("2026-01-05"));
  size_t glitches = 0;
  size_t reported = 0;
  for (uint32_t device = 0; device < 12; ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    for (LocalDay date = plan.FirstDayOf(facts.site);
         date < plan.FirstDayOf(facts.site) + 10; ++date) {
      const DeviceDay day(plan, device, facts, date);
      std::multimap<Instant, FaultKind> wanted;
      for (const Glitch& glitch : day.glitches()) {
        ++glitches;
        const auto at = FirstFailure(day, glitch);
        if (at) wanted.emplace(*at, glitch.looks_like);
      }
      std::multimap<Instant, FaultKind> found;
      for (const DeviceError& error : ErrorsOf(plan, device, day)) {
        CHECK(error.failing);
        CHECK(error.resolved > error.reported);
        found.emplace(error.reported, error.kind);
      }
      INFO("device " << device << ", day " << date);
      CHECK(found.size() == wanted.size());
      for (const auto& [at, kind] : found) CHECK(wanted.contains(at));
      reported += found.size();
    }
  }
  CHECK(glitches > 300);
  // Lengths are 1 to 9 seconds: nearly all meet a check of every five seconds,
  // few one of every minute.
  const double share =
      static_cast<double>(reported) / static_cast<double>(glitches);
  if (interval_s == 5) {
    CHECK(share == Approx(0.8).margin(0.12));
  } else {
    CHECK(share == Approx(5.0 / 60).margin(0.05));
  }
}

}  // namespace
}  // namespace tillstorm
