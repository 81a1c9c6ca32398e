#include "harness/producer.h"

#include <array>
#include <string>
#include <vector>

#include "harness/core/rows_telemetry.h"
#include "tests/support/catch.h"
#include "tests/support/fake_pipeline.h"

namespace tillstorm {
namespace {

// A producer, and what it handed over.
class Line {
 public:
  explicit Line(const BlockPoolOptions& blocks, ProducerOptions options = {})
      : pool(blocks), producer(pool, queue, queue.NewToken(), options) {}

  // A Step of `rows` rows with texts of that size.
  void Step(int rows, size_t text = 100) {
    REQUIRE(producer.BeginStep());
    const Instant instant = testing::kFakeStart + Micros{step_++};
    producer.sink().BeginStep({EntityKind::kDevice, 7}, instant);
    const std::string reason(text, 'x');
    for (int i = 0; i < rows; ++i) {
      DeviceStateHistoryRow row;
      row.timestamp = instant;
      row.new_state = "online";
      row.reason = reason;
      producer.sink().Insert(row);
    }
    producer.sink().EndStep();
    REQUIRE(producer.EndStep());
  }

  std::vector<QueuedBlock*> Handed() {
    std::array<QueuedBlock*, 64> items{};
    const size_t count = queue.Take(items);
    return {items.begin(), items.begin() + static_cast<int>(count)};
  }

  BlockPool pool;
  EventQueue queue;
  Producer producer;

 private:
  int64_t step_ = 0;
};

TEST_CASE("a block takes whole Steps until the next would not fit",
          "[producer]") {
  Line line({.block_bytes = 4096, .blocks = 4});
  // A row takes 100 bytes of text, about 30 more, and the header.
  for (int i = 0; i < 30; ++i) line.Step(1);
  const auto handed = line.Handed();
  REQUIRE_FALSE(handed.empty());
  for (uint64_t i = 0; i < handed.size(); ++i) {
    CHECK(handed[i]->rest == nullptr);
    CHECK(handed[i]->sequence == i);
    CHECK(handed[i]->producer == 0);
    CHECK(handed[i]->events.used_bytes() > 4096 - 2 * 300);
  }
}

TEST_CASE("a block is handed over at its number of events", "[producer]") {
  Line line({.block_bytes = 64 * 1024, .blocks = 8}, {.block_events_max = 3});
  for (const int rows : {1, 1, 1, 2, 2, 5, 1}) line.Step(rows);
  REQUIRE(line.producer.HandOver());
  std::vector<uint32_t> events;
  for (const QueuedBlock* item : line.Handed()) {
    events.push_back(item->events.events());
  }
  CHECK(events == std::vector<uint32_t>{3, 4, 5, 1});
}

TEST_CASE("a Step larger than its block goes on in further ones at once",
          "[producer]") {
  Line line({.block_bytes = 2048, .blocks = 2});
  line.Step(1);
  line.Step(40);
  const auto handed = line.Handed();
  REQUIRE(handed.size() == 1);
  uint32_t events = 0;
  int blocks = 0;
  int extra = 0;
  for (const QueuedBlock* block = handed[0]; block != nullptr;
       block = block->rest) {
    events += block->events.events();
    ++blocks;
    extra += block->is_extra ? 1 : 0;
    CHECK(block->events.continues() == (block->rest != nullptr));
  }
  CHECK(events == 41);
  CHECK(blocks > 3);
  // Both free blocks first.
  CHECK(extra == blocks - 2);
  CHECK(line.pool.stats().free == 0);
  line.pool.GiveBack(handed);
  CHECK(line.pool.stats().free == 2);
  CHECK(line.pool.stats().extra == 0);
}

TEST_CASE("a row larger than a block gets one of its own", "[producer]") {
  Line line({.block_bytes = 2048, .blocks = 2});
  line.Step(1, 30'000);
  line.Step(1);
  REQUIRE(line.producer.HandOver());
  const auto handed = line.Handed();
  REQUIRE(handed.size() == 2);
  CHECK(handed[0]->events.events() == 0);
  REQUIRE(handed[0]->rest != nullptr);
  CHECK(handed[0]->rest->events.events() == 1);
  CHECK(handed[0]->sequence == 0);
  CHECK(handed[1]->sequence == 1);
}

TEST_CASE("nothing is held after a hand-over", "[producer]") {
  Line line({.block_bytes = 2048, .blocks = 1});
  line.Step(1);
  CHECK(line.pool.stats().free == 0);
  REQUIRE(line.producer.HandOver());
  const auto handed = line.Handed();
  REQUIRE(handed.size() == 1);
  line.pool.GiveBack(handed);
  CHECK(line.pool.stats().free == 1);
  // Twice is no more than once.
  REQUIRE(line.producer.HandOver());
  CHECK(line.Handed().empty());
}

TEST_CASE("a Step whose rows are all left out hands nothing over",
          "[producer]") {
  ProducerOptions options;
  options.left_out.set(Index(TableId::kDeviceStateHistory));
  Line line({.block_bytes = 2048, .blocks = 1}, options);
  line.Step(3);
  REQUIRE(line.producer.HandOver());
  CHECK(line.Handed().empty());
  CHECK(line.pool.stats().free == 1);
}

TEST_CASE("no Step begins once the pool is closed", "[producer]") {
  Line line({.block_bytes = 2048, .blocks = 1});
  line.pool.Close();
  CHECK_FALSE(line.producer.BeginStep());
}

}  // namespace
}  // namespace tillstorm
