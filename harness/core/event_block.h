// EventBlock: an arena of events, the unit that agents fill and writers drain.
// Agents write into it through EventSink; nothing is copied after that.
//
// A block holds whole Steps, except that a Step larger than the room left goes
// on in the next block (`continues()`): such blocks are handed over together.
//
// Threads: one owner at a time; handing a block over is a synchronising act of
// the queue that does it.
#ifndef TILLSTORM_HARNESS_CORE_EVENT_BLOCK_H_
#define TILLSTORM_HARNESS_CORE_EVENT_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "harness/core/check.h"
#include "harness/core/event.h"

namespace tillstorm {

class EventBlock {
 public:
  explicit EventBlock(size_t capacity_bytes)
      : capacity_(capacity_bytes),
        bytes_(new (std::align_val_t{alignof(Event)})
                   std::byte[capacity_bytes]) {}
  ~EventBlock() {
    ::operator delete[](bytes_, std::align_val_t{alignof(Event)});
  }
  EventBlock(const EventBlock&) = delete;
  EventBlock& operator=(const EventBlock&) = delete;

  // Room for an event whose payload takes at most `payload_max` bytes, or
  // nullptr when it does not fit. Finish it with Commit().
  [[nodiscard]] Event* Reserve(size_t payload_max) {
    if (capacity_ - used_ < SizeOf(payload_max)) return nullptr;
    return new (bytes_ + used_) Event;
  }
  // REQUIRES: the last Reserve() gave `event`; its payload_size is set and no
  // larger than what was reserved.
  void Commit(const Event* event) {
    used_ += SizeOf(event->payload_size);
    TS_DCHECK(used_ <= capacity_);
    ++events_;
  }

  // Calls `visit(const Event&)` for every event in the order of emission.
  template <class Visitor>
  void ForEach(Visitor&& visit) const {
    for (size_t at = 0; at < used_;) {
      const auto* event =
          std::launder(reinterpret_cast<const Event*>(bytes_ + at));
      visit(*event);
      at += SizeOf(event->payload_size);
    }
  }

  void Clear() {
    used_ = 0;
    events_ = 0;
    continues_ = false;
  }

  [[nodiscard]] size_t capacity_bytes() const { return capacity_; }
  [[nodiscard]] size_t used_bytes() const { return used_; }
  [[nodiscard]] uint32_t events() const { return events_; }
  // Whether the last Step in this block goes on in the next one.
  [[nodiscard]] bool continues() const { return continues_; }
  void set_continues(bool continues) { continues_ = continues; }

  // Bytes that an event with such a payload takes.
  [[nodiscard]] static constexpr size_t SizeOf(size_t payload) {
    return sizeof(Event) +
           (payload + alignof(Event) - 1) / alignof(Event) * alignof(Event);
  }

 private:
  size_t capacity_;
  size_t used_ = 0;
  uint32_t events_ = 0;
  bool continues_ = false;
  std::byte* bytes_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_EVENT_BLOCK_H_
