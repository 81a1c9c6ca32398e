#include "agents/plan.h"

#include <utility>

namespace tillstorm {

Plan::Plan(uint64_t seed, Scenario scenario, Instant start)
    : seed_(seed),
      scenario_(std::move(scenario)),
      start_(start),
      fleet_(seed, scenario_) {}

const TimeZone& Plan::ZoneOf(uint32_t site) const {
  return fleet_.Zone(fleet_.Site(site).place);
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
