// Benchmark runs on a real PostgreSQL server.
#include <memory>
#include <string>
#include <utility>

#include "harness/measure/verdict.h"
#include "storage/postgres/postgres_backend.h"
#include "tests/support/bench_fixture.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {
namespace {

// What became of the checkpoint at the end.
std::string Checkpoint(const RunRecord& record) {
  for (const auto& [name, value] : record.setup.settings) {
    if (name == kCheckpointSetting) return value;
  }
  return "not mentioned";
}

BenchOptions SmallOnServer() {
  BenchOptions options = SmallBench();
  options.events = 5'000;
  options.settle_sql = "CHECKPOINT";
  return options;
}

TEST_CASE("a run on a server ends with a checkpoint inside the clock",
          "[postgres][bench_run]") {
  const TestDatabase database;
  const auto last = [&] {
    return database.Value("SELECT checkpoint_lsn FROM pg_control_checkpoint()");
  };
  const std::string before = last();
  PostgresBackend backend(database.target());
  const Ran ran = RunBench(SmallOnServer(), backend);
  INFO(ran.status.message());
  REQUIRE(ran.status.ok());
  CHECK(ran.record.account.rows_found == ran.record.account.rows_expected);
  CHECK(Checkpoint(ran.record) == "forced");
  CHECK(last() != before);
}

TEST_CASE("who may not ask for a checkpoint is told so",
          "[postgres][bench_run]") {
  const TestDatabase database;
  const std::string role = "plain_" + database.name();
  database.Sql("CREATE ROLE " + role + " LOGIN; ALTER DATABASE " +
               database.name() + " OWNER TO " + role);
  {
    PostgresBackend backend(database.target(" user=" + role));
    const Ran ran = RunBench(SmallOnServer(), backend);
    INFO(ran.status.message());
    REQUIRE(ran.status.ok());
    CHECK_THAT(Checkpoint(ran.record), HoldsText("not forced: "));
    CHECK(ran.record.account.digest_equal == true);
  }
  database.Sql("REASSIGN OWNED BY " + role + " TO postgres; DROP OWNED BY " +
               role + "; DROP ROLE " + role);
}

}  // namespace
}  // namespace tillstorm
