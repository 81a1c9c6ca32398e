// Going on with an SQLite dataset: whose file it must be, and what is noticed
// while it is written.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "storage/location.h"
#include "tests/storage/live_fixture.h"

namespace tillstorm {
namespace {

using Names = std::vector<std::string>;

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST_CASE("A dataset that is gone on with keeps its file", "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(path);
  struct stat before {};
  REQUIRE(stat(path.c_str(), &before) == 0);
  const auto durability =
      GENERATE(Durability::kPower, Durability::kProcess, Durability::kRelaxed);
  auto session = TryContinue(path, durability);
  REQUIRE(session.ok());
  std::map<std::string, std::string> settings;
  for (const auto& [name, value] : (*session)->Settings()) {
    settings[name] = value;
  }
  CHECK(settings["journal_mode"] == "wal");
  CHECK(settings["synchronous"] == (durability == Durability::kPower ? "2"
                                    : durability == Durability::kProcess
                                        ? "1"
                                        : "0"));
  REQUIRE(ApplyChecks(**session, 1).ok());
  CHECK((*session)->log_bytes() > 0);
  REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  CHECK((*session)->log_bytes() == 0);
  struct stat after {};
  REQUIRE(stat(path.c_str(), &after) == 0);
  CHECK(after.st_ino == before.st_ino);
  CHECK(after.st_mode == before.st_mode);
  CHECK(directory.List() == Names{"a.db"});
  CHECK(Ask(path, "PRAGMA journal_mode") == "delete");
  CHECK(Ask(path, "SELECT count(*) FROM health_checks") == "10");
}

TEST_CASE("A dataset made in bulk can be gone on with, whatever its indexes",
          "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  const auto indexes = GENERATE(IndexMode::kNone, IndexMode::kDeferred);
  EventList fleet;
  AddFleet(&fleet);
  auto made = SqliteBackend(path, {4096 * 2})
                  .Create({Durability::kBulk, indexes}, MakeManifest(),
                          fleet.MakeBatch(0));
  REQUIRE(made.ok());
  REQUIRE((*made)->Finish(MakeManifest(), {}).ok());
  made->reset();
  const std::string count =
      "SELECT count(*) FROM sqlite_schema WHERE "
      "type='index' AND sql IS NOT NULL";
  const std::string before = Ask(path, count);
  CHECK((before == "0") == (indexes == IndexMode::kNone));
  auto session = Continue(path);
  REQUIRE(ApplyChecks(*session, 1).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(Ask(path, count) == before);
  CHECK(Ask(path, "PRAGMA page_size") == "8192");
  CHECK(Ask(path, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("What is no complete dataset of ours is not gone on with",
          "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "b.db";
  std::string says;
  const auto change = [&path, &directory](const std::string& sql) {
    MakeFinished(directory / "b.db");
    REQUIRE(Ask(path, sql).empty());
  };
  SECTION("nothing") { says = "there is no file"; }
  SECTION("a directory") {
    REQUIRE(mkdir(path.c_str(), 0755) == 0);
    says = "is a directory";
  }
  SECTION("a pipe") {
    REQUIRE(mkfifo(path.c_str(), 0644) == 0);
    says = "no regular file";
  }
  SECTION("a symbolic link") {
    MakeFinished(directory / "a.db");
    REQUIRE(symlink("a.db", path.c_str()) == 0);
    says = "symbolic link";
  }
  SECTION("an empty file") {
    WriteFile(path, "");
    says = "is empty";
  }
  SECTION("a text") {
    WriteFile(path, std::string(10'000, 'x'));
    says = "not an SQLite database";
  }
  SECTION("somebody's database") {
    Ask(path, "CREATE TABLE devices(id)");
    says = "not a tillstorm dataset";
  }
  SECTION("another schema version") {
    change("PRAGMA user_version=9");
    says = "schema version 9";
  }
  SECTION("another column") {
    change("ALTER TABLE jobs ADD COLUMN mood TEXT");
    says = "jobs has a column mood";
  }
  SECTION("the same columns, with a constraint of somebody else") {
    change(
        "DROP TABLE tillstorm_manifest; CREATE TABLE tillstorm_manifest("
        "key VARCHAR(50) NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key) "
        "ON CONFLICT IGNORE)");
    says = "tillstorm_manifest is not declared";
  }
  SECTION("an unfinished one") {
    change("UPDATE tillstorm_manifest SET value='loading' WHERE key='state'");
    says = "state is 'loading'";
  }
  SECTION("no manifest") {
    change("DELETE FROM tillstorm_manifest");
    says = "manifest lacks";
  }
  SECTION("ids that leave no room") {
    change(
        "INSERT INTO device_metrics(id,timestamp,device_id,provenance) "
        "VALUES(2147483648,'',1,'')");
    says = "largest id in device_metrics";
  }
  SECTION("ids that are none") {
    change(
        "INSERT INTO health_checks(id,timestamp,device_id,is_healthy) "
        "VALUES('x','',1,1)");
    says = "largest id in health_checks";
  }
  SECTION("a truncated one") {
    MakeFinished(path);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    says = "truncated";
  }
  const std::string bytes =
      std::filesystem::is_regular_file(path) ? ReadBytes(path) : std::string();
  const Names before = directory.List();
  const Status status = TryContinue(path).status();
  CHECK(status.code() == StatusCode::kBadInput);
  CHECK(status.exit_code() == 65);
  CHECK_THAT(status.message(), HoldsText(path));
  CHECK_THAT(status.message(), HoldsText(says));
  CHECK(directory.List() == before);
  if (!bytes.empty()) CHECK(ReadBytes(path) == bytes);
}

TEST_CASE("A damaged page is no reason to crash or to go on", "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(path);
  const std::string whole = ReadBytes(path);
  for (size_t page = 0; page < whole.size() / 4096; ++page) {
    INFO(page);
    std::string damaged = whole;
    damaged.replace(page * 4096 + 100, 3996, std::string(3996, '\x5a'));
    WriteFile(path, damaged);
    auto session = TryContinue(path);
    // A page that going on does not look at may be found later.
    Status status = session.status();
    if (status.ok()) status = ApplyChecks(**session, 1);
    CHECK((status.ok() || status.code() == StatusCode::kBadInput ||
           status.code() == StatusCode::kIntegrity));
    CHECK((page > 0 || status.code() == StatusCode::kBadInput));
    if (session.ok()) session->reset();
    for (const char* suffix : {"-wal", "-shm"}) {
      std::filesystem::remove(path + suffix);
    }
  }
}

TEST_CASE("Triggers in a dataset that is gone on with do nothing",
          "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(path);
  Ask(path,
      "CREATE TABLE loot(id); CREATE TRIGGER thief AFTER INSERT ON "
      "health_checks BEGIN INSERT INTO loot VALUES(new.id); DELETE FROM "
      "health_checks; END");
  auto session = Continue(path);
  REQUIRE(ApplyChecks(*session, 1).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(Ask(path, "SELECT count(*) FROM loot") == "0");
  CHECK(Ask(path, "SELECT count(*) FROM health_checks") == "10");
}

TEST_CASE("A dataset that may not be written is a matter of permission",
          "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(path);
  REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
  REQUIRE(chmod(path.c_str(), 0444) == 0);
  const bool is_root = geteuid() == 0;
  if (is_root) REQUIRE(seteuid(65'534) == 0);
  Status status = TryContinue(path).status();
  if (is_root) REQUIRE(seteuid(0) == 0);
  CHECK(status.code() == StatusCode::kPermission);
  CHECK_THAT(status.message(), HoldsText(path));
  // The file alone is not enough: the log goes beside it.
  REQUIRE(chmod(path.c_str(), 0666) == 0);
  REQUIRE(chmod(directory.path().c_str(), 0555) == 0);
  if (is_root) REQUIRE(seteuid(65'534) == 0);
  status = TryContinue(path).status();
  if (is_root) REQUIRE(seteuid(0) == 0);
  REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
  CHECK(status.code() == StatusCode::kPermission);
  CHECK_THAT(status.message(), HoldsText(path));
}

TEST_CASE("A path that looks like a URI is the name of a file",
          "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "file:a.db?mode=memory&nolock=1";
  MakeFinished(path);
  CHECK(directory.List() == Names{"file:a.db?mode=memory&nolock=1"});
  auto session = Continue(path);
  REQUIRE(ApplyChecks(*session, 1).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  const auto reader = OpenToRead(path);
  CHECK(Scan(*reader, TableId::kHealthChecks).size() == 10);
}

// --- What happens to the file meanwhile. ---

// Applies batches until one fails; that must be before ten seconds are over.
Status ApplyUntilError(Session& session, int32_t first) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(10);
  Status status;
  for (int32_t batch = first;
       status.ok() && std::chrono::steady_clock::now() < deadline; ++batch) {
    status = ApplyChecks(session, batch, 1);
  }
  return status;
}

TEST_CASE("A file or log that goes away meanwhile is noticed",
          "[sqlite_live]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(directory / "other.db");
  auto session = CreateLive(path);
  REQUIRE(ApplyChecks(*session, 1).ok());
  std::string named = path;
  bool finishing = false;
  SECTION("moved") { std::filesystem::rename(path, directory / "b.db"); }
  SECTION("moved, and Finish comes next") {
    std::filesystem::rename(path, directory / "b.db");
    finishing = true;
  }
  SECTION("removed") { std::filesystem::remove(path); }
  SECTION("replaced") { std::filesystem::rename(directory / "other.db", path); }
  SECTION("its log removed") {
    named = path + "-wal";
    std::filesystem::remove(named);
  }
  SECTION("its log replaced") {
    named = path + "-wal";
    WriteFile(directory / "log", "");
    std::filesystem::rename(directory / "log", named);
  }
  const Status status = finishing ? session->Finish(MakeManifest(), {})
                                  : ApplyUntilError(*session, 2);
  CHECK(status.code() == StatusCode::kIntegrity);
  CHECK(status.exit_code() == 70);
  CHECK_THAT(status.message(), HoldsText(named));
  CHECK(session->Finish(MakeManifest(), {}).code() == StatusCode::kIntegrity);
  // What has the names now is left alone.
  const Names before = directory.List();
  session.reset();
  CHECK(directory.List() == before);
}

}  // namespace
}  // namespace tillstorm
