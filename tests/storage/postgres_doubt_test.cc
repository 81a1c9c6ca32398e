// Connections that end in the middle of something, and what a session makes of
// it; who may write.
#include <chrono>
#include <string>

#include "storage/postgres/postgres_lock.h"
#include "tests/storage/postgres_fixture.h"

namespace tillstorm {
namespace {

TEST_CASE("A batch whose connection ended is in doubt, and the ledger tells",
          "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  MetricsList first(0, 3);
  REQUIRE(session->Apply(first.MakeBatch(1)).ok());
  TerminateWriters(dataset);
  MetricsList second(3, 3);
  const Batch batch = second.MakeBatch(2);
  const Status status = session->Apply(batch);
  CHECK(status.code() == StatusCode::kUnavailable);
  REQUIRE(status.remedy() == Remedy::kResolveDoubt);
  // Nothing else before that.
  CHECK(session->Apply(batch).remedy() == Remedy::kResolveDoubt);
  const auto is_there = session->ResolveDoubt(0, 2);
  INFO(is_there.status().message());
  REQUIRE(is_there.ok());
  CHECK_FALSE(*is_there);
  REQUIRE(session->Apply(batch).ok());
  // Ids stay dense: the failed batch gave its own back.
  CHECK(dataset.Value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM "
                      "device_metrics") == "1 2 3 4 5 6");
}

// To a session that repeats a batch it is all the same whether the commit was
// its own or that of a try whose answer got lost.
TEST_CASE("A batch that is in the ledger already is found there",
          "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  MetricsList events(0, 3);
  const Batch batch = events.MakeBatch(1);
  REQUIRE(session->Apply(batch).ok());
  TerminateWriters(dataset);
  // As far as the session knows, this is the first time.
  MetricsList again(0, 3);
  CHECK(session->Apply(again.MakeBatch(1)).remedy() == Remedy::kResolveDoubt);
  const auto is_there = session->ResolveDoubt(0, 1);
  REQUIRE(is_there.ok());
  CHECK(*is_there);
  CHECK(dataset.Value("SELECT count(*) FROM device_metrics") == "3");
}

TEST_CASE("A ledger row with other rows is somebody else's", "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  MetricsList events(0, 3);
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  MetricsList other(7, 2);
  const Status status = session->Apply(other.MakeBatch(1));
  CHECK(status.code() == StatusCode::kIntegrity);
  CHECK(status.remedy() == Remedy::kResolveDoubt);
  const auto is_there = session->ResolveDoubt(0, 1);
  CHECK(is_there.status().code() == StatusCode::kIntegrity);
  CHECK_THAT(is_there.status().message(), HoldsText("somebody else"));
}

TEST_CASE("A batch that was acknowledged and is gone ends the session",
          "[postgres]") {
  PostgresDataset dataset;
  CreateOptions options;
  const bool power = GENERATE(false, true);
  if (power) options.durability = Durability::kPower;
  auto session = dataset.Create(options);
  MetricsList events(0, 3);
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  // What a crash of the server does at `process`.
  dataset.database.Sql(
      "DELETE FROM tillstorm_ledger WHERE batch=1; DELETE FROM device_metrics");
  TerminateWriters(dataset);
  MetricsList next(3, 3);
  CHECK_FALSE(session->Apply(next.MakeBatch(2)).ok());
  const Status status = session->ResolveDoubt(0, 2).status();
  CHECK(status.exit_code() == (power ? 70 : 69));
  CHECK_THAT(status.message(), HoldsText("batch 1 of lane 0"));
  CHECK(session->Apply(next.MakeBatch(2)).exit_code() == (power ? 70 : 69));
}

TEST_CASE("A manifest in doubt is looked for and written again", "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  TerminateWriters(dataset);
  Manifest manifest = MakeManifest();
  manifest.intervals[0].close = kMonday + Micros(7);
  CHECK(session->SetManifest(manifest).ok());
  session.reset();
  auto reader = dataset.backend.OpenReader();
  REQUIRE(reader.ok());
  CHECK((*reader)->ReadManifest()->ToRows() == manifest.ToRows());
}

// --- Who may write. ---

TEST_CASE("Only names of live processes of this machine count as alive",
          "[postgres]") {
  CHECK(IsLiveWriter(WriterName()));
  const std::string name = WriterName();
  CHECK(name.size() < 64);  // PostgreSQL cuts names there
  CHECK_FALSE(IsLiveWriter(name + "1"));
  CHECK_FALSE(IsLiveWriter("tillstorm writer 00000000.1.1"));
  CHECK_FALSE(IsLiveWriter("tillstorm writer"));
  CHECK_FALSE(IsLiveWriter("psql"));
}

Result<PostgresConnection> Connect(const TestDatabase& database,
                                   const std::string& name) {
  return PostgresConnection::Open({database.conninfo(), "test", name}, nullptr);
}

// A busy server takes its time to let go by itself, and another start does not
// wait for a program that is alive.
TEST_CASE("A session that has ended holds no lock any more", "[postgres]") {
  PostgresDataset dataset;
  const std::string locks =
      "SELECT count(*) FROM pg_locks WHERE locktype='advisory' AND "
      "database=(SELECT oid FROM pg_database WHERE "
      "datname=current_database())";
  auto session = dataset.Create();
  CHECK(dataset.Value(locks) == "1");
  const bool finishes = GENERATE(false, true);
  if (finishes) REQUIRE(session->Finish(MakeManifest(), {}).ok());
  if (!finishes) session.reset();
  CHECK(dataset.Value(locks) == "0");
}

TEST_CASE("A start ends quiet sessions of killed programs", "[postgres]") {
  const TestDatabase database;
  auto killed = Connect(database, "tillstorm writer 00000000.1.1");
  REQUIRE(killed.ok());
  REQUIRE(JoinLock(&*killed).ok());
  auto start = Connect(database, WriterName());
  REQUIRE(start.ok());
  const Status status =
      LockForStart(&*start, nullptr, std::chrono::milliseconds(300));
  INFO(status.message());
  CHECK(status.ok());
  CHECK_FALSE(killed->Run("SELECT 1", "asking").ok());
}

TEST_CASE("A start leaves sessions of others alone and ends in doubt",
          "[postgres]") {
  const TestDatabase database;
  auto other = Connect(database, "somebody else");
  REQUIRE(other.ok());
  REQUIRE(JoinLock(&*other).ok());
  auto start = Connect(database, WriterName());
  REQUIRE(start.ok());
  const std::atomic<bool> stop{false};
  const Status status =
      LockForStart(&*start, &stop, std::chrono::milliseconds(200));
  CHECK(status.exit_code() == 75);
  CHECK(other->Run("SELECT 1", "asking").ok());
}

TEST_CASE("A lane cannot join while a start has the dataset", "[postgres]") {
  const TestDatabase database;
  auto start = Connect(database, WriterName());
  auto lane = Connect(database, WriterName());
  REQUIRE(start.ok());
  REQUIRE(lane.ok());
  REQUIRE(LockForStart(&*start, nullptr).ok());
  CHECK(JoinLock(&*lane).exit_code() == 69);
  REQUIRE(ShareLock(&*start).ok());
  CHECK(JoinLock(&*lane).ok());
}

// --- Connecting. ---

TEST_CASE("A server or database that is missing is one sentence",
          "[postgres]") {
  PostgresBackend nowhere(
      {"host=/nonexistent dbname=x", "postgresql:///nowhere"});
  const Status missing = nowhere.OpenReader().status();
  CHECK(missing.exit_code() == 69);
  CHECK_THAT(missing.message(), HoldsText("cannot connect"));
  CHECK(missing.message().find('\n') == std::string::npos);
  const TestDatabase database;
  PostgresBackend no_database(
      {database.conninfo() + " dbname=missing", "postgresql:///missing"});
  const Status status = no_database.OpenReader().status();
  CHECK(status.exit_code() == 69);
  CHECK_THAT(status.message(), HoldsText("does not exist"));
}

TEST_CASE("What is no dataset of ours is left alone", "[postgres]") {
  PostgresDataset dataset;
  dataset.database.Sql("CREATE TABLE mine (x int)");
  EventList fleet;
  AddFleet(&fleet);
  CreateOptions options;
  options.replace = true;
  const Status status =
      dataset.backend.Create(options, MakeManifest(), fleet.MakeBatch(0))
          .status();
  CHECK(status.exit_code() == 73);
  CHECK(dataset.backend.OpenReader().status().exit_code() == 65);
  CHECK(dataset.Value("SELECT count(*) FROM mine") == "0");
}

TEST_CASE("A load that was ended early is refused, and made room for",
          "[postgres]") {
  PostgresDataset dataset;
  CreateOptions options{Durability::kBulk, IndexMode::kDeferred};
  options.lanes = 2;
  Manifest loading = MakeManifest();
  loading.state = "loading";
  EventList fleet;
  AddFleet(&fleet);
  const Batch opening = fleet.MakeBatch(0);
  auto first = dataset.backend.Create(options, loading, opening);
  REQUIRE(first.ok());
  {
    auto lane = (*first)->OpenLane();
    INFO(lane.status().message());
    REQUIRE(lane.ok());
    MetricsList events(0, 3);
    Batch batch = events.MakeBatch(1);
    batch.ledger.lane = 1;
    CHECK((*lane)->Apply(batch).ok());
    MetricsList more(3, 2);
    CHECK((*first)->Apply(more.MakeBatch(1)).ok());
  }
  CHECK(dataset.Value("SELECT count(DISTINCT id) FROM device_metrics") == "5");
  first->reset();
  CHECK(dataset.backend.OpenReader().status().exit_code() == 65);
  CHECK(dataset.backend.OpenQueries().status().exit_code() == 65);
  CHECK(dataset.backend.Continue({}).status().exit_code() == 65);
  auto second = dataset.backend.Create(options, loading, opening);
  INFO(second.status().message());
  REQUIRE(second.ok());
  REQUIRE((*second)->Finish(MakeManifest(), {}).ok());
  CHECK(dataset.Value("SELECT count(*) FROM device_metrics") == "0");
  CHECK(dataset.backend.OpenReader().ok());
}

TEST_CASE("A column of another type is refused before anything is copied",
          "[postgres]") {
  PostgresDataset dataset;
  REQUIRE(dataset.Create()->Finish(MakeManifest(), {}).ok());
  dataset.database.Sql(
      "ALTER TABLE device_metrics ALTER cpu_percent TYPE real");
  const Status status = dataset.backend.Continue({}).status();
  CHECK(status.exit_code() == 65);
  CHECK_THAT(status.message(), HoldsText("device_metrics.cpu_percent"));
  CHECK(dataset.backend.OpenReader().status().exit_code() == 65);
}

TEST_CASE("Durability is what the server says after it was set", "[postgres]") {
  PostgresDataset dataset;
  CreateOptions options;
  options.durability = GENERATE(Durability::kPower, Durability::kProcess);
  const auto settings = dataset.Create(options)->Settings();
  const auto value = [&settings](const std::string& name) {
    for (const auto& [key, text] : settings) {
      if (key == name) return text;
    }
    return std::string("none");
  };
  CHECK(value("synchronous_commit") ==
        (options.durability == Durability::kPower ? "on" : "off"));
  CHECK(value("fsync") == "on");
  CHECK(value("full_page_writes") == "on");
  CHECK(value("wal_level") != "none");
}

}  // namespace
}  // namespace tillstorm
