#include "harness/write_windows.h"

#include <deque>
#include <memory>
#include <utility>

namespace tillstorm {
namespace {

Status Stopped() {
  return {StatusCode::kInterrupted, "stopped before everything was written"};
}

// Ends the lanes of a fan, however the scope is left.
class LanesEnd {
 public:
  explicit LanesEnd(LaneFan& fan) : fan_(fan) {}
  ~LanesEnd() { fan_.Drop(); }
  LanesEnd(const LanesEnd&) = delete;
  LanesEnd& operator=(const LanesEnd&) = delete;

 private:
  LaneFan& fan_;
};

}  // namespace

Status WriteWindows(PoolHost& host, BatchWriter& writer,
                    const std::function<void()>& committed,
                    const std::atomic<bool>& stop) {
  std::deque<std::unique_ptr<Window>> held;
  while (std::unique_ptr<Window> window = host.Next()) {
    const int32_t batch_before = writer.next_batch();
    for (const Event* event : window->events()) {
      TS_RETURN_IF_ERROR(writer.Add(*event));
    }
    if (writer.next_batch() != batch_before) {
      // A batch was cut within this window: all earlier ones are committed.
      for (auto& earlier : held) host.Release(std::move(earlier));
      held.clear();
      if (committed) committed();
    }
    held.push_back(std::move(window));
    if (stop.load()) break;
  }
  if (stop.load()) return Stopped();
  TS_RETURN_IF_ERROR(writer.Flush());
  if (committed) committed();
  return Status::Ok();
}

Status WriteWindows(PoolHost& host, LaneFan& fan,
                    const std::function<void()>& committed,
                    const std::atomic<bool>& stop) {
  std::deque<std::unique_ptr<Window>> held;
  const LanesEnd end(fan);  // before `held` goes, which they borrow
  int64_t released = 0;
  while (std::unique_ptr<Window> window = host.Next()) {
    TS_RETURN_IF_ERROR(fan.Add(window->events()));
    held.push_back(std::move(window));
    for (; released < fan.committed(); ++released) {
      host.Release(std::move(held.front()));
      held.pop_front();
    }
    if (committed) committed();
    if (stop.load()) break;
  }
  if (stop.load()) return Stopped();
  TS_RETURN_IF_ERROR(fan.Flush());
  if (committed) committed();
  return Status::Ok();
}

}  // namespace tillstorm
