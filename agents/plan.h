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
#include "agents/load_curve.h"
#include "agents/scenario.h"
#include "agents/time_zone.h"
#include "harness/core/stream.h"

namespace tillstorm {

class Plan {
 public:
  // REQUIRES: scenario.Validate() is ok.
  Plan(uint64_t seed, Scenario scenario, Instant start);

  [[nodiscard]] uint64_t seed() const { return seed_; }
  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const Fleet& fleet() const { return fleet_; }
  // The first instant of the dataset: when the fleet is written.
  [[nodiscard]] Instant start() const { return start_; }

  [[nodiscard]] const TimeZone& ZoneOf(uint32_t site) const;
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
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_PLAN_H_
