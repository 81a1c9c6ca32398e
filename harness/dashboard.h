// Dashboard: a running collection on the whole terminal.
//
//   Show(snapshot) --> history --> view --> screen (ncurses) --> terminal
//
// Never waits for the terminal, neither for keys nor for room: one that takes
// nothing (held, or its window gone) misses frames.
//
// Signals: those that ask for a stop are none of its business and reach the
// program's handlers as ever. Until Close(), SIGTSTP and SIGCONT make room for
// the shell and come back, and a crash puts the terminal right before it takes
// its course; each only where it had its default. In the background nothing is
// drawn.
//
// Cost: at most kDashboardFramesPerS frames a second.
//
// Threads: one owner, the main thread. RestoreTerminal() from any.
// Errors: of opening only. kUsage with a sentence when this is no terminal that
// can be drawn on.
#ifndef TILLSTORM_HARNESS_DASHBOARD_H_
#define TILLSTORM_HARNESS_DASHBOARD_H_

#include <cstdint>
#include <memory>

#include "harness/collect_snapshot.h"
#include "harness/core/status.h"
#include "harness/log_stream.h"

namespace tillstorm {

inline constexpr int kDashboardFramesPerS = 5;

enum class DashboardKey : uint8_t {
  kNone,
  kQuit,   // q: end gracefully
  kPause,  // p: pause, or go on
};

struct DashboardOptions {
  bool can_pause = true;           // whether p is offered
  const LogStream* log = nullptr;  // borrowed; null: no log is shown
};

class Dashboard {
 public:
  // Takes the terminal that is standard output; keys come from there too,
  // whatever standard input is. Only one may live at a time.
  [[nodiscard]] static Result<std::unique_ptr<Dashboard>> Open(
      const DashboardOptions& options);
  ~Dashboard();  // closes
  Dashboard(const Dashboard&) = delete;
  Dashboard& operator=(const Dashboard&) = delete;

  // Whether a frame is due, or a key made one due.
  [[nodiscard]] bool Due() const;
  void Show(const CollectSnapshot& snapshot);

  // The next key that concerns the caller; tab and ? are answered here. Also
  // answers SIGTSTP, so call it about ten times a second. Never waits.
  [[nodiscard]] DashboardKey ReadKey();

  // Gives the terminal back as it was. Idempotent. Before anything else is
  // printed, and in StoppableJob::abandon.
  void Close();

  // The same in a hurry, for a process that ends by itself: safe in a signal
  // handler and from any thread; without effect when no dashboard is open.
  static void RestoreTerminal() noexcept;

 private:
  class Impl;
  explicit Dashboard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_DASHBOARD_H_
