// Producer: the end of the pipeline on the side of the agents, one per runner
// thread. Agents emit into its sink; whole Steps go to the writer in blocks.
//
//   while (producer.BeginStep()) {       // may wait for a credit
//     sink.BeginStep(...); agent.Step(sink); sink.EndStep();
//     producer.EndStep();                // hands over what is full
//   }
//   producer.HandOver();                 // before the thread waits for time
//
// A block takes further whole Steps until no other Step of that size fits. A
// Step larger than its block goes on in further ones, handed over together. A
// block is never held while its thread waits, be it for time or for credit: so
// those in use come back without anybody's help.
//
// Threads: one owner.
// Errors: false from EndStep() or HandOver() means out of memory; nothing is
// lost, the events are still held. std::bad_alloc from the pool passes through.
#ifndef TILLSTORM_HARNESS_PRODUCER_H_
#define TILLSTORM_HARNESS_PRODUCER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "harness/block_pool.h"
#include "harness/core/event_sink.h"
#include "harness/event_queue.h"

namespace tillstorm {

struct ProducerOptions {
  // A block is handed over when it holds so many events, whatever room is left.
  // At least 1; by default bytes alone count.
  uint32_t block_events_max = ~uint32_t{0};
  TableSet left_out{};  // rows of these tables go nowhere
};

class Producer final : private BlockSource {
 public:
  // Borrows pool and queue; they must outlive it. REQUIRES: token != nullptr.
  Producer(BlockPool& pool, EventQueue& queue,
           std::unique_ptr<EventQueue::Token> token,
           const ProducerOptions& options);
  // Gives back what is still held: hand it over first.
  ~Producer() override;
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  [[nodiscard]] EventSink& sink() { return sink_; }

  // Makes sure that a block is held. Waits for one if need be; false once the
  // pool is closed.
  [[nodiscard]] bool BeginStep();
  [[nodiscard]] bool EndStep();
  // As EndStep(), and the item keeps when the Step was due and when it began:
  // 24 bytes.
  [[nodiscard]] bool EndStep(std::chrono::steady_clock::time_point due,
                             std::chrono::steady_clock::time_point begun);
  // Hands over what is held, if anything; nothing is held afterwards.
  [[nodiscard]] bool HandOver();

 private:
  EventBlock* NextBlock(size_t bytes_min) override;
  // An empty block that is held already, or nullptr.
  QueuedBlock* FromReserve();
  [[nodiscard]] bool Push();

  BlockPool& pool_;
  EventQueue& queue_;
  const std::unique_ptr<EventQueue::Token> token_;
  const uint32_t block_events_max_;
  EventSink sink_;
  QueuedBlock* first_ = nullptr;    // what is held: a chain
  QueuedBlock* last_ = nullptr;     // its end; where the sink writes
  QueuedBlock* reserve_ = nullptr;  // empty ones, a chain
  size_t used_before_ = 0;          // bytes in last_ when the Step began
  uint64_t sequence_ = 0;           // of the next item
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_PRODUCER_H_
