// What lanes have done together: sums, and of what is no sum the right one.
#include "harness/lane_stats.h"

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr size_t kMetrics = Index(TableId::kDeviceMetrics);

// One that committed `batches` batches of 10 rows, the last one then.
LaneStats Lane(int64_t batches, std::optional<Instant> last_commit) {
  LaneStats lane;
  lane.rows[kMetrics] = 10 * batches;
  lane.events = 11 * batches;
  lane.batches = batches;
  lane.last_batch_events = batches;
  lane.last_commit = last_commit;
  lane.retries = batches + 1;
  lane.dropped_events = batches + 2;
  for (int64_t i = 0; i < batches; ++i) {
    lane.queue_wait.Record(1'000);
    lane.batch_wait.Record(2'000);
    lane.execute.Record(3'000);
    lane.commit.Record(4'000);
  }
  return lane;
}

TEST_CASE("lanes add up", "[lane]") {
  LaneStats sum;
  sum.Add(Lane(3, FromMicros(5)));
  sum.Add(Lane(4, FromMicros(6)));
  CHECK(sum.rows[kMetrics] == 70);
  CHECK(sum.rows[Index(TableId::kHealthChecks)] == 0);
  CHECK(sum.events == 77);
  CHECK(sum.batches == 7);
  CHECK(sum.retries == 9);
  CHECK(sum.dropped_events == 11);
  CHECK(sum.queue_wait.count() == 7);
  CHECK(sum.batch_wait.count() == 7);
  CHECK(sum.execute.count() == 7);
  CHECK(sum.commit.count() == 7);
  CHECK(sum.queue_wait.max() < sum.batch_wait.max());
  CHECK(sum.batch_wait.max() < sum.execute.max());
  CHECK(sum.execute.max() < sum.commit.max());
}

TEST_CASE("the last batch of lanes is that of the later commit", "[lane]") {
  const LaneStats early = Lane(3, FromMicros(5));
  const LaneStats late = Lane(4, FromMicros(6));
  const LaneStats none = Lane(0, std::nullopt);
  for (const auto& [one, other] :
       {std::pair(early, late), {late, early}, {none, late}, {late, none}}) {
    LaneStats sum = one;
    sum.Add(other);
    CHECK(sum.last_commit == FromMicros(6));
    CHECK(sum.last_batch_events == 4);
  }
  LaneStats nothing = none;
  nothing.Add(none);
  CHECK_FALSE(nothing.last_commit);
}

TEST_CASE("an engine is as busy as its busier lane finds it", "[lane]") {
  LaneStats sum;
  LaneStats lane;
  for (const double busy : {0.25, 0.75, 0.5}) {
    lane.engine_busy = busy;
    sum.Add(lane);
  }
  CHECK(sum.engine_busy == 0.75);
}

}  // namespace
}  // namespace tillstorm
