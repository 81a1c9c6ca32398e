// BlockPool: the credits of a lane. A bounded number of event blocks goes from
// the pool to producers, through the queue to the writer, and back when the
// writer's commit is acknowledged. So memory is bounded, and a slow database
// slows the agents instead of filling memory.
//
//   pool -- Take() --> Producer --> EventQueue --> LaneWriter -- GiveBack() -->
//
// Order: blocks that come back go to those who wait, first come first served;
// nobody is overtaken. Who had to wait gets several at once, so that thousands
// of starved threads do not take turns block by block. The block given back
// last is taken first, while it is still in a cache.
//
// Threads: any.
// Errors: std::bad_alloc when the memory of a block cannot be had.
// Memory: `blocks` x `block_bytes`, each allocated when it is first used; and
// extra blocks, at most what one Step of each running agent takes. All of it
// belongs to the pool and goes with it, wherever blocks are then.
#ifndef TILLSTORM_HARNESS_BLOCK_POOL_H_
#define TILLSTORM_HARNESS_BLOCK_POOL_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "harness/core/event_block.h"
#include "harness/core/mutex.h"

namespace tillstorm {

// When a Step was due and when it began, for runs that are measured.
struct StepStamp {
  uint32_t events = 0;  // that it emitted
  std::chrono::steady_clock::time_point due{};
  std::chrono::steady_clock::time_point begun{};
};

// An event block on its way through the pipeline.
struct QueuedBlock {
  explicit QueuedBlock(size_t bytes) : events(bytes) {}

  EventBlock events;
  // Further blocks of the same item: a Step that did not fit. One item is
  // handed over and committed as a whole. In the pool: the next free one.
  QueuedBlock* rest = nullptr;
  // Of the first block of an item: who made it, which one of theirs, counted
  // from 0, and when.
  uint64_t sequence = 0;
  std::chrono::steady_clock::time_point handed_over{};
  uint32_t producer = 0;
  // Of the first block of an item: its Steps in order, if they are stamped.
  std::vector<StepStamp> stamps;

  // The pool's own.
  uint32_t index = 0;
  bool is_extra = false;
};

struct BlockPoolOptions {
  // Of one block. Range [1 KiB, 16 MiB]. A block serves one agent at a time:
  // larger ones make batches coarser, smaller ones cost more hand-overs.
  size_t block_bytes = 8 * 1024;
  // Range [1, 4'000'000]. Default: 32 MiB in all.
  uint32_t blocks = 4096;
};

// A snapshot.
struct BlockPoolStats {
  uint32_t total = 0;
  uint32_t free = 0;
  uint32_t extra = 0;    // in use, beyond `total`
  uint32_t waiting = 0;  // threads that wait for a block now
  uint64_t waits = 0;    // since the start, those that go on included
  std::chrono::nanoseconds waited{0};  // sum over all waits, likewise
};

class BlockPool {
 public:
  explicit BlockPool(const BlockPoolOptions& options);
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // An empty block; waits while none is free, and then may give more, chained.
  // nullptr once the pool is closed.
  [[nodiscard]] QueuedBlock* Take();
  // An empty block with room for at least `bytes_min`, never waits: a free one
  // if it is large enough, else an extra one. Also when the pool is closed, so
  // that a Step can be ended.
  [[nodiscard]] QueuedBlock* TakeMore(size_t bytes_min);
  // Takes items back, each with the rest of its chain, and empties them.
  void GiveBack(std::span<QueuedBlock* const> items);
  void GiveBack(QueuedBlock* item) { GiveBack({&item, 1}); }

  // From now on nobody waits and Take() gives nothing. Idempotent.
  void Close();

  [[nodiscard]] BlockPoolStats stats() const;
  [[nodiscard]] size_t block_bytes() const { return options_.block_bytes; }
  [[nodiscard]] uint32_t total() const { return options_.blocks; }

 private:
  struct Waiter;

  // A free block or one that is still to be made: its index is set then.
  QueuedBlock* TakeFree(uint32_t* index) REQUIRES_LOCK(mutex_);
  QueuedBlock* Make(uint32_t index);
  void ForgetExtra(QueuedBlock* block) REQUIRES_LOCK(mutex_);
  // The first waiter waits no longer; it is added to those to be woken.
  void Serve(Waiter** served) REQUIRES_LOCK(mutex_);
  static void Wake(Waiter* served);

  const BlockPoolOptions options_;
  const uint32_t grant_;  // blocks at most, for one who waited
  // Element i is written once, by whoever was given index i.
  std::vector<std::unique_ptr<QueuedBlock>> blocks_;

  mutable Mutex mutex_;
  QueuedBlock* free_ GUARDED_BY(mutex_) = nullptr;
  uint32_t free_count_ GUARDED_BY(mutex_) = 0;
  uint32_t made_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<QueuedBlock>> extra_ GUARDED_BY(mutex_);
  Waiter* first_waiter_ GUARDED_BY(mutex_) = nullptr;
  Waiter* last_waiter_ GUARDED_BY(mutex_) = nullptr;
  uint32_t waiting_ GUARDED_BY(mutex_) = 0;
  uint64_t waits_ GUARDED_BY(mutex_) = 0;
  // Of ended waits, minus the beginnings of those that go on: modulo 2^64.
  uint64_t waited_ns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_BLOCK_POOL_H_
