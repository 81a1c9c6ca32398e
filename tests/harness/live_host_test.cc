#include "harness/live_host.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "harness/lane_writer.h"
#include "tests/support/catch.h"
#include "tests/support/fake_pipeline.h"

namespace tillstorm {
namespace {

using testing::FakeAgent;
using testing::FakeSession;
using testing::kFakeStart;
using testing::SequentialDigest;

constexpr uint32_t kAgents = 60;

struct LiveOptions {
  uint32_t agents = kAgents;
  FakeAgent::Plan plan;
  LiveHostOptions host;
  BlockPoolOptions pool{.block_bytes = 4096, .blocks = 64};
  LaneWriterOptions writer;
  TimesObserver times;
};

LiveOptions Standard() {
  LiveOptions options;
  options.host.pace.opening = kFakeStart;
  options.host.pace.speed.reset();
  options.host.pace.window = Micros{100 * kMicrosPerSecond};
  options.writer.linger = std::chrono::milliseconds(2);
  return options;
}

// Fake agents through the whole pipeline into a fake session.
class Live {
 public:
  explicit Live(const LiveOptions& options)
      : pool(options.pool),
        writer(session, queue, pool, options.writer, {}, options.times),
        host(
            options.agents,
            [plan = options.plan](uint32_t i) {
              return std::make_unique<FakeAgent>(i, plan);
            },
            options.host, pool, queue) {}

  // `meanwhile` may cut or stop.
  void Run(const std::function<void()>& meanwhile = {}) {
    REQUIRE(host.Prepare().ok());
    CHECK(host.agents_alive() == host.agents_total());
    std::thread thread([this] { written = writer.Run(); });
    host.Start();
    if (meanwhile) meanwhile();
    joined = host.Join();
    queue.Close();
    thread.join();
    CHECK(host.agents_alive() == 0);
  }

  FakeSession session;
  EventQueue queue;
  BlockPool pool;
  LaneWriter writer;
  LiveHost host;
  Status joined;
  Status written;
};

TEST_CASE("threads and pool emit what agents alone emit", "[live]") {
  const Digest expected = SequentialDigest(kAgents, {});
  LiveOptions options = Standard();
  const auto [runners, speed] = GENERATE(table<uint32_t, double>(
      {{0, 0}, {0, 1e5}, {1, 0}, {3, 0}, {3, 1e5}, {kAgents + 9, 0}}));
  options.host.runners = runners;
  if (speed > 0) options.host.pace.speed = speed;
  for (const uint32_t block_events : {1U, 10U, 1024U}) {
    for (const uint32_t rows : {1U, 100U, 100'000U}) {
      INFO(runners << " runners, speed " << speed << ", blocks of "
                   << block_events << ", batches of " << rows);
      options.host.producer.block_events_max = block_events;
      options.writer.rows = rows;
      Live live(options);
      live.Run();
      REQUIRE(live.joined.ok());
      REQUIRE(live.written.ok());
      REQUIRE(live.session.digest == expected);
      CHECK(live.session.out_of_order == 0);
      CHECK(live.session.split_steps == 0);
      const BlockPoolStats pool = live.pool.stats();
      CHECK(pool.free == pool.total);
      CHECK(pool.extra == 0);
    }
  }
}

TEST_CASE("a slow session makes agents wait; nothing is lost", "[live]") {
  LiveOptions options = Standard();
  options.pool.blocks = 8;
  options.writer.rows = 1;
  Live live(options);
  uint32_t extra_most = 0;
  live.session.on_apply = [&](const Batch& /*batch*/) {
    // Slow: all agents that can run meanwhile do.
    std::this_thread::sleep_for(std::chrono::microseconds(20));
    extra_most = std::max(extra_most, live.pool.stats().extra);
    return Status::Ok();
  };
  live.Run();
  REQUIRE(live.written.ok());
  CHECK(live.session.digest == SequentialDigest(kAgents, {}));
  CHECK(live.pool.stats().waits > 0);
  // Eight blocks are in use at most, each with what one Step takes beyond its
  // own: 100 rows of up to 300 characters, or 5 of 20,000.
  CHECK(extra_most <= 8 * 20);
  CHECK(live.pool.stats().free == 8);
}

TEST_CASE("a rate is a schedule of its own", "[live]") {
  LiveOptions options = Standard();
  options.host.runners = GENERATE(1U, 3U);
  // In many windows, too, nobody begins before it is due.
  options.host.pace.window = Micros{GENERATE(100, 1) * kMicrosPerSecond};
  // About 0.1 s of events.
  const double rate = GENERATE(1e5, 1e7);
  options.host.rate = rate;
  options.host.has_stamps = true;
  options.plan.has_large_steps = false;
  std::vector<StepTimes> steps;
  options.times = [&](const Batch& /*batch*/, const BatchTimes& /*times*/,
                      std::span<const StepTimes> of) {
    steps.insert(steps.end(), of.begin(), of.end());
  };
  Live live(options);
  live.Run();
  REQUIRE(live.written.ok());
  // The same events as without.
  CHECK(live.session.digest == SequentialDigest(kAgents, options.plan));
  CHECK(live.host.emitted() == live.session.digest.rows());
  CHECK(live.queue.pushed_rows() == live.session.digest.rows());

  // One sequence of due instants per runner, with one runner from the opening
  // of the gate in steps of events / rate: to the nanosecond of its rounding.
  const auto opened = live.host.pacer().started();
  int64_t events = 0;
  int64_t early = 0;
  int64_t off_schedule = 0;
  int64_t at_opening = 0;
  for (const StepTimes& step : steps) {
    if (step.begun < step.due || step.handed_over < step.begun) ++early;
    if (step.due == opened) ++at_opening;
    const double due_ns = static_cast<double>(events) / rate * 1e9;
    const auto due = std::chrono::nanoseconds(static_cast<int64_t>(due_ns));
    const auto off = step.due - opened - due;
    if (off < std::chrono::nanoseconds(-1) || off > std::chrono::nanoseconds(1))
      ++off_schedule;
    events += step.events;
  }
  CHECK(events == live.session.digest.rows());
  CHECK(early == 0);
  CHECK(at_opening == options.host.runners);
  if (options.host.runners == 1) CHECK(off_schedule == 0);
}

TEST_CASE("a stop and a cut end a run that waits for its schedule", "[live]") {
  LiveOptions options = Standard();
  options.host.runners = 2;
  options.host.rate = 1e-3;  // the second Step would be due in half an hour
  options.plan.has_large_steps = false;
  options.host.has_stamps = true;
  const bool is_cut = GENERATE(false, true);
  Live live(options);
  live.Run([&] {
    while (live.host.emitted() == 0) std::this_thread::yield();
    if (is_cut) {
      // A cut at max lets everybody go on to the horizon, at their own pace.
      live.host.Cut();
    }
    live.host.Stop();
  });
  CHECK(live.joined.ok());
  CHECK(live.written.ok());
  CHECK(live.session.digest.rows() <= 10);
}

TEST_CASE("a cut leaves exactly what is before it", "[live]") {
  LiveOptions options = Standard();
  const auto [runners, speed] = GENERATE(table<uint32_t, double>(
      {{0, 0}, {0, 1e4}, {0, 1e6}, {2, 0}, {2, 1e4}, {2, 1e6}}));
  options.host.runners = runners;
  if (speed > 0) options.host.pace.speed = speed;
  options.plan.steps = 600;
  options.plan.has_large_steps = false;
  for (int round = 1; round <= 8; ++round) {
    Live live(options);
    Instant cut;
    live.Run([&] {
      while (live.writer.stats().batches < round) std::this_thread::yield();
      cut = live.host.Cut();
    });
    REQUIRE(live.written.ok());
    INFO(runners << " runners, speed " << speed);
    REQUIRE(live.session.digest ==
            SequentialDigest(kAgents, options.plan, cut));
  }
}

TEST_CASE("a stop leaves a beginning of what each agent emits", "[live]") {
  LiveOptions options = Standard();
  options.host.runners = GENERATE(0, 2);
  options.plan.steps = 5000;
  Live live(options);
  live.Run([&] {
    while (live.writer.stats().batches < 3) std::this_thread::yield();
    live.host.Stop();
  });
  CHECK(live.joined.ok());
  CHECK(live.written.ok());
  CHECK(live.session.out_of_order == 0);
  // Each agent up to where the ledger says that it is.
  std::map<uint32_t, Instant> last;
  for (const LedgerEntry& entry : live.session.ledger) {
    for (const OwnerInstant& owner : entry.owners) {
      last[owner.owner & 0x0fff'ffffU] = owner.instant;
    }
  }
  Digest expected;
  for (const auto& [number, instant] : last) {
    FakeAgent agent(number, options.plan);
    testing::Recorder recorder;
    recorder.Run(agent, instant + Micros{1});
    for (const Event* event : recorder.events()) AddToDigest(*event, &expected);
  }
  CHECK(live.session.digest == expected);
}

TEST_CASE("agents leave when the writer has ended with an error", "[live]") {
  LiveOptions options = Standard();
  options.pool.blocks = 8;
  options.writer.rows = 10;
  Live live(options);
  live.session.on_apply = [](const Batch& batch) -> Status {
    if (batch.ledger.batch < 3) return Status::Ok();
    return {StatusCode::kIo, "the disk is full"};
  };
  live.Run();
  CHECK(live.written.code() == StatusCode::kIo);
  CHECK(live.joined.ok());
}

TEST_CASE("an agent that cannot be made stops all before the first event",
          "[live]") {
  FakeSession session;
  EventQueue queue;
  BlockPool pool({});
  LiveHostOptions options = Standard().host;
  options.runners = GENERATE(0, 4);
  LiveHost host(
      50,
      [](uint32_t i) {
        if (i == 37) throw std::bad_alloc();
        return std::make_unique<FakeAgent>(i, FakeAgent::Plan{});
      },
      options, pool, queue);
  const Status status = host.Prepare();
  CHECK(status.code() == StatusCode::kSystemLimit);
  CHECK_THAT(status.message(), HoldsText("out of memory"));
  CHECK(queue.depth().rows == 0);
  CHECK(pool.stats().free == pool.total());
  CHECK(host.agents_alive() == 0);
}

TEST_CASE("a host that is not started can be left", "[live]") {
  Live live(Standard());
  REQUIRE(live.host.Prepare().ok());
}

// --- All threads or none. ---

int threads_left = 0;

int CreateUntilNoneLeft(pthread_t* thread, const pthread_attr_t* attributes,
                        void* (*start)(void*), void* argument) {
  if (threads_left-- == 0) return EAGAIN;
  return pthread_create(thread, attributes, start, argument);
}

TEST_CASE("if one thread cannot be created none begins", "[live]") {
  EventQueue queue;
  BlockPool pool({});
  LiveHostOptions options = Standard().host;
  options.create_thread = CreateUntilNoneLeft;
  threads_left = GENERATE(0, 1, 41);
  const int made = threads_left;
  LiveHost host(
      kAgents,
      [](uint32_t i) {
        return std::make_unique<FakeAgent>(i, FakeAgent::Plan{});
      },
      options, pool, queue);
  const Status status = host.Prepare();
  CHECK(status.code() == StatusCode::kSystemLimit);
  CHECK_THAT(status.message(),
             HoldsText("only " + std::to_string(made) + " of 60 threads"));
  CHECK(queue.depth().rows == 0);
  CHECK(host.agents_alive() == 0);
}

#if TILLSTORM_TSAN == 0
// Runs `body` in a child; the text it returns comes back.
std::string InChild(const std::function<std::string()>& body) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = body();
    const ssize_t written = write(ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t size = 0; (size = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return text;
}

TEST_CASE("a limit of threads per user is named with its value", "[live]") {
  const std::string said = InChild([]() -> std::string {
    const rlimit limit{40, 40};
    if (setrlimit(RLIMIT_NPROC, &limit) != 0) return "setrlimit";
    // The limit does not bind root: become somebody without any thread.
    constexpr uid_t kNobodyElse = 1'954'321;
    if (getuid() == 0 && setuid(kNobodyElse) != 0) return "setuid";
    EventQueue queue;
    BlockPool pool({});
    LiveHost host(
        kAgents,
        [](uint32_t i) {
          return std::make_unique<FakeAgent>(i, FakeAgent::Plan{});
        },
        Standard().host, pool, queue);
    const Status status = host.Prepare();
    return std::to_string(status.exit_code()) + " " + status.message();
  });
  CHECK_THAT(said, HoldsText("71 only "));
  CHECK_THAT(said, HoldsText(" of 60 threads can be created"));
  CHECK_THAT(
      said,
      HoldsText(
          "the limit on threads of this user is 40; raise it (ulimit -u)"));
}
#endif

}  // namespace
}  // namespace tillstorm
