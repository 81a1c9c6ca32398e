// Fault: one planned episode in which a device or a site goes wrong. A pure
// function of (seed, scenario, entity, local day of the onset).
//
//   onset ---- precursors grow ---- failing_from ---- restart ---- end
//         first_sign: they stand out       checks fail     down
//
// A device has at most one fault per local day. It begins after the nightly
// restart and is over before the next one, so that no day depends on more than
// the day before. A network outage of a site has no precursors.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_FAULT_H_
#define TILLSTORM_AGENTS_FAULT_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "agents/fleet.h"
#include "agents/time_zone.h"
#include "harness/core/instant.h"

namespace tillstorm {

enum class FaultKind : uint8_t {
  kPaymentGateway,
  kDatabaseConnection,
  kLowDisk,
  kMemoryLeak,
  kOverheating,
  kNetworkOutage,     // of a site
  kDatabaseIncident,  // of the service behind a site: slow, failing requests
  kBadConfig,         // a roll-out that makes its devices slower, until undone
};

// As tillstorm_truth.kind has it, such as `memory_leak`.
[[nodiscard]] std::string_view Name(FaultKind kind);
// The text of a failed check.
[[nodiscard]] std::string_view ErrorMessage(FaultKind kind);

struct Fault {
  FaultKind kind{};
  Instant onset;
  Instant first_sign;
  Instant failing_from;
  Instant restart;  // the device is down until `end`
  Instant end;
  int64_t severity_milli = 0;  // (0, 1000]

  // How far the fault has come, Q16: 0 before the onset, 65536 when failing, 0
  // again from the restart on; scaled by the severity.
  [[nodiscard]] int64_t EffectQ16(Instant instant) const;
  [[nodiscard]] bool Fails(Instant instant) const {
    return instant >= failing_from && instant < restart;
  }
};

// A stretch in which single checks fail without a fault behind it.
struct Glitch {
  Instant from;
  Instant to;
  FaultKind looks_like{};
};

// Where a local day lies.
struct DaySpan {
  LocalDay day = 0;
  Instant begin;
  Instant end;
};
[[nodiscard]] DaySpan SpanOf(const TimeZone& zone, LocalDay day);

// The fault of that device whose onset lies in that day, if any.
[[nodiscard]] std::optional<Fault> DeviceFault(uint64_t seed,
                                               const Scenario& scenario,
                                               uint32_t device,
                                               int64_t frailty_q16,
                                               const DaySpan& day);

// The network outage of that site that begins in that day, if any; it is over
// within 45 minutes. `restart` equals `end`.
[[nodiscard]] std::optional<Fault> SiteOutage(uint64_t seed,
                                              const Scenario& scenario,
                                              uint32_t site,
                                              const DaySpan& day);

// The incident of the database behind that site that begins in that day, if
// any; it is over within 20 minutes. `restart` equals `end`.
[[nodiscard]] std::optional<Fault> SiteIncident(uint64_t seed,
                                                const Scenario& scenario,
                                                uint32_t site,
                                                const DaySpan& day);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_FAULT_H_
