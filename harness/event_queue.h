// EventQueue: the way from many producers to the one writer of a lane, and the
// only door to moodycamel's lock-free queue.
//
//   producer: queue.Push(token, item)
//   writer:   queue.Await(demand, deadline); n = queue.Take(items);
//
// The writer sleeps between batches. A producer wakes it only when what is
// queued reaches the writer's demand; otherwise it wakes at its deadline. A
// Take() that finds something looks at every producer, most of them for
// nothing, so it is for once per batch.
//
// Built with TILLSTORM_MUTEX_QUEUE it is a deque under a mutex behind the same
// interface: ThreadSanitizer does not understand the fences of the lock-free
// one.
//
// Threads: a Token belongs to one thread at a time. Await() and Take() belong
// to one consumer. Everything else: any.
// Order: items of one token come out in the order of their Push(); between
// tokens no order is promised. The reader checks it (LaneWriter).
// Errors: Push() may be out of memory; nothing happened then.
// Ownership: items are borrowed; whoever takes them gives them back.
// Memory: about 300 bytes per token, 8 bytes per queued item. A token's memory
// is used again by later tokens, and freed with the queue.
#ifndef TILLSTORM_HARNESS_EVENT_QUEUE_H_
#define TILLSTORM_HARNESS_EVENT_QUEUE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "harness/block_pool.h"
#include "harness/futex.h"

namespace tillstorm {

// What is worth waking the writer for: whichever is reached first.
struct QueueDemand {
  uint64_t rows = 1;
  uint64_t blocks = std::numeric_limits<uint32_t>::max();
};

// Why an Await() returned.
enum class QueueWake : uint8_t { kDemand, kDeadline, kHurry, kClosed };

// A snapshot of what is queued; rows are events.
struct QueueDepth {
  int64_t rows = 0;
  int64_t blocks = 0;
};

class EventQueue {
 public:
  // The right to push. Destroy it before the queue; what it pushed stays.
  class Token {
   public:
    ~Token();
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    // No two tokens of a queue have the same. From 0.
    [[nodiscard]] uint32_t number() const { return number_; }

   private:
    friend class EventQueue;
    struct Impl;
    Token(std::unique_ptr<Impl> impl, uint32_t number);
    std::unique_ptr<Impl> impl_;
    uint32_t number_;
  };

  EventQueue();
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // nullptr when out of memory.
  [[nodiscard]] std::unique_ptr<Token> NewToken();
  // Hands an item over with the rest of its chain: they come out together.
  // False: out of memory, and the item is still the caller's.
  [[nodiscard]] bool Push(Token& token, QueuedBlock* item);

  // Sleeps until what is queued reaches the demand, the deadline has passed
  // (none: no deadline), or somebody called Hurry() or Close().
  QueueWake Await(
      const QueueDemand& demand,
      std::optional<std::chrono::steady_clock::time_point> deadline = {});
  // Takes what is there, at most items.size(), without waiting.
  size_t Take(std::span<QueuedBlock*> items);

  // The next or the present Await() returns at once.
  void Hurry();
  // No more is pushed. REQUIRES: all producers are done. Every later Await()
  // returns at once.
  void Close();
  [[nodiscard]] bool closed() const { return closed_.load(); }

  [[nodiscard]] QueueDepth depth() const;
  // Rows pushed since the start.
  [[nodiscard]] int64_t pushed_rows() const {
    return static_cast<int64_t>(pushed_.rows.load());
  }

 private:
  struct Impl;

  struct Counts {
    std::atomic<uint64_t> rows{0};
    std::atomic<uint64_t> blocks{0};
  };
  // Counted since the start, so that it takes one look to know that a push has
  // crossed a mark. Each on cache lines of its own.
  alignas(64) Counts pushed_;
  alignas(64) Counts wake_at_;  // of pushed_; written by the consumer
  Counts taken_;                // likewise
  FutexWord sleep_;
  std::atomic<bool> hurry_{false};
  std::atomic<bool> closed_{false};
  std::atomic<uint32_t> tokens_{0};
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_EVENT_QUEUE_H_
