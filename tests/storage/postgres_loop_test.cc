// The loop that stands for what a program written by hand would do must store
// the same rows as a session, else it measures something else.
#include "storage/postgres/postgres_loop.h"

#include "storage/postgres/postgres_rows.h"
#include "tests/storage/postgres_fixture.h"

namespace tillstorm {
namespace {

TEST_CASE("A loop stores the rows that its events say, by the run's load path",
          "[ceiling][postgres]") {
  const LoadPath load = GENERATE(LoadPath::kCopy, LoadPath::kInsert);
  PostgresDataset dataset;
  dataset.Create().reset();
  const auto digest = [&] {
    return ScanDigest(**dataset.backend.OpenReader());
  };
  Digest expected = digest();

  const DeviceRow before = MakeDevice(2, "dev-2");
  DeviceRow between = before;
  between.status = "offline";
  DeviceRow after = between;
  after.status = "error";
  EventList events;
  for (int i = 0; i < 25; ++i) {
    events.Insert(MakeHealthCheck(1, kMonday + Micros{i}))
        .Insert(MakeMetrics(2, kMonday + Micros{i}));
  }
  events.Update(before, between).Update(between, after);
  const Batch batch = events.MakeBatch(1);
  expected.Add(batch.ledger.delta);

  auto connection = PostgresConnection::Open(
      {dataset.database.conninfo(), "test", "test"}, nullptr);
  REQUIRE(connection.ok());
  WriterIds ids;
  PostgresLoop loop({17, false, load}, "test");
  REQUIRE(loop.Prepare(batch.events, &ids).ok());
  const std::atomic<bool> stop{false};
  const auto time = loop.Run(std::chrono::hours(1), stop, &*connection);
  INFO(time.status().message());
  REQUIRE(time.ok());
  CHECK(time->rows == 52);
  CHECK(digest() == expected);
  CHECK(dataset.Value("SELECT min(id)||' '||max(id) FROM device_metrics") ==
        "1 25");
  CHECK(dataset.Value("SELECT status FROM devices WHERE id=2") == "error");
  const auto statements = connection->Ask(
      "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE "
      "'INSERT INTO %'",
      "");
  REQUIRE(statements.ok());
  CHECK(*statements == (load == LoadPath::kInsert ? "2" : "0"));
}

}  // namespace
}  // namespace tillstorm
