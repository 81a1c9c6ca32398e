// What the SQLite writer does beyond the contract: the same bytes every time,
// one statement per updated row, SQLite's errors as sentences.
#include <sqlite3.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite/sqlite_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The first column of the first row.
std::string Ask(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  std::string answer;
  const auto take = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
    return 1;
  };
  char* error = nullptr;
  const int code = sqlite3_exec(db, sql.c_str(), take, &answer, &error);
  INFO((error == nullptr ? "" : error));
  CHECK((code == SQLITE_OK || code == SQLITE_ABORT));
  sqlite3_free(error);
  sqlite3_close(db);
  return answer;
}

std::unique_ptr<Session> Create(const std::string& path,
                                const CreateOptions& options) {
  SqliteBackend backend(path, {});
  EventList fleet;
  AddFleet(&fleet);
  auto session = backend.Create(options, MakeManifest(), fleet.MakeBatch(0));
  INFO(session.status().message());
  REQUIRE(session.ok());
  return std::move(*session);
}

// `count` health checks, one a second from `first` on.
void AddHealthChecks(int first, int count, EventList* events) {
  for (int i = first; i < first + count; ++i) {
    events->Insert(MakeHealthCheck(
        1 + i % 2, kMonday + Micros(int64_t{i} * kMicrosPerSecond + i)));
  }
}

TEST_CASE("Values lie in the file as HOMEPOT stores them", "[sqlite_writer]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = Create(path, {Durability::kBulk, IndexMode::kNone});
  EventList events;
  events.Insert(MakeHealthCheck(2, FromMicros(1'767'657'599'000'007)))
      .Insert(MakeMetrics(1, FromMicros(1'767'657'600'000'000)));
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  const auto quoted = [&path](const std::string& table) {
    return Ask(path, "SELECT " + table);
  };
  CHECK(quoted("quote(timestamp) FROM health_checks") ==
        "'2026-01-05 23:59:59.000007'");
  CHECK(quoted("quote(timestamp) FROM device_metrics") ==
        "'2026-01-06 00:00:00.000000'");
  CHECK(quoted("quote(response_data) FROM health_checks") ==
        R"('{"status": "healthy", "list": [1, 2.5]}')");
  CHECK(quoted("quote(is_healthy) FROM health_checks") == "1");
  CHECK(quoted("quote(error_message) FROM health_checks") == "NULL");
  CHECK(quoted("typeof(disk_percent) || quote(disk_percent) FROM "
               "device_metrics") == "real3.0");
  CHECK(quoted("quote(memory_percent) FROM device_metrics") == "0.0");
  CHECK(quoted("quote(open_time) FROM site_operating_schedules") ==
        "'08:00:00.000000'");
  CHECK(quoted("quote(close_time) FROM site_operating_schedules") ==
        "'23:59:59.999999'");
  CHECK(quoted("quote(notes) FROM site_operating_schedules") == "''");
  CHECK(quoted("typeof(owners) || length(owners) FROM tillstorm_ledger") ==
        "blob12");
  CHECK(quoted("name FROM sites") == "Caf\xc3\xa9");
}

// Times of rows that follow each other share their text buffer.
TEST_CASE("Times are right whatever the time of the row before",
          "[sqlite_writer]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = Create(path, {Durability::kBulk, IndexMode::kNone});
  EventList events;
  DeviceStateHistoryRow row;
  row.device_id = 1;
  row.new_state = "online";
  for (const int64_t micros :
       {0LL, 86'399'999'999LL, 86'400'000'000LL, 1LL, 1LL,
        951'782'400'000'000LL, 951'826'154'321'987LL,
        253'402'300'799'999'999LL}) {
    row.timestamp = FromMicros(micros);
    events.Insert(row);
  }
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(Ask(path,
            "SELECT group_concat(timestamp, '|') FROM device_state_history") ==
        "1970-01-01 00:00:00.000000|1970-01-01 23:59:59.999999|"
        "1970-01-02 00:00:00.000000|1970-01-01 00:00:00.000001|"
        "1970-01-01 00:00:00.000001|2000-02-29 00:00:00.000000|"
        "2000-02-29 12:09:14.321987|9999-12-31 23:59:59.999999");
}

TEST_CASE("A value that was NULL or not in the row before leaves no trace",
          "[sqlite_writer]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = Create(path, {Durability::kBulk, IndexMode::kNone});
  EventList events;
  JobRow job;
  job.action = "restart";
  job.site_id = 1;
  job.created_by = 1;
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  for (int i = 0; i < 4; ++i) {
    job.id = i + 1;
    job.job_id = names[static_cast<size_t>(i)];
    job.started_at = i % 2 == 0 ? std::nullopt : std::optional(kMonday);
    job.priority =
        i % 2 == 0 ? std::optional<std::string_view>("high") : std::nullopt;
    events.Insert(job);
  }
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(Ask(path,
            "SELECT group_concat(job_id || ifnull(priority, '-') || "
            "ifnull(started_at, '-'), '|') FROM jobs") ==
        "ahigh-|b-2026-01-05 08:00:00.000000|chigh-|"
        "d-2026-01-05 08:00:00.000000");
}

TEST_CASE("The same batches make the same bytes", "[sqlite_writer]") {
  const TestDirectory directory;
  for (const std::string name : {"a.db", "b.db"}) {
    auto session =
        Create(directory / name, {Durability::kBulk, IndexMode::kDeferred});
    for (int batch = 1; batch <= 3; ++batch) {
      EventList events;
      AddHealthChecks(batch * 1000, 1000, &events);
      REQUIRE(session->Apply(events.MakeBatch(batch)).ok());
    }
    REQUIRE(session->Finish(MakeManifest(), {}).ok());
  }
  CHECK(ReadFile(directory / "a.db") == ReadFile(directory / "b.db"));
  CHECK(Ask(directory / "a.db", "PRAGMA integrity_check") == "ok");
}

TEST_CASE("Several updates of a row in a batch are one statement",
          "[sqlite_writer]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = Create(path, {Durability::kProcess, IndexMode::kNone});
  Ask(path,
      "CREATE TABLE tillstorm_count(id); CREATE TRIGGER count AFTER UPDATE ON "
      "devices BEGIN INSERT INTO tillstorm_count VALUES(old.id); END;");
  EventList events;
  DeviceRow before = MakeDevice(1, "dev-1");
  for (const char* status : {"offline", "error", "online", "offline"}) {
    DeviceRow after = before;
    after.status = status;
    events.Update(before, after);
    before = after;
  }
  const Status status = session->Apply(events.MakeBatch(1));
  INFO(status.message());
  REQUIRE(status.ok());
  CHECK(Ask(path, "SELECT count(*) FROM tillstorm_count") == "1");
  CHECK(Ask(path, "SELECT status FROM devices WHERE id=1") == "offline");
}

TEST_CASE("Durability levels are what the engine reports", "[sqlite_writer]") {
  struct Case {
    Durability durability;
    std::string journal_mode;
    std::string synchronous;
  };
  const auto level = GENERATE(Case{Durability::kPower, "wal", "2"},
                              Case{Durability::kProcess, "wal", "1"},
                              Case{Durability::kRelaxed, "wal", "0"},
                              Case{Durability::kBulk, "off", "0"});
  const TestDirectory directory;
  auto session =
      Create(directory / "a.db", {level.durability, IndexMode::kNone});
  std::map<std::string, std::string> settings;
  for (const auto& [name, value] : session->Settings()) settings[name] = value;
  CHECK(settings["journal_mode"] == level.journal_mode);
  CHECK(settings["synchronous"] == level.synchronous);
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(directory.List() == std::vector<std::string>{"a.db"});
  CHECK(Ask(directory / "a.db", "PRAGMA journal_mode") == "delete");
}

TEST_CASE("A program that holds the lock makes a batch repeatable",
          "[sqlite_writer][slow]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = Create(path, {Durability::kProcess, IndexMode::kNone});
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  EventList events;
  AddHealthChecks(0, 10, &events);
  const Status status = session->Apply(events.MakeBatch(1));
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK(status.remedy() == Remedy::kRetryBatch);
  sqlite3_close(other);
  CHECK(session->Apply(events.MakeBatch(1)).ok());
  CHECK(Ask(path, "SELECT max(id) FROM health_checks") == "10");
}

TEST_CASE("A file that may not grow is a full disk, and its batch is undone",
          "[sqlite_writer]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  const auto durability = GENERATE(Durability::kBulk, Durability::kProcess);
  auto session = Create(path, {durability, IndexMode::kNone});
  Status status;
  int applied = 0;
  {
    const FileSizeLimit limit(1 << 20);
    for (; status.ok() && applied < 100; ++applied) {
      EventList events;
      AddHealthChecks(applied * 1000, 1000, &events);
      status = session->Apply(events.MakeBatch(applied + 1));
    }
  }
  REQUIRE_FALSE(status.ok());
  INFO(status.message());
  CHECK(status.code() == StatusCode::kIo);
  CHECK((status.remedy() == Remedy::kResolveDoubt) ==
        (durability == Durability::kProcess));
  CHECK_THAT(status.message(), HoldsText("disk full"));
  CHECK_THAT(status.message(), HoldsText(path));
  // Once broken it stays so.
  EventList events;
  AddHealthChecks(0, 1, &events);
  CHECK(session->Apply(events.MakeBatch(99)).code() == status.code());
  CHECK_FALSE(session->Finish(MakeManifest(), {}).ok());
  session.reset();
  if (durability == Durability::kBulk) {
    CHECK(directory.List().empty());
    return;
  }
  // `applied` counts the batch that failed too.
  CHECK(Ask(path, "SELECT count(*) FROM health_checks") ==
        std::to_string((applied - 1) * 1000));
  CHECK(Ask(path, "SELECT count(*) FROM tillstorm_ledger") ==
        std::to_string(applied));
  CHECK(Ask(path, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("Building indexes stops when told to", "[sqlite_writer]") {
  const TestDirectory directory;
  auto session =
      Create(directory / "a.db", {Durability::kBulk, IndexMode::kDeferred});
  FinishProgress progress;
  Session* const raw = session.get();
  progress.report = [raw](std::string_view, size_t done, size_t) {
    if (done == 50) raw->Interrupt();
  };
  CHECK(session->Finish(MakeManifest(), progress).code() ==
        StatusCode::kInterrupted);
  session.reset();
  CHECK(directory.List().empty());
}

}  // namespace
}  // namespace tillstorm
