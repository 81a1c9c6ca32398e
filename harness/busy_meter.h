// BusyMeter: which share of the time somebody is busy.
//
// Threads: Begin() and End() belong to whoever is busy and never wait; Share()
// may be called from any.
#ifndef TILLSTORM_HARNESS_BUSY_METER_H_
#define TILLSTORM_HARNESS_BUSY_METER_H_

#include <atomic>
#include <chrono>
#include <cstdint>

#include "harness/core/mutex.h"

namespace tillstorm {

class BusyMeter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit BusyMeter(TimePoint now);

  void Begin(TimePoint now);
  // How long it took since Begin().
  std::chrono::nanoseconds End(TimePoint now);
  // Of the last second or of the time since the last call, whichever is longer;
  // what goes on counts up to now. In [0, 1].
  [[nodiscard]] double Share(TimePoint now) const;

 private:
  struct Sample {
    TimePoint at;
    int64_t busy_ns = 0;
  };

  std::atomic<int64_t> busy_ns_{0};   // of what has ended
  std::atomic<int64_t> since_ns_{0};  // of what goes on; 0: nothing

  mutable Mutex mutex_;  // between readers
  mutable Sample older_ GUARDED_BY(mutex_);
  mutable Sample newer_ GUARDED_BY(mutex_);
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_BUSY_METER_H_
