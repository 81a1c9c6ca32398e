#include "agents/device_day.h"

#include <algorithm>

#include "harness/core/fixed_math.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;
// Checks wander a little, as upstream's do (0.1 to 0.5 s).
constexpr int64_t kJitterMaxUs = 400'000;
// The nightly restart, after local midnight.
constexpr int64_t kNightFirst = 220 * kMinuteUs;
constexpr int64_t kNightLast = 270 * kMinuteUs;
// Customers who still pay while checks fail.
constexpr int64_t kKeepFailingQ16 = 19'661;  // 0.3

// The kept share of an integral of the load.
int64_t Keep(int64_t served, int64_t keep_q16) {
  return static_cast<int64_t>((static_cast<__int128>(served) * keep_q16) >> 16);
}

int64_t OffsetUs(const DaySpan& span, Instant instant) {
  return (instant - span.begin).count();
}

}  // namespace

std::string_view Name(DeviceStatus status) {
  switch (status) {
    case DeviceStatus::kOnline:
      return "online";
    case DeviceStatus::kError:
      return "error";
    case DeviceStatus::kOffline:
      return "offline";
    case DeviceStatus::kMaintenance:
      return "maintenance";
  }
  return "unknown";
}

DeviceDay::DeviceDay(const Plan& plan, uint32_t device,
                     const DeviceFacts& facts, LocalDay day)
    : span_(SpanOf(plan.ZoneOf(facts.site), day)),
      interval_us_(plan.scenario().interval.count()),
      phase_us_(facts.check_phase_us),
      checks_((span_.end - span_.begin).count() / interval_us_),
      jitter_(plan.StreamFor({EntityKind::kDevice, device}, Purpose::kCheck)),
      jitter_max_us_(std::min(kJitterMaxUs, interval_us_ / 4)),
      load_(plan.LoadOf(facts.site, day)),
      site_troubles_(plan, facts.site, day) {
  const DaySpan before = SpanOf(plan.ZoneOf(facts.site), day - 1);
  faults_ = FaultsAround(plan, device, facts.frailty_q16, span_, before);
  AddNight(plan, device, before);
  AddNight(plan, device, span_);
  AddFaults();
  AddChanges(plan, device, facts);
  AddGlitches(plan, device);
  // Its share of the site, were the others average: the sum of a site scatters
  // around what the schedule expects.
  const Fleet& fleet = plan.fleet();
  const int64_t devices =
      fleet.FirstDevice(facts.site + 1) - fleet.FirstDevice(facts.site);
  const int64_t site_milli = 1000 * int64_t{plan.ScheduleOf(day).transactions} *
                             fleet.Site(facts.site).size_q16 / 65536;
  const int64_t device_milli =
      MulDiv(site_milli, facts.share_weight, devices * kMeanShareWeight);
  sales_q60_ = static_cast<int64_t>(
      (static_cast<__int128>(device_milli) << 60) / load_.PlainIntegralQ16());
  BuildSales();
}

void DeviceDay::AddNight(const Plan& plan, uint32_t device,
                         const DaySpan& day) {
  const Draw draw =
      plan.StreamFor({EntityKind::kDevice, device}, Purpose::kNightRestart)
          .At(day.day, 0);
  const Instant from =
      day.begin + Micros{UniformBetween(draw.u64(0), kNightFirst, kNightLast)};
  const Instant to =
      from + Micros{UniformBetween(draw.u64(1), 20 * kMicrosPerSecond,
                                   50 * kMicrosPerSecond)};
  restarts_.push_back(to);
  if (day.day == span_.day) {
    downs_.push_back({from, to, DeviceStatus::kMaintenance});
  }
}

void DeviceDay::AddFaults() {
  for (const Fault& fault : faults_) {
    restarts_.push_back(fault.end);
    if (fault.end > span_.begin) {
      downs_.push_back({fault.restart, fault.end, DeviceStatus::kOffline});
    }
  }
  for (const Fault& outage : site_troubles_.outages) {
    if (outage.end > span_.begin && outage.onset < span_.end) {
      downs_.push_back({outage.onset, outage.end, DeviceStatus::kOffline});
    }
  }
}

void DeviceDay::AddChanges(const Plan& plan, uint32_t device,
                           const DeviceFacts& facts) {
  const JobPlan jobs(plan, facts.site);
  changes_ = ChangesOf(plan, jobs, device, span_,
                       DeviceTroubles(site_troubles_, faults_));
  for (const PlannedDown& down : changes_.downs) {
    downs_.push_back({down.from, down.to, DeviceStatus::kMaintenance});
    restarts_.push_back(down.to);
  }
  // Of yesterday only the restarts matter: until tonight's.
  const TimeZone& zone = plan.ZoneOf(facts.site);
  const DaySpan day = SpanOf(zone, span_.day - 1);
  if (!jobs.RestartOf(day, device) && !jobs.FirmwareOf(day, device)) return;
  const SiteTroubles site(plan, facts.site, day.day);
  const DeviceFaults faults = FaultsAround(plan, device, facts.frailty_q16, day,
                                           SpanOf(zone, day.day - 1));
  const DeviceChanges before =
      ChangesOf(plan, jobs, device, day, DeviceTroubles(site, faults));
  for (const PlannedDown& down : before.downs) restarts_.push_back(down.to);
}

void DeviceDay::AddGlitches(const Plan& plan, uint32_t device) {
  const Stream stream =
      plan.StreamFor({EntityKind::kDevice, device}, Purpose::kDeviceGlitch);
  const uint32_t count = std::min<uint32_t>(
      PoissonCount(
          stream.At(span_.day, 0).u32(0),
          static_cast<uint32_t>(plan.scenario().glitches_per_1000_days)),
      8);
  for (uint32_t i = 0; i < count; ++i) {
    const Draw draw = stream.At(span_.day, 1 + i);
    const Instant from =
        span_.begin +
        Micros{UniformBetween(draw.u64(0), 0,
                              (span_.end - span_.begin).count() - 1)};
    glitches_.push_back(
        {from,
         from + Micros{UniformBetween(draw.u64(1), kMicrosPerSecond,
                                      9 * kMicrosPerSecond)},
         static_cast<FaultKind>(UniformBelow(draw.u64(2), 3))});
  }
}

Instant DeviceDay::CheckInstant(int64_t check) const {
  const Draw draw = jitter_.At(span_.day, static_cast<uint64_t>(check) * 2);
  return span_.begin +
         Micros{check * interval_us_ + phase_us_ +
                UniformBetween32(draw.u32(7), 0, jitter_max_us_ - 1)};
}

int64_t DeviceDay::FirstCheckFrom(Instant instant) const {
  if (instant <= span_.begin) return 0;
  // Check i lies in [i, i + 1) intervals after midnight.
  const int64_t check =
      std::min(OffsetUs(span_, instant) / interval_us_, checks_);
  if (check == checks_) return checks_;
  return CheckInstant(check) >= instant ? check : check + 1;
}

DeviceCondition DeviceDay::ConditionAt(Instant instant) const {
  DeviceCondition condition;
  for (const Fault& fault : faults_) {
    if (instant >= fault.onset && instant < fault.end) condition.fault = &fault;
  }
  for (const DownSpan& down : downs_) {
    if (instant < down.from || instant >= down.to) continue;
    condition.status = down.status;
    // An outage hides a planned restart.
    if (down.status == DeviceStatus::kOffline) {
      condition.failure = FaultKind::kNetworkOutage;
      return condition;
    }
  }
  if (condition.status != DeviceStatus::kOnline) return condition;
  if (condition.fault != nullptr && condition.fault->Fails(instant)) {
    condition.failure = condition.fault->kind;
  }
  for (const Glitch& glitch : glitches_) {
    if (!condition.failure && instant >= glitch.from && instant < glitch.to) {
      condition.failure = glitch.looks_like;
    }
  }
  if (condition.failure) condition.status = DeviceStatus::kError;
  return condition;
}

Instant DeviceDay::LastRestart(Instant instant) const {
  Instant last = restarts_[0];
  for (const Instant restart : restarts_) {
    if (restart <= instant && restart > last) last = restart;
  }
  return last;
}

int64_t DeviceDay::KeepQ16(int64_t offset_us) const {
  const DeviceCondition condition =
      ConditionAt(span_.begin + Micros{offset_us});
  if (condition.status == DeviceStatus::kOffline ||
      condition.status == DeviceStatus::kMaintenance) {
    return 0;
  }
  const bool failing = condition.fault != nullptr &&
                       condition.fault->Fails(span_.begin + Micros{offset_us});
  return failing ? kKeepFailingQ16 : 65536;
}

void DeviceDay::BuildSales() {
  const int64_t length = OffsetUs(span_, span_.end);
  InlineList<int64_t, 20> cuts;
  cuts.push_back(0);
  const auto cut = [&](Instant instant) {
    const int64_t offset = OffsetUs(span_, instant);
    if (offset > 0 && offset < length) cuts.push_back(offset);
  };
  for (const DownSpan& down : downs_) {
    cut(down.from);
    cut(down.to);
  }
  for (const Fault& fault : faults_) cut(fault.failing_from);
  std::sort(cuts.begin(), cuts.end());
  int64_t sold = 0;  // integral of the load that was served
  for (size_t i = 0; i < cuts.size(); ++i) {
    if (i > 0) {
      const int64_t served =
          load_.IntegralQ16(cuts[i]) - load_.IntegralQ16(cuts[i - 1]);
      sold += Keep(served, sales_[i - 1].keep_q16);
    }
    sales_.push_back({cuts[i], KeepQ16(cuts[i]), sold});
  }
}

int64_t DeviceDay::TransactionsAt(Instant instant) const {
  const int64_t offset = OffsetUs(span_, instant);
  size_t i = sales_.size() - 1;
  while (sales_[i].from_us > offset) --i;
  const SalesSpan& span = sales_[i];
  const int64_t served =
      load_.IntegralQ16(offset) - load_.IntegralQ16(span.from_us);
  const int64_t sold = span.integral_before + Keep(served, span.keep_q16);
  return static_cast<int64_t>((static_cast<__int128>(sold) * sales_q60_) >>
                              60) /
         1000;
}

}  // namespace tillstorm
