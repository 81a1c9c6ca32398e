#include "harness/snapshot_history.h"

#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TableId kTable = TableId::kDeviceMetrics;

CollectSnapshot After(milliseconds elapsed, int64_t rows) {
  CollectSnapshot snapshot;
  snapshot.phase = CollectPhase::kCollecting;
  snapshot.taken = CollectSnapshot::Clock::time_point(seconds(1000) + elapsed);
  snapshot.elapsed = elapsed;
  snapshot.rows_total[Index(kTable)] = 5'000 + rows;
  snapshot.rows_new[Index(kTable)] = rows;
  return snapshot;
}

TEST_CASE("A rate needs a second", "[snapshot_history]") {
  SnapshotHistory history;
  CHECK(history.empty());
  CHECK_FALSE(history.RateNow(kTable).has_value());
  history.Add(After(milliseconds(0), 0));
  history.Add(After(milliseconds(999), 10));
  CHECK_FALSE(history.RateNow(kTable).has_value());
  CHECK_FALSE(history.RateOfSession(kTable).has_value());
  history.Add(After(milliseconds(1000), 10));
  CHECK(history.RateNow(kTable) == 600.0);
  CHECK(history.RateOfSession(kTable) == 600.0);
}

TEST_CASE("The rate now is that of ten seconds, the other that of the session",
          "[snapshot_history]") {
  SnapshotHistory history;
  // A row a second for a minute, then two.
  for (int s = 0; s <= 60; ++s) history.Add(After(seconds(s), s));
  CHECK(history.RateNow(kTable) == 60.0);
  for (int s = 1; s <= 60; ++s) {
    history.Add(After(seconds(60 + s), 60 + 2 * s));
  }
  CHECK(history.RateNow(kTable) == 120.0);
  CHECK(history.RateOfSession(kTable) == 90.0);
}

TEST_CASE("Many snapshots a second give the same rates", "[snapshot_history]") {
  SnapshotHistory history;
  for (int i = 0; i <= 600; ++i) {
    history.Add(After(milliseconds(100 * i), i));
  }
  REQUIRE(history.RateNow(kTable).has_value());
  CHECK(*history.RateNow(kTable) == Approx(600.0));
}

TEST_CASE("A graph has a column for every five seconds that are over",
          "[snapshot_history]") {
  SnapshotHistory history;
  history.Add(After(seconds(0), 0));
  history.Add(After(seconds(4), 8));
  CHECK(history.Graph(kTable, 24).empty());
  // Edges between snapshots are interpolated: 10 rows at 5 s.
  history.Add(After(seconds(6), 12));
  CHECK(history.Graph(kTable, 24) == std::vector<int64_t>{10});
  history.Add(After(seconds(16), 12));
  CHECK(history.Graph(kTable, 24) == std::vector<int64_t>{10, 2, 0});
}

TEST_CASE("A narrow graph shows two minutes all the same",
          "[snapshot_history]") {
  CHECK(SnapshotHistory::GraphStep(24) == seconds(5));
  CHECK(SnapshotHistory::GraphStep(100) == seconds(5));
  CHECK(SnapshotHistory::GraphStep(23) == seconds(10));
  CHECK(SnapshotHistory::GraphStep(8) == seconds(15));
  SnapshotHistory history;
  for (int s = 0; s <= 60; ++s) history.Add(After(seconds(s), s));
  CHECK(history.Graph(kTable, 12) == std::vector<int64_t>(6, 10));
  CHECK(history.Graph(kTable, 4) == std::vector<int64_t>{30, 30});
}

TEST_CASE("A graph shows the newest columns", "[snapshot_history]") {
  SnapshotHistory history;
  for (int s = 0; s <= 300; ++s) history.Add(After(seconds(s), s * s));
  const std::vector<int64_t> graph = history.Graph(kTable, 24);
  REQUIRE(graph.size() == 24);
  CHECK(graph.back() == 300 * 300 - 295 * 295);
}

TEST_CASE("An hour is kept and no more, a long stop does no harm",
          "[snapshot_history]") {
  SnapshotHistory history;
  history.Add(After(seconds(0), 0));
  history.Add(After(std::chrono::hours(1000), 7));
  CHECK(history.Graph(kTable, 10'000).size() == SnapshotHistory::kSlotsMax);
}

TEST_CASE("What preparation finds is no gain", "[snapshot_history]") {
  SnapshotHistory history;
  CollectSnapshot preparing = After(seconds(0), -5'000);
  preparing.phase = CollectPhase::kPreparing;
  history.Add(preparing);
  for (int s = 1; s <= 6; ++s) history.Add(After(seconds(s), 0));
  CHECK(history.RateNow(kTable) == 0.0);
  CHECK(history.Graph(kTable, 24) == std::vector<int64_t>{0});
}

}  // namespace
}  // namespace tillstorm
