// DeviceChanges: what jobs do to a device in one local day: configurations that
// it applies and that are rolled back, a firmware update, a restart. The device
// itself, its site and the rows of both read it here.
//
// A device that misses a roll-out takes the version from the next configuration
// that people post and that reaches it. So whoever posts one at any time posts
// what the device runs from then on.
//
// At midnight configuration and firmware are closed forms of the day
// (versions.h), whatever went wrong in the day before.
//
// Threads: immutable values.
#ifndef TILLSTORM_AGENTS_DEVICE_CHANGES_H_
#define TILLSTORM_AGENTS_DEVICE_CHANGES_H_

#include <cstdint>
#include <optional>

#include "agents/inline_list.h"
#include "agents/job.h"
#include "agents/job_run.h"
#include "agents/troubles.h"
#include "agents/versions.h"

namespace tillstorm {

struct ConfigChange {
  int32_t version = 0;
  Instant applied;
  // Set when the version regresses: then the one before it takes its place.
  std::optional<Instant> rolled_back;
};

// The device is down, on purpose.
struct PlannedDown {
  Instant from;
  Instant to;
};

struct DeviceChanges {
  int32_t config_at_midnight = 0;
  int32_t firmware_at_midnight = 0;
  // At most one per roll-out, in order of time.
  InlineList<ConfigChange, kRolloutsMax> configs;
  std::optional<Instant> firmware_updated;  // one step up
  InlineList<PlannedDown, 2> downs;         // restarts, each ending in one

  // REQUIRES for both: the instant lies in the day.
  [[nodiscard]] int32_t ConfigAt(Instant instant) const;
  [[nodiscard]] int32_t FirmwareAt(Instant instant) const {
    return firmware_at_midnight +
           (firmware_updated && instant >= *firmware_updated ? 1 : 0);
  }
};

// REQUIRES: `jobs` are those of the device's site, `troubles` those around the
// day.
[[nodiscard]] DeviceChanges ChangesOf(const Plan& plan, const JobPlan& jobs,
                                      uint32_t device, const DaySpan& day,
                                      const DeviceTroubles& troubles);

// A restart by a job, or at the end of a firmware update.
[[nodiscard]] PlannedDown DownAfter(const Plan& plan, const Job& job,
                                    const JobRun& run);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_CHANGES_H_
