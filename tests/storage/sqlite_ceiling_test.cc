// What a ceiling writes must be written as the run that is held against it.
#include "storage/sqlite/sqlite_ceiling.h"

#include "tests/storage/live_fixture.h"

namespace tillstorm {
namespace {

struct Level {
  Durability durability;
  IndexMode indexes;
  std::string file;
  // Byte 18 of an SQLite file: 2 for WAL, 1 for anything else.
  int write_version;
  std::string indexes_there;
};

TEST_CASE("A loop has the journal and the indexes of its run", "[ceiling]") {
  const Level level = GENERATE(
      Level{Durability::kProcess, IndexMode::kInline, "dataset.db", 2, "100"},
      Level{Durability::kProcess, IndexMode::kNone, "dataset.db", 2, "0"},
      Level{Durability::kBulk, IndexMode::kDeferred, ".dataset.db.partial", 1,
            "0"},
      Level{Durability::kBulk, IndexMode::kInline, ".dataset.db.partial", 1,
            "100"});
  const TestDirectory directory;
  SqliteBackend backend(directory / "fleet.db", {});
  EngineCeilingOptions options;
  options.durability = level.durability;
  options.indexes = level.indexes;
  const std::atomic<bool> stop{false};
  const auto ceiling = backend.OpenCeiling(options, stop);
  REQUIRE(ceiling.ok());
  EventList fleet;
  AddFleet(&fleet);
  const std::vector<Batch> opening = {fleet.MakeBatch(0)};
  EventList events;
  const Batch batch = events.Insert(MakeHealthCheck(1, kMonday)).MakeBatch(1);
  const auto loop =
      (*ceiling)->TimeLoop({opening, batch.events}, std::chrono::hours(1));
  INFO(loop.status().message());
  REQUIRE(loop.ok());

  REQUIRE(directory.List().size() == 1);
  const std::string path = directory / (directory.List()[0] + "/" + level.file);
  CHECK(Ask(path, "SELECT count(*) FROM health_checks") == "1");
  CHECK(Ask(path,
            "SELECT count(*) FROM sqlite_master WHERE type='index' AND sql IS "
            "NOT NULL AND tbl_name NOT LIKE 'tillstorm%'") ==
        level.indexes_there);
  CHECK(ReadBytes(path).at(18) == level.write_version);
}

}  // namespace
}  // namespace tillstorm
