// Adopting an SQLite database that HOMEPOT set up: what is written, what is
// never written, and what is refused. The database is upstream's own schema.
#include <string>
#include <vector>

#include "storage/sqlite/sqlite_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/homepot_database.h"

namespace tillstorm {
namespace {

using Texts = std::vector<std::string>;

// What an agent knows of a device that HOMEPOT made.
DeviceRow StateOf(int32_t id, std::string_view status, Instant seen) {
  DeviceRow row;
  row.id = id;
  row.status = status;
  row.health_state = "healthy";
  row.last_seen = seen;
  row.last_heartbeat_at = seen;
  return row;
}

class Adopted {
 public:
  explicit Adopted(const std::string& changes = {}) {
    MakeHomepotDatabase(path_, changes);
  }

  // Takes over devices 40 and 8.
  Result<std::unique_ptr<Session>> Adopt(const AdoptOptions& options = {}) {
    return backend_.Adopt(options, [this](Reader& database) {
      devices_seen_ = Scan(database, TableId::kDevices).size();
      return Adoption{MakeManifest(), Fleet()};
    });
  }
  Batch Fleet() {
    if (fleet_.MakeBatch(0).events.empty()) {
      fleet_.Insert(StateOf(8, "online", kMonday))
          .Insert(StateOf(40, "error", kMonday));
    }
    return fleet_.MakeBatch(0);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] SqliteBackend& backend() { return backend_; }
  [[nodiscard]] size_t devices_seen() const { return devices_seen_; }

 private:
  TestDirectory directory_;
  std::string path_ = directory_ / "homepot.db";
  SqliteBackend backend_{path_, {}};
  EventList fleet_;
  size_t devices_seen_ = 0;
};

// The code and message of adopting it, and whether the file stayed as it was.
std::string Refusal(const std::string& changes, bool* unchanged) {
  Adopted homepot(changes);
  const std::string before = ReadFile(homepot.path());
  const auto session = homepot.Adopt();
  *unchanged = ReadFile(homepot.path()) == before;
  if (session.ok()) return "(adopted)";
  if (session.status().code() != StatusCode::kBadInput) return "(other code)";
  return session.status().message();
}

TEST_CASE("Adoption writes the state of the devices that it takes over",
          "[sqlite][adopt]") {
  Adopted homepot;
  const Texts before = HomepotRows(homepot.path());
  {
    auto session = homepot.Adopt();
    INFO(session.status().message());
    REQUIRE(session.ok());
    REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  }
  CHECK(homepot.devices_seen() == 10);
  CHECK(HomepotRows(homepot.path()) == before);
  CHECK(RunSql(homepot.path(),
               "SELECT id, status, health_state, last_seen, last_heartbeat_at "
               "FROM devices WHERE id IN (8, 40, 17) ORDER BY id") ==
        Texts{"8", "online", "healthy", "2026-01-05 08:00:00.000000",
              "2026-01-05 08:00:00.000000",  //
              "17", "online", "healthy", "2026-01-07 10:00:00.000000",
              "NULL",  // does not take part
              "40", "error", "healthy", "2026-01-05 08:00:00.000000",
              "2026-01-05 08:00:00.000000"});
  CHECK(RunSql(homepot.path(), "SELECT count(*) FROM tillstorm_ledger") ==
        Texts{"1"});
  CHECK(RunSql(homepot.path(), "PRAGMA application_id") ==
        Texts{"1414089793"});  // TILA
  CHECK(RunSql(homepot.path(), "PRAGMA journal_mode") == Texts{"delete"});
}

TEST_CASE("An adopted dataset is gone on with, and only state is written",
          "[sqlite][adopt]") {
  Adopted homepot;
  const Texts before = HomepotRows(homepot.path());
  REQUIRE(homepot.Adopt().ok());
  auto session = homepot.backend().Continue({});
  INFO(session.status().message());
  REQUIRE(session.ok());
  const DeviceRow old_state = StateOf(40, "error", kMonday);
  DeviceRow new_state = StateOf(40, "offline", kMonday + Micros{5});
  // Whatever else an update carries.
  new_state.firmware_version = "1.2.3";
  new_state.config = Json{R"({"os": "web"})"};
  new_state.updated_at = kMonday;
  EventList events;
  events.Update(old_state, new_state).Insert(MakeMetrics(40, kMonday));
  REQUIRE((*session)->Apply(events.MakeBatch(1)).ok());
  REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  CHECK(HomepotRows(homepot.path()) == before);
  CHECK(RunSql(homepot.path(),
               "SELECT status, last_seen FROM devices WHERE id = 40") ==
        Texts{"offline", "2026-01-05 08:00:00.000005"});
  CHECK(RunSql(homepot.path(), "SELECT id, device_id FROM device_metrics") ==
        Texts{"1", "40"});
}

TEST_CASE("Columns may stand in another order, and others beside them",
          "[sqlite][adopt]") {
  Adopted homepot(
      "ALTER TABLE devices DROP COLUMN is_simulated;"
      "ALTER TABLE devices ADD COLUMN is_simulated BOOLEAN;"
      "ALTER TABLE alerts ADD COLUMN team VARCHAR(20);"
      "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);");
  const auto session = homepot.Adopt();
  INFO(session.status().message());
  CHECK(session.ok());
}

TEST_CASE("Indexes that are missing are made, unless none are wanted",
          "[sqlite][adopt]") {
  const bool wanted = GENERATE(true, false);
  Adopted homepot("DROP INDEX ix_alerts_status");
  REQUIRE(homepot
              .Adopt({Durability::kProcess,
                      wanted ? IndexMode::kInline : IndexMode::kNone})
              .ok());
  CHECK(RunSql(homepot.path(),
               "SELECT count(*) FROM sqlite_schema WHERE name="
               "'ix_alerts_status'") == Texts{wanted ? "1" : "0"});
}

TEST_CASE("What cannot be adopted is named and stays as it was",
          "[sqlite][adopt]") {
  struct Case {
    std::string changes;
    std::string sentence;  // after the path
  };
  const auto [changes, sentence] = GENERATE(values<Case>({
      {"INSERT INTO alerts (id, timestamp, title, severity, category) "
       "VALUES (1, '2026-01-01 00:00:00.000000', 't', 'info', 'network')",
       "table alerts has rows, and --adopt takes a database whose event "
       "tables are empty; empty them or collect into another file"},
      {"DROP TABLE job_outcomes", "has no table job_outcomes"},
      {"ALTER TABLE user_activities DROP COLUMN page_url",
       "table user_activities has no column page_url, as HOMEPOT's has"},
      {"DROP TABLE alerts; CREATE VIEW alerts AS SELECT 1",
       "has no table alerts"},
      {"ALTER TABLE user_activities DROP COLUMN page_url;"
       "ALTER TABLE user_activities ADD COLUMN page_url TEXT",
       "column user_activities.page_url is not declared as HOMEPOT "
       "declares it (VARCHAR(500))"},
      {"CREATE TABLE tillstorm_ledger (lane INTEGER)",
       "there is a tillstorm_ledger already, which HOMEPOT does not make; "
       "drop it or collect into another file"},
      {"DROP TABLE device_commands; CREATE TABLE device_commands (id "
       "INTEGER NOT NULL, command_id VARCHAR(50) NOT NULL UNIQUE ON "
       "CONFLICT IGNORE, device_id INTEGER NOT NULL, command_type "
       "VARCHAR(50) NOT NULL, payload JSON, status VARCHAR(20), result "
       "JSON, created_at DATETIME, sent_at DATETIME, executed_at DATETIME, "
       "PRIMARY KEY (id))",
       "table device_commands has an ON CONFLICT clause, which HOMEPOT's "
       "has not and which could make rows disappear"},
      {"DROP TABLE device_commands; CREATE TABLE device_commands (id "
       "INTEGER NOT NULL, command_id VARCHAR(50) NOT NULL, device_id "
       "INTEGER NOT NULL, command_type VARCHAR(50) NOT NULL, payload JSON, "
       "status VARCHAR(20), result JSON, created_at DATETIME, sent_at "
       "DATETIME, executed_at DATETIME, channel TEXT NOT NULL, PRIMARY KEY "
       "(id))",
       "table device_commands has a column channel, which must have a "
       "value and which the schema does not know"},
      {"PRAGMA application_id = 7",
       "is no database that HOMEPOT set up: its application id is 7, not "
       "0; give the path of one"},
  }));
  bool unchanged = false;
  const std::string message = Refusal(changes, &unchanged);
  INFO(message);
  CHECK(message.ends_with(sentence));
  CHECK(unchanged);
}

TEST_CASE("What the maker refuses is refused, and so is a row that is gone",
          "[sqlite][adopt]") {
  Adopted homepot(
      "DELETE FROM lifecycle_epochs;"
      "DELETE FROM devices WHERE id = 40");
  const std::string before = ReadFile(homepot.path());
  const auto refused =
      homepot.backend().Adopt({}, [](Reader&) -> Result<Adoption> {
        return Status(StatusCode::kBadInput, "not this one");
      });
  CHECK(refused.status().message() == "not this one");
  CHECK(homepot.Adopt().status().code() == StatusCode::kIntegrity);
  CHECK(ReadFile(homepot.path()) == before);
}

TEST_CASE("A dataset is not adopted twice, and an adopted one not replaced",
          "[sqlite][adopt]") {
  Adopted homepot;
  REQUIRE(homepot.Adopt().ok());
  CHECK(homepot.Adopt().status().code() == StatusCode::kBadInput);
  CreateOptions replace;
  replace.replace = true;
  const auto made =
      homepot.backend().Create(replace, MakeManifest(), homepot.Fleet());
  CHECK(made.status().code() == StatusCode::kCannotCreate);

  TestDirectory directory;
  SqliteBackend own(directory / "own.db", {});
  {
    EventList fleet;
    AddFleet(&fleet);
    auto session = own.Create({}, MakeManifest(), fleet.MakeBatch(0));
    REQUIRE(session.ok());
    REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  }
  CHECK(own.OpenAdoptable().status().message().ends_with(
      "is a dataset that tillstorm made itself; leave --adopt out"));
}

TEST_CASE("A database that somebody writes is unavailable", "[sqlite][adopt]") {
  Adopted homepot;
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(homepot.path().c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  CHECK(homepot.Adopt().status().code() == StatusCode::kUnavailable);
  sqlite3_close(other);
  CHECK(homepot.Adopt().ok());
}

}  // namespace
}  // namespace tillstorm
