#include "harness/pacer.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr Instant kOpening = FromMicros(1'767'600'000 * kMicrosPerSecond);
constexpr Micros kSecond{kMicrosPerSecond};

// Runners that act at given instants, in threads of their own.
class Runners {
 public:
  Runners(const PacerOptions& options, std::vector<std::vector<Instant>> due)
      : pacer(options, static_cast<uint32_t>(due.size())),
        acted(due.size()),
        next(due.size()),
        ended(due.size(), Turn::kAct),
        due_(std::move(due)) {
    for (size_t i = 0; i < due_.size(); ++i) {
      next[i].store(NextOf(i, 0));
      threads_.emplace_back([this, i] { Run(i); });
    }
  }
  ~Runners() {
    pacer.Stop();
    Join();
  }

  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  // Until so many Steps were taken by all together.
  void AwaitSteps(int steps) const {
    while (steps_.load() < steps) std::this_thread::yield();
  }
  [[nodiscard]] const std::vector<std::vector<Instant>>& due() const {
    return due_;
  }
  // Whether each has acted at all of its instants before `until`, in order,
  // and at no other.
  [[nodiscard]] bool ActedUntil(Instant until) const {
    for (size_t i = 0; i < due_.size(); ++i) {
      const auto end = std::lower_bound(due_[i].begin(), due_[i].end(), until);
      if (acted[i] != std::vector<Instant>(due_[i].begin(), end)) return false;
    }
    return true;
  }

  Pacer pacer;
  std::vector<std::vector<Instant>> acted;  // after Join()
  std::vector<std::atomic<int64_t>> next;   // where each is
  std::vector<Turn> ended;                  // after Join()
  // Called before each Step.
  std::function<void(Instant)> on_step;

 private:
  [[nodiscard]] int64_t NextOf(size_t runner, size_t step) const {
    return MicrosSinceEpoch(step < due_[runner].size() ? due_[runner][step]
                                                       : kNever);
  }

  void Run(size_t i) {
    const auto number = static_cast<uint32_t>(i);
    if (!pacer.AwaitStart()) {
      ended[i] = Turn::kStop;
      return;
    }
    for (size_t step = 0; step < due_[i].size(); ++step) {
      const Instant at = due_[i][step];
      if (!pacer.MayAct(at)) {
        ended[i] = pacer.WaitFor(number, at);
        if (ended[i] != Turn::kAct) break;
      }
      if (on_step) on_step(at);
      pacer.RecordLateness(at);
      acted[i].push_back(at);
      steps_.fetch_add(1);
      next[i].store(NextOf(i, step + 1));
    }
    pacer.Leave(number);
  }

  const std::vector<std::vector<Instant>> due_;
  std::atomic<int> steps_{0};
  std::vector<std::thread> threads_;
};

// Runner i acts every `period` + i microseconds.
std::vector<std::vector<Instant>> Regular(size_t runners, size_t steps,
                                          Micros period) {
  std::vector<std::vector<Instant>> due(runners);
  for (size_t i = 0; i < runners; ++i) {
    for (size_t step = 0; step < steps; ++step) {
      due[i].push_back(kOpening + (period + Micros{i}) * step);
    }
  }
  return due;
}

PacerOptions AtMax(Micros window) {
  PacerOptions options;
  options.opening = kOpening;
  options.speed.reset();
  options.window = window;
  return options;
}

PacerOptions AtSpeed(double speed) {
  PacerOptions options;
  options.opening = kOpening;
  options.speed = speed;
  return options;
}

TEST_CASE("nobody acts before the start", "[pacer]") {
  Runners runners(GENERATE(AtMax(kSecond), AtSpeed(1e6)),
                  Regular(4, 10, kSecond));
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  CHECK(runners.pacer.slowest() == kOpening);
  CHECK(runners.pacer.virtual_now() == kOpening);
  CHECK(runners.pacer.lag().count() == 0);
  runners.pacer.Start();
  runners.Join();
  CHECK(runners.ActedUntil(kNever));
  CHECK(runners.pacer.slowest() == kInstantMax);
}

TEST_CASE("a stop before the start lets everybody go", "[pacer]") {
  Runners runners(GENERATE(AtMax(kSecond), AtSpeed(1)),
                  Regular(4, 10, kSecond));
  runners.pacer.Stop();
  runners.Join();
  runners.pacer.Start();  // too late
  CHECK(runners.ActedUntil(kOpening));
  CHECK(runners.ended == std::vector<Turn>(4, Turn::kStop));
}

TEST_CASE("at max nobody gets ahead of the slowest by more than a window",
          "[pacer]") {
  const Micros window{GENERATE(1, 1'000'000, 90'000'000)};
  Runners runners(AtMax(window), Regular(8, 200, 3 * kSecond));
  std::atomic<int> ahead{0};
  runners.on_step = [&](Instant at) {
    Instant slowest = kNever;
    for (const auto& next : runners.next) {
      slowest = std::min(slowest, FromMicros(next.load()));
    }
    if (at >= slowest + window) ahead.fetch_add(1);
  };
  runners.pacer.Start();
  runners.Join();
  CHECK(ahead.load() == 0);
  CHECK(runners.ActedUntil(kNever));
  CHECK(runners.pacer.lateness().count() == 0);
}

TEST_CASE("at max empty time is skipped", "[pacer]") {
  // A century in windows of a microsecond.
  const Instant late = kOpening + Micros{36'525 * kMicrosPerDay};
  Runners runners(AtMax(Micros{1}), {{kOpening, late}, {late}, {}});
  runners.pacer.Start();
  runners.Join();
  CHECK(runners.ActedUntil(kNever));
}

TEST_CASE("time ends for everybody at the end", "[pacer]") {
  PacerOptions options = GENERATE(AtMax(kSecond), AtSpeed(1e6));
  options.end = kOpening + 5 * kSecond;
  Runners runners(options, Regular(3, 20, kSecond));
  runners.pacer.Start();
  runners.Join();
  CHECK(runners.ActedUntil(options.end));
  CHECK(runners.ended == std::vector<Turn>(3, Turn::kEnd));
  CHECK(runners.pacer.slowest() == options.end);
  CHECK(runners.pacer.virtual_now() <= options.end);
}

TEST_CASE("after a cut all before it has been acted at, and nothing else",
          "[pacer]") {
  // At 1e9 everybody is always late, at 2e4 they wait for the clock.
  for (const PacerOptions& options : {AtMax(7 * kSecond), AtMax(3600 * kSecond),
                                      AtSpeed(1e9), AtSpeed(2e4)}) {
    for (int round = 0; round < 20; ++round) {
      Runners runners(options, Regular(6, 3000, kSecond));
      runners.pacer.Start();
      runners.AwaitSteps(round * 40);
      const Instant cut = runners.pacer.Cut();
      CHECK(runners.pacer.Cut() == cut);
      CHECK(runners.pacer.end() == cut);
      runners.Join();
      INFO("round " << round << ", cut after "
                    << (cut - kOpening).count() / kMicrosPerSecond << " s");
      REQUIRE(runners.ActedUntil(cut));
    }
  }
}

TEST_CASE("a cut before the start ends everything at the opening", "[pacer]") {
  Runners runners(GENERATE(AtMax(kSecond), AtSpeed(1e6)),
                  Regular(4, 10, kSecond));
  CHECK(runners.pacer.Cut() == kOpening);
  runners.pacer.Start();
  runners.Join();
  CHECK(runners.ActedUntil(kOpening));
}

TEST_CASE("a cut is never after the end", "[pacer]") {
  PacerOptions options = AtSpeed(1e9);
  options.end = kOpening + kSecond;
  Runners runners(options, Regular(2, 1, kSecond));
  runners.pacer.Start();
  runners.Join();
  CHECK(runners.pacer.Cut() == options.end);
}

TEST_CASE("a stop wakes who waits for time, and they leave", "[pacer]") {
  // At one second per second, a year away.
  std::vector<std::vector<Instant>> due(4);
  for (auto& of_one : due) {
    of_one = {kOpening, kOpening + Micros{365 * kMicrosPerDay}};
  }
  Runners runners(AtSpeed(1), due);
  runners.pacer.Start();
  runners.AwaitSteps(4);
  CHECK(runners.pacer.lag().count() == 0);
  runners.pacer.Stop();
  runners.pacer.Stop();
  runners.Join();
  CHECK(runners.ActedUntil(kOpening + kSecond));
  CHECK(runners.ended == std::vector<Turn>(4, Turn::kStop));
  CHECK(runners.pacer.lateness().count() == 4);
}

TEST_CASE("a stop at max leaves each with a beginning of its Steps",
          "[pacer]") {
  for (int round = 0; round < 20; ++round) {
    Runners runners(AtMax(5 * kSecond), Regular(6, 5000, kSecond));
    runners.pacer.Start();
    runners.AwaitSteps(round * 30);
    runners.pacer.Stop();
    runners.Join();
    for (size_t i = 0; i < runners.acted.size(); ++i) {
      const auto& acted = runners.acted[i];
      const auto& due = runners.due()[i];
      REQUIRE(std::equal(acted.begin(), acted.end(), due.begin()));
    }
  }
}

TEST_CASE("who acts at a ratio does so on time or late, never early",
          "[pacer]") {
  Runners runners(AtSpeed(2000), Regular(3, 50, kSecond));
  std::atomic<int> early{0};
  runners.on_step = [&](Instant at) {
    if (runners.pacer.virtual_now() < at) early.fetch_add(1);
  };
  runners.pacer.Start();
  runners.Join();
  CHECK(early.load() == 0);
  CHECK(runners.pacer.lateness().count() == 150);
  CHECK(runners.pacer.lateness().out_of_range() == 0);
}

TEST_CASE("what was due before virtual time began is acted at and not late",
          "[pacer]") {
  const std::vector<std::vector<Instant>> due(
      1, {kOpening - 5 * kSecond, kOpening - kSecond, kOpening});
  Runners runners(AtSpeed(2000), due);
  runners.pacer.Start();
  runners.Join();
  CHECK(runners.acted == due);
  CHECK(runners.pacer.lateness().count() == 1);
}

}  // namespace
}  // namespace tillstorm
