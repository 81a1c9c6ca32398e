// DeviceError: what a device reports when something goes wrong: a few warnings
// while a fault builds up, more than ten errors once it fails, one error with
// the first failed check of a glitch, if a check falls into it. Healthy devices
// report next to nothing, so that the number of rows a day tells them apart.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_DEVICE_ERROR_H_
#define TILLSTORM_AGENTS_DEVICE_ERROR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "agents/device_day.h"
#include "agents/fault.h"
#include "agents/plan.h"
#include "harness/core/rows_operations.h"

namespace tillstorm {

struct DeviceError {
  Instant reported;
  Instant resolved;
  FaultKind kind{};
  bool failing = false;  // else a warning ahead of the failure
  LocalDay day = 0;      // of `reported`
  uint32_t j = 0;        // place among the device's errors of that day
};

// Everything that the device reports in that day, in order of time.
[[nodiscard]] std::vector<DeviceError> ErrorsOf(const Plan& plan,
                                                uint32_t device,
                                                const DeviceDay& day);

// Texts that a row borrows.
struct ErrorTexts {
  std::string message;
  std::string context;
};

// The row after every change before `as_of`.
[[nodiscard]] ErrorLogRow RowOf(const Plan& plan, uint32_t device,
                                const DeviceError& error, Instant as_of,
                                ErrorTexts* texts);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_ERROR_H_
