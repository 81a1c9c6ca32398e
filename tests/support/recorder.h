// Recorder: runs agents without a host and keeps what they emit.
#ifndef TILLSTORM_TESTS_SUPPORT_RECORDER_H_
#define TILLSTORM_TESTS_SUPPORT_RECORDER_H_

#include <memory>
#include <vector>

#include "agents/agent.h"
#include "harness/core/event.h"
#include "harness/core/event_sink.h"

namespace tillstorm::testing {

class Recorder final : public BlockSource {
 public:
  // Small blocks, so that Steps often go over into the next one.
  explicit Recorder(size_t block_bytes = 4096) : block_bytes_(block_bytes) {}

  // Runs the agent until its next Step is at or after `until`.
  void Run(Agent& agent, Instant until = kNever) {
    EventSink sink(*this);
    while (agent.next() < until) {
      sink.BeginStep(agent.entity(), agent.next());
      agent.Step(sink);
      sink.EndStep();
    }
  }

  EventBlock* NextBlock(size_t bytes_min) override {
    blocks_.push_back(
        std::make_unique<EventBlock>(std::max(bytes_min, block_bytes_)));
    return blocks_.back().get();
  }

  [[nodiscard]] size_t block_count() const { return blocks_.size(); }
  // Everything so far, in the order of emission.
  [[nodiscard]] std::vector<const Event*> events() const {
    std::vector<const Event*> events;
    for (const auto& block : blocks_) {
      block->ForEach([&](const Event& event) { events.push_back(&event); });
    }
    return events;
  }

 private:
  size_t block_bytes_;
  std::vector<std::unique_ptr<EventBlock>> blocks_;
};

// Equal in key, hashes and payload.
[[nodiscard]] inline bool SameEvent(const Event& a, const Event& b) {
  const auto left = a.payload();
  const auto right = b.payload();
  return a.instant == b.instant && a.table == b.table && a.op == b.op &&
         a.entity == b.entity && a.position == b.position &&
         a.hash_before == b.hash_before && a.hash_after == b.hash_after &&
         std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace tillstorm::testing

#endif  // TILLSTORM_TESTS_SUPPORT_RECORDER_H_
