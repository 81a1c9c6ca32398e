// How a job ends when it is asked to. Each run is a process of its own, as it
// may leave at once.
#include "harness/stop_signal.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using std::chrono::milliseconds;

constexpr int kAbandoned = 64;  // added to the exit code

// Runs a job that sends itself `signals` SIGINTs, one of them before it is
// asked to stop, and then takes `cleaning` to end. The exit code, kAbandoned
// more if it was given up.
int RunInChild(milliseconds grace, milliseconds cleaning, int signals) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    StoppableJob job;
    if (grace.count() > 0) job.grace = grace;
    job.run = [&](const std::atomic<bool>& stop) {
      kill(getpid(), SIGINT);
      while (!stop) std::this_thread::sleep_for(milliseconds(1));
      for (int i = 1; i < signals; ++i) kill(getpid(), SIGINT);
      std::this_thread::sleep_for(cleaning);
      return Status(StatusCode::kInterrupted, "stopped");
    };
    job.abandon = [] { _exit(kAbandoned + 1); };
    // ThreadSanitizer of clang 14 loses a signal that comes while a thread is
    // in the first blocking call of its life.
    std::this_thread::sleep_for(milliseconds(1));
    _exit(RunStoppable(job).exit_code());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("A job that ends within its grace is not given up", "[stop_signal]") {
  CHECK(RunInChild(milliseconds(0), milliseconds(10), 1) == 130);
  CHECK(RunInChild(milliseconds(30'000), milliseconds(1'200), 1) == 130);
}

TEST_CASE("A job that outlives its grace is given up", "[stop_signal]") {
  CHECK(RunInChild(milliseconds(0), milliseconds(30'000), 1) == kAbandoned + 1);
  CHECK(RunInChild(milliseconds(50), milliseconds(30'000), 1) ==
        kAbandoned + 1);
}

TEST_CASE("A second signal does not wait for the grace", "[stop_signal]") {
  const auto started = std::chrono::steady_clock::now();
  CHECK(RunInChild(milliseconds(20'000), milliseconds(20'000), 2) ==
        kAbandoned + 1);
  CHECK(std::chrono::steady_clock::now() - started < milliseconds(10'000));
}

// Runs two jobs under one StopSignal; the first sends itself `first` signals
// and the second `second`. What the second says of its stop flag.
int RunTwoInChild(int first, int second) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::this_thread::sleep_for(milliseconds(1));  // as above
    StopSignal signal;
    StoppableJob job;
    job.grace = milliseconds(600'000);
    job.run = [first](const std::atomic<bool>& stop) {
      if (first == 0) return Status::Ok();
      kill(getpid(), SIGINT);
      while (!stop) std::this_thread::sleep_for(milliseconds(1));
      return Status(StatusCode::kInterrupted, "stopped");
    };
    if (RunStoppable(signal, job).exit_code() != (first == 0 ? 0 : 130)) {
      _exit(99);
    }
    if (second > 0) kill(getpid(), SIGTERM);
    job.run = [second](const std::atomic<bool>& stop) {
      for (int i = 0; !stop && (second > 0 || i < 300); ++i) {
        std::this_thread::sleep_for(milliseconds(1));
      }
      return stop ? Status(StatusCode::kInterrupted, "stopped") : Status::Ok();
    };
    _exit(RunStoppable(signal, job).exit_code());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("A signal stops the job that runs, or else the next one",
          "[stop_signal]") {
  CHECK(RunTwoInChild(0, 0) == 0);
  CHECK(RunTwoInChild(1, 0) == 0);
  CHECK(RunTwoInChild(0, 1) == 143);
  CHECK(RunTwoInChild(1, 1) == 130);  // the first one names it
}

TEST_CASE("A job says how long it may take, 0.7 s by default",
          "[stop_signal]") {
  CHECK(StoppableJob().grace == milliseconds(700));
}

}  // namespace
}  // namespace tillstorm
