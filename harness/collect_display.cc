#include "harness/collect_display.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "harness/run_options.h"

namespace tillstorm {

CollectDisplay::CollectDisplay(const CollectDisplayOptions& options)
    : lines_(options.plain_descriptor, options.plain_interval) {}

Result<std::unique_ptr<CollectDisplay>> CollectDisplay::Open(
    const CollectDisplayOptions& options) {
  std::unique_ptr<CollectDisplay> display(new CollectDisplay(options));
  if (options.mode == DashboardMode::kOff) return display;
  Result<std::unique_ptr<Dashboard>> dashboard =
      Dashboard::Open(options.dashboard);
  if (dashboard.ok()) {
    display->dashboard_ = std::move(*dashboard);
    return display;
  }
  if (options.mode == DashboardMode::kAuto) return display;
  return Status(dashboard.status().code(),
                fmt::format("--dashboard is on, but {}; leave it out or give "
                            "off for plain lines",
                            dashboard.status().message()));
}

bool CollectDisplay::Due() const {
  if (closed_) return false;
  return dashboard_ != nullptr ? dashboard_->Due() : lines_.Due();
}

void CollectDisplay::Show(const CollectSnapshot& snapshot) {
  if (closed_) return;
  if (dashboard_ != nullptr) {
    dashboard_->Show(snapshot);
  } else {
    lines_.Show(snapshot);
  }
}

DashboardKey CollectDisplay::ReadKey() {
  return dashboard_ != nullptr && !closed_ ? dashboard_->ReadKey()
                                           : DashboardKey::kNone;
}

void CollectDisplay::Close() {
  closed_ = true;
  if (dashboard_ != nullptr) dashboard_->Close();
}

}  // namespace tillstorm
