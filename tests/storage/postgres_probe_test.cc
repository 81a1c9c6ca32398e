#include "storage/postgres/postgres_probe.h"

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/postgres/postgres_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {
namespace {

const ProbeNeeds kNeeds{std::nullopt, 1};

// The first failed line, or an empty one.
PreflightLine Failed(const LocationProbe& probe) {
  for (const PreflightLine& line : probe.lines) {
    if (line.verdict == Verdict::kFailed) return line;
  }
  return {};
}

PreflightLine Line(const LocationProbe& probe, const std::string& check) {
  for (const PreflightLine& line : probe.lines) {
    if (line.check == check) return line;
  }
  FAIL("there is no line of " << check);
  return {};
}

LocationProbe Probe(const TestDatabase& database,
                    const std::string& settings = "") {
  PostgresTarget target = database.target();
  target.conninfo += " " + settings;
  return ProbePostgresDatabase(target, kNeeds);
}

std::unique_ptr<Session> MakeDataset(const TestDatabase& database) {
  EventList fleet;
  AddFleet(&fleet);
  PostgresBackend backend(database.target());
  auto session = backend.Create({}, MakeManifest(), fleet.MakeBatch(0));
  INFO(session.status().message());
  REQUIRE(session.ok());
  return std::move(*session);
}

TEST_CASE("The libraries tell their versions", "[probe]") {
  const auto lines = ProbePostgresLibraries();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].verdict == Verdict::kPassed);
  CHECK_THAT(lines[0].message, HoldsText("libpq 1"));
  CHECK_THAT(lines[0].message, HoldsText("libpqxx "));
}

TEST_CASE("An empty database will do", "[probe]") {
  const TestDatabase database;
  const LocationProbe probe = Probe(database);
  CHECK(Failed(probe).message.empty());
  CHECK_THAT(Line(probe, "server").message, HoldsText("answers, PostgreSQL "));
  CHECK_THAT(Line(probe, "dataset").message, HoldsText("is empty"));
  CHECK_FALSE(probe.manifest.has_value());
  CHECK(database.Value("SELECT count(*) FROM pg_stat_user_tables") == "0");
}

TEST_CASE("A dataset of ours can be gone on with unless it is being written",
          "[probe]") {
  const TestDatabase database;
  auto session = MakeDataset(database);
  const LocationProbe written = Probe(database);
  CHECK(Failed(written).check == "other runs");
  CHECK(Failed(written).code == StatusCode::kUnavailable);
  EventList fleet;
  AddFleet(&fleet);
  CHECK(PostgresBackend(database.target())
            .Create({}, MakeManifest(), fleet.MakeBatch(0))
            .status()
            .code() == StatusCode::kUnavailable);
  session.reset();
  const LocationProbe probe = Probe(database);
  CHECK(Failed(probe).message.empty());
  CHECK_THAT(Line(probe, "dataset").message, HoldsText("seed 42"));
  REQUIRE(probe.manifest.has_value());
  CHECK(probe.manifest->seed == 42);
}

TEST_CASE("Tables of somebody else are no dataset", "[probe]") {
  const TestDatabase database;
  database.Sql("CREATE TABLE t (x int)");
  const PreflightLine line = Failed(Probe(database));
  CHECK(line.check == "dataset");
  CHECK(line.code == StatusCode::kBadInput);
}

TEST_CASE("A role that may not make tables is told so", "[probe]") {
  const TestDatabase database;
  database.Sql("CREATE ROLE reader LOGIN");
  const PreflightLine line = Failed(Probe(database, "user=reader"));
  CHECK(line.check == "permission");
  CHECK(line.code == StatusCode::kPermission);
  CHECK_THAT(line.message, HoldsText("public"));
  database.Sql("DROP ROLE reader");
}

TEST_CASE("What cannot be written fails", "[probe]") {
  const TestDatabase database;
  const PreflightLine line =
      Failed(Probe(database, "options='-c default_transaction_read_only=on'"));
  CHECK(line.check == "writable");
  CHECK(line.code == StatusCode::kUnavailable);
}

TEST_CASE("A server that does not answer, or lacks the database, fails",
          "[probe]") {
  const std::string conninfo =
      GENERATE("host=/nowhere dbname=x", "host=127.0.0.1 port=1 dbname=x");
  const LocationProbe probe =
      ProbePostgresDatabase({conninfo, "postgresql:///x"}, kNeeds);
  CHECK(Failed(probe).check == "server");
  CHECK(Failed(probe).code == StatusCode::kUnavailable);
  const LocationProbe missing = ProbePostgresDatabase(
      {TestServer().conninfo() + " dbname=nowhere", "postgresql:///nowhere"},
      kNeeds);
  CHECK(Failed(missing).code == StatusCode::kUnavailable);
  CHECK_THAT(Failed(missing).message, HoldsText("nowhere"));
}

TEST_CASE("What a server says of itself is judged", "[probe]") {
  PostgresFacts facts;
  facts.version = 150'020;
  facts.encoding = "UTF8";
  facts.schema = "public";
  facts.may_create = facts.may_make_temporary = true;
  facts.free_connections = 90;
  struct Case {
    std::string check;  // the line that is not passed; empty: all are
    StatusCode code = StatusCode::kOk;
    std::function<void(PostgresFacts*)> change;
  };
  const auto unavailable = StatusCode::kUnavailable;
  const auto permission = StatusCode::kPermission;
  const std::vector<Case> cases = {
      {"", StatusCode::kOk, [](PostgresFacts*) {}},
      {"server", unavailable, [](PostgresFacts* f) { f->version = 110'022; }},
      {"writable", unavailable, [](PostgresFacts* f) { f->is_standby = true; }},
      {"writable", unavailable,
       [](PostgresFacts* f) { f->is_read_only = true; }},
      {"encoding", unavailable,
       [](PostgresFacts* f) { f->encoding = "LATIN1"; }},
      {"permission", permission,
       [](PostgresFacts* f) { f->may_create = false; }},
      {"permission", permission,
       [](PostgresFacts* f) { f->may_make_temporary = false; }},
      {"permission", permission,
       [](PostgresFacts* f) {
         f->schema.clear();
         f->may_create = false;
       }},
      {"", StatusCode::kOk, [](PostgresFacts* f) { f->free_connections = 5; }},
      {"connections", unavailable,  // four lanes, one that reads
       [](PostgresFacts* f) { f->free_connections = 4; }}};
  for (const Case& one : cases) {
    PostgresFacts changed = facts;
    one.change(&changed);
    for (const PreflightLine& line : JudgePostgres("db", changed, 4)) {
      INFO(one.check << ": " << line.check << ": " << line.message);
      CHECK((line.verdict == Verdict::kPassed) == (line.check != one.check));
      if (line.check == one.check) CHECK(line.code == one.code);
    }
  }
}

TEST_CASE("A server must take a connection for each lane and one more",
          "[probe]") {
  // Of a hundred connections of TestServer() this test has none.
  const TestDatabase database;
  struct Case {
    int lanes = 0;
    Verdict verdict = Verdict::kPassed;
  };
  for (const Case& one : {Case{64}, Case{99}, Case{100, Verdict::kFailed}}) {
    ProbeNeeds needs = kNeeds;
    needs.lanes = one.lanes;
    const PreflightLine line =
        Line(ProbePostgresDatabase(database.target(), needs), "connections");
    INFO(line.message);
    CHECK(line.verdict == one.verdict);
  }
  ProbeNeeds needs = kNeeds;
  needs.lanes = 10;
  const PreflightLine made = Failed(ProbeLocalServer(
      "", *MakeServerSettings({{"max_connections", "10"}}), needs));
  CHECK(made.check == "connections");
  CHECK(made.message == "the server takes 10 more, 11 are needed");
}

TEST_CASE("A role that is no superuser has fewer connections", "[probe]") {
  const TestDatabase database;
  database.Sql("CREATE ROLE plain LOGIN; GRANT ALL ON SCHEMA public TO plain");
  ProbeNeeds needs = kNeeds;
  needs.lanes = 97;
  PostgresTarget target = database.target();
  target.conninfo += " user=plain";
  CHECK(Line(ProbePostgresDatabase(target, needs), "connections").message ==
        "the server takes 97 more, 98 are needed");
  database.Sql("DROP OWNED BY plain; DROP ROLE plain");
}

TEST_CASE("A server of our own is looked at whether it is there or not",
          "[probe]") {
  const TestDirectory directory;
  chmod(directory.path().c_str(), 0711);
  const ServerSettings settings = *MakeServerSettings({});
  const std::string path = directory / "pg";
  const LocationProbe missing = ProbeLocalServer(path, settings, kNeeds);
  CHECK(Failed(missing).message.empty());
  CHECK_THAT(Line(missing, "server").message, HoldsText("is new"));
  CHECK(directory.List().empty());
  CHECK(Failed(ProbeLocalServer("", settings, kNeeds)).message.empty());

  REQUIRE(LocalServer::Open(path, true, settings).ok());
  const LocationProbe there = ProbeLocalServer(path, settings, kNeeds);
  CHECK(Failed(there).message.empty());
  CHECK_THAT(Line(there, "server").message, HoldsText("answers"));

  const PreflightLine other =
      Failed(ProbeLocalServer(directory.path(), settings, kNeeds));
  CHECK(other.check == "server");
  CHECK(other.code == StatusCode::kBadInput);
  CHECK_THAT(other.message, HoldsText("holds other files"));
}

}  // namespace
}  // namespace tillstorm
