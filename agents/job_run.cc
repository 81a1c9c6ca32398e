#include "agents/job_run.h"

#include <algorithm>
#include <array>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr int64_t kMs = 1'000;
// The median site's network, in hundredths of a millisecond (fleet.cc).
constexpr int64_t kUsualLatencyCenti = 1800;
// A provider refuses one message in twenty: the mean of Beta(19, 1).
constexpr int64_t kRefusedPpm = 50'000;

constexpr std::array<std::string_view, 6> kRefusals = {
    "DEVICE_OFFLINE",      "INVALID_TOKEN",  "NETWORK_ERROR",
    "SERVICE_UNAVAILABLE", "QUOTA_EXCEEDED", "PAYLOAD_TOO_LARGE"};

const AliasTable& RefusalWeights() {
  static const AliasTable kTable{40, 20, 20, 10, 5, 5};
  return kTable;
}

struct Bits {
  Draw first;
  Draw second;
};

int64_t LoadQ16(const Plan& plan, const DaySpan& day, Instant instant) {
  const int64_t minute =
      (instant - day.begin).count() / (60 * kMicrosPerSecond);
  return PlainLoadQ16(plan.ScheduleOf(day.day),
                      std::min<int64_t>(minute, 1440));
}

// The chance in 2^20 that the work succeeds on a device that has the message.
int64_t SuccessQ20(const Plan& plan, const Job& job, Instant instant,
                   const DeviceTroubles& troubles) {
  const JobKindInfo& kind = Info(job.kind);
  const int64_t load = LoadQ16(plan, troubles.site().day, instant);
  int64_t permille =
      kind.success_permille - (kind.load_cost_permille * load >> 16);
  permille -= permille * troubles.EffectQ16(instant) * 2 / 5 >> 16;
  if (troubles.IsFailing(instant)) permille /= 3;
  if (troubles.site().HasIncident(instant)) permille /= 2;
  const int64_t latency = troubles.site().latency_centi;
  permille -= std::clamp<int64_t>((latency - kUsualLatencyCenti) / 60, -10, 60);
  return std::clamp<int64_t>(permille, 0, 1000) * 1'048'576 / 1000;
}

// Sets status, finished and error_code of a run whose message was received.
void Execute(const Plan& plan, const Job& job, const DeviceTroubles& troubles,
             const Bits& bits, JobRun* run) {
  const JobKindInfo& kind = Info(job.kind);
  const int64_t usual =
      UniformBetween(bits.second.u64(0), kind.duration_min_ms * kMs,
                     kind.duration_max_ms * kMs);
  const int64_t load = LoadQ16(plan, troubles.site().day, run->settled);
  const Micros duration{usual + (usual / 2 * load >> 16)};
  if (static_cast<int64_t>(bits.second.u64(1) >> 44) <
      SuccessQ20(plan, job, run->settled, troubles)) {
    run->status = RunStatus::kCompleted;
    run->finished = run->settled + duration;
    return;
  }
  const int64_t how = UniformBetween(bits.second.u64(2), 0, 99);
  if (how < 55) {
    run->status = RunStatus::kTimeout;
    run->error_code = "E_TIMEOUT";
    run->finished = run->settled + Micros{kind.timeout_ms * kMs};
  } else if (how < 88) {
    run->status = RunStatus::kFailed;
    run->error_code = "E_NO_RESP";
    run->finished = run->settled + duration;
  } else {
    run->status = RunStatus::kCancelled;
    run->error_code = "E_CANCEL";
    run->finished = run->settled + duration / 2;
  }
}

// Offline: the message waits. Returns whether it is received in the end.
bool WaitForDevice(const DeviceTroubles& troubles, const Bits& bits,
                   JobRun* run) {
  const Micros life{kMessageLifeSeconds * kMicrosPerSecond};
  const Instant online =
      troubles.OnlineFrom(run->sent) +
      Micros{UniformBetween32(bits.first.u32(2), 1'000'000, 5'000'000)};
  if (online - run->sent < life) {
    run->settled = online;
    return true;
  }
  run->fate = PushFate::kExpired;
  run->settled = run->sent + life;
  run->status = RunStatus::kTimeout;
  run->error_code = "E_NO_RESP";
  run->finished = run->settled;
  return false;
}

// Sends it, if need be twice. Returns whether it is received in the end.
bool Send(const DeviceTroubles& troubles, const Bits& bits, JobRun* run) {
  const int64_t site_latency = troubles.site().latency_centi;
  const int64_t refused_ppm =
      std::clamp(kRefusedPpm * site_latency / kUsualLatencyCenti,
                 kRefusedPpm / 2, kRefusedPpm * 2);
  Instant attempt = run->sent;
  if (Chance(bits.first.u64(2), static_cast<uint64_t>(refused_ppm),
             1'000'000)) {
    run->refusal = kRefusals[RefusalWeights().Sample(bits.first.u64(3))];
    run->refused =
        attempt + Micros{UniformBetween32(bits.first.u32(0), 300, 2000) * kMs};
    attempt = *run->refused +
              Micros{UniformBetween32(bits.first.u32(1), 20'000, 60'000) * kMs};
    const bool again = (bits.second.u64(3) & 0xff) < 90;  // 35 %
    if (again || troubles.IsOffline(attempt)) {
      run->fate = PushFate::kFailed;
      run->settled = attempt + Micros{400 * kMs};
      run->status = RunStatus::kFailed;
      run->error_code = "E_NO_RESP";
      run->finished = run->settled;
      return false;
    }
  }
  int64_t latency = (220 * kMs * LogNormalQ16(bits.first.u32(3), 350) >> 16) *
                    site_latency / kUsualLatencyCenti;
  if (troubles.site().HasIncident(attempt)) latency *= 4;
  run->settled = attempt + Micros{latency};
  return true;
}

}  // namespace

JobRun RunOf(const Plan& plan, const Job& job, uint32_t device,
             const DeviceTroubles& troubles) {
  const Stream stream =
      plan.StreamFor({EntityKind::kDevice, device}, Purpose::kJobRun);
  const Bits bits{stream.At(job.day, 2 * uint64_t{job.slot}),
                  stream.At(job.day, 2 * uint64_t{job.slot} + 1)};
  JobRun run;
  run.device = device;
  run.sent = job.started + Micros{20 * kMs} +
             (device - job.first_device) * kMessageSpacing;
  const bool received = troubles.IsOffline(run.sent)
                            ? WaitForDevice(troubles, bits, &run)
                            : Send(troubles, bits, &run);
  if (!received) return run;
  run.fate = PushFate::kDelivered;
  run.acknowledged =
      (bits.second.u64(3) >> 8) % 1000 <
      static_cast<uint64_t>(plan.scenario().rates.acknowledged_permille);
  Execute(plan, job, troubles, bits, &run);
  return run;
}

}  // namespace tillstorm
