// EventSink: where agents emit rows. It encodes each row once, straight into an
// event block, and hashes it there.
//
//   host: sink.BeginStep(entity, instant); agent.Step(sink); sink.EndStep();
//
// Rows of tables that are left out go nowhere: they are not encoded and take no
// position.
//
// Threads: one owner, the thread that runs the agent.
// Memory: blocks come from a BlockSource, which keeps them; the sink only
// borrows. A full block is replaced in the middle of a Step if need be.
#ifndef TILLSTORM_HARNESS_CORE_EVENT_SINK_H_
#define TILLSTORM_HARNESS_CORE_EVENT_SINK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/core/event.h"
#include "harness/core/event_block.h"
#include "harness/core/measuring.h"
#include "harness/core/row_codec.h"
#include "harness/core/schema.h"

namespace tillstorm {

// Gives out empty blocks. The one before, if any, is full: its turn is over.
class BlockSource {
 public:
  virtual ~BlockSource() = default;
  // An empty block with room for at least `bytes_min`. May wait.
  virtual EventBlock* NextBlock(size_t bytes_min) = 0;
};

class EventSink {
 public:
  // Borrows `source`, which must outlive the sink.
  explicit EventSink(BlockSource& source, TableSet left_out = {})
      : source_(source), left_out_(left_out) {}
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;

  // All events until EndStep() belong to that entity and instant.
  void BeginStep(EntityId entity, Instant instant) {
    entity_ = entity;
    instant_ = instant;
    position_ = 0;
    in_step_ = true;
  }
  void EndStep() { in_step_ = false; }
  // Events of the Step at hand so far, or of the last one.
  [[nodiscard]] uint32_t step_events() const { return position_; }

  // Emits a whole row.
  template <class Row>
  void Insert(const Row& row) {
    if (left_out_[Index(Row::kTable)]) return;
    Event* event = Begin(EncodedRowSizeMax(row), Row::kTable, EventOp::kInsert);
    End(event, EncodeRow(row, Payload(event)));
    if constexpr (kIsMeasuring) event->hash_after = HashBytes(event->payload());
  }

  // Emits the change of a row: `before` and `after` are the whole row.
  // REQUIRES: they differ in columns that can change only.
  template <class Row>
  void Update(const Row& before, const Row& after) {
    if (left_out_[Index(Row::kTable)]) return;
    const Hash128 hash_before = HashRow(before);
    const Hash128 hash_after = HashRow(after);
    Event* event =
        Begin(EncodedRowSizeMax(after), Row::kTable, EventOp::kUpdate);
    End(event, EncodeUpdate(after, Payload(event)));
    event->hash_before = hash_before;
    event->hash_after = hash_after;
  }

  // The current block is no longer the sink's; the next event takes a new one.
  void DropBlock() { block_ = nullptr; }

 private:
  static std::byte* Payload(Event* event) {
    return reinterpret_cast<std::byte*>(event + 1);
  }

  Event* Begin(size_t payload_max, TableId table, EventOp op) {
    TS_DCHECK(in_step_);
    Event* event = block_ == nullptr ? nullptr : block_->Reserve(payload_max);
    if (event == nullptr) {
      if (block_ != nullptr && position_ > 0) block_->set_continues(true);
      block_ = source_.NextBlock(EventBlock::SizeOf(payload_max));
      event = block_->Reserve(payload_max);
      TS_CHECK(event != nullptr);
    }
    event->instant = instant_;
    event->entity = entity_;
    event->table = table;
    event->op = op;
    event->position = position_++;
    return event;
  }

  void End(Event* event, const std::byte* end) {
    event->payload_size = static_cast<uint32_t>(end - Payload(event));
    block_->Commit(event);
  }

  template <class Row>
  Hash128 HashRow(const Row& row) {
    if constexpr (!kIsMeasuring) return {};
    scratch_.resize(EncodedRowSizeMax(row));
    const std::byte* end = EncodeRow(row, scratch_.data());
    return HashBytes({scratch_.data(), end});
  }

  BlockSource& source_;
  const TableSet left_out_;
  EventBlock* block_ = nullptr;
  EntityId entity_;
  Instant instant_{};
  uint16_t position_ = 0;
  bool in_step_ = false;
  std::vector<std::byte> scratch_;  // only updates need it
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_EVENT_SINK_H_
