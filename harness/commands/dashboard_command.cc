#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>

#include "harness/collect_display.h"
#include "harness/commands/commands.h"
#include "harness/core/mutex.h"
#include "harness/ledger_watch.h"
#include "harness/run_options.h"
#include "harness/stop_signal.h"
#include "harness/stoppable_backend.h"
#include "storage/abandon.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLookInterval{1};
// The writer may hold the dataset for a moment, when it settles its files.
constexpr int kFailuresMax = 10;

// Wakes who looks: once a second, or to end.
class Turns {
 public:
  void Next() {
    const MutexLock lock(mutex_);
    due_ = true;
    condition_.NotifyOne();
  }
  void End() {
    const MutexLock lock(mutex_);
    ended_ = true;
    condition_.NotifyOne();
  }
  // False when it is over.
  bool Wait() {
    const MutexLock lock(mutex_);
    while (!due_ && !ended_) condition_.Wait(mutex_);
    due_ = false;
    return !ended_;
  }

 private:
  Mutex mutex_;
  Condition condition_;
  bool due_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
};

// Looks until the turns end; an error of the first look is final.
Status KeepLooking(LedgerWatch& watch, Turns& turns,
                   const std::atomic<bool>& stop) {
  int failures = 0;
  do {
    Status status = watch.Look();
    failures = status.ok() ? 0 : failures + 1;
    const bool first = !watch.snapshot();
    if (!status.ok() && (first || failures > kFailuresMax)) return status;
  } while (turns.Wait());
  if (!stop) return Status::Ok();
  return {StatusCode::kInterrupted, "stopped"};
}

// What the main thread does ten times a second.
class Viewer {
 public:
  Viewer(const LedgerWatch& watch, Turns& turns, CollectDisplay& display)
      : watch_(watch), turns_(turns), display_(display) {}

  void Tick() {
    if (display_.ReadKey() == DashboardKey::kQuit ||
        display_.plain_error() != 0) {
      turns_.End();
    }
    const auto now = Clock::now();
    if (now >= next_look_) {
      next_look_ = now + kLookInterval;
      turns_.Next();
    }
    if (shown_ && !display_.Due()) return;
    const std::optional<CollectSnapshot> snapshot = watch_.snapshot();
    if (!snapshot) return;
    display_.Show(*snapshot);
    shown_ = true;
  }

 private:
  const LedgerWatch& watch_;
  Turns& turns_;
  CollectDisplay& display_;
  Clock::time_point next_look_ = Clock::now() + kLookInterval;
  bool shown_ = false;  // the first one is not waited for
};

Status Watch(StopSignal& signal, Backend& backend,
             const std::string& location) {
  {
    // Whether it is a dataset of ours, with its schema.
    const auto reader = OpenReaderStoppable(signal, backend);
    if (!reader.ok()) return reader.status();
  }
  CollectDisplayOptions options;
  options.dashboard.can_pause = false;
  // The lines are the result here.
  options.plain_descriptor = STDOUT_FILENO;
  const Result<std::unique_ptr<CollectDisplay>> display =
      CollectDisplay::Open(options);
  if (!display.ok()) return display.status();
  LedgerWatch watch(backend, location);
  Turns turns;
  Viewer viewer(watch, turns, **display);
  StoppableJob job;
  job.run = [&](const std::atomic<bool>& stop) {
    return KeepLooking(watch, turns, stop);
  };
  job.interrupt = [&] {
    watch.Interrupt();
    turns.End();
  };
  job.tick = [&] { viewer.Tick(); };
  job.abandon = [&] {
    AbandonStorage();
    (*display)->Close();
  };
  Status status = RunStoppable(signal, job);
  (*display)->Close();
  const int error = (*display)->plain_error();
  if (!status.ok() || error == 0 || error == EPIPE) return status;
  return {StatusCode::kIo,
          fmt::format("cannot write to standard output: {}",
                      error == EBADF ? "it is closed" : std::strerror(error))};
}

Status RunDashboard(const FlagValues& flags) {
  const Result<Location> location = ReadLocationArgument(flags);
  if (!location.ok()) return location.status();
  StopSignal signal;
  const Result<std::unique_ptr<Backend>> backend = OpenBackend(*location);
  if (!backend.ok()) return backend.status();
  return CloseStoppable(signal, **backend,
                        Watch(signal, **backend, location->text));
}

}  // namespace

Command DashboardCommand() {
  Command command;
  command.name = "dashboard";
  command.summary = "watch a dataset that another process is writing";
  command.description =
      "Shows what the ledger of a dataset says while another tillstorm writes "
      "it: rows of every table, how many are new since this command began, "
      "rates, the last batch. Reads the ledger once and then only what is new "
      "in it, never whole tables, and changes nothing; what a ledger cannot "
      "know reads `-`. On a terminal it takes the whole screen (q quits, tab "
      "shows all tables, ? helps); elsewhere it prints a line every 5 seconds "
      "until it is stopped. The time of the last commit is that at which it "
      "was first seen here.";
  command.arguments = {
      {"LOCATION", fmt::format("the dataset: {}", kLocationForms)}};
  command.examples = {"tillstorm dashboard fleet.db",
                      "tillstorm dashboard fleet.db | head -1"};
  command.run = RunDashboard;
  return command;
}

}  // namespace tillstorm
