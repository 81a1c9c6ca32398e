// What tests of the pipeline put at its two ends: agents whose events are known
// beforehand, and a session that keeps what it was given.
#ifndef TILLSTORM_TESTS_SUPPORT_FAKE_PIPELINE_H_
#define TILLSTORM_TESTS_SUPPORT_FAKE_PIPELINE_H_

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/agent.h"
#include "harness/block_pool.h"
#include "harness/core/event_sink.h"
#include "harness/core/rows_telemetry.h"
#include "storage/backend.h"
#include "tests/support/recorder.h"

// ThreadSanitizer slows threads down and bounds their number.
#if defined(__SANITIZE_THREAD__)
#define TILLSTORM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TILLSTORM_TSAN 1
#endif
#endif
#if !defined(TILLSTORM_TSAN)
#define TILLSTORM_TSAN 0
#endif

namespace tillstorm::testing {

inline constexpr Instant kFakeStart =
    FromMicros(1'767'600'000 * kMicrosPerSecond);

// Emits the state of device `number`, one to five rows a Step, now and then a
// hundred of them or one that is larger than a block.
class FakeAgent final : public Agent {
 public:
  struct Plan {
    int steps = 50;
    Micros period{7 * kMicrosPerSecond};
    bool has_large_steps = true;
  };

  FakeAgent(uint32_t number, const Plan& plan)
      : number_(number), plan_(plan), next_(InstantOf(0)) {
    if (plan.steps == 0) next_ = kNever;
  }

  [[nodiscard]] EntityId entity() const override {
    return {EntityKind::kDevice, number_};
  }
  [[nodiscard]] Instant next() const override { return next_; }
  void Step(EventSink& sink) override {
    const uint32_t mix = number_ * 31 + static_cast<uint32_t>(step_) * 17;
    int rows = 1 + static_cast<int>(mix % 5);
    size_t text = mix % 300;
    if (plan_.has_large_steps && mix % 37 == 0) rows = 100;
    if (plan_.has_large_steps && mix % 41 == 0) text = 20'000;
    const std::string reason(text, static_cast<char>('a' + mix % 26));
    for (int i = 0; i < rows; ++i) {
      DeviceStateHistoryRow row;
      row.timestamp = next_;
      row.device_id = static_cast<int32_t>(number_);
      row.new_state = i % 2 == 0 ? "online" : "offline";
      row.reason = reason;
      sink.Insert(row);
    }
    ++step_;
    next_ = step_ < plan_.steps ? InstantOf(step_) : kNever;
  }

 private:
  [[nodiscard]] Instant InstantOf(int step) const {
    return kFakeStart + Micros{number_ % 5000 * 997} + plan_.period * step;
  }

  const uint32_t number_;
  const Plan plan_;
  int step_ = 0;
  Instant next_;
};

// What agents [0, agents) emit before `until`, run one after the other.
inline Digest SequentialDigest(uint32_t agents, const FakeAgent::Plan& plan,
                               Instant until = kNever) {
  Digest digest;
  for (uint32_t i = 0; i < agents; ++i) {
    Recorder recorder;
    FakeAgent agent(i, plan);
    recorder.Run(agent, until);
    for (const Event* event : recorder.events()) AddToDigest(*event, &digest);
  }
  return digest;
}

// Keeps the sizes of batches and what they hold; answers as it is told.
class FakeSession final : public Session {
 public:
  Status Apply(const Batch& batch) override {
    const Status status = on_apply ? on_apply(batch) : Status::Ok();
    if (status.ok()) Keep(batch);
    return status;
  }
  Result<bool> ResolveDoubt(int32_t lane, int32_t batch) override {
    return on_resolve(lane, batch);
  }
  Status SetManifest(const Manifest& /*manifest*/) override {
    return Status::Ok();
  }
  Status Finish(const Manifest& /*manifest*/,
                const FinishProgress& /*progress*/) override {
    return Status::Ok();
  }
  void Interrupt() override {}
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return {};
  }

  // Asked first; what is not ok is not kept.
  std::function<Status(const Batch&)> on_apply;
  std::function<Result<bool>(int32_t lane, int32_t batch)> on_resolve;

  std::vector<size_t> sizes;
  std::vector<LedgerEntry> ledger;
  Digest digest;  // counted from the events
  // Events that came before an earlier one of their entity, and batches that
  // split a Step.
  int out_of_order = 0;
  int split_steps = 0;

 private:
  void Keep(const Batch& batch) {
    sizes.push_back(batch.events.size());
    ledger.push_back(batch.ledger);
    if (!batch.events.empty() && batch.events[0]->position != 0) ++split_steps;
    for (const Event* event : batch.events) {
      AddToDigest(*event, &digest);
      const std::pair key(event->instant, event->position);
      const auto [last, is_new] = last_.try_emplace(event->entity, key);
      if (!is_new && last->second >= key) ++out_of_order;
      last->second = key;
    }
  }

  std::map<EntityId, std::pair<Instant, uint16_t>> last_;
};

// An item of the queue: Steps of `rows` rows each, one second apart.
inline QueuedBlock* MakeItem(QueuedBlock* block, uint32_t producer,
                             uint64_t sequence, int steps, int rows) {
  struct Source final : BlockSource {
    explicit Source(EventBlock* only) : block(only) {}
    EventBlock* NextBlock(size_t /*bytes_min*/) override { return block; }
    EventBlock* block;
  };
  Source source(&block->events);
  EventSink sink(source);
  for (int step = 0; step < steps; ++step) {
    const auto second = static_cast<int64_t>(sequence) * 100 + step;
    DeviceStateHistoryRow row;
    row.timestamp = kFakeStart + Micros{second * kMicrosPerSecond};
    row.device_id = static_cast<int32_t>(producer);
    row.new_state = "online";
    sink.BeginStep({EntityKind::kDevice, producer}, row.timestamp);
    for (int i = 0; i < rows; ++i) sink.Insert(row);
    sink.EndStep();
  }
  block->producer = producer;
  block->sequence = sequence;
  block->handed_over = std::chrono::steady_clock::now();
  return block;
}

}  // namespace tillstorm::testing

#endif  // TILLSTORM_TESTS_SUPPORT_FAKE_PIPELINE_H_
