// Troubles: what is planned to go wrong around one local day of a site and of
// its devices, faults of neighbouring days included, so that the condition of a
// device can be asked for any instant of the day and the hours after it.
//
// Planned restarts are not in here: who is told to restart depends on this.
//
// Threads: immutable values.
#ifndef TILLSTORM_AGENTS_TROUBLES_H_
#define TILLSTORM_AGENTS_TROUBLES_H_

#include <cstdint>

#include "agents/fault.h"
#include "agents/inline_list.h"
#include "agents/plan.h"

namespace tillstorm {

// Of a site: what begins in that day, in the one before or in the one after.
struct SiteTroubles {
  SiteTroubles(const Plan& plan, uint32_t site, LocalDay date);

  // Whether an incident of the database is under way.
  [[nodiscard]] bool HasIncident(Instant instant) const;

  DaySpan day;
  int64_t latency_centi = 0;  // of the site's network, as SiteFacts has it
  InlineList<Fault, 3> outages;
  InlineList<Fault, 3> incidents;
};

// Of a device: faults whose onset lies in that day or in the one before. Good
// for instants before the first onset of the next day, 4:40 in the morning.
using DeviceFaults = InlineList<Fault, 2>;
[[nodiscard]] DeviceFaults FaultsAround(const Plan& plan, uint32_t device,
                                        int64_t frailty_q16, const DaySpan& day,
                                        const DaySpan& day_before);

// Both, as one device feels them. Borrows.
class DeviceTroubles {
 public:
  DeviceTroubles(const SiteTroubles& site, const DeviceFaults& faults)
      : site_(site), faults_(faults) {}

  [[nodiscard]] const SiteTroubles& site() const { return site_; }
  // Whether nobody can reach the device: an outage, or down after a fault.
  [[nodiscard]] bool IsOffline(Instant instant) const {
    return OnlineFrom(instant) != instant;
  }
  // The first instant from there on at which it can be reached.
  [[nodiscard]] Instant OnlineFrom(Instant instant) const;
  [[nodiscard]] bool IsFailing(Instant instant) const;
  // The effect of the fault under way, Q16; 0 without one.
  [[nodiscard]] int64_t EffectQ16(Instant instant) const;

 private:
  const SiteTroubles& site_;
  const DeviceFaults& faults_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TROUBLES_H_
