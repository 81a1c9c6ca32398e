// The rule for when a device writes its own row, and the state that this leaves
// at any instant. One rule for the agent that emits updates and for the bulk
// path that writes the folded row.
//
// A check is emitted unless the device is down and was down in the same way at
// the check before. An emitted check updates the row when the status changed or
// a new UTC minute began, as does the first one of a further stretch of
// collected time. At its opening the row is updated if the status differs from
// that at the close before.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_DEVICE_STATES_H_
#define TILLSTORM_AGENTS_DEVICE_STATES_H_

#include <optional>
#include <string_view>

#include "agents/agent.h"
#include "agents/device_day.h"
#include "agents/device_record.h"
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

// The reason of the state row that says how a device was found when collecting
// resumed. No check stands beside it.
inline constexpr std::string_view kResumedReason = "observation resumed";

// Whether an emitted check also updates the device row.
[[nodiscard]] bool UpdatesRow(Instant before, DeviceStatus status_before,
                              Instant now, DeviceStatus status_now);

// The row's state after an update at `now`, a check of that day in that
// condition; `before` is the check before.
[[nodiscard]] DeviceState StateAfter(const DeviceDay& day, Instant before,
                                     Instant now,
                                     const DeviceCondition& condition);

// The state that the last update before `instant` left, of those that fall in
// collected time; of a device that has not reported since Plan::ready(), the
// one it was made with. What came before the first stretch counts as collected:
// the fleet was running when it was written down.
[[nodiscard]] DeviceState StateBefore(const Plan& plan, uint32_t device,
                                      Instant instant, const AgentSpan& span);

// Collecting resumes and finds a device in another status than it was left in:
// its row and its history say so at the opening.
struct Resumption {
  Instant opening;
  DeviceStatus before{};  // at the close of the stretch before
  DeviceState state;
};
// The first one at or after `from`.
[[nodiscard]] std::optional<Resumption> NextResumption(const Plan& plan,
                                                       uint32_t device,
                                                       Instant from,
                                                       const AgentSpan& span);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_STATES_H_
