#include "harness/pacer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

// States of the gate.
constexpr uint32_t kShut = 0;
constexpr uint32_t kOpen = 1;
constexpr uint32_t kStopped = 2;

// Before every instant: nobody may act without asking under the lock.
constexpr int64_t kAsk = std::numeric_limits<int64_t>::min();

// A cut lies so far ahead of the clock. Order between reads of the clock and of
// memory is not promised by processors; they are off by nanoseconds.
constexpr std::chrono::microseconds kCutMargin{100};

// How late a Step may begin to be told from others: 1 %.
constexpr int kLatenessDigits = 2;

}  // namespace

Pacer::Pacer(const PacerOptions& options, uint32_t runners)
    : options_(options),
      end_(MicrosSinceEpoch(options.end)),
      horizon_(MicrosSinceEpoch(options.opening)),
      runners_(runners),
      lateness_(HistogramLayout::Latency(kLatenessDigits)),
      decided_end_(options.end),
      busy_(runners) {
  TS_CHECK(options.opening <= options.end);
  TS_CHECK(is_max() || *options.speed > 0);
  TS_CHECK(options.window >= Micros{1} &&
           options.window <= std::chrono::hours{1});
  for (uint32_t i = 0; i < runners; ++i) SetPosition(i, options.opening);
}

void Pacer::Start() {
  const MutexLock lock(mutex_);
  if (gate_.Load() != kShut) return;
  started_ = Clock::now();
  gate_.Store(kOpen);
  gate_.WakeAll();
}

bool Pacer::AwaitStart() const {
  while (gate_.Load() == kShut) gate_.Wait(kShut);
  return gate_.Load() == kOpen;
}

Instant Pacer::VirtualAt(Clock::time_point time) const {
  const std::chrono::duration<double, std::micro> real = time - started_;
  const double micros = real.count() * *options_.speed;
  // 292,000 years; also keeps the sum in range.
  constexpr double kLongest = 9.2e18;
  return options_.opening +
         Micros{static_cast<int64_t>(std::clamp(micros, 0.0, kLongest / 2))};
}

Pacer::Clock::time_point Pacer::TimeOf(Instant instant) const {
  const double micros =
      static_cast<double>((instant - options_.opening).count());
  const double ns = std::ceil(micros * 1000 / *options_.speed);
  return started_ +
         std::chrono::nanoseconds(static_cast<int64_t>(std::min(ns, 4.6e18)));
}

bool Pacer::IsTime(Instant instant) const {
  if (is_max()) return MicrosSinceEpoch(instant) < horizon_.load();
  return VirtualAt(Clock::now()) >= instant;
}

// First the clock or the horizon, then the end: see Cut().
bool Pacer::MayAct(Instant instant) const {
  return IsTime(instant) && MicrosSinceEpoch(instant) < end_.load();
}

std::optional<Turn> Pacer::TurnAt(Instant instant) const {
  const bool is_time = IsTime(instant);
  const MutexLock lock(mutex_);
  if (stopped_) return Turn::kStop;
  if (instant >= decided_end_) return Turn::kEnd;
  if (is_time) return Turn::kAct;
  return std::nullopt;
}

Turn Pacer::WaitFor(uint32_t runner, Instant instant) {
  SetPosition(runner, instant);
  return is_max() ? WaitForHorizon(runners_[runner], instant)
                  : WaitForClock(runners_[runner], instant);
}

Turn Pacer::WaitForClock(Runner& runner, Instant instant) {
  const Clock::time_point due = TimeOf(instant);
  for (;;) {
    const uint32_t seen = runner.word.Load();
    if (const auto turn = TurnAt(instant)) return *turn;
    runner.word.WaitUntil(seen, due);
  }
}

Turn Pacer::WaitForHorizon(Runner& runner, Instant instant) {
  for (;;) {
    uint32_t seen = 0;
    {
      const MutexLock lock(mutex_);
      if (!runner.idle) {
        if (stopped_) return Turn::kStop;
        if (instant >= decided_end_) return Turn::kEnd;
        if (MicrosSinceEpoch(instant) < horizon_.load()) return Turn::kAct;
        runner.next = instant;
        runner.idle = true;
        --busy_;
        Proceed();
        if (!runner.idle) continue;
      }
      seen = runner.word.Load();
    }
    runner.word.Wait(seen);
  }
}

void Pacer::SleepUntil(uint32_t runner, Instant instant,
                       Clock::time_point time) {
  FutexWord& word = runners_[runner].word;
  for (;;) {
    const uint32_t seen = word.Load();
    if (!MayAct(instant) || Clock::now() >= time) return;
    word.WaitUntil(seen, time);
  }
}

void Pacer::Proceed() {
  do {
    const int64_t horizon = horizon_.load();
    for (; turn_ < runners_.size() && busy_ < options_.active_max; ++turn_) {
      Runner& runner = runners_[turn_];
      const bool is_due =
          runner.idle && MicrosSinceEpoch(runner.next) < horizon;
      if (is_due) Release(runner);
    }
  } while (busy_ == 0 && Advance());
}

bool Pacer::Advance() {
  Instant earliest = kNever;
  for (const Runner& runner : runners_) {
    if (runner.idle) earliest = std::min(earliest, runner.next);
  }
  if (earliest == kNever) return false;
  const Instant horizon = std::min(earliest + options_.window, decided_end_);
  horizon_.store(MicrosSinceEpoch(horizon));
  turn_ = 0;
  return true;
}

void Pacer::Release(Runner& runner) {
  runner.idle = false;
  ++busy_;
  runner.word.Add(1);
  runner.word.WakeOne();
}

void Pacer::WakeEverybody() {
  for (Runner& runner : runners_) {
    if (runner.idle) {
      Release(runner);
    } else {
      runner.word.Add(1);
      runner.word.WakeOne();
    }
  }
}

void Pacer::RecordLateness(Instant instant) {
  if (is_max() || instant < options_.opening) return;
  const std::chrono::nanoseconds late = Clock::now() - TimeOf(instant);
  lateness_.Record(late.count());
}

void Pacer::Leave(uint32_t runner) {
  SetPosition(runner, kNever);
  if (!is_max()) return;
  const MutexLock lock(mutex_);
  TS_CHECK(!runners_[runner].idle);
  --busy_;
  Proceed();
}

// Exact, without a lock on the way of those who act: a runner acts at t when it
// has seen the clock at or after t and *then* an end after t. From the store of
// kAsk on, all ask under the lock, that is after the cut. Who saw the end
// before had seen the clock before the store, and the cut is taken from the
// clock after it: no t that they act at is at or after the cut. At max the
// horizon stands in for the clock: it moves under this lock only.
Instant Pacer::Cut() {
  const MutexLock lock(mutex_);
  if (cut_ || stopped_) return decided_end_;
  cut_ = true;
  end_.store(kAsk);
  Instant cut = options_.opening;
  if (gate_.Load() == kOpen) {
    cut = is_max() ? FromMicros(horizon_.load())
                   : VirtualAt(Clock::now() + kCutMargin) + Micros{1};
  }
  decided_end_ = std::min(decided_end_, cut);
  end_.store(MicrosSinceEpoch(decided_end_));
  WakeEverybody();
  return decided_end_;
}

void Pacer::Stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  end_.store(kAsk);
  if (gate_.Load() == kShut) {
    gate_.Store(kStopped);
    gate_.WakeAll();
  }
  WakeEverybody();
}

Instant Pacer::end() const {
  const MutexLock lock(mutex_);
  return decided_end_;
}

Instant Pacer::slowest() const {
  int64_t slowest = MicrosSinceEpoch(kNever);
  for (const Runner& runner : runners_) {
    // Relaxed: as SetPosition().
    slowest =
        std::min(slowest, runner.position.load(std::memory_order_relaxed));
  }
  return std::min(FromMicros(slowest), end());
}

Instant Pacer::virtual_now() const {
  if (is_max()) return slowest();
  if (gate_.Load() != kOpen) return options_.opening;
  return std::min(VirtualAt(Clock::now()), end());
}

std::chrono::nanoseconds Pacer::lag() const {
  if (is_max() || gate_.Load() != kOpen) return {};
  const Instant slowest_instant = slowest();
  if (slowest_instant == end()) return {};
  return std::max(
      std::chrono::nanoseconds{0},
      std::chrono::nanoseconds(Clock::now() - TimeOf(slowest_instant)));
}

}  // namespace tillstorm
