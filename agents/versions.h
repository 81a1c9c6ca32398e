// Versions: which configuration a site runs and which firmware a device runs at
// local midnight, as closed forms of the day, and what a version does to the
// devices that run it.
//
// Configurations are numbered upwards from 10 at the dataset's start; some of
// them are a mistake: devices answer slower until they are rolled back. Two
// mistakes never follow each other, so that the version at midnight is either
// the newest one or the one before it.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_VERSIONS_H_
#define TILLSTORM_AGENTS_VERSIONS_H_

#include <cstdint>
#include <string>

#include "agents/plan.h"
#include "agents/time_zone.h"

namespace tillstorm {

// Roll-outs of a site on one day at most.
inline constexpr uint32_t kRolloutsMax = 4;

struct ConfigEffect {
  bool regresses = false;
  int64_t response_permille = 1000;  // of the usual response time
  int64_t error_ppm = 0;             // added to the error rate
};
[[nodiscard]] ConfigEffect EffectOfConfig(const Plan& plan, int32_t version);

// How many configurations are rolled out on that day: one or two. The j-th is
// FirstRollout() + j.
[[nodiscard]] uint32_t RolloutsOf(const Plan& plan, uint32_t site,
                                  LocalDay day);
[[nodiscard]] int32_t FirstRollout(const Plan& plan, uint32_t site,
                                   LocalDay day);
// What every device of the site runs at the midnight that begins the day.
[[nodiscard]] int32_t ConfigAtMidnight(const Plan& plan, uint32_t site,
                                       LocalDay day);
// `version` itself, or the one before it when `version` regresses.
[[nodiscard]] int32_t LastGoodConfig(const Plan& plan, int32_t version);
// When the effect of a change is measured.
[[nodiscard]] Instant MeasuredAfter(const Plan& plan, Instant change);

// Firmware steps since the dataset's start: one in 31 days, so that no calendar
// month has two.
[[nodiscard]] int32_t FirmwareAtMidnight(const Plan& plan, uint32_t device,
                                         LocalDay day);
[[nodiscard]] bool HasFirmwareUpdate(const Plan& plan, uint32_t device,
                                     LocalDay day);

// `2.1.0` for 10.
[[nodiscard]] std::string ConfigText(int32_t version);
// The model's firmware, its last number raised by `steps`.
[[nodiscard]] std::string FirmwareText(uint8_t model, int32_t steps);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_VERSIONS_H_
