#include "agents/device_changes.h"

#include <functional>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

// Of a device that missed that roll-out: the configuration that it takes from a
// post before `until`, if there is one that reaches it.
std::optional<ConfigChange> CatchUp(
    const Plan& plan, const JobPlan& jobs, const Job& missed, Instant until,
    const std::function<JobRun(const Job&)>& run) {
  std::optional<ConfigChange> change;
  jobs.ForEachPost(SpanOf(plan.ZoneOf(missed.site), missed.day), missed.created,
                   until, [&](const Job& post) {
                     const JobRun reached = run(post);
                     if (!reached.completed()) return true;
                     change = {post.config, reached.finished, std::nullopt};
                     return false;
                   });
  return change;
}

// The roll-outs of the day, and how the device fares with each.
void AddConfigs(const Plan& plan, const JobPlan& jobs, const DaySpan& day,
                const std::function<JobRun(const Job&)>& run,
                DeviceChanges* changes) {
  int32_t runs = changes->config_at_midnight;
  for (uint32_t i = 0; i < kRolloutsMax; ++i) {
    const auto job = jobs.RolloutOf(day, i);
    if (!job) break;
    const int32_t wanted = LastGoodConfig(plan, job->config);
    const JobRun reached = run(*job);
    std::optional<ConfigChange> change;
    if (reached.completed()) {
      change = {job->config, reached.finished, UndoneAt(plan, *job)};
    } else if (runs != wanted) {
      const auto next = jobs.RolloutOf(day, i + 1);
      change = CatchUp(plan, jobs, *job, next ? next->created : day.end, run);
    }
    if (!change) continue;
    changes->configs.push_back(*change);
    runs = wanted;
  }
}

}  // namespace

int32_t DeviceChanges::ConfigAt(Instant instant) const {
  int32_t version = config_at_midnight;
  for (const ConfigChange& change : configs) {
    if (instant < change.applied) break;
    const bool undone = change.rolled_back && instant >= *change.rolled_back;
    version = undone ? change.version - 1 : change.version;
  }
  return version;
}

PlannedDown DownAfter(const Plan& plan, const Job& job, const JobRun& run) {
  const Draw draw =
      plan.StreamFor({EntityKind::kDevice, run.device}, Purpose::kRunFollowUp)
          .At(job.day, job.slot);
  const int64_t length =
      UniformBetween(draw.u64(1), 25 * kMicrosPerSecond, 50 * kMicrosPerSecond);
  return {run.finished, run.finished + Micros{length}};
}

DeviceChanges ChangesOf(const Plan& plan, const JobPlan& jobs, uint32_t device,
                        const DaySpan& day, const DeviceTroubles& troubles) {
  DeviceChanges changes;
  const uint32_t site = plan.fleet().SiteOf(device);
  changes.config_at_midnight = ConfigAtMidnight(plan, site, day.day);
  changes.firmware_at_midnight = FirmwareAtMidnight(plan, device, day.day);
  const auto run_of = [&](const Job& job) {
    return RunOf(plan, job, device, troubles);
  };
  AddConfigs(plan, jobs, day, run_of, &changes);
  if (const auto job = jobs.FirmwareOf(day, device)) {
    const JobRun run = run_of(*job);
    if (run.completed()) {
      changes.firmware_updated = run.finished;
      changes.downs.push_back(DownAfter(plan, *job, run));
    }
  }
  if (const auto job = jobs.RestartOf(day, device)) {
    const JobRun run = run_of(*job);
    if (run.completed()) changes.downs.push_back(DownAfter(plan, *job, run));
  }
  return changes;
}

}  // namespace tillstorm
