// CollectDisplay: how a collection is shown while it runs: on the dashboard or
// as plain lines, as --dashboard and the terminal have it.
//
//   --dashboard auto   the dashboard where standard output is a terminal that
//                      can be drawn on (TERM known, not dumb) and the program
//                      has it in the foreground, else plain lines
//               on     the dashboard, or kUsage with the reason
//               off    plain lines
//
// Threads: one owner, the main thread.
#ifndef TILLSTORM_HARNESS_COLLECT_DISPLAY_H_
#define TILLSTORM_HARNESS_COLLECT_DISPLAY_H_

#include <chrono>
#include <memory>
#include <optional>

#include "harness/collect_snapshot.h"
#include "harness/core/status.h"
#include "harness/dashboard.h"
#include "harness/plain_lines.h"
#include "harness/run_options.h"

namespace tillstorm {

struct CollectDisplayOptions {
  DashboardMode mode = DashboardMode::kAuto;
  DashboardOptions dashboard;
  int plain_descriptor = 2;  // where plain lines go; see plain_lines.h
  std::chrono::milliseconds plain_interval = kPlainLineInterval;
};

class CollectDisplay {
 public:
  // Takes the terminal at once when it is the dashboard.
  [[nodiscard]] static Result<std::unique_ptr<CollectDisplay>> Open(
      const CollectDisplayOptions& options);

  // Whether Show() would show something now; making a snapshot is worth it only
  // then. Ask about ten times a second.
  [[nodiscard]] bool Due() const;
  void Show(const CollectSnapshot& snapshot);
  // What the user asks for; kNone where there is no dashboard.
  [[nodiscard]] DashboardKey ReadKey();
  // Before anything else is printed, and in StoppableJob::abandon. Idempotent.
  void Close();

  [[nodiscard]] bool is_dashboard() const { return dashboard_ != nullptr; }
  // See PlainLines::error().
  [[nodiscard]] int plain_error() const { return lines_.error(); }

 private:
  explicit CollectDisplay(const CollectDisplayOptions& options);
  std::unique_ptr<Dashboard> dashboard_;
  PlainLines lines_;
  bool closed_ = false;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COLLECT_DISPLAY_H_
