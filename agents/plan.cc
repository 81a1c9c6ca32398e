#include "agents/plan.h"

#include <algorithm>
#include <utility>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr Micros kBootstrapFirst{1'000'000};
constexpr Micros kBootstrapSpacing{400'000};

}  // namespace

Plan::Plan(uint64_t seed, Scenario scenario, Instant start)
    : seed_(seed),
      scenario_(std::move(scenario)),
      start_(start),
      fleet_(seed, scenario_),
      ids_(scenario_, fleet_, start) {}

Instant Plan::BeforeStart(int64_t days, uint64_t bits) const {
  const int64_t seconds = days * 86'400 + UniformBetween(bits, 0, 86'399);
  const int64_t start_s = MicrosSinceEpoch(start_) / kMicrosPerSecond;
  return FromMicros(std::max<int64_t>(start_s - seconds, 0) * kMicrosPerSecond);
}

Instant Plan::BootstrapStep(uint32_t step) const {
  return start_ + kBootstrapFirst + step * kBootstrapSpacing;
}

Instant Plan::SitePosted() const { return BootstrapStep(kPostSiteStep); }

Instant Plan::DevicePosted(uint32_t device) const {
  // However many: within an hour.
  const Micros spacing = std::min(
      kBootstrapSpacing, Micros{3'600 * kMicrosPerSecond / scenario_.devices});
  return SitePosted() + kBootstrapSpacing + device * spacing;
}

Instant Plan::ready() const {
  if (!has_bootstrap()) return start_;
  return DevicePosted(fleet_.devices() - 1) + kBootstrapSpacing;
}

const TimeZone& Plan::ZoneOf(uint32_t site) const {
  return fleet_.Zone(fleet_.PlaceOf(site));
}

const ScheduleDay& Plan::ScheduleOf(LocalDay day) const {
  return scenario_.schedule[static_cast<size_t>(WeekdayFromMonday(day))];
}

LoadCurve Plan::LoadOf(uint32_t site, LocalDay day) const {
  return {ScheduleOf(day), ZoneOf(site), day,
          StreamFor({EntityKind::kSite, site}, Purpose::kSiteLoad)};
}

std::optional<Fault> Plan::OutageOf(uint32_t site, const DaySpan& day) const {
  return SiteOutage(seed_, scenario_, site, day);
}

}  // namespace tillstorm
