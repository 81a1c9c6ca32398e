// Job: what is to be done on devices of a site, when, and who asked for it. The
// jobs of a site and local day are a pure function of the plan.
//
// A day has a fixed number of slots of each family, evenly spread; a slot holds
// one job or none. The slot's number is the job's place in its day, so ids need
// no counting.
//
//   for the whole site   light jobs; configurations posted by people; roll-outs
//   for one device       light jobs; a firmware update; a restart
//
// What people post re-applies the configuration that the site runs. Nobody
// posts one shortly before a roll-out and until it is over, so that no two
// versions are on their way to a device at once.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_JOB_H_
#define TILLSTORM_AGENTS_JOB_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "agents/plan.h"

namespace tillstorm {

enum class JobKind : uint8_t {
  kHealthCheck,
  kDataSync,
  kLogRotation,
  kBackup,
  kConfigPost,     // people re-apply the running configuration
  kConfigRollout,  // a new configuration
  kFirmwareUpdate,
  kRestart,
};

struct JobKindInfo {
  std::string_view action;  // jobs.action, job_outcomes.job_type
  std::string_view description;
  std::string_view priority;
  // Of 1,000 runs on a healthy device at no load; how many of them the load of
  // a peak costs.
  int64_t success_permille;
  int64_t load_cost_permille;
  int64_t duration_min_ms;
  int64_t duration_max_ms;
  int64_t timeout_ms;
};
[[nodiscard]] const JobKindInfo& Info(JobKind kind);
[[nodiscard]] inline bool IsConfig(JobKind kind) {
  return kind == JobKind::kConfigPost || kind == JobKind::kConfigRollout;
}

// How the slots of a site's day are numbered.
class JobSlots {
 public:
  JobSlots(const Rates& rates, uint32_t devices);

  // Slots for the whole site come first: [0, site_slots()).
  [[nodiscard]] uint32_t site_slots() const { return light_ + config_slots(); }
  // Of these, the last ones change or re-apply a configuration.
  [[nodiscard]] uint32_t config_slots() const { return posts_ + rollouts_; }
  // After them so many per device, an upper bound included.
  [[nodiscard]] uint32_t device_slots() const { return per_device_ + 2; }
  [[nodiscard]] uint32_t slots() const {
    return site_slots() + device_slots() * devices_;
  }

 private:
  friend class JobPlan;
  uint32_t devices_;
  uint32_t light_;         // for the whole site
  uint32_t light_chance_;  // of 65536
  uint32_t posts_;
  uint32_t posts_chance_;
  uint32_t rollouts_;
  uint32_t per_device_;    // bound of light jobs of single devices
  uint32_t device_light_;  // of all devices together
  uint32_t device_chance_;
};

struct Job {
  uint32_t site = 0;
  LocalDay day = 0;
  uint32_t slot = 0;
  JobKind kind{};
  bool whole_site = false;
  bool posted = false;  // through the API by a person; else by the scheduler
  uint32_t first_device = 0;
  uint32_t devices = 0;  // targets, consecutive
  Instant created;
  Instant started;
  int32_t config = 0;  // of kConfigPost and kConfigRollout: the version
};

// Longest time from a job's creation to the last event of its chain.
inline constexpr Micros kJobChainMax{6 * 3'600 * kMicrosPerSecond};

// Distance of two messages of one job.
inline constexpr Micros kMessageSpacing{5'000};

// How long after its creation the last of so many devices has applied a
// configuration, if it does at all.
[[nodiscard]] Micros SettlingTime(uint32_t devices);

// When a roll-out is undone, on all its devices at once: some time after the
// last one was measured. None when its version does not regress, and of other
// jobs.
[[nodiscard]] std::optional<Instant> UndoneAt(const Plan& plan, const Job& job);

// The jobs of one site. Threads: immutable.
class JobPlan {
 public:
  JobPlan(const Plan& plan, uint32_t site);

  [[nodiscard]] const JobSlots& slots() const { return slots_; }
  // The job of that slot, if there is one.
  [[nodiscard]] std::optional<Job> JobOf(const DaySpan& day,
                                         uint32_t slot) const;
  // Every job created in [from, to), in no particular order.
  void ForEach(Instant from, Instant to,
               const std::function<void(const Job&)>& visit) const;

  // The configurations that people post in [from, to) of that day, in order of
  // time, until `visit` returns false.
  void ForEachPost(const DaySpan& day, Instant from, Instant to,
                   const std::function<bool(const Job&)>& visit) const;

  // The job that restarts the device or updates its firmware that day, if any;
  // `rollout` in [0, kRolloutsMax).
  [[nodiscard]] std::optional<Job> RestartOf(const DaySpan& day,
                                             uint32_t device) const;
  [[nodiscard]] std::optional<Job> FirmwareOf(const DaySpan& day,
                                              uint32_t device) const;
  [[nodiscard]] std::optional<Job> RolloutOf(const DaySpan& day,
                                             uint32_t rollout) const;

 private:
  // Slots that are spread evenly over the day.
  struct Family {
    uint32_t first = 0;
    uint32_t count = 0;
    uint32_t chance = 0;  // of 65536, that a slot holds a job
  };
  [[nodiscard]] Family FamilyOf(uint32_t slot) const;
  // What stands in slot `i` of an evenly spread family.
  [[nodiscard]] std::optional<Job> Arrival(const DaySpan& day,
                                           const Family& family,
                                           uint32_t slot) const;
  [[nodiscard]] Family LightFamily() const;
  [[nodiscard]] Family PostFamily() const;
  [[nodiscard]] Family DeviceFamily() const;
  // Until `visit` returns false.
  void VisitFamily(const DaySpan& day, const Family& family, Instant from,
                   Instant to,
                   const std::function<bool(const Job&)>& visit) const;
  // What the site runs, roll-outs of the day included; nothing around one.
  [[nodiscard]] std::optional<int32_t> ConfigAt(const DaySpan& day,
                                                Instant instant) const;
  // A job of one device at that instant of the day.
  [[nodiscard]] Job ForDevice(const DaySpan& day, uint32_t slot,
                              uint32_t device, JobKind kind) const;

  const Plan& plan_;
  uint32_t site_;
  uint32_t first_device_;
  uint32_t devices_;
  JobSlots slots_;
  Stream arrivals_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_JOB_H_
