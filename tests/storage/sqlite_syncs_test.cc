#include "storage/sqlite/sqlite_syncs.h"

#include "tests/storage/live_fixture.h"

namespace tillstorm {
namespace {

int64_t SyncsOf(Session& session, int commits) {
  const int64_t before = CountSqliteSyncs();
  for (int32_t i = 1; i <= commits; ++i) {
    REQUIRE(ApplyChecks(session, i).ok());
  }
  return CountSqliteSyncs() - before;
}

TEST_CASE("Syncs are counted: one per commit at power, none below",
          "[ceiling]") {
  const TestDirectory directory;
  // The log begins with the first commit, which may sync its header too.
  const auto power = CreateLive(directory / "power.db", Durability::kPower);
  const int64_t first = SyncsOf(*power, 1);
  CHECK(first >= 1);
  const int64_t before = CountSqliteSyncs();
  for (int32_t i = 2; i <= 6; ++i) REQUIRE(ApplyChecks(*power, i).ok());
  CHECK(CountSqliteSyncs() - before == 5);

  const auto process = CreateLive(directory / "process.db");
  REQUIRE(ApplyChecks(*process, 1).ok());
  const int64_t later = CountSqliteSyncs();
  for (int32_t i = 2; i <= 6; ++i) REQUIRE(ApplyChecks(*process, i).ok());
  CHECK(CountSqliteSyncs() - later == 0);

  const auto relaxed =
      CreateLive(directory / "relaxed.db", Durability::kRelaxed);
  CHECK(SyncsOf(*relaxed, 5) == 0);
}

TEST_CASE("Closing a dataset syncs it", "[ceiling]") {
  const TestDirectory directory;
  const auto session = CreateLive(directory / "dataset.db");
  REQUIRE(ApplyChecks(*session, 1).ok());
  const int64_t before = CountSqliteSyncs();
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(CountSqliteSyncs() > before);
}

TEST_CASE("A dataset at bulk is synced at its end alone", "[ceiling]") {
  const TestDirectory directory;
  const auto session = CreateLive(directory / "dataset.db", Durability::kBulk);
  CHECK(SyncsOf(*session, 5) == 0);
  const int64_t before = CountSqliteSyncs();
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(CountSqliteSyncs() - before == 2);  // the file, then its directory
}

}  // namespace
}  // namespace tillstorm
