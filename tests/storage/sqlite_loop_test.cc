// The loop that stands for what a program written by hand would do must store
// the same rows as a session, else it measures something else.
#include "storage/sqlite/sqlite_loop.h"

#include "tests/storage/live_fixture.h"

namespace tillstorm {
namespace {

TEST_CASE("A loop stores the rows that its events say", "[ceiling]") {
  const TestDirectory directory;
  const std::string path = directory / "dataset.db";
  MakeFinished(path);
  Digest expected = ScanDigest(*OpenToRead(path));

  const DeviceRow before = MakeDevice(2, "dev-2");
  DeviceRow between = before;
  between.status = "offline";
  DeviceRow after = between;
  after.status = "error";
  after.last_seen = kMonday + Micros{5};
  EventList events;
  for (int i = 0; i < 25; ++i) {
    events.Insert(MakeHealthCheck(1, kMonday + Micros{i}))
        .Insert(MakeMetrics(2, kMonday + Micros{i}));
  }
  events.Update(before, between).Update(between, after);
  const Batch batch = events.MakeBatch(1);
  expected.Add(batch.ledger.delta);
  {
    auto db = SqliteDb::Open(path, path, SqliteRole::kWriter);
    REQUIRE(db.ok());
    SqliteRows rows(&*db, SchemaMaker::kTillstorm);
    REQUIRE(rows.FindNextIds().ok());
    SqliteLoop loop(&*db, rows.next_ids());
    // Cuts that fall inside of the inserts and between the two updates.
    REQUIRE(loop.Prepare(batch.events, 17).ok());
    const std::atomic<bool> stop{false};
    const auto time = loop.Run(std::chrono::hours(1), stop);
    INFO(time.status().message());
    REQUIRE(time.ok());
    CHECK(time->rows == 52);
  }
  CHECK(ScanDigest(*OpenToRead(path)) == expected);
  CHECK(Ask(path, "SELECT min(id)||' '||max(id) FROM device_metrics") ==
        "1 25");
  CHECK(Ask(path, "SELECT status||' '||last_seen FROM devices WHERE id=2") ==
        "error 2026-01-05 08:00:00.000005");
}

TEST_CASE("A loop that finds its updates out of order does not begin",
          "[ceiling]") {
  const TestDirectory directory;
  const std::string path = directory / "dataset.db";
  MakeFinished(path);
  const DeviceRow before = MakeDevice(2, "dev-2");
  DeviceRow after = before;
  after.status = "offline";
  EventList events;
  const Batch batch =
      events.Update(before, after).Update(before, after).MakeBatch(1);
  auto db = SqliteDb::Open(path, path, SqliteRole::kWriter);
  REQUIRE(db.ok());
  SqliteLoop loop(&*db, {});
  CHECK(loop.Prepare(batch.events, 10).code() == StatusCode::kIntegrity);
}

}  // namespace
}  // namespace tillstorm
