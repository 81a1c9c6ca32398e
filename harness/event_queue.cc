#include "harness/event_queue.h"

#include <algorithm>
#include <array>
#include <utility>

#include "harness/core/check.h"

#if defined(TILLSTORM_MUTEX_QUEUE)
#include <deque>
#include <new>

#include "harness/core/mutex.h"
#elif __has_include(<concurrentqueue/moodycamel/concurrentqueue.h>)
#include <concurrentqueue/moodycamel/concurrentqueue.h>  // Debian 13
#else
#include <concurrentqueue/concurrentqueue.h>  // Debian 12
#endif

namespace tillstorm {
namespace {

constexpr uint64_t kNoMark = std::numeric_limits<uint64_t>::max();

// What an item holds with all of its chain.
struct ItemSize {
  uint64_t rows = 0;
  uint64_t blocks = 0;
};

ItemSize SizeOf(const QueuedBlock* item) {
  ItemSize size;
  for (; item != nullptr; item = item->rest) {
    size.rows += item->events.events();
    ++size.blocks;
  }
  return size;
}

bool Crosses(uint64_t before, uint64_t more, uint64_t mark) {
  return before < mark && before + more >= mark;
}

// The mark of a demand, counted from `taken`.
uint64_t MarkOf(uint64_t taken, uint64_t demand) {
  return demand >= kNoMark - taken ? kNoMark : taken + demand;
}

}  // namespace

#if defined(TILLSTORM_MUTEX_QUEUE)

struct EventQueue::Impl {
  bool Enqueue(Token::Impl& /*token*/, QueuedBlock* item) {
    const MutexLock lock(mutex);
    try {
      items.push_back(item);
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }
  size_t Dequeue(std::span<QueuedBlock*> to) {
    const MutexLock lock(mutex);
    size_t count = 0;
    while (count < to.size() && !items.empty()) {
      to[count++] = items.front();
      items.pop_front();
    }
    return count;
  }

  Mutex mutex;
  std::deque<QueuedBlock*> items GUARDED_BY(mutex);
};

struct EventQueue::Token::Impl {
  Impl(EventQueue::Impl& /*queue*/, uint32_t /*number*/) {}
  [[nodiscard]] static bool valid() { return true; }
};

#else

// Producers by token only: those that the library would make up for a thread
// without one are never used again in version 1.0.3. With this trait a call
// without a token fails.
struct QueueTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static const size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;  // NOLINT
  // A runner has few items in the queue at a time; there are many runners.
  static const size_t BLOCK_SIZE = 4;                   // NOLINT
  static const size_t EXPLICIT_INITIAL_INDEX_SIZE = 4;  // NOLINT
};
using LockFreeQueue = moodycamel::ConcurrentQueue<QueuedBlock*, QueueTraits>;

// A token is made by going through all that there are: 8,100 of one queue took
// half a second. So there are several queues, and a token belongs to one.
constexpr size_t kShards = 64;

struct alignas(64) Shard {
  LockFreeQueue queue{/*capacity=*/0};
  moodycamel::ConsumerToken consumer{queue};
  // Items. The library looks at every producer once more to find that nothing
  // is left; who asks for what is known to be there is spared that.
  std::atomic<uint64_t> pushed{0};
  uint64_t taken = 0;  // the consumer's
};

struct EventQueue::Impl {
  inline bool Enqueue(Token::Impl& token, QueuedBlock* item);

  size_t Dequeue(std::span<QueuedBlock*> to) {
    size_t count = 0;
    for (size_t i = 0; i < kShards && count < to.size(); ++i) {
      Shard& shard = shards[next];
      const size_t there = std::min<size_t>(shard.pushed.load() - shard.taken,
                                            to.size() - count);
      if (there > 0) {
        const size_t taken = shard.queue.try_dequeue_bulk(
            shard.consumer, to.data() + count, there);
        shard.taken += taken;
        count += taken;
      }
      next = (next + 1) % kShards;
    }
    return count;
  }

  std::array<Shard, kShards> shards;
  size_t next = 0;  // the consumer's
};

struct EventQueue::Token::Impl {
  Impl(EventQueue::Impl& queue, uint32_t number)
      : shard(queue.shards[number % kShards]), token(shard.queue) {}
  [[nodiscard]] bool valid() const { return token.valid(); }

  Shard& shard;
  moodycamel::ProducerToken token;
};

bool EventQueue::Impl::Enqueue(Token::Impl& token, QueuedBlock* item) {
  if (!token.shard.queue.enqueue(token.token, item)) return false;
  token.shard.pushed.fetch_add(1);
  return true;
}

#endif

EventQueue::Token::Token(std::unique_ptr<Impl> impl, uint32_t number)
    : impl_(std::move(impl)), number_(number) {}
EventQueue::Token::~Token() = default;

EventQueue::EventQueue() : impl_(std::make_unique<Impl>()) {
  wake_at_.rows.store(kNoMark);
  wake_at_.blocks.store(kNoMark);
}
EventQueue::~EventQueue() = default;

std::unique_ptr<EventQueue::Token> EventQueue::NewToken() {
  const uint32_t number = tokens_.fetch_add(1);
  auto impl = std::make_unique<Token::Impl>(*impl_, number);
  if (!impl->valid()) return nullptr;
  return std::unique_ptr<Token>(new Token(std::move(impl), number));
}

bool EventQueue::Push(Token& token, QueuedBlock* item) {
  TS_DCHECK(item != nullptr && !closed());
  // Afterwards the item may be somebody else's already.
  const ItemSize size = SizeOf(item);
  if (!impl_->Enqueue(*token.impl_, item)) return false;
  // The consumer sets its mark, then looks at what is pushed; here it is the
  // other way round. In one total order of all four, one of them sees the
  // other. Of all pushes exactly one crosses a mark.
  const uint64_t rows = pushed_.rows.fetch_add(size.rows);
  const uint64_t blocks = pushed_.blocks.fetch_add(size.blocks);
  if (Crosses(rows, size.rows, wake_at_.rows.load()) ||
      Crosses(blocks, size.blocks, wake_at_.blocks.load())) {
    sleep_.Add(1);
    sleep_.WakeOne();
  }
  return true;
}

QueueWake EventQueue::Await(
    const QueueDemand& demand,
    std::optional<std::chrono::steady_clock::time_point> deadline) {
  const uint64_t rows = MarkOf(taken_.rows.load(), demand.rows);
  const uint64_t blocks = MarkOf(taken_.blocks.load(), demand.blocks);
  wake_at_.rows.store(rows);
  wake_at_.blocks.store(blocks);
  std::optional<QueueWake> wake;
  while (!wake) {
    const uint32_t seen = sleep_.Load();
    if (closed_.load()) {
      wake = QueueWake::kClosed;
    } else if (hurry_.exchange(false)) {
      wake = QueueWake::kHurry;
    } else if (pushed_.rows.load() >= rows || pushed_.blocks.load() >= blocks) {
      wake = QueueWake::kDemand;
    } else if (!deadline) {
      sleep_.Wait(seen);
    } else if (!sleep_.WaitUntil(seen, *deadline)) {
      wake = QueueWake::kDeadline;
    }
  }
  wake_at_.rows.store(kNoMark);
  wake_at_.blocks.store(kNoMark);
  return *wake;
}

size_t EventQueue::Take(std::span<QueuedBlock*> items) {
  const size_t count = impl_->Dequeue(items);
  ItemSize size;
  for (const QueuedBlock* item : items.first(count)) {
    const ItemSize one = SizeOf(item);
    size.rows += one.rows;
    size.blocks += one.blocks;
  }
  taken_.rows.store(taken_.rows.load() + size.rows);
  taken_.blocks.store(taken_.blocks.load() + size.blocks);
  return count;
}

void EventQueue::Hurry() {
  hurry_.store(true);
  sleep_.Add(1);
  sleep_.WakeOne();
}

void EventQueue::Close() {
  closed_.store(true);
  sleep_.Add(1);
  sleep_.WakeOne();
}

QueueDepth EventQueue::depth() const {
  // A push counts after the fact, so less may be pushed than taken.
  const auto difference = [](const std::atomic<uint64_t>& pushed,
                             const std::atomic<uint64_t>& taken) {
    const auto out = static_cast<int64_t>(taken.load());
    return std::max<int64_t>(0, static_cast<int64_t>(pushed.load()) - out);
  };
  return {difference(pushed_.rows, taken_.rows),
          difference(pushed_.blocks, taken_.blocks)};
}

}  // namespace tillstorm
