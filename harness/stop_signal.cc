#include "harness/stop_signal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <system_error>
#include <thread>

#include "harness/command_line.h"
#include "harness/core/check.h"

namespace tillstorm {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::array<int, 3> kStopSignals = {SIGINT, SIGTERM, SIGHUP};

// Handlers can reach globals only. Lock-free, hence safe in a handler.
std::atomic<int> g_signal_count{0};
std::atomic<int> g_first_signal{0};
std::atomic<int> g_wake_descriptor{-1};
static_assert(std::atomic<int>::is_always_lock_free);

std::array<struct sigaction, kStopSignals.size()> g_actions_before;

void WakeUp() {
  const uint64_t one = 1;
  const int descriptor = g_wake_descriptor.load();
  // A counter that is full wakes as well.
  if (descriptor >= 0 && write(descriptor, &one, sizeof(one)) < 0) return;
}

void OnSignal(int number) {
  const int error = errno;
  int none = 0;
  g_first_signal.compare_exchange_strong(none, number);
  g_signal_count.fetch_add(1);
  WakeUp();
  errno = error;
}

void OpenIfClosed(int descriptor) {
  if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) return;
  // The wrong direction on purpose: use fails instead of vanishing. The lowest
  // free number is this one, as those below are open by now.
  const int opened =
      open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  if (opened != descriptor) std::abort();
}

Status GuardedRun(const StoppableJob& job, const std::atomic<bool>& stop) {
  try {
    return job.run(stop);
  } catch (const std::bad_alloc&) {
    return {StatusCode::kSystemLimit, "no memory is left"};
  } catch (const std::system_error& error) {
    return {StatusCode::kSystemLimit,
            fmt::format("a system limit was hit: {}", error.what())};
  }
}

// The job's threads inherit a mask without the signals that ask for a stop:
// those are the main thread's, and no call of the job is ever cut short.
std::thread StartWithoutSignals(const std::function<void()>& run) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  for (const int number : kStopSignals) sigaddset(&blocked, number);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  std::thread thread;
  try {
    thread = std::thread(run);
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

Status Stopped(const StoppableJob& job, const StopSignal& signal) {
  std::string sentence = fmt::format("stopped by {}", signal.name());
  if (job.after_stop) sentence += "; " + job.after_stop();
  return {signal.code(), std::move(sentence)};
}

[[noreturn]] void Leave(const StoppableJob& job, const StopSignal& signal) {
  if (job.abandon) job.abandon();
  const Status status = Stopped(job, signal);
  ReportError(status.message());
  _exit(status.exit_code());
}

// What the main thread does while the job runs.
class Overseer {
 public:
  Overseer(const StoppableJob& job, StopSignal& signal, std::atomic<bool>& stop,
           const std::atomic<bool>& ended)
      : job_(job), signal_(signal), stop_(stop), ended_(ended) {}

  void Attend() {
    if (!stop_ && signal_.pending() > 0) {
      AskToStop();
    } else if (stop_ && !ended_) {
      const bool late = std::chrono::steady_clock::now() >= deadline_;
      if (late || signal_.pending() > 0) Leave(job_, signal_);
    }
    if (job_.tick) job_.tick();
  }

 private:
  void AskToStop() {
    signal_.Answer();
    stop_ = true;
    deadline_ = std::chrono::steady_clock::now() + job_.grace;
    if (job_.interrupt) job_.interrupt();
  }

  const StoppableJob& job_;
  StopSignal& signal_;
  std::atomic<bool>& stop_;
  const std::atomic<bool>& ended_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace

void PrepareProcess() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    OpenIfClosed(descriptor);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void LeaveFreeingOfFilesToChild() {
  // The parent's end of it closes when the parent ends, however it does.
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
  const pid_t child = fork();
  if (child != 0) {
    close(ends[0]);
    if (child < 0) close(ends[1]);
    return;
  }
  // Only calls that are safe in a handler: other threads may have held locks.
  for (const int descriptor :
       {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, ends[1]}) {
    close(descriptor);
  }
  char byte = 0;
  while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {
  }
  _exit(0);
}

StopSignal::StopSignal() {
  TS_CHECK(g_wake_descriptor.load() < 0);
  g_signal_count = 0;
  g_first_signal = 0;
  // Without one Wait() still returns after each tick.
  g_wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  struct sigaction action {};
  action.sa_handler = OnSignal;  // no SA_RESTART: a write that waits gives up
  for (size_t i = 0; i < kStopSignals.size(); ++i) {
    sigaction(kStopSignals[i], nullptr, &g_actions_before[i]);
    // nohup: who started us wants no hang-up to end us.
    if (kStopSignals[i] == SIGHUP && g_actions_before[i].sa_handler == SIG_IGN)
      continue;
    sigaction(kStopSignals[i], &action, nullptr);
  }
}

StopSignal::~StopSignal() {
  // After a stop the process is about to end: a further signal must not change
  // its exit code.
  for (size_t i = 0; i < kStopSignals.size() && count() == 0; ++i) {
    sigaction(kStopSignals[i], &g_actions_before[i], nullptr);
  }
  const int descriptor = g_wake_descriptor.exchange(-1);
  if (descriptor >= 0) close(descriptor);
}

int StopSignal::count() const { return g_signal_count.load(); }

StatusCode StopSignal::code() const {
  return g_first_signal.load() == SIGINT ? StatusCode::kInterrupted
                                         : StatusCode::kTerminated;
}

std::string StopSignal::name() const {
  const int number = g_first_signal.load();
  return number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : "SIGHUP";
}

void StopSignal::Wait(std::chrono::milliseconds timeout) {
  pollfd waiting{g_wake_descriptor.load(), POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) return;
  uint64_t drained = 0;
  if (read(waiting.fd, &drained, sizeof(drained)) < 0) return;
}

void StopSignal::Wake() { WakeUp(); }

Status RunStoppable(const StoppableJob& job) {
  StopSignal signal;
  return RunStoppable(signal, job);
}

Status RunStoppable(StopSignal& signal, const StoppableJob& job) {
  std::atomic<bool> stop{false};
  std::atomic<bool> ended{false};
  Status status;
  std::thread thread = StartWithoutSignals([&] {
    status = GuardedRun(job, stop);
    ended = true;
    signal.Wake();
  });
  Overseer overseer(job, signal, stop, ended);
  while (!ended) {
    signal.Wait(kTick);
    if (!ended) overseer.Attend();
  }
  thread.join();
  if (status.code() == StatusCode::kInterrupted && signal.count() > 0) {
    return Stopped(job, signal);
  }
  return status;
}

}  // namespace tillstorm
