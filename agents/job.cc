#include "agents/job.h"

#include <algorithm>
#include <array>

#include "agents/day_slots.h"
#include "agents/job_run.h"
#include "agents/versions.h"
#include "harness/core/check.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;

// Success and durations follow the suite's documents: health checks 95 %,
// configurations 90 %, firmware 90 % at night against 50 % in business hours
// and 67 % of all, data syncs and backups 45 % at the evening peak; 80 %
// overall. At nine, when stores are open and half as busy as at the peak, data
// syncs and backups come to 70 % where the documents say 85 %.
constexpr std::array<JobKindInfo, 8> kKinds = {{
    {"health_check", "Check the health of the terminals", "low", 975, 80, 300,
     600, 10'000},
    {"data_sync", "Synchronise sales data", "normal", 980, 500, 9'000, 12'000,
     60'000},
    {"log_rotation", "Rotate the logs", "low", 955, 300, 1'000, 3'000, 30'000},
    {"backup", "Back up the terminal", "low", 970, 600, 45'000, 67'000,
     180'000},
    {"Update POS payment config", "Automated traffic simulation job", "normal",
     965, 150, 2'000, 10'000, 60'000},
    {"config_update", "Roll out a new payment configuration", "high", 965, 150,
     2'000, 10'000, 60'000},
    {"firmware_update", "Update the firmware", "high", 915, 640, 100'000,
     150'000, 300'000},
    {"restart", "Restart the terminal", "high", 995, 10, 3'000, 4'000, 30'000},
}};

// Of the four light kinds.
const AliasTable& LightWeights() {
  static const AliasTable kTable{30, 40, 20, 10};
  return kTable;
}

// Firmware updates of the night, of 100: with these, two of three go well.
constexpr uint64_t kFirmwareNights = 42;
// Restarts that people ask for: one device in four a day.
constexpr uint64_t kRestartChance = 25;
constexpr int64_t kRestartFirst = 7 * 60;
constexpr int64_t kRestartLast = 21 * 60;
// Roll-outs: early in the morning and in the afternoon, so that one is over and
// undone, if need be, before the next and before midnight.
constexpr std::array<int64_t, 2> kRolloutHours = {5, 14};
constexpr int64_t kRolloutMinutes = 120;

// Slots for so many arrivals a day: nine of ten are taken.
uint32_t SlotsFor(int64_t arrivals) {
  return static_cast<uint32_t>((arrivals * 10 + 8) / 9);
}
uint32_t ChanceOf(int64_t arrivals, uint32_t slots) {
  return slots == 0 ? 0 : static_cast<uint32_t>(arrivals * 65536 / slots);
}

Instant StartOf(Instant created, const Draw& draw) {
  return created + Micros{UniformBetween32(draw.u32(7), 200'000, 900'000)};
}

}  // namespace

const JobKindInfo& Info(JobKind kind) {
  return kKinds[static_cast<size_t>(kind)];
}

Micros SettlingTime(uint32_t devices) {
  // Its start and its work take less than half a minute.
  constexpr Micros kOwn{30 * kMicrosPerSecond};
  return kOwn + Micros{kMessageLifeSeconds * kMicrosPerSecond} +
         devices * kMessageSpacing;
}

std::optional<Instant> UndoneAt(const Plan& plan, const Job& job) {
  if (job.kind != JobKind::kConfigRollout ||
      !EffectOfConfig(plan, job.config).regresses) {
    return std::nullopt;
  }
  const Draw draw =
      plan.StreamFor({EntityKind::kSite, job.site}, Purpose::kRunFollowUp)
          .At(job.day, job.slot);
  return MeasuredAfter(plan, job.created + SettlingTime(job.devices)) +
         Micros{UniformBetween(draw.u64(0), 20 * kMinuteUs, 60 * kMinuteUs)};
}

JobSlots::JobSlots(const Rates& rates, uint32_t devices)
    : devices_(devices),
      light_(SlotsFor(rates.site_jobs)),
      light_chance_(ChanceOf(rates.site_jobs, light_)),
      posts_(SlotsFor(rates.config_posts)),
      posts_chance_(ChanceOf(rates.config_posts, posts_)),
      rollouts_(kRolloutsMax),
      per_device_(SlotsFor(rates.outcomes_per_device / 2 + 1)) {
  // What the other jobs leave of the outcomes wanted, two a job. In sixtieths:
  // roll-outs come 3/2 a day, restarts 1/4 and firmware about 1/30 per device.
  const int64_t wanted = int64_t{60} * rates.outcomes_per_device * devices;
  const int64_t others =
      (60 * (int64_t{rates.site_jobs} + rates.config_posts) + 90) *
          (devices + 1) +
      (30 + 4) * int64_t{devices};
  const int64_t jobs = std::max<int64_t>(wanted - others, 0) / 120;
  device_light_ = SlotsFor(jobs);
  device_chance_ = ChanceOf(jobs, device_light_);
  TS_CHECK(device_light_ <= per_device_ * devices);
}

JobPlan::JobPlan(const Plan& plan, uint32_t site)
    : plan_(plan),
      site_(site),
      first_device_(plan.fleet().FirstDevice(site)),
      devices_(plan.fleet().FirstDevice(site + 1) - first_device_),
      slots_(plan.scenario().rates, devices_),
      arrivals_(
          plan.StreamFor({EntityKind::kSite, site}, Purpose::kJobArrival)) {}

JobPlan::Family JobPlan::LightFamily() const {
  return {0, slots_.light_, slots_.light_chance_};
}

JobPlan::Family JobPlan::PostFamily() const {
  return {slots_.light_, slots_.posts_, slots_.posts_chance_};
}

JobPlan::Family JobPlan::DeviceFamily() const {
  return {slots_.site_slots(), slots_.device_light_, slots_.device_chance_};
}

JobPlan::Family JobPlan::FamilyOf(uint32_t slot) const {
  if (slot < slots_.light_) return LightFamily();
  if (slot < slots_.light_ + slots_.posts_) return PostFamily();
  return DeviceFamily();
}

std::optional<Job> JobPlan::Arrival(const DaySpan& day, const Family& family,
                                    uint32_t slot) const {
  const Draw draw = arrivals_.At(day.day, slot);
  if ((draw.u32(0) >> 16) >= family.chance) return std::nullopt;
  Job job;
  job.site = site_;
  job.day = day.day;
  job.slot = slot;
  job.created =
      InstantInSlot(day, slot - family.first, family.count, draw.u64(1));
  job.started = StartOf(job.created, draw);
  if (slot >= slots_.light_ && slot < slots_.site_slots()) {
    const auto config = ConfigAt(day, job.created);
    if (!config) return std::nullopt;
    job.kind = JobKind::kConfigPost;
    job.posted = true;
    job.config = *config;
  } else {
    job.kind = static_cast<JobKind>(LightWeights().Sample(draw.u64(2)));
    job.posted = (draw.u32(1) & 1) != 0;
  }
  job.whole_site = slot < slots_.site_slots();
  job.first_device = first_device_;
  job.devices = devices_;
  if (!job.whole_site) {
    job.first_device +=
        static_cast<uint32_t>(UniformBetween32(draw.u32(6), 0, devices_ - 1));
    job.devices = 1;
  }
  return job;
}

Job JobPlan::ForDevice(const DaySpan& day, uint32_t slot, uint32_t device,
                       JobKind kind) const {
  Job job;
  job.site = site_;
  job.day = day.day;
  job.slot = slot;
  job.kind = kind;
  job.first_device = device;
  job.devices = 1;
  return job;
}

std::optional<Job> JobPlan::RestartOf(const DaySpan& day,
                                      uint32_t device) const {
  const uint32_t slot = slots_.site_slots() +
                        (slots_.per_device_ + 1) * devices_ +
                        (device - first_device_);
  const Draw draw = arrivals_.At(day.day, slot);
  if (!Chance(draw.u64(0), kRestartChance, 100)) return std::nullopt;
  Job job = ForDevice(day, slot, device, JobKind::kRestart);
  job.posted = true;
  job.created =
      day.begin + Micros{UniformBetween(draw.u64(1), kRestartFirst * kMinuteUs,
                                        kRestartLast * kMinuteUs)};
  job.started = StartOf(job.created, draw);
  return job;
}

std::optional<Job> JobPlan::FirmwareOf(const DaySpan& day,
                                       uint32_t device) const {
  if (!HasFirmwareUpdate(plan_, device, day.day)) return std::nullopt;
  const uint32_t slot = slots_.site_slots() + slots_.per_device_ * devices_ +
                        (device - first_device_);
  const Draw draw = arrivals_.At(day.day, slot);
  Job job = ForDevice(day, slot, device, JobKind::kFirmwareUpdate);
  const bool night = Chance(draw.u64(0), kFirmwareNights, 100);
  const int64_t first = night ? 30 : 9 * 60;
  const int64_t last = night ? 3 * 60 : 17 * 60;
  job.created =
      day.begin +
      Micros{UniformBetween(draw.u64(1), first * kMinuteUs, last * kMinuteUs)};
  job.started = StartOf(job.created, draw);
  return job;
}

std::optional<Job> JobPlan::RolloutOf(const DaySpan& day,
                                      uint32_t rollout) const {
  if (rollout >= RolloutsOf(plan_, site_, day.day)) return std::nullopt;
  const uint32_t slot = slots_.light_ + slots_.posts_ + rollout;
  const Draw draw = arrivals_.At(day.day, slot);
  Job job;
  job.site = site_;
  job.day = day.day;
  job.slot = slot;
  job.kind = JobKind::kConfigRollout;
  job.whole_site = true;
  job.first_device = first_device_;
  job.devices = devices_;
  job.config =
      FirstRollout(plan_, site_, day.day) + static_cast<int32_t>(rollout);
  job.created =
      day.begin +
      Micros{kRolloutHours[rollout] * 60 * kMinuteUs +
             UniformBetween(draw.u64(1), 0, kRolloutMinutes * kMinuteUs - 1)};
  job.started = StartOf(job.created, draw);
  return job;
}

std::optional<int32_t> JobPlan::ConfigAt(const DaySpan& day,
                                         Instant instant) const {
  const Micros settling = SettlingTime(devices_);
  int32_t version = ConfigAtMidnight(plan_, site_, day.day);
  for (uint32_t i = 0; i < kRolloutsMax; ++i) {
    const auto rollout = RolloutOf(day, i);
    // What is posted before it has settled before it.
    if (!rollout || instant < rollout->created - settling) break;
    const auto undone = UndoneAt(plan_, *rollout);
    if (instant < undone.value_or(rollout->created + settling)) {
      return std::nullopt;
    }
    version = LastGoodConfig(plan_, rollout->config);
  }
  return version;
}

std::optional<Job> JobPlan::JobOf(const DaySpan& day, uint32_t slot) const {
  const uint32_t rollouts = slots_.light_ + slots_.posts_;
  if (slot >= rollouts && slot < slots_.site_slots()) {
    return RolloutOf(day, slot - rollouts);
  }
  const uint32_t firmware = slots_.site_slots() + slots_.per_device_ * devices_;
  if (slot >= firmware) {
    const uint32_t number = (slot - firmware) % devices_;
    return slot < firmware + devices_ ? FirmwareOf(day, first_device_ + number)
                                      : RestartOf(day, first_device_ + number);
  }
  return Arrival(day, FamilyOf(slot), slot);
}

void JobPlan::VisitFamily(const DaySpan& day, const Family& family,
                          Instant from, Instant to,
                          const std::function<bool(const Job&)>& visit) const {
  if (family.count == 0 || to <= day.begin || from >= day.end) return;
  for (uint32_t i = FirstSlotFrom(day, family.count, from); i < family.count;
       ++i) {
    if (SlotBegin(day, i, family.count) >= to) break;
    const auto job = Arrival(day, family, family.first + i);
    if (!job || job->created < from || job->created >= to) continue;
    if (!visit(*job)) break;
  }
}

void JobPlan::ForEachPost(const DaySpan& day, Instant from, Instant to,
                          const std::function<bool(const Job&)>& visit) const {
  VisitFamily(day, PostFamily(), from, to, visit);
}

void JobPlan::ForEach(Instant from, Instant to,
                      const std::function<void(const Job&)>& visit) const {
  const TimeZone& zone = plan_.ZoneOf(site_);
  const auto take = [&](const std::optional<Job>& job) {
    if (job && job->created >= from && job->created < to) visit(*job);
  };
  const auto every = [&visit](const Job& job) {
    visit(job);
    return true;
  };
  for (LocalDay date = zone.DayOf(from); date <= zone.DayOf(to - Micros{1});
       ++date) {
    const DaySpan day = SpanOf(zone, date);
    for (const Family& family : {LightFamily(), PostFamily(), DeviceFamily()}) {
      VisitFamily(day, family, from, to, every);
    }
    for (uint32_t i = 0; i < kRolloutsMax; ++i) take(RolloutOf(day, i));
    for (uint32_t i = 0; i < devices_; ++i) {
      take(FirmwareOf(day, first_device_ + i));
      take(RestartOf(day, first_device_ + i));
    }
  }
}

}  // namespace tillstorm
