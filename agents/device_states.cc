#include "agents/device_states.h"

#include <utility>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

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
    condition_ = day_.ConditionAt(instant_);
    // The fault's address is only good as long as the day is.
    has_warning_ =
        condition_.fault != nullptr && instant_ >= condition_.fault->first_sign;
  }

  [[nodiscard]] Instant instant() const { return instant_; }
  [[nodiscard]] DeviceStatus status() const { return condition_.status; }
  [[nodiscard]] bool has_warning() const { return has_warning_; }

 private:
  const Plan& plan_;
  uint32_t device_;
  DeviceFacts facts_;
  DeviceDay day_;
  int64_t check_;
  Instant instant_{};
  DeviceCondition condition_;
  bool has_warning_ = false;
};

DeviceState MakeState(Instant before, Instant now, DeviceStatus status,
                      bool warning) {
  // Nobody hears from an offline device: it was last seen at the check before.
  const bool heard = status != DeviceStatus::kOffline;
  return {status, warning && status == DeviceStatus::kOnline,
          heard ? now : before, now};
}

}  // namespace

bool UpdatesRow(Instant before, DeviceStatus status_before, Instant now,
                DeviceStatus status_now) {
  constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;
  return status_before != status_now || MicrosSinceEpoch(before) / kMinuteUs !=
                                            MicrosSinceEpoch(now) / kMinuteUs;
}

DeviceState StateAfter(Instant before, Instant now,
                       const DeviceCondition& condition) {
  return MakeState(
      before, now, condition.status,
      condition.fault != nullptr && now >= condition.fault->first_sign);
}

DeviceState StateBefore(const Plan& plan, uint32_t device, Instant instant) {
  BackwardChecks checks(plan, device, instant);
  for (;;) {
    const Instant now = checks.instant();
    const DeviceStatus status = checks.status();
    const bool warning = checks.has_warning();
    checks.Move();
    if (IsEmitted(checks.status(), status) &&
        UpdatesRow(checks.instant(), checks.status(), now, status)) {
      return MakeState(checks.instant(), now, status, warning);
    }
  }
}

}  // namespace tillstorm
