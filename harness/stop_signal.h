// StopSignal: how a job ends when the user or the system asks for it.
//
// The first SIGINT, SIGTERM or SIGHUP raises the job's stop flag, which the job
// answers by cleaning up and returning kInterrupted. If it has not done so
// within its grace, or when a second signal comes, the process leaves at once,
// after the job's own last act (removing what is half written).
//
// Threads: main thread, apart from the flag.
#ifndef TILLSTORM_HARNESS_STOP_SIGNAL_H_
#define TILLSTORM_HARNESS_STOP_SIGNAL_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "harness/core/status.h"

namespace tillstorm {

// How long a job may take to end by itself after the first signal, unless it
// says otherwise.
inline constexpr std::chrono::milliseconds kStopGrace{700};

// First thing in main: SIGPIPE and SIGXFSZ are ignored, so that they show as
// errors of the write; descriptors 0 to 2 that are closed get a /dev/null that
// fails on use, so that no database file is ever opened as standard output.
void PrepareProcess();

// Freeing a large file that nobody can reach any more takes the kernel seconds,
// and the process that closes it last waits for that. After this call that is a
// child: it holds every file and pipe that is open now until this process has
// ended. Without effect where no child can be made. REQUIRES: no thread is
// starting a program, whose pipe would then not show that it has.
void LeaveFreeingOfFilesToChild();

// The signals that ask for a stop, counted while one of these lives. Only one
// may live at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();  // restores what was there, unless one came
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // How many came since construction.
  [[nodiscard]] int count() const;
  // How many of them no job has answered yet.
  [[nodiscard]] int pending() const { return count() - answered_; }
  // Those that came so far are answered.
  void Answer() { answered_ = count(); }
  // kInterrupted for a first SIGINT, else kTerminated. REQUIRES: count() > 0.
  [[nodiscard]] StatusCode code() const;
  // The name of the first, `SIGINT`. REQUIRES: count() > 0.
  [[nodiscard]] std::string name() const;

  // Returns when a signal came, Wake() was called, or after `timeout`.
  void Wait(std::chrono::milliseconds timeout);
  // Any thread.
  void Wake();

 private:
  int answered_ = 0;
};

// A job and what happens around it. All but `run` are called on the thread that
// called RunStoppable(), and may be empty.
struct StoppableJob {
  // On a thread of its own. kInterrupted when `stop` was raised and everything
  // half done is gone.
  std::function<Status(const std::atomic<bool>& stop)> run;
  // Once, right after `stop` was raised.
  std::function<void()> interrupt;
  // About ten times a second while the job runs.
  std::function<void()> tick;
  // The job did not end in time: removes what is half written. Other threads
  // may still be running. Then the process leaves.
  std::function<void()> abandon;
  // How long it may take to end by itself after the first signal.
  std::chrono::milliseconds grace = kStopGrace;
  // What has become of the output when the job was stopped: `the partial file
  // was removed`. Asked for when it is over, or given up.
  std::function<std::string()> after_stop;
};

// Runs the job to its end or stop. Returns the job's Status; for a job that was
// stopped one with the code of the signal and a sentence made of `after_stop`.
Status RunStoppable(const StoppableJob& job);
// The same for a command of several jobs, one after the other: a signal that
// came before this one began, and was not answered by an earlier one, stops it.
Status RunStoppable(StopSignal& signal, const StoppableJob& job);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_STOP_SIGNAL_H_
