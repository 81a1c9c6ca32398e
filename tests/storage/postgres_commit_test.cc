// Connections that are cut exactly at a COMMIT: what was committed is found,
// what was not is written once, and what is still under way is ended first.
#include <atomic>
#include <string>

#include "tests/storage/postgres_fixture.h"
#include "tests/support/postgres_proxy.h"

namespace tillstorm {
namespace {

// A dataset behind a proxy. Looking at it goes past the proxy.
struct CutDataset {
  std::atomic<AtCommit> at_next_commit{AtCommit::kPass};
  PostgresProxy proxy{TestServer().socket_folder(), [this](int) {
                        return at_next_commit.exchange(AtCommit::kPass);
                      }};
  PostgresDataset dataset{proxy.conninfo()};

  [[nodiscard]] std::string Value(const std::string& sql) const {
    return dataset.Value(sql);
  }
  // Of device_metrics, in order.
  [[nodiscard]] std::string Ids() const {
    return Value(
        "SELECT string_agg(id::text, ' ' ORDER BY id) FROM device_metrics");
  }
  // Sessions of ours that are in the middle of a transaction.
  [[nodiscard]] std::string OpenTransactions() const {
    return Value(
        "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL "
        "AND datname=current_database() AND application_name LIKE 'tillstorm "
        "writer%'");
  }
};

// Applies it, with that at its COMMIT.
void ApplyInDoubt(CutDataset& cut, Session& session, const Batch& batch,
                  AtCommit what) {
  cut.at_next_commit = what;
  const Status status = session.Apply(batch);
  INFO(status.message());
  CHECK(status.exit_code() == 69);
  REQUIRE(status.remedy() == Remedy::kResolveDoubt);
  REQUIRE(cut.at_next_commit == AtCommit::kPass);
}

TEST_CASE("A batch that is cut off at its COMMIT is there or not, never twice",
          "[postgres]") {
  const AtCommit what = GENERATE(AtCommit::kLose, AtCommit::kCutOff);
  CutDataset cut;
  auto session = cut.dataset.Create();
  MetricsList first(0, 3);
  REQUIRE(session->Apply(first.MakeBatch(1)).ok());
  MetricsList second(3, 3);
  const Batch batch = second.MakeBatch(2);
  ApplyInDoubt(cut, *session, batch, what);
  const auto is_there = session->ResolveDoubt(0, 2);
  INFO(is_there.status().message());
  REQUIRE(is_there.ok());
  CHECK(*is_there == (what == AtCommit::kCutOff));
  if (!*is_there) REQUIRE(session->Apply(batch).ok());
  MetricsList third(6, 2);
  REQUIRE(session->Apply(third.MakeBatch(3)).ok());
  CHECK(cut.Ids() == "1 2 3 4 5 6 7 8");
  CHECK(cut.Value("SELECT string_agg(batch::text, ' ' ORDER BY batch) FROM "
                  "tillstorm_ledger") == "0 1 2 3");
}

TEST_CASE("A COMMIT that is still under way is ended before it is asked for",
          "[postgres]") {
  CutDataset cut;
  auto session = cut.dataset.Create();
  MetricsList events(0, 3);
  const Batch batch = events.MakeBatch(1);
  ApplyInDoubt(cut, *session, batch, AtCommit::kHoldBack);
  CHECK(cut.OpenTransactions() == "1");
  const auto is_there = session->ResolveDoubt(0, 1);
  INFO(is_there.status().message());
  REQUIRE(is_there.ok());
  CHECK_FALSE(*is_there);
  // Or else what is held back could commit after the ledger was read.
  REQUIRE(cut.OpenTransactions() == "0");
  cut.proxy.Release();
  CHECK(cut.Ids() == "NULL");
  REQUIRE(session->Apply(batch).ok());
  CHECK(cut.Ids() == "1 2 3");
}

TEST_CASE("Asked again, a doubt ends the session that it came from too",
          "[postgres]") {
  CutDataset cut;
  auto session = cut.dataset.Create();
  MetricsList events(0, 3);
  const Batch batch = events.MakeBatch(1);
  ApplyInDoubt(cut, *session, batch, AtCommit::kHoldBack);
  // Nobody can connect for a while.
  TestConnection elsewhere(TestServer().conninfo());
  const std::string alter =
      "ALTER DATABASE " + cut.dataset.database.name() + " ALLOW_CONNECTIONS ";
  elsewhere.Sql(alter + "false");
  const Status status = session->ResolveDoubt(0, 1).status();
  CHECK(status.exit_code() == 75);
  CHECK(status.remedy() == Remedy::kResolveDoubt);
  CHECK_THAT(status.message(),
             HoldsText("whether batch 1 of lane 0 was committed cannot be "
                       "told: cannot connect: "));
  elsewhere.Sql(alter + "true");
  CHECK(cut.OpenTransactions() == "1");
  const auto is_there = session->ResolveDoubt(0, 1);
  INFO(is_there.status().message());
  REQUIRE(is_there.ok());
  CHECK_FALSE(*is_there);
  REQUIRE(cut.OpenTransactions() == "0");
  cut.proxy.Release();
  REQUIRE(session->Apply(batch).ok());
  CHECK(cut.Ids() == "1 2 3");
}

TEST_CASE("A manifest whose COMMIT is cut off is replaced all the same",
          "[postgres]") {
  CutDataset cut;
  auto session = cut.dataset.Create();
  cut.at_next_commit = GENERATE(AtCommit::kLose, AtCommit::kCutOff);
  Manifest manifest = MakeManifest();
  manifest.intervals[0].close = kMonday + Micros(7);
  const Status status = session->SetManifest(manifest);
  INFO(status.message());
  CHECK(status.ok());
  CHECK(cut.at_next_commit == AtCommit::kPass);
  const auto reader = cut.dataset.backend.OpenReader();
  REQUIRE(reader.ok());
  CHECK((*reader)->ReadManifest()->ToRows() == manifest.ToRows());
}

TEST_CASE("An opening that is cut off leaves a dataset or nothing",
          "[postgres]") {
  const AtCommit what = GENERATE(AtCommit::kLose, AtCommit::kCutOff);
  CutDataset cut;
  cut.at_next_commit = what;
  EventList fleet;
  AddFleet(&fleet);
  const Status status =
      cut.dataset.backend.Create({}, MakeManifest(), fleet.MakeBatch(0))
          .status();
  CHECK(status.exit_code() == 75);
  const auto exists = cut.dataset.backend.Exists();
  REQUIRE(exists.ok());
  CHECK(*exists == (what == AtCommit::kCutOff));
  const auto session = *exists ? cut.dataset.backend.Continue({})
                               : cut.dataset.backend.Create({}, MakeManifest(),
                                                            fleet.MakeBatch(0));
  INFO(session.status().message());
  REQUIRE(session.ok());
  MetricsList events(0, 3);
  REQUIRE((*session)->Apply(events.MakeBatch(1)).ok());
  CHECK(cut.Value("SELECT count(*) FROM devices") == "2");
}

TEST_CASE("The one COMMIT of a bulk load that is cut off came through or not",
          "[postgres]") {
  const AtCommit what = GENERATE(AtCommit::kLose, AtCommit::kCutOff);
  CutDataset cut;
  auto session = cut.dataset.Create({Durability::kBulk, IndexMode::kDeferred});
  MetricsList events(0, 3);
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  cut.at_next_commit = what;
  const Status status = session->Finish(MakeManifest(), {});
  INFO(status.message());
  CHECK(cut.at_next_commit == AtCommit::kPass);
  if (what == AtCommit::kCutOff) {
    CHECK(status.ok());
    CHECK(cut.Ids() == "1 2 3");
  } else {
    CHECK(status.exit_code() == 69);
    CHECK(cut.Value("SELECT count(*) FROM pg_tables WHERE "
                    "schemaname='public'") == "0");
  }
}

}  // namespace
}  // namespace tillstorm
