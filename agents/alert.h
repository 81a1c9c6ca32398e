// Alert: what operators are told about a fault of a device or an outage of a
// site, when somebody took it up and when it was resolved. A pure function of
// the fault.
//
// A device raises its alert after three failed checks, a site's outage a little
// after it began: never before the checks that it stands on.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_ALERT_H_
#define TILLSTORM_AGENTS_ALERT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "agents/fault.h"
#include "agents/plan.h"
#include "harness/core/rows_operations.h"

namespace tillstorm {

struct Alert {
  Fault fault;
  std::optional<uint32_t> device;  // none: the whole site
  uint32_t site = 0;
  LocalDay day = 0;  // local day of `raised`
  uint32_t j = 0;    // place among the site's alerts of that day
  Instant raised;
  std::optional<Instant> acknowledged;
  Instant resolved;
};

// Longest time from the onset of a fault to the end of its alert's chain.
inline constexpr Micros kAlertChainMax{48 * 3'600 * kMicrosPerSecond};

[[nodiscard]] Alert DeviceAlert(const Plan& plan, uint32_t device,
                                const Fault& fault);
// None when the outage is over before checks can tell.
[[nodiscard]] std::optional<Alert> OutageAlert(const Plan& plan, uint32_t site,
                                               const Fault& outage);

// Texts that a row borrows.
struct AlertTexts {
  std::string device_id;
  std::string title;
  std::string description;
  std::string resolved_by;
};

// The row after every change before `as_of`.
[[nodiscard]] AlertRow RowOf(const Plan& plan, const Alert& alert,
                             Instant as_of, AlertTexts* texts);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_ALERT_H_
