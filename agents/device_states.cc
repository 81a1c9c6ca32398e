#include "agents/device_states.h"

#include <utility>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

// The row's state after an update by check `now` of that day.
struct CheckFacts {
  Instant now;
  DeviceStatus status{};
  bool warning = false;
  int32_t config = 0;
  int32_t firmware = 0;
};

DeviceState MakeState(Instant before, const CheckFacts& check) {
  DeviceState state;
  state.status = check.status;
  state.warning = check.warning && check.status == DeviceStatus::kOnline;
  state.config = check.config;
  state.firmware = check.firmware;
  // Nobody hears from an offline device: it was last seen at the check before.
  state.last_seen = check.status == DeviceStatus::kOffline ? before : check.now;
  state.updated_at = check.now;
  return state;
}

CheckFacts FactsOf(const DeviceDay& day, Instant now,
                   const DeviceCondition& condition) {
  return {now, condition.status,
          condition.fault != nullptr && now >= condition.fault->first_sign,
          day.ConfigAt(now), day.FirmwareAt(now)};
}

// The state in which a device is posted.
DeviceState StateAtBirth(const Plan& plan, uint32_t device) {
  const uint32_t site = plan.fleet().SiteOf(device);
  const LocalDay day = plan.FirstDayOf(site);
  DeviceState state;
  state.seen = false;
  state.config = ConfigAtMidnight(plan, site, day);
  state.firmware = FirmwareAtMidnight(plan, device, day);
  state.updated_at = plan.DevicePosted(device);
  return state;
}

// Walks the grid of checks backwards, from day to day.
class BackwardChecks {
 public:
  BackwardChecks(const Plan& plan, uint32_t device, Instant before)
      : plan_(plan),
        device_(device),
        facts_(plan.fleet().Device(device)),
        day_(plan, device, facts_, plan.ZoneOf(facts_.site).DayOf(before)),
        check_(day_.FirstCheckFrom(before)) {
    Move();
  }

  void Move() {
    while (check_ == 0) {
      day_ = DeviceDay(plan_, device_, facts_, day_.span().day - 1);
      check_ = day_.checks();
    }
    --check_;
    instant_ = day_.CheckInstant(check_);
    // The condition points into the day: only these facts outlive it.
    facts_of_check_ = FactsOf(day_, instant_, day_.ConditionAt(instant_));
  }

  [[nodiscard]] const CheckFacts& check() const { return facts_of_check_; }

 private:
  const Plan& plan_;
  uint32_t device_;
  DeviceFacts facts_;
  DeviceDay day_;
  int64_t check_;
  Instant instant_{};
  CheckFacts facts_of_check_;
};

// The first stretch that has any time in it.
size_t FirstStretch(const AgentSpan& span) {
  size_t i = 0;
  while (span.At(i).opening >= span.At(i).close) ++i;
  return i;
}

// What the last update of the row in that stretch left; nothing when the
// stretch has none, or the device was not there yet.
std::optional<DeviceState> LastUpdate(const Plan& plan, uint32_t device,
                                      const Stretch& stretch,
                                      const AgentSpan& span) {
  BackwardChecks checks(plan, device, stretch.close);
  for (;;) {
    const CheckFacts now = checks.check();
    const bool is_there = !plan.has_bootstrap() || now.now >= plan.ready();
    if (!is_there || now.now < stretch.opening) return std::nullopt;
    checks.Move();
    const CheckFacts& before = checks.check();
    if (IsEmitted(before.status, now.status) &&
        (UpdatesRow(before.now, before.status, now.now, now.status) ||
         span.ResumesBetween(before.now, now.now))) {
      return MakeState(before.now, now);
    }
  }
}

// What is found at the opening of that stretch, if it differs from what was
// left. REQUIRES: FirstStretch() < stretch < span.stretches().
std::optional<Resumption> ResumptionOf(const Plan& plan, uint32_t device,
                                       size_t stretch, const AgentSpan& span) {
  const Instant opening = span.At(stretch).opening;
  const Instant close = span.At(stretch - 1).close;
  const CheckFacts left = BackwardChecks(plan, device, close).check();
  CheckFacts found = BackwardChecks(plan, device, opening).check();
  if (found.status == left.status) return std::nullopt;
  found.now = opening;
  const Instant last_seen =
      found.status == DeviceStatus::kOffline
          ? StateBefore(plan, device, close, span).last_seen
          : opening;
  return Resumption{opening, left.status, MakeState(last_seen, found)};
}

}  // namespace

bool UpdatesRow(Instant before, DeviceStatus status_before, Instant now,
                DeviceStatus status_now) {
  constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;
  return status_before != status_now || MicrosSinceEpoch(before) / kMinuteUs !=
                                            MicrosSinceEpoch(now) / kMinuteUs;
}

DeviceState StateAfter(const DeviceDay& day, Instant before, Instant now,
                       const DeviceCondition& condition) {
  return MakeState(before, FactsOf(day, now, condition));
}

DeviceState StateBefore(const Plan& plan, uint32_t device, Instant instant,
                        const AgentSpan& span) {
  for (size_t i = span.stretches(); i-- > 0;) {
    const Stretch stretch = span.At(i);
    const bool first = i == FirstStretch(span);
    if (stretch.opening >= instant && !first) continue;
    // Everything before the first one is as good as collected, but for a
    // device that was posted as it is.
    const bool bounded = !first || plan.has_bootstrap();
    const Instant opening = bounded ? stretch.opening : Instant::min();
    instant = std::min(instant, stretch.close);
    if (auto state = LastUpdate(plan, device, {opening, instant}, span)) {
      return *state;
    }
    if (first) break;
    if (auto resumption = ResumptionOf(plan, device, i, span)) {
      return resumption->state;
    }
  }
  return StateAtBirth(plan, device);
}

std::optional<Resumption> NextResumption(const Plan& plan, uint32_t device,
                                         Instant from, const AgentSpan& span) {
  for (size_t i = FirstStretch(span) + 1; i < span.stretches(); ++i) {
    if (span.At(i).opening < from) continue;
    auto resumption = ResumptionOf(plan, device, i, span);
    if (resumption) return resumption;
  }
  return std::nullopt;
}

}  // namespace tillstorm
