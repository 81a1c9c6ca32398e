// The rule for when a device writes its own row, and the state that this leaves
// at any instant. One rule for the agent that emits updates and for the bulk
// path that writes the folded row.
//
// A check is emitted unless the device is down and was down in the same way at
// the check before. An emitted check updates the row when the status changed or
// a new UTC minute began.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_DEVICE_STATES_H_
#define TILLSTORM_AGENTS_DEVICE_STATES_H_

#include "agents/device_day.h"
#include "agents/fleet_rows.h"
#include "agents/plan.h"

namespace tillstorm {

[[nodiscard]] inline bool IsDown(DeviceStatus status) {
  return status == DeviceStatus::kOffline ||
         status == DeviceStatus::kMaintenance;
}

// Whether a check in that condition is emitted.
[[nodiscard]] inline bool IsEmitted(DeviceStatus before, DeviceStatus now) {
  return !IsDown(now) || now != before;
}

// Whether an emitted check also updates the device row.
[[nodiscard]] bool UpdatesRow(Instant before, DeviceStatus status_before,
                              Instant now, DeviceStatus status_now);

// The row's state after an update at `now`; `before` is the check before.
[[nodiscard]] DeviceState StateAfter(Instant before, Instant now,
                                     const DeviceCondition& condition);

// The state that the last update before `instant` left.
[[nodiscard]] DeviceState StateBefore(const Plan& plan, uint32_t device,
                                      Instant instant);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_STATES_H_
