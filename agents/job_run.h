// JobRun: what becomes of a job on one device: the push, its delivery or its
// failure, and how the work ends. A pure function of the plan.
//
//   sent --> received --> finished
//     |--> refused (provider error) --> tried again --> received or refused
//     |--> expired, when the device stays offline for the message's life
//
// Success depends on the kind, the load of the hour, the device's faults, the
// database behind the site and the quality of the site's network.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_JOB_RUN_H_
#define TILLSTORM_AGENTS_JOB_RUN_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "agents/job.h"
#include "agents/plan.h"
#include "agents/troubles.h"

namespace tillstorm {

// How long a message waits for a device (jobs.ttl_seconds).
inline constexpr int32_t kMessageLifeSeconds = 300;

enum class PushFate : uint8_t { kDelivered, kFailed, kExpired };
enum class RunStatus : uint8_t { kCompleted, kFailed, kTimeout, kCancelled };

struct JobRun {
  uint32_t device = 0;
  Instant sent;
  // When the provider refused the first attempt, if it did; then it was tried
  // once more.
  std::optional<Instant> refused;
  std::string_view refusal;  // the provider's code
  PushFate fate{};
  Instant settled;  // received, refused for good, or expired
  // Whether the device confirms by POST /push/ack at `settled`.
  bool acknowledged = false;
  RunStatus status{};
  Instant finished;             // >= settled
  std::string_view error_code;  // of the outcome; empty if completed

  [[nodiscard]] bool completed() const {
    return status == RunStatus::kCompleted;
  }
  [[nodiscard]] int32_t retries() const { return refused ? 1 : 0; }
};

// REQUIRES: `device` is a target of the job; `troubles` are those of the device
// around the job's day.
[[nodiscard]] JobRun RunOf(const Plan& plan, const Job& job, uint32_t device,
                           const DeviceTroubles& troubles);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_JOB_RUN_H_
