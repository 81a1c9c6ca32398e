// Preflight: what must hold before a collection starts, looked at one by one.
//
//   RunPreflight() -> lines, in a fixed order: libraries, machine, clock,
//                     terminal, then the location, if there is one
//
// `doctor` prints the lines, `collect` refuses to start on a failed one. See
// storage/probe.h for what looking at a location may do.
//
// Threads: main thread.
// Errors: none; what goes wrong is a line. PreflightStatus() is the first
// failed one.
#ifndef TILLSTORM_HARNESS_PREFLIGHT_H_
#define TILLSTORM_HARNESS_PREFLIGHT_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agents/scenario.h"
#include "harness/core/instant.h"
#include "harness/core/preflight_line.h"
#include "harness/core/status.h"
#include "harness/machine_state.h"
#include "storage/location.h"

namespace tillstorm {

struct PreflightNeeds {
  std::optional<Location> location;  // none: the machine alone
  // Agent threads unknown (0): those of the dataset that is there, one per
  // agent, or else of the standard fleet.
  ThreadNeeds threads;
  // Bytes that the run is expected to add, if that is known.
  std::optional<int64_t> expected_bytes;
  // The location is a database that is about to be adopted.
  bool adopts = false;
  // The system's clock.
  Instant now;
  // See storage/probe.h.
  const std::atomic<bool>* stop = nullptr;
  Notice say = {};
};

struct Preflight {
  std::vector<PreflightLine> lines;

  [[nodiscard]] int Count(Verdict verdict) const;
};

// With a thread for each.
[[nodiscard]] int64_t AgentCount(const Scenario& scenario);

// Takes some milliseconds. REQUIRES: this process does not write the dataset.
[[nodiscard]] Preflight RunPreflight(const PreflightNeeds& needs);

// Ok unless a line failed: then what was found and what would be right, of the
// first that did.
[[nodiscard]] Status PreflightStatus(const Preflight& preflight);

// One line of text per line, in columns, with control characters replaced.
[[nodiscard]] std::string PreflightText(const Preflight& preflight);
[[nodiscard]] std::string PreflightJson(const Preflight& preflight);

// The judgements, apart from the looking.

// `version` is as of QueueVersion(). Before 1.0.5 the queue is not to be used
// without explicit tokens.
[[nodiscard]] PreflightLine JudgeQueueVersion(std::string_view version);

struct ClockReadings {
  Instant now;                             // system clock
  std::chrono::nanoseconds resolution{1};  // of the steady clock
  std::chrono::nanoseconds advanced{0};    // of it, over a sleep of 1 ms
};
[[nodiscard]] PreflightLine JudgeClock(const ClockReadings& readings);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_PREFLIGHT_H_
