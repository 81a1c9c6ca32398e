#include "harness/event_queue.h"

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "harness/producer.h"
#include "tests/support/catch.h"
#include "tests/support/fake_pipeline.h"

namespace tillstorm {
namespace {

using std::chrono::steady_clock;
using testing::MakeItem;

TEST_CASE("items of a producer come out in order, chains as one item",
          "[queue]") {
  BlockPool pool({.block_bytes = 4096, .blocks = 8});
  EventQueue queue;
  const auto token = queue.NewToken();
  REQUIRE(token != nullptr);
  std::vector<QueuedBlock*> pushed;
  for (uint64_t i = 0; i < 4; ++i) {
    pushed.push_back(MakeItem(pool.Take(), token->number(), i, 1, 2));
  }
  pushed[1]->rest = MakeItem(pool.Take(), token->number(), 9, 3, 1);
  for (QueuedBlock* item : pushed) REQUIRE(queue.Push(*token, item));
  CHECK(queue.depth().rows == 11);
  CHECK(queue.depth().blocks == 5);

  std::array<QueuedBlock*, 3> items{};
  REQUIRE(queue.Take(items) == 3);
  CHECK(std::vector(items.begin(), items.end()) ==
        std::vector(pushed.begin(), pushed.begin() + 3));
  CHECK(items[1]->rest != nullptr);
  CHECK(queue.depth().rows == 2);
  REQUIRE(queue.Take(items) == 1);
  CHECK(items[0] == pushed[3]);
  CHECK(queue.Take(items) == 0);
  CHECK(queue.depth().blocks == 0);
}

TEST_CASE("tokens have numbers of their own", "[queue]") {
  EventQueue queue;
  const auto first = queue.NewToken();
  auto second = queue.NewToken();
  CHECK(first->number() == 0);
  CHECK(second->number() == 1);
  second.reset();
  CHECK(queue.NewToken()->number() == 2);
}

TEST_CASE("the writer sleeps until its demand, its deadline or a call",
          "[queue]") {
  BlockPool pool({.block_bytes = 4096, .blocks = 8});
  EventQueue queue;
  const auto token = queue.NewToken();
  const auto past = steady_clock::now();
  CHECK(queue.Await({}, past) == QueueWake::kDeadline);

  REQUIRE(queue.Push(*token, MakeItem(pool.Take(), 0, 0, 2, 2)));
  CHECK(queue.Await({.rows = 4}) == QueueWake::kDemand);
  CHECK(queue.Await({.rows = 5}, past) == QueueWake::kDeadline);
  CHECK(queue.Await({.rows = 5, .blocks = 1}) == QueueWake::kDemand);
  CHECK(queue.Await({.rows = 5, .blocks = 2}, past) == QueueWake::kDeadline);

  // A demand counts from what was taken.
  std::array<QueuedBlock*, 1> items{};
  REQUIRE(queue.Take(items) == 1);
  CHECK(queue.Await({}, past) == QueueWake::kDeadline);

  queue.Hurry();
  CHECK(queue.Await({}) == QueueWake::kHurry);
  CHECK(queue.Await({}, past) == QueueWake::kDeadline);
  queue.Close();
  CHECK(queue.Await({}) == QueueWake::kClosed);
}

TEST_CASE("a push that reaches the demand wakes the writer", "[queue]") {
  BlockPool pool({.block_bytes = 1024, .blocks = 1000});
  EventQueue queue;
  std::atomic<int> too_early{0};
  // Without a deadline: a lost wake-up would hang here.
  std::thread writer([&] {
    std::array<QueuedBlock*, 20> items{};
    for (int i = 0; i < 50; ++i) {
      if (queue.Await({.rows = 20}) != QueueWake::kDemand)
        too_early.fetch_add(1);
      // An item has one row: all of a demand is there.
      if (queue.Take(items) != 20) too_early.fetch_add(1);
    }
  });
  std::vector<std::thread> producers;
  for (int p = 0; p < 4; ++p) {
    producers.emplace_back([&] {
      const auto token = queue.NewToken();
      for (uint64_t i = 0; i < 250; ++i) {
        QueuedBlock* const item = pool.Take();
        MakeItem(item, token->number(), i, 1, 1);
        if (!queue.Push(*token, item)) std::abort();
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  writer.join();
  CHECK(too_early.load() == 0);
  CHECK(queue.depth().rows == 0);
}

// Of all producers together: what came, and in which order.
struct Checker {
  explicit Checker(size_t producers) : next(producers, 0) {}

  void Look(const QueuedBlock& item) {
    if (item.producer >= next.size()) {
      ++strangers;
    } else if (item.sequence != next[item.producer]) {
      ++out_of_order;
    } else {
      ++next[item.producer];
    }
    item.events.ForEach([&](const Event& event) {
      if (event.entity.index() != item.producer) ++strangers;
      ++events;
    });
  }

  std::vector<uint64_t> next;
  int64_t events = 0;
  int out_of_order = 0;
  int strangers = 0;
};

// The queue that the program is built with: the lock-free one but for
// ThreadSanitizer.
TEST_CASE("with 1,000 producers nothing is lost, doubled or out of order",
          "[queue]") {
  constexpr uint32_t kProducers = TILLSTORM_TSAN == 1 ? 100 : 1000;
  constexpr uint64_t kItems = 200;
  BlockPool pool({.block_bytes = 1024, .blocks = 700});
  EventQueue queue;
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  std::atomic<uint32_t> left{kProducers};
  for (uint32_t p = 0; p < kProducers; ++p) {
    threads.emplace_back([&] {
      const auto token = queue.NewToken();
      for (uint64_t i = 0; token != nullptr && i < kItems; ++i) {
        QueuedBlock* const item = pool.Take();
        const int steps = 1 + static_cast<int>(i % 2);
        MakeItem(item, token->number(), i, steps, 1);
        if (!queue.Push(*token, item)) failed.fetch_add(1);
      }
      if (left.fetch_sub(1) == 1) queue.Close();
    });
  }

  Checker checker(kProducers);
  std::array<QueuedBlock*, 97> items{};
  for (bool is_open = true; is_open;) {
    is_open = queue.Await({.rows = 500, .blocks = 350}) != QueueWake::kClosed;
    while (const size_t count = queue.Take(items)) {
      for (size_t i = 0; i < count; ++i) checker.Look(*items[i]);
      pool.GiveBack(std::span(items).first(count));
    }
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(failed.load() == 0);
  CHECK(checker.out_of_order == 0);
  CHECK(checker.strangers == 0);
  CHECK(checker.events == int64_t{kProducers} * kItems * 3 / 2);
  CHECK(checker.next == std::vector<uint64_t>(kProducers, kItems));
  CHECK(queue.depth().blocks == 0);
  CHECK(pool.stats().free == 700);
}

TEST_CASE("the memory of a token that is gone serves the next one", "[queue]") {
  BlockPool pool({.block_bytes = 1024, .blocks = 4});
  EventQueue queue;
  std::array<QueuedBlock*, 4> items{};
  for (uint32_t i = 0; i < 1000; ++i) {
    auto token = queue.NewToken();
    REQUIRE(
        queue.Push(*token, MakeItem(pool.Take(), token->number(), 0, 1, 1)));
    token.reset();
    // What it pushed is still there.
    REQUIRE(queue.Take(items) == 1);
    REQUIRE(items[0]->producer == i);
    pool.GiveBack(items[0]);
  }
}

}  // namespace
}  // namespace tillstorm
