#include "harness/busy_meter.h"

#include <algorithm>
#include <utility>

namespace tillstorm {
namespace {

// Two samples that are so far apart span the last second at least half.
constexpr std::chrono::milliseconds kSampleAge{500};

int64_t Ns(std::chrono::nanoseconds duration) { return duration.count(); }

}  // namespace

BusyMeter::BusyMeter(TimePoint now) : older_{now, 0}, newer_{now, 0} {}

void BusyMeter::Begin(TimePoint now) {
  since_ns_.store(Ns(now.time_since_epoch()));
}

std::chrono::nanoseconds BusyMeter::End(TimePoint now) {
  const int64_t took = Ns(now.time_since_epoch()) - since_ns_.load();
  // A reader between the two counts it twice: Share() is clamped.
  busy_ns_.fetch_add(took);
  since_ns_.store(0);
  return std::chrono::nanoseconds(took);
}

double BusyMeter::Share(TimePoint now) const {
  const MutexLock lock(mutex_);
  const int64_t since = since_ns_.load();
  const int64_t running =
      since == 0 ? 0 : std::max<int64_t>(0, Ns(now.time_since_epoch()) - since);
  const int64_t busy_ns = busy_ns_.load() + running;
  if (now - newer_.at >= kSampleAge) {
    older_ = std::exchange(newer_, Sample{now, busy_ns});
  }
  const int64_t wall_ns = std::max<int64_t>(1, Ns(now - older_.at));
  const auto share = static_cast<double>(busy_ns - older_.busy_ns) /
                     static_cast<double>(wall_ns);
  return std::clamp(share, 0.0, 1.0);
}

}  // namespace tillstorm
