#include "harness/lane_writer.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "harness/wall_clock.h"
#include "tests/support/catch.h"
#include "tests/support/fake_pipeline.h"

namespace tillstorm {
namespace {

using testing::FakeSession;
using testing::MakeItem;

Status Busy() {
  return {StatusCode::kUnavailable, "somebody holds the lock",
          Remedy::kRetryBatch};
}
Status Doubt(StatusCode code) {
  return {code, "the commit broke off", Remedy::kResolveDoubt};
}

// A lane whose queue is filled before its writer runs, so that batches depend
// on nothing else.
class Lane1 {
 public:
  explicit Lane1(uint32_t blocks = 100)
      : pool({.block_bytes = 64 * 1024, .blocks = blocks}),
        token(queue.NewToken()) {
    options.linger = std::chrono::hours(1);
    options.retry_wait = std::chrono::nanoseconds(0);
  }

  // An item of `steps` Steps with `rows` rows each.
  void Push(int steps, int rows) { PushAs(next_++, steps, rows); }
  void PushAs(uint64_t sequence, int steps, int rows) {
    QueuedBlock* const block = pool.TakeMore(0);
    MakeItem(block, token->number(), sequence, steps, rows);
    REQUIRE(queue.Push(*token, block));
  }

  Status Run(const BatchObserver& observer = {},
             const TimesObserver& times = {}) {
    writer.emplace(session, queue, pool, options, observer, times);
    return writer->Run();
  }
  Status CloseAndRun() {
    queue.Close();
    return Run();
  }

  BlockPool pool;
  EventQueue queue;
  std::unique_ptr<EventQueue::Token> token;
  FakeSession session;
  LaneWriterOptions options;
  std::optional<LaneWriter> writer;

 private:
  uint64_t next_ = 0;
};

using Sizes = std::vector<size_t>;

TEST_CASE("a batch ends with the Step that reaches its rows", "[lane]") {
  Lane1 lane;
  lane.options.rows = 7;
  lane.Push(4, 3);   // 3 6 9 | 3
  lane.Push(1, 1);   // 4
  lane.Push(1, 10);  // 14 |
  lane.Push(9, 1);   // 7 | 2
  REQUIRE(lane.CloseAndRun().ok());
  CHECK(lane.session.sizes == Sizes{9, 14, 7, 2});
  CHECK(lane.session.split_steps == 0);
  CHECK(lane.session.out_of_order == 0);
  for (int32_t i = 0; i < 4; ++i) {
    CHECK(lane.session.ledger[static_cast<size_t>(i)].batch == i + 1);
  }
  CHECK(lane.pool.stats().free == 100);
}

TEST_CASE("one Step a batch, if that is what is asked for", "[lane]") {
  Lane1 lane;
  lane.options.rows = 1;
  lane.Push(3, 2);
  lane.Push(1, 1);
  REQUIRE(lane.CloseAndRun().ok());
  CHECK(lane.session.sizes == Sizes{2, 2, 2, 1});
}

TEST_CASE("a batch ends with the Step that reaches its bytes", "[lane]") {
  Lane1 lane;
  QueuedBlock* const probe = MakeItem(lane.pool.Take(), 0, 0, 1, 1);
  uint64_t row_bytes = 0;
  probe->events.ForEach(
      [&](const Event& event) { row_bytes = event.payload_size; });
  lane.pool.GiveBack(probe);
  lane.options.bytes = 5 * row_bytes;
  lane.Push(4, 2);
  lane.Push(1, 2);
  REQUIRE(lane.CloseAndRun().ok());
  CHECK(lane.session.sizes == Sizes{6, 4});
}

TEST_CASE("a batch takes at most half of the pool's blocks", "[lane]") {
  Lane1 lane(6);
  for (int i = 0; i < 7; ++i) lane.Push(1, 1);
  REQUIRE(lane.CloseAndRun().ok());
  CHECK(lane.session.sizes == Sizes{3, 3, 1});
}

TEST_CASE("a chain is committed as one Step", "[lane]") {
  Lane1 lane;
  lane.options.rows = 2;
  QueuedBlock* const first = MakeItem(lane.pool.Take(), 0, 0, 1, 1);
  // The Step goes on: positions 1, 2, ... in further blocks.
  struct Source final : BlockSource {
    EventBlock* NextBlock(size_t bytes_min) override {
      QueuedBlock* const more = pool->TakeMore(bytes_min);
      *end = more;
      end = &more->rest;
      return &more->events;
    }
    BlockPool* pool = nullptr;
    QueuedBlock** end = nullptr;
  } source;
  source.pool = &lane.pool;
  source.end = &first->rest;
  EventSink sink(source);
  DeviceStateHistoryRow row;
  row.new_state = "online";
  sink.BeginStep({EntityKind::kDevice, 0}, testing::kFakeStart);
  for (int i = 0; i < 9; ++i) {
    sink.Insert(row);
    if (i % 3 == 2) sink.DropBlock();
  }
  sink.EndStep();
  REQUIRE(lane.queue.Push(*lane.token, first));
  lane.queue.Close();
  REQUIRE(lane.Run().ok());
  CHECK(lane.session.sizes == Sizes{10});
  CHECK(lane.pool.stats().free == 100);
}

TEST_CASE("a batch is committed once its first event has lingered", "[lane]") {
  Lane1 lane;
  lane.options.linger = std::chrono::microseconds(GENERATE(0, 500));
  FutexWord applied;
  lane.session.on_apply = [&](const Batch& /*batch*/) {
    applied.Add(1);
    applied.WakeAll();
    return Status::Ok();
  };
  Status status;
  lane.writer.emplace(lane.session, lane.queue, lane.pool, lane.options);
  std::thread thread([&] { status = lane.writer->Run(); });
  // Nothing else would commit them: the queue stays open.
  for (uint32_t i = 0; i < 5; ++i) {
    lane.Push(1, 1);
    while (applied.Load() == i) applied.Wait(i);
  }
  lane.queue.Close();
  thread.join();
  CHECK(status.ok());
  CHECK(lane.session.sizes == Sizes{1, 1, 1, 1, 1});
}

// What the writer said of the Steps of its batches.
struct SeenTimes {
  std::vector<BatchTimes> batches;
  std::vector<std::vector<StepTimes>> steps;  // by batch

  [[nodiscard]] TimesObserver Observer() {
    return [this](const Batch& /*batch*/, const BatchTimes& batch,
                  std::span<const StepTimes> of) {
      batches.push_back(batch);
      steps.emplace_back(of.begin(), of.end());
    };
  }
};

TEST_CASE("every acknowledged Step tells its times once", "[lane]") {
  using Clock = std::chrono::steady_clock;
  Lane1 lane;
  lane.options.rows = 5;
  const bool lingers = GENERATE(false, true);
  lane.options.linger = std::chrono::milliseconds(lingers ? 40 : 250);
  const Clock::time_point base = Clock::now() - std::chrono::seconds(10);
  // Five Steps of two rows, then one of one: 2 4 6 | 2 4 5.
  QueuedBlock* const item =
      MakeItem(lane.pool.Take(), lane.token->number(), 0, 5, 2);
  for (int step = 0; step < 5; ++step) {
    item->stamps.push_back({2, base + std::chrono::milliseconds(step),
                            base + std::chrono::milliseconds(10 + step)});
  }
  item->handed_over = base + std::chrono::milliseconds(100);
  REQUIRE(lane.queue.Push(*lane.token, item));
  QueuedBlock* const last =
      MakeItem(lane.pool.Take(), lane.token->number(), 1, 1, 1);
  last->stamps.push_back({1, base + std::chrono::milliseconds(5), base});
  last->handed_over = base + std::chrono::milliseconds(200);
  REQUIRE(lane.queue.Push(*lane.token, last));
  lane.queue.Close();
  SeenTimes seen;
  REQUIRE(lane.Run({}, seen.Observer()).ok());

  CHECK(lane.session.sizes == Sizes{6, 5});
  REQUIRE(seen.steps.size() == 2);
  CHECK(seen.steps[0].size() == 3);
  CHECK(seen.steps[1].size() == 3);
  std::vector<StepTimes> all = seen.steps[0];
  all.insert(all.end(), seen.steps[1].begin(), seen.steps[1].end());
  for (size_t i = 0; i < all.size(); ++i) {
    const auto number = static_cast<int>(i);
    CHECK(all[i].events == (i < 5 ? 2 : 1));
    CHECK(all[i].due == base + std::chrono::milliseconds(number));
    CHECK(all[i].handed_over ==
          base + std::chrono::milliseconds(i < 5 ? 100 : 200));
  }
  CHECK(all[4].begun == base + std::chrono::milliseconds(14));
  // Full batches are ready when the last of their items came, but no later than
  // the first of them has lingered.
  CHECK(seen.batches[0].ready == base + std::chrono::milliseconds(100));
  CHECK(seen.batches[1].ready ==
        base + std::chrono::milliseconds(lingers ? 140 : 200));
  for (const BatchTimes& batch : seen.batches) {
    CHECK(batch.ready <= batch.applied);
    CHECK(batch.applied <= batch.acknowledged);
  }
}

TEST_CASE("a batch that lingers is ready when it has", "[lane]") {
  using Clock = std::chrono::steady_clock;
  Lane1 lane;
  // Handed over 10 s ago: with a second of linger it was ready 9 s ago, with an
  // hour it was not before the queue was closed.
  const bool is_late = GENERATE(true, false);
  lane.options.linger = std::chrono::seconds(is_late ? 1 : 3600);
  QueuedBlock* const item =
      MakeItem(lane.pool.Take(), lane.token->number(), 0, 1, 1);
  item->handed_over = Clock::now() - std::chrono::seconds(10);
  const Clock::time_point handed_over = item->handed_over;
  REQUIRE(lane.queue.Push(*lane.token, item));
  lane.queue.Close();
  SeenTimes seen;
  REQUIRE(lane.Run({}, seen.Observer()).ok());
  REQUIRE(seen.batches.size() == 1);
  const BatchTimes& batch = seen.batches.front();
  CHECK(batch.ready ==
        (is_late ? handed_over + std::chrono::seconds(1) : batch.applied));
  CHECK(seen.steps.front().empty());  // nothing was stamped
}

TEST_CASE("a hurried writer commits what there is", "[lane]") {
  Lane1 lane;
  FutexWord applied;
  lane.session.on_apply = [&](const Batch& /*batch*/) {
    applied.Store(1);
    applied.WakeAll();
    return Status::Ok();
  };
  Status status;
  lane.writer.emplace(lane.session, lane.queue, lane.pool, lane.options);
  lane.Push(2, 2);
  std::thread thread([&] { status = lane.writer->Run(); });
  lane.queue.Hurry();
  while (applied.Load() == 0) applied.Wait(0);
  lane.queue.Close();
  thread.join();
  CHECK(status.ok());
  CHECK(lane.session.sizes == Sizes{4});
}

TEST_CASE("a ledger entry names each owner once, with its last instant",
          "[lane]") {
  Lane1 lane;
  lane.options.lane = {.lane = 3, .run = 5, .first_batch = 70};
  lane.Push(3, 2);  // of device 0, at 0 s, 1 s, 2 s
  const auto other = lane.queue.NewToken();
  REQUIRE(lane.queue.Push(
      *other, MakeItem(lane.pool.Take(), other->number(), 0, 2, 1)));
  lane.Push(2, 1);  // of device 0 again, at 100 s and 101 s
  REQUIRE(lane.CloseAndRun().ok());
  REQUIRE(lane.session.ledger.size() == 1);
  const LedgerEntry& entry = lane.session.ledger[0];
  CHECK(entry.lane == 3);
  CHECK(entry.run == 5);
  CHECK(entry.batch == 70);
  CHECK(entry.delta.rows() == 10);
  CHECK(entry.delta == lane.session.digest);
  std::map<uint32_t, int64_t> seconds;
  for (const OwnerInstant& owner : entry.owners) {
    seconds[owner.owner] =
        (owner.instant - testing::kFakeStart).count() / kMicrosPerSecond;
  }
  CHECK(entry.owners.size() == 2);
  CHECK(seconds[EntityId(EntityKind::kDevice, 0).value] == 101);
  CHECK(seconds[EntityId(EntityKind::kDevice, 1).value] == 1);
  CHECK(lane.writer->next_batch() == 71);
}

TEST_CASE("what is acknowledged is counted, observed and given back",
          "[lane]") {
  Lane1 lane;
  lane.options.rows = 4;
  lane.Push(2, 2);
  lane.Push(1, 3);
  size_t observed = 0;
  lane.queue.Close();
  const Instant begun = WallClockNow();
  REQUIRE(lane.Run([&](std::span<const Event* const> events) {
                observed += events.size();
                CHECK(lane.writer->stats().events ==
                      static_cast<int64_t>(observed));
              })
              .ok());
  CHECK(observed == 7);
  const LaneStats stats = lane.writer->stats();
  CHECK(stats.events == 7);
  CHECK(stats.batches == 2);
  CHECK(stats.last_batch_events == 3);
  REQUIRE(stats.last_commit);
  CHECK(*stats.last_commit >= begun);
  CHECK(*stats.last_commit <= WallClockNow());
  CHECK(stats.rows[Index(TableId::kDeviceStateHistory)] == 7);
  CHECK(stats.queue_wait.count() == 2);
  CHECK(stats.batch_wait.count() == 2);
  CHECK(stats.commit.count() == 2);
  CHECK(stats.engine_busy >= 0);
  CHECK(stats.engine_busy <= 1);
  CHECK(lane.writer->digest() == lane.session.digest);
  CHECK(lane.pool.stats().free == 100);
}

TEST_CASE("a batch that may be repeated is the same every time", "[lane]") {
  Lane1 lane(2);
  lane.Push(1, 2);
  std::vector<int32_t> numbers;
  int failures = 3;
  lane.session.on_apply = [&](const Batch& batch) {
    numbers.push_back(batch.ledger.batch);
    CHECK(batch.events.size() == 2);
    // Nothing of it is given back yet.
    CHECK(lane.pool.stats().free == 1);
    return failures-- > 0 ? Busy() : Status::Ok();
  };
  REQUIRE(lane.CloseAndRun().ok());
  CHECK(numbers == std::vector<int32_t>{1, 1, 1, 1});
  CHECK(lane.writer->stats().retries == 3);
  CHECK(lane.session.sizes == Sizes{2});
  CHECK(lane.pool.stats().free == 2);
}

TEST_CASE("after so many repetitions the error ends the run", "[lane]") {
  Lane1 lane(2);
  lane.options.retries_max = 4;
  lane.Push(1, 2);
  int calls = 0;
  lane.session.on_apply = [&](const Batch& /*batch*/) {
    ++calls;
    return Busy();
  };
  const Status status = lane.CloseAndRun();
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK(calls == 5);
  CHECK(lane.writer->stats().events == 0);
  CHECK(lane.writer->digest() == Digest());
  // Nobody waits for the blocks that are not coming back.
  CHECK(lane.pool.Take() == nullptr);
}

TEST_CASE("an error that is not for repetition ends the run at once",
          "[lane]") {
  Lane1 lane;
  lane.options.rows = 1;
  lane.Push(2, 1);
  lane.session.on_apply = [](const Batch& batch) -> Status {
    if (batch.ledger.batch == 1) return Status::Ok();
    return {StatusCode::kIntegrity, "an update touched no row"};
  };
  const Status status = lane.CloseAndRun();
  CHECK(status.code() == StatusCode::kIntegrity);
  CHECK(lane.writer->stats().events == 1);
  CHECK(lane.writer->next_batch() == 2);
}

// What becomes of a commit in doubt.
struct DoubtCase {
  StatusCode error;
  std::vector<Result<bool>> truths;  // one per question
  StatusCode ends_with;
  int applied;     // calls of Apply()
  int64_t events;  // acknowledged
};

TEST_CASE("a commit in doubt is resolved, an I/O error stays one", "[lane]") {
  const Status unknown(StatusCode::kInDoubt, "the ledger cannot be read");
  const DoubtCase c = GENERATE_COPY(
      // There it is.
      DoubtCase{StatusCode::kUnavailable, {true}, StatusCode::kOk, 1, 1},
      // It is not: once more.
      DoubtCase{StatusCode::kUnavailable, {false}, StatusCode::kOk, 2, 1},
      DoubtCase{StatusCode::kUnavailable, {false, true}, StatusCode::kOk, 2, 1},
      DoubtCase{StatusCode::kUnavailable,
                {false, false},
                StatusCode::kUnavailable,
                2,
                0},
      DoubtCase{
          StatusCode::kUnavailable, {unknown}, StatusCode::kInDoubt, 1, 0},
      DoubtCase{StatusCode::kIo, {true}, StatusCode::kIo, 1, 1},
      DoubtCase{StatusCode::kIo, {false}, StatusCode::kIo, 1, 0},
      DoubtCase{StatusCode::kIo, {unknown}, StatusCode::kInDoubt, 1, 0});
  INFO(static_cast<int>(c.error) << ", " << c.truths.size() << " questions");
  Lane1 lane;
  lane.Push(1, 1);
  size_t asked = 0;
  int applied = 0;
  lane.session.on_apply = [&](const Batch& /*batch*/) {
    // In doubt as long as there are answers.
    ++applied;
    return asked < c.truths.size() ? Doubt(c.error) : Status::Ok();
  };
  lane.session.on_resolve = [&](int32_t number, int32_t batch) {
    CHECK(number == 0);
    CHECK(batch == 1);
    return c.truths.at(asked++);
  };
  const Status status = lane.CloseAndRun();
  CHECK(status.code() == c.ends_with);
  if (!status.ok()) {
    CHECK_THAT(status.message(), HoldsText("the commit broke off"));
  }
  if (status.code() == StatusCode::kInDoubt) {
    CHECK_THAT(status.message(), HoldsText("; the ledger cannot be read"));
  }
  CHECK(applied == c.applied);
  CHECK(asked == c.truths.size());
  CHECK(lane.writer->stats().events == c.events);
  CHECK(lane.writer->next_batch() == (c.events == 0 ? 1 : 2));
}

TEST_CASE("what a session finds out about a doubt ends the run as it is",
          "[lane]") {
  // Of backend.h: only kInDoubt says that it cannot be told.
  const StatusCode code =
      GENERATE(StatusCode::kIntegrity, StatusCode::kUnavailable);
  Lane1 lane;
  lane.Push(1, 1);
  lane.session.on_apply = [](const Batch& /*batch*/) {
    return Doubt(StatusCode::kUnavailable);
  };
  lane.session.on_resolve = [code](int32_t, int32_t) {
    return Status(code, "batch 1 was acknowledged and is gone");
  };
  const Status status = lane.CloseAndRun();
  CHECK(status.code() == code);
  CHECK(status.message() == "batch 1 was acknowledged and is gone");
  CHECK(lane.writer->stats().events == 0);
}

TEST_CASE("a queue that loses, doubles or swaps ends the run", "[lane]") {
  const auto& [numbers, found, expected] =
      GENERATE(std::tuple{std::vector<uint64_t>{0, 1, 3}, 3, 2},
               std::tuple{std::vector<uint64_t>{0, 1, 1}, 1, 2},
               std::tuple{std::vector<uint64_t>{0, 2, 1}, 2, 1},
               std::tuple{std::vector<uint64_t>{1}, 1, 0});
  Lane1 lane;
  const auto other = lane.queue.NewToken();
  REQUIRE(lane.queue.Push(
      *other, MakeItem(lane.pool.Take(), other->number(), 0, 1, 1)));
  for (const uint64_t number : numbers) lane.PushAs(number, 1, 1);
  lane.PushAs(7, 1, 1);
  const Status status = lane.CloseAndRun();
  CHECK(status.code() == StatusCode::kIntegrity);
  CHECK_THAT(
      status.message(),
      HoldsText(fmt::format("block {} of producer 0 where block {} was due",
                            found, expected)));
  CHECK(lane.session.sizes.empty());
  CHECK(lane.pool.Take() == nullptr);
}

TEST_CASE("a drop leaves what is queued unacknowledged", "[lane]") {
  Lane1 lane;
  lane.options.rows = 2;
  for (int i = 0; i < 5; ++i) lane.Push(1, 2);
  SECTION("before the first batch") {
    lane.writer.emplace(lane.session, lane.queue, lane.pool, lane.options);
    lane.writer->RequestDrop();
    CHECK(lane.writer->Run().ok());
    CHECK(lane.session.sizes.empty());
    CHECK(lane.writer->stats().dropped_events == 10);
  }
  SECTION("during a batch: that one counts") {
    lane.session.on_apply = [&](const Batch& /*batch*/) {
      lane.writer->RequestDrop();
      return Status::Ok();
    };
    CHECK(lane.Run().ok());
    CHECK(lane.session.sizes == Sizes{2});
    CHECK(lane.writer->stats().dropped_events == 8);
  }
  SECTION("during a wait before a repetition") {
    lane.options.retry_wait = std::chrono::hours(1);
    lane.session.on_apply = [&](const Batch& /*batch*/) {
      lane.writer->RequestDrop();
      return Busy();
    };
    CHECK(lane.Run().ok());
    CHECK(lane.writer->stats().events == 0);
    CHECK(lane.writer->stats().dropped_events == 10);
  }
  SECTION("when the session was interrupted for it") {
    lane.session.on_apply = [&](const Batch& /*batch*/) -> Status {
      lane.writer->RequestDrop();
      return {StatusCode::kInterrupted, "interrupted"};
    };
    CHECK(lane.Run().ok());
    CHECK(lane.writer->stats().dropped_events == 10);
  }
  CHECK(lane.pool.Take() == nullptr);
}

TEST_CASE("a drop wakes a writer that waits for events", "[lane]") {
  Lane1 lane;
  lane.writer.emplace(lane.session, lane.queue, lane.pool, lane.options);
  Status status;
  std::thread thread([&] { status = lane.writer->Run(); });
  lane.writer->RequestDrop();
  thread.join();
  CHECK(status.ok());
}

}  // namespace
}  // namespace tillstorm
