// Plan: what every agent agrees on, evaluated on demand for any instant: fleet,
// opening hours, faults, outages, restarts. Immutable; agents read it and never
// talk to each other.
//
// Threads: immutable; any thread.
// Memory: constant, whatever the fleet and the span.
#ifndef TILLSTORM_AGENTS_PLAN_H_
#define TILLSTORM_AGENTS_PLAN_H_

#include <cstdint>
#include <optional>

#include "agents/fault.h"
#include "agents/fleet.h"
#include "agents/id_plan.h"
#include "agents/load_curve.h"
#include "agents/scenario.h"
#include "agents/time_zone.h"
#include "harness/core/stream.h"

namespace tillstorm {

// Steps of the bootstrap: two refused log-ins, the sign-up, the site.
inline constexpr uint32_t kPostSiteStep = 3;

class Plan {
 public:
  // REQUIRES: scenario.Validate() is ok.
  Plan(uint64_t seed, Scenario scenario, Instant start);

  [[nodiscard]] uint64_t seed() const { return seed_; }
  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const Fleet& fleet() const { return fleet_; }
  [[nodiscard]] const IdPlan& ids() const { return ids_; }
  // The first instant of the dataset: when the fleet is written.
  [[nodiscard]] Instant start() const { return start_; }

  // When something of the fleet came to be: whole seconds before the dataset.
  [[nodiscard]] Instant BeforeStart(int64_t days, uint64_t bits) const;

  // Whether the first traffic agent makes site and devices (--sites 0), and
  // when: after its log-ins and its sign-up it posts the site, then one device
  // after another. Then everybody else begins.
  [[nodiscard]] bool has_bootstrap() const { return scenario_.sites == 0; }
  [[nodiscard]] Instant BootstrapStep(uint32_t step) const;
  [[nodiscard]] Instant SitePosted() const;
  [[nodiscard]] Instant DevicePosted(uint32_t device) const;
  // Before it only the first traffic agent acts; start() without a bootstrap.
  [[nodiscard]] Instant ready() const;

  [[nodiscard]] const TimeZone& ZoneOf(uint32_t site) const;
  // The local day of the site in which the dataset starts.
  [[nodiscard]] LocalDay FirstDayOf(uint32_t site) const {
    return ids_.FirstDayOf(site);
  }
  [[nodiscard]] const ScheduleDay& ScheduleOf(LocalDay day) const;
  [[nodiscard]] LoadCurve LoadOf(uint32_t site, LocalDay day) const;
  [[nodiscard]] std::optional<Fault> OutageOf(uint32_t site,
                                              const DaySpan& day) const;
  [[nodiscard]] Stream StreamFor(EntityId entity, Purpose purpose) const {
    return StreamOf(seed_, entity, purpose);
  }

 private:
  uint64_t seed_;
  Scenario scenario_;
  Instant start_;
  Fleet fleet_;
  IdPlan ids_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_PLAN_H_
