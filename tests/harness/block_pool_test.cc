#include "harness/block_pool.h"

#include <atomic>
#include <span>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fake_pipeline.h"

namespace tillstorm {
namespace {

void AwaitWaiters(const BlockPool& pool, uint32_t waiting) {
  while (pool.stats().waiting != waiting) std::this_thread::yield();
}

TEST_CASE("a pool gives out as many blocks as it has", "[pool]") {
  BlockPool pool({.block_bytes = 4096, .blocks = 3});
  std::vector<QueuedBlock*> taken;
  for (uint32_t free : {3U, 2U, 1U}) {
    CHECK(pool.stats().free == free);
    taken.push_back(pool.Take());
    REQUIRE(taken.back() != nullptr);
    CHECK(taken.back()->events.capacity_bytes() == 4096);
    CHECK_FALSE(taken.back()->is_extra);
  }
  CHECK(pool.stats().free == 0);
  CHECK(pool.stats().waits == 0);
  for (QueuedBlock* block : taken) pool.GiveBack(block);
  CHECK(pool.stats().free == 3);
}

TEST_CASE("the block given back last is taken first, and it is empty",
          "[pool]") {
  BlockPool pool({.block_bytes = 4096, .blocks = 2});
  QueuedBlock* const first = pool.Take();
  QueuedBlock* const second = pool.Take();
  testing::MakeItem(first, 0, 0, 2, 1);
  CHECK(first->events.events() == 2);
  pool.GiveBack(second);
  pool.GiveBack(first);
  CHECK(pool.Take() == first);
  CHECK(first->events.events() == 0);
  CHECK(first->rest == nullptr);
}

TEST_CASE("who waits for a block is served in the order of arrival", "[pool]") {
  BlockPool pool({.block_bytes = 1024, .blocks = 1});
  QueuedBlock* const block = pool.Take();
  std::vector<int> order;  // whoever holds the block writes it
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      QueuedBlock* const mine = pool.Take();
      order.push_back(i);
      pool.GiveBack(mine);
    });
    AwaitWaiters(pool, static_cast<uint32_t>(i) + 1);
  }
  pool.GiveBack(block);
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
  const BlockPoolStats stats = pool.stats();
  CHECK(stats.waits == 5);
  CHECK(stats.waiting == 0);
  CHECK(stats.waited.count() > 0);
  CHECK(stats.free == 1);
}

TEST_CASE("who waited gets several blocks of a large pool at once", "[pool]") {
  // A 64th of the pool.
  BlockPool pool({.block_bytes = 1024, .blocks = 256});
  std::vector<QueuedBlock*> taken;
  for (int i = 0; i < 256; ++i) taken.push_back(pool.Take());
  std::atomic<int> given{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      QueuedBlock* const mine = pool.Take();
      for (QueuedBlock* block = mine; block != nullptr; block = block->rest) {
        given.fetch_add(1);
      }
    });
  }
  AwaitWaiters(pool, 3);
  // Four for the first, four for the second, one for the third.
  pool.GiveBack(std::span(taken).first(9));
  for (std::thread& thread : threads) thread.join();
  CHECK(given.load() == 9);
  CHECK(pool.stats().free == 0);
}

TEST_CASE("more for a Step is there at once, free or extra", "[pool]") {
  BlockPool pool({.block_bytes = 4096, .blocks = 2});
  QueuedBlock* const held = pool.Take();
  QueuedBlock* const free = pool.TakeMore(100);
  CHECK_FALSE(free->is_extra);
  QueuedBlock* const extra = pool.TakeMore(100);
  CHECK(extra->is_extra);
  CHECK(extra->events.capacity_bytes() == 4096);
  QueuedBlock* const large = pool.TakeMore(50'000);
  CHECK(large->is_extra);
  CHECK(large->events.capacity_bytes() == 50'000);
  CHECK(pool.stats().extra == 2);

  // One chain: all of it comes back, and extra blocks are gone.
  held->rest = extra;
  extra->rest = free;
  free->rest = large;
  pool.GiveBack(held);
  CHECK(pool.stats().extra == 0);
  CHECK(pool.stats().free == 2);
}

TEST_CASE("a closed pool lets everybody go", "[pool]") {
  BlockPool pool({.block_bytes = 1024, .blocks = 1});
  QueuedBlock* const block = pool.Take();
  std::atomic<int> with_nothing{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      if (pool.Take() == nullptr) with_nothing.fetch_add(1);
    });
  }
  AwaitWaiters(pool, 3);
  pool.Close();
  for (std::thread& thread : threads) thread.join();
  CHECK(with_nothing.load() == 3);
  CHECK(pool.Take() == nullptr);
  pool.GiveBack(block);
  CHECK(pool.Take() == nullptr);
  // The Step at hand can still be ended.
  CHECK(pool.TakeMore(100) != nullptr);
}

TEST_CASE("threads that fight for few blocks never share one", "[pool]") {
  BlockPool pool({.block_bytes = 1024, .blocks = 3});
  std::atomic<int> held{0};
  std::atomic<int> most{0};
  std::atomic<int> shared{0};
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 500; ++i) {
        QueuedBlock* const block = pool.Take();
        const int now = held.fetch_add(1) + 1;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        block->producer = t;
        block->sequence = i;
        if (i % 16 == 0) std::this_thread::yield();
        if (block->producer != t || block->sequence != i) shared.fetch_add(1);
        held.fetch_sub(1);
        pool.GiveBack(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(shared.load() == 0);
  CHECK(most.load() <= 3);
  CHECK(pool.stats().free == 3);
  CHECK(pool.stats().waiting == 0);
}

}  // namespace
}  // namespace tillstorm
