#include "agents/troubles.h"

#include <algorithm>

namespace tillstorm {

SiteTroubles::SiteTroubles(const Plan& plan, uint32_t site, LocalDay date)
    : day(SpanOf(plan.ZoneOf(site), date)),
      latency_centi(plan.fleet().Site(site).latency_centi) {
  const TimeZone& zone = plan.ZoneOf(site);
  for (LocalDay other = date - 1; other <= date + 1; ++other) {
    const DaySpan span = SpanOf(zone, other);
    if (const auto outage = plan.OutageOf(site, span)) {
      outages.push_back(*outage);
    }
    if (const auto incident =
            SiteIncident(plan.seed(), plan.scenario(), site, span)) {
      incidents.push_back(*incident);
    }
  }
}

bool SiteTroubles::HasIncident(Instant instant) const {
  for (const Fault& incident : incidents) {
    if (instant >= incident.onset && instant < incident.end) return true;
  }
  return false;
}

DeviceFaults FaultsAround(const Plan& plan, uint32_t device,
                          int64_t frailty_q16, const DaySpan& day,
                          const DaySpan& day_before) {
  DeviceFaults faults;
  for (const DaySpan& from : {day_before, day}) {
    if (const auto fault = DeviceFault(plan.seed(), plan.scenario(), device,
                                       frailty_q16, from)) {
      faults.push_back(*fault);
    }
  }
  return faults;
}

Instant DeviceTroubles::OnlineFrom(Instant instant) const {
  for (bool moved = true; moved;) {
    moved = false;
    const auto leave = [&](Instant from, Instant to) {
      if (instant < from || instant >= to) return;
      instant = to;
      moved = true;
    };
    for (const Fault& outage : site_.outages) leave(outage.onset, outage.end);
    for (const Fault& fault : faults_) leave(fault.restart, fault.end);
  }
  return instant;
}

bool DeviceTroubles::IsFailing(Instant instant) const {
  for (const Fault& fault : faults_) {
    if (fault.Fails(instant)) return true;
  }
  return false;
}

int64_t DeviceTroubles::EffectQ16(Instant instant) const {
  int64_t effect = 0;
  for (const Fault& fault : faults_) {
    effect = std::max(effect, fault.EffectQ16(instant));
  }
  return effect;
}

}  // namespace tillstorm
