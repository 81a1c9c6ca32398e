#include "harness/write_windows.h"

#include <deque>
#include <memory>
#include <utility>

namespace tillstorm {

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
  if (stop.load()) {
    return {StatusCode::kInterrupted, "stopped before everything was written"};
  }
  TS_RETURN_IF_ERROR(writer.Flush());
  if (committed) committed();
  return Status::Ok();
}

}  // namespace tillstorm
