// Pacer: when runners may act. It ties virtual time to the steady clock, or
// lets it go as fast as it can, and ends it at one instant for everybody.
//
//   runner i:  if (!pacer.AwaitStart()) return;
//              while (there is a next Step, at t) {
//                if (!pacer.MayAct(t)) {
//                  (hand over)
//                  if (pacer.WaitFor(i, t) != Turn::kAct) break;
//                }
//                (act at t)
//              }
//              pacer.Leave(i);
//
// Speed: at a ratio, virtual time goes that many times as fast as the clock,
// from Start() on; who is late acts at once. As fast as it goes (max), runners
// act at instants before a horizon, a few at a time; when all of them are idle
// it moves to the earliest next instant plus `window`, so that nobody gets
// ahead of the slowest by more than the window, and empty time costs nothing.
//
// Cut: an instant that nobody has acted at or after becomes the end; who has
// something due before it still acts. So what was emitted is exactly what is
// before the cut.
//
// Threads: a runner number belongs to one thread. Everything else: any.
// Memory: 64 bytes per runner, and one histogram for all of them.
#ifndef TILLSTORM_HARNESS_PACER_H_
#define TILLSTORM_HARNESS_PACER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "harness/core/histogram.h"
#include "harness/core/instant.h"
#include "harness/core/mutex.h"
#include "harness/futex.h"

namespace tillstorm {

struct PacerOptions {
  Instant opening;            // virtual time at Start()
  Instant end = kInstantMax;  // the first instant at which nobody acts
  // Virtual seconds per second, > 0; none: as fast as it goes (max).
  std::optional<double> speed = 1.0;
  // How far a runner may be ahead of the slowest at max: [1 us, 1 h]. Runners
  // meet once per window, so about 500,000 events should lie in one.
  Micros window{60 * kMicrosPerSecond};
  // Runners that act at the same time at max, at least 1; the others wait for
  // their turn in the window. Thousands at once would take the processor from
  // the writer, who then keeps all of them waiting for blocks.
  uint32_t active_max = 4;
};

// Why a wait ended.
enum class Turn : uint8_t {
  kAct,   // it is time
  kEnd,   // the instant is not before the end
  kStop,  // Stop() was called
};

class Pacer {
 public:
  using Clock = std::chrono::steady_clock;

  // For runners [0, runners). REQUIRES: opening <= end.
  Pacer(const PacerOptions& options, uint32_t runners);
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  // Opens the gate: virtual time begins. Once.
  void Start();
  // Waits at the gate. False: Stop() came first.
  [[nodiscard]] bool AwaitStart() const;

  // Whether it is time for `instant` and it is before the end. Cheap.
  [[nodiscard]] bool MayAct(Instant instant) const;
  // Sleeps until it may act at `instant`, or until it never will.
  [[nodiscard]] Turn WaitFor(uint32_t runner, Instant instant);
  // Sleeps until `time`, or until something happened that the runner must look
  // at: then MayAct() at `instant` has become false.
  void SleepUntil(uint32_t runner, Instant instant, Clock::time_point time);
  // Says where a runner is; nothing before it is left to do. For display.
  void SetPosition(uint32_t runner, Instant instant) {
    // Relaxed: shown, never acted upon.
    runners_[runner].position.store(MicrosSinceEpoch(instant),
                                    std::memory_order_relaxed);
  }
  // Counts how late a Step at `instant` begins now; nothing at max, nor for one
  // that was due before virtual time began.
  void RecordLateness(Instant instant);
  // The runner is done. Its last call.
  void Leave(uint32_t runner);

  // Ends virtual time as early as may be and says where. After it, end() is
  // that instant. A second call changes nothing.
  Instant Cut();
  // Everybody leaves after the Step at hand. Idempotent.
  void Stop();

  // When the gate was opened. REQUIRES: AwaitStart() gave true.
  [[nodiscard]] Clock::time_point started() const { return started_; }
  // As fast as it goes, without a clock.
  [[nodiscard]] bool is_max() const { return !options_.speed.has_value(); }
  [[nodiscard]] Instant end() const;
  // Where agents should be: by the clock, at max the slowest runner; within
  // [opening, end].
  [[nodiscard]] Instant virtual_now() const;
  // The position of the slowest runner; end() when all are done.
  [[nodiscard]] Instant slowest() const;
  // How long ago, by the clock, the slowest runner should have been where it
  // is. Zero at max and while nobody is late.
  [[nodiscard]] std::chrono::nanoseconds lag() const;
  // How late Steps began, in nanoseconds; empty at max.
  [[nodiscard]] Histogram lateness() const { return lateness_.Read(); }

 private:
  // On a cache line of its own.
  struct alignas(64) Runner {
    FutexWord word;  // changes when the runner must look again
    std::atomic<int64_t> position{0};
    // At max, under mutex_.
    Instant next{};
    bool idle = false;
  };

  [[nodiscard]] Instant VirtualAt(Clock::time_point time) const;
  [[nodiscard]] Clock::time_point TimeOf(Instant instant) const;
  [[nodiscard]] bool IsTime(Instant instant) const;
  // What is the runner's turn, if that is clear without waiting.
  [[nodiscard]] std::optional<Turn> TurnAt(Instant instant) const;
  Turn WaitForClock(Runner& runner, Instant instant);
  Turn WaitForHorizon(Runner& runner, Instant instant);
  // A runner is idle or gone: the next one's turn, or the next window.
  void Proceed() REQUIRES_LOCK(mutex_);
  // Moves the horizon; false when all runners are gone.
  bool Advance() REQUIRES_LOCK(mutex_);
  void Release(Runner& runner) REQUIRES_LOCK(mutex_);
  void WakeEverybody() REQUIRES_LOCK(mutex_);

  const PacerOptions options_;
  FutexWord gate_;               // kShut, kOpen or kStopped
  Clock::time_point started_{};  // written before the gate opens
  std::atomic<bool> stopped_{false};
  // In microseconds. While Cut() decides it is before everything, so that
  // whoever would act asks again under the lock.
  std::atomic<int64_t> end_;
  std::atomic<int64_t> horizon_;  // at max
  std::vector<Runner> runners_;
  SharedHistogram lateness_;

  mutable Mutex mutex_;
  Instant decided_end_ GUARDED_BY(mutex_);
  bool cut_ GUARDED_BY(mutex_) = false;
  uint32_t busy_ GUARDED_BY(mutex_);  // at max: neither idle nor gone
  // At max: runners before it have had their turn in the window.
  size_t turn_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_PACER_H_
