// What a server does to a session that writes: no room for its connection, a
// timeout, rows that may not be written any more, a disk that is full. Each
// time: the exit code and the sentence, nothing of the batch, and the dataset
// goes on.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/storage/postgres_fixture.h"
#include "tests/support/small_disk.h"

namespace tillstorm {
namespace {

// Those of batch 0 are the fleet.
std::string Batches(const PostgresDataset& dataset) {
  return dataset.Value(
      "SELECT string_agg(batch::text, ' ' ORDER BY batch) FROM "
      "tillstorm_ledger");
}

void CheckEnds(const Status& status, int exit_code, const std::string& says) {
  INFO(status.message());
  CHECK(status.exit_code() == exit_code);
  CHECK_THAT(status.message(), HoldsText("postgresql:///test_"));
  CHECK_THAT(status.message(), HoldsText(says));
  CHECK(status.message().find('\n') == std::string::npos);
}

// As the writer does. A busy machine may run into a timeout once more.
void ApplyRepeating(Session& session, const Batch& batch) {
  Status status = session.Apply(batch);
  while (status.remedy() == Remedy::kRetryBatch) status = session.Apply(batch);
  INFO(status.message());
  REQUIRE(status.ok());
}

// --- Too many connections. ---

// A role of a database that may not connect as often as it likes.
class LimitedRole {
 public:
  explicit LimitedRole(const PostgresDataset& dataset)
      : dataset_(dataset), name_(dataset.database.name() + "_role") {
    dataset.database.Sql("CREATE ROLE " + name_ +
                         " LOGIN; GRANT ALL ON SCHEMA "
                         "public TO " +
                         name_);
  }
  void Allow(int connections) const {
    dataset_.database.Sql("ALTER ROLE " + name_ + " CONNECTION LIMIT " +
                          std::to_string(connections));
  }
  [[nodiscard]] PostgresTarget target() const {
    return dataset_.database.target(" user=" + name_);
  }

 private:
  const PostgresDataset& dataset_;
  const std::string name_;
};

Result<std::unique_ptr<Session>> CreateAt(PostgresBackend& backend, int lanes) {
  EventList fleet;
  AddFleet(&fleet);
  CreateOptions options;
  options.lanes = lanes;
  return backend.Create(options, MakeManifest(), fleet.MakeBatch(0));
}

TEST_CASE("A server without room for a connection ends a start", "[postgres]") {
  PostgresDataset dataset;
  const LimitedRole role(dataset);
  PostgresBackend backend(role.target());
  role.Allow(0);
  CheckEnds(CreateAt(backend, 1).status(), 69, "use fewer --lanes");
  CHECK(dataset.Value("SELECT count(*) FROM pg_tables WHERE "
                      "schemaname='public'") == "0");
  role.Allow(1);
  const auto session = CreateAt(backend, 1);
  INFO(session.status().message());
  REQUIRE(session.ok());
  MetricsList events(0, 3);
  CHECK((*session)->Apply(events.MakeBatch(1)).ok());
}

TEST_CASE("A server without room for a further lane leaves the others alone",
          "[postgres]") {
  PostgresDataset dataset;
  const LimitedRole role(dataset);
  PostgresBackend backend(role.target());
  role.Allow(2);
  auto session = CreateAt(backend, 3);
  REQUIRE(session.ok());
  auto lane = (*session)->OpenLane();
  REQUIRE(lane.ok());
  CheckEnds((*session)->OpenLane().status(), 69, "use fewer --lanes");
  MetricsList of_first(0, 3);
  CHECK((*session)->Apply(of_first.MakeBatch(1)).ok());
  MetricsList of_lane(3, 2);
  Batch batch = of_lane.MakeBatch(1);
  batch.ledger.lane = 1;
  CHECK((*lane)->Apply(batch).ok());
  role.Allow(3);
  const auto third = (*session)->OpenLane();
  INFO(third.status().message());
  REQUIRE(third.ok());
  MetricsList of_third(5, 2);
  batch = of_third.MakeBatch(1);
  batch.ledger.lane = 2;
  CHECK((*third)->Apply(batch).ok());
  CHECK(dataset.Value("SELECT count(DISTINCT id) FROM device_metrics") == "7");
}

TEST_CASE("A doubt waits for room in the server", "[postgres]") {
  PostgresDataset dataset;
  const LimitedRole role(dataset);
  PostgresBackend backend(role.target());
  auto created = CreateAt(backend, 1);
  REQUIRE(created.ok());
  const auto session = std::move(*created);
  role.Allow(0);
  TerminateWriters(dataset);
  MetricsList events(0, 3);
  const Batch batch = events.MakeBatch(1);
  REQUIRE(session->Apply(batch).remedy() == Remedy::kResolveDoubt);
  // However long it takes, the session waits longer.
  Result<bool> is_there(false);
  std::thread asks([&] { is_there = session->ResolveDoubt(0, 1); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  role.Allow(1);
  asks.join();
  INFO(is_there.status().message());
  REQUIRE(is_there.ok());
  CHECK_FALSE(*is_there);
  CHECK(session->Apply(batch).ok());
}

// --- Timeouts. ---

// From now on every row of device_metrics takes longer than any test.
void StallMetrics(const PostgresDataset& dataset) {
  dataset.database.Sql(
      "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM pg_sleep(100000); RETURN NEW; END'; "
      "CREATE TRIGGER stall BEFORE INSERT ON device_metrics FOR EACH ROW "
      "EXECUTE FUNCTION stall()");
}

void LetMetricsGo(const PostgresDataset& dataset) {
  dataset.database.Sql(
      "DROP TRIGGER stall ON device_metrics; DROP FUNCTION stall");
}

void SetForNewSessions(const PostgresDataset& dataset,
                       const std::string& setting) {
  dataset.database.Sql("ALTER DATABASE " + dataset.database.name() + " SET " +
                       setting);
}

TEST_CASE("A COPY that a statement timeout ends may be repeated",
          "[postgres]") {
  PostgresDataset dataset;
  struct Load {
    int rows;
    LoadPath path;
  };
  // All is sent when it comes, or the client is in the middle of sending.
  const auto [rows, path] =
      GENERATE(Load{3, LoadPath::kCopy}, Load{20'000, LoadPath::kCopy},
               Load{3, LoadPath::kInsert});
  CreateOptions options;
  options.load = path;
  SetForNewSessions(dataset, "statement_timeout='5s'");
  auto session = dataset.Create(options);
  StallMetrics(dataset);
  MetricsList events(0, rows);
  const Batch batch = events.MakeBatch(1);
  const Status status = session->Apply(batch);
  CHECK(status.remedy() == Remedy::kRetryBatch);
  CheckEnds(status, 69,
            "writing to device_metrics: canceling statement due to statement "
            "timeout, SQLSTATE 57014");
  CHECK(Batches(dataset) == "0");
  LetMetricsGo(dataset);
  ApplyRepeating(*session, batch);
  CHECK(Batches(dataset) == "0 1");
  CHECK(dataset.Value("SELECT concat_ws(' ', count(*), min(id), max(id)) FROM "
                      "device_metrics") ==
        std::to_string(rows) + " 1 " + std::to_string(rows));
}

TEST_CASE("A batch that a lock timeout ends may be repeated", "[postgres]") {
  PostgresDataset dataset;
  SetForNewSessions(dataset, "lock_timeout='200ms'");
  auto session = dataset.Create();
  TestConnection blocker(dataset.database.conninfo());
  blocker.Sql("BEGIN; LOCK TABLE device_metrics IN EXCLUSIVE MODE");
  MetricsList events(0, 3);
  const Batch batch = events.MakeBatch(1);
  const Status status = session->Apply(batch);
  CHECK(status.remedy() == Remedy::kRetryBatch);
  CheckEnds(status, 69,
            "writing to device_metrics: canceling statement due to lock "
            "timeout, SQLSTATE 55P03");
  CHECK(Batches(dataset) == "0");
  blocker.Sql("ROLLBACK");
  ApplyRepeating(*session, batch);
  CHECK(Batches(dataset) == "0 1");
}

TEST_CASE("A session that is ended in the middle of a COPY is in doubt",
          "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  StallMetrics(dataset);
  MetricsList events(0, 20'000);
  const Batch batch = events.MakeBatch(1);
  Status status;
  std::atomic<bool> returned{false};
  std::thread writer([&] {
    status = session->Apply(batch);
    returned = true;
  });
  TestConnection watcher(dataset.database.conninfo());
  while (!returned &&
         watcher.Value("SELECT count(*) FROM pg_stat_activity WHERE "
                       "datname=current_database() AND "
                       "wait_event='PgSleep'") == "0") {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  TerminateWriters(dataset);
  writer.join();
  CHECK(status.remedy() == Remedy::kResolveDoubt);
  CheckEnds(status, 69, "terminating connection due to administrator command");
  LetMetricsGo(dataset);
  const auto is_there = session->ResolveDoubt(0, 1);
  INFO(is_there.status().message());
  REQUIRE(is_there.ok());
  CHECK_FALSE(*is_there);
  REQUIRE(session->Apply(batch).ok());
  CHECK(Batches(dataset) == "0 1");
}

// --- Read-only. ---

TEST_CASE("A database that is read-only takes no dataset", "[postgres]") {
  PostgresDataset dataset;
  SetForNewSessions(dataset, "default_transaction_read_only=on");
  CheckEnds(CreateAt(dataset.backend, 1).status(), 69, "read-only transaction");
  const auto exists = dataset.backend.Exists();
  REQUIRE(exists.ok());
  CHECK_FALSE(*exists);
}

// As one that is made a standby, all at once. Only for a while.
class ReadOnlyServer {
 public:
  ReadOnlyServer() { Alter("SET default_transaction_read_only=on"); }
  ~ReadOnlyServer() { Alter("RESET default_transaction_read_only"); }
  ReadOnlyServer(const ReadOnlyServer&) = delete;
  ReadOnlyServer& operator=(const ReadOnlyServer&) = delete;

 private:
  static void Alter(const std::string& what) {
    TestConnection server(TestServer().conninfo());
    server.Sql("ALTER SYSTEM " + what);
    server.Sql("SELECT pg_reload_conf()");
  }
};

TEST_CASE("A server that turns read-only keeps what it acknowledged",
          "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  int32_t next = 1;
  const auto apply_next = [&] {
    MetricsList events(3 * next, 3);
    const Status status = session->Apply(events.MakeBatch(next));
    if (status.ok()) ++next;
    return status;
  };
  REQUIRE(apply_next().ok());
  {
    const ReadOnlyServer read_only;
    // A session takes it over between two transactions.
    Status status;
    while (status.ok()) status = apply_next();
    CHECK(status.remedy() == Remedy::kStop);
    CheckEnds(status, 69,
              "SQLSTATE 25006; it is a standby or was set read-only");
    CHECK(apply_next().exit_code() == 69);  // that is it
    CHECK(dataset.Value("SELECT max(batch) + 1 FROM tillstorm_ledger") ==
          std::to_string(next));
    CHECK(dataset.backend.OpenReader().ok());
  }
  session.reset();
  auto again = dataset.backend.Continue({});
  INFO(again.status().message());
  REQUIRE(again.ok());
  session = std::move(*again);
  REQUIRE(apply_next().ok());
  CHECK(dataset.Value("SELECT concat_ws(' ', count(*), max(id)) FROM "
                      "device_metrics") ==
        std::to_string(3 * next - 3) + " " + std::to_string(3 * next - 3));
}

// --- A full disk. ---

// Where the server may put tables.
class SmallTablespace {
 public:
  explicit SmallTablespace(const SmallDisk& disk) {
    // The user of the server has to get there.
    struct stat server {};
    REQUIRE(stat((TestServer().directory() + "/data").c_str(), &server) == 0);
    REQUIRE(chown(disk.path().c_str(), server.st_uid, server.st_gid) == 0);
    TestConnection(TestServer().conninfo())
        .Sql("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
  }
  ~SmallTablespace() {
    TestConnection(TestServer().conninfo()).Sql("DROP TABLESPACE small");
  }
  SmallTablespace(const SmallTablespace&) = delete;
  SmallTablespace& operator=(const SmallTablespace&) = delete;
};

TEST_CASE("A server whose disk is full keeps what it acknowledged",
          "[postgres]") {
  SmallDisk disk("size=12m");
  if (!disk.ok()) return;
  const SmallTablespace tablespace(disk);
  PostgresDataset dataset;
  SetForNewSessions(dataset, "default_tablespace=small");
  auto session = dataset.Create();
  constexpr int32_t kRows = 5'000;
  int32_t next = 1;
  Status status;
  while (status.ok()) {
    MetricsList events(kRows * next, kRows);
    status = session->Apply(events.MakeBatch(next));
    if (status.ok()) ++next;
  }
  CHECK(next > 1);
  CHECK(status.remedy() == Remedy::kStop);
  CheckEnds(status, 74, "No space left on device");
  CHECK_THAT(status.message(), HoldsText("SQLSTATE 53100; make room"));
  const std::string kept = std::to_string(kRows * (next - 1));
  CHECK(dataset.Value("SELECT count(*) FROM device_metrics") == kept);
  CHECK(dataset.Value("SELECT max(batch) + 1 FROM tillstorm_ledger") ==
        std::to_string(next));
  session.reset();
  // With room the same batch goes in.
  disk.Resize("size=64m");
  auto again = dataset.backend.Continue({});
  INFO(again.status().message());
  REQUIRE(again.ok());
  MetricsList events(kRows * next, kRows);
  REQUIRE((*again)->Apply(events.MakeBatch(next)).ok());
  const std::string all = std::to_string(kRows * next);
  CHECK(dataset.Value("SELECT concat_ws(' ', count(*), max(id)) FROM "
                      "device_metrics") == all + " " + all);
}

}  // namespace
}  // namespace tillstorm
