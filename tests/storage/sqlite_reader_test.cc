// What the SQLite reader makes of files that are not what they should be.
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite/sqlite_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

void Execute(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  char* error = nullptr;
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error);
  INFO((error == nullptr ? "" : error));
  CHECK(code == SQLITE_OK);
  sqlite3_free(error);
  sqlite3_close(db);
}

// A finished dataset with 400 health checks and one row of metrics.
std::string MakeDataset(const TestDirectory& directory) {
  const std::string path = directory / "a.db";
  SqliteBackend backend(path, {});
  EventList fleet;
  AddFleet(&fleet);
  auto session = backend.Create({Durability::kBulk, IndexMode::kDeferred},
                                MakeManifest(), fleet.MakeBatch(0));
  REQUIRE(session.ok());
  EventList events;
  for (int i = 0; i < 400; ++i) {
    events.Insert(MakeHealthCheck(1, kMonday + Micros(i)));
  }
  events.Insert(MakeMetrics(1, kMonday));
  REQUIRE((*session)->Apply(events.MakeBatch(1)).ok());
  REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  return path;
}

Result<std::unique_ptr<Reader>> Open(const std::string& path) {
  return SqliteBackend(path, {}).OpenReader();
}

TEST_CASE("What is no dataset is bad input, in a sentence", "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = directory / "b.db";
  std::string says;
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
    MakeDataset(directory);
    REQUIRE(symlink("a.db", path.c_str()) == 0);
    says = "symbolic link";
  }
  SECTION("an empty file") {
    std::ofstream(path).flush();
    says = "is empty";
  }
  SECTION("a short text") {
    std::ofstream(path) << "dear diary";
    says = "not an SQLite database";
  }
  SECTION("a long text") {
    std::ofstream(path) << std::string(10'000, 'x');
    says = "not an SQLite database";
  }
  SECTION("somebody's database") {
    Execute(path, "CREATE TABLE devices(id)");
    says = "not a tillstorm dataset";
  }
  const auto reader = Open(path);
  CHECK(reader.status().code() == StatusCode::kBadInput);
  CHECK_THAT(reader.status().message(), HoldsText(path));
  CHECK_THAT(reader.status().message(), HoldsText(says));
}

TEST_CASE("A dataset that may not be read is a matter of permission",
          "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
  REQUIRE(chmod(path.c_str(), 0) == 0);
  const bool is_root = geteuid() == 0;
  if (is_root) REQUIRE(seteuid(65'534) == 0);
  const Status status = Open(path).status();
  if (is_root) REQUIRE(seteuid(0) == 0);
  CHECK(status.code() == StatusCode::kPermission);
  CHECK_THAT(status.message(), HoldsText(path));
}

TEST_CASE("A truncated dataset is bad input at every length",
          "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  const auto size = static_cast<off_t>(std::filesystem::file_size(path));
  for (const off_t length : {size - 1, size - 4096, size / 2, off_t{8192},
                             off_t{4096}, off_t{4095}, off_t{100}}) {
    INFO(length);
    REQUIRE(truncate(path.c_str(), length) == 0);
    const auto reader = Open(path);
    CHECK(reader.status().code() == StatusCode::kBadInput);
    CHECK_THAT(reader.status().message(), HoldsText("truncated"));
  }
  REQUIRE(truncate(path.c_str(), 99) == 0);
  CHECK(Open(path).status().code() == StatusCode::kBadInput);
}

TEST_CASE("A dataset whose tables were changed names the table",
          "[sqlite_reader]") {
  struct Case {
    std::string sql;
    std::string says;
  };
  const auto change = GENERATE(
      Case{"DROP TABLE device_metrics", "no table device_metrics"},
      Case{"DROP TABLE alerts; CREATE VIEW alerts AS SELECT * FROM jobs",
           "no table alerts"},
      Case{"ALTER TABLE jobs DROP COLUMN segment",
           "jobs has no column segment"},
      Case{"ALTER TABLE jobs RENAME COLUMN segment TO part",
           "jobs has no column segment"},
      Case{"ALTER TABLE jobs ADD COLUMN mood TEXT", "jobs has a column mood"},
      Case{"ALTER TABLE jobs ADD COLUMN m AS (1)", "jobs has a column m"},
      Case{"DROP TABLE tillstorm_manifest; CREATE TABLE "
           "tillstorm_manifest(key VARCHAR(50), value INTEGER)",
           "tillstorm_manifest.key"},
      Case{"DROP TABLE tillstorm_manifest; CREATE TABLE tillstorm_manifest("
           "key VARCHAR(50) PRIMARY KEY, value INTEGER)",
           "tillstorm_manifest.value"},
      Case{"PRAGMA user_version=9", "schema version 9"});
  INFO(change.sql);
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  Execute(path, change.sql);
  const auto reader = Open(path);
  CHECK(reader.status().code() == StatusCode::kBadInput);
  CHECK_THAT(reader.status().message(), HoldsText(change.says));
}

TEST_CASE("Tables and indexes of somebody else do not matter",
          "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  Execute(path,
          "CREATE TABLE notes(text); CREATE INDEX mine ON jobs(segment); "
          "DROP INDEX ix_jobs_id");
  const auto reader = Open(path);
  INFO(reader.status().message());
  REQUIRE(reader.ok());
  CHECK(Scan(**reader, TableId::kHealthChecks).size() == 400);
}

TEST_CASE("A dataset that is being written is not read", "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  const auto reader = Open(path);
  CHECK(reader.status().code() == StatusCode::kUnavailable);
  CHECK_THAT(reader.status().message(), HoldsText("being written"));
  sqlite3_close(other);
  CHECK(Open(path).ok());
}

TEST_CASE("Reading changes neither the file nor its directory",
          "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  const auto before = std::filesystem::last_write_time(path);
  {
    const auto reader = Open(path);
    REQUIRE(reader.ok());
    CHECK(Scan(**reader, TableId::kDevices).size() == 2);
    CHECK((*reader)->CheckStructure().ok());
    CHECK(directory.List() == std::vector<std::string>{"a.db"});
  }
  CHECK(std::filesystem::last_write_time(path) == before);
}

// The only row of device_metrics after `sql`, decoded.
ValueView ChangedValue(const std::string& path, const std::string& column,
                       const std::string& value, std::string* encoding) {
  const TableInfo& table = Table(TableId::kDeviceMetrics);
  Execute(path, "UPDATE device_metrics SET " + column + "=" + value);
  const auto reader = Open(path);
  REQUIRE(reader.ok());
  *encoding = Scan(**reader, TableId::kDeviceMetrics)[0].encoding;
  return DecodeRow(table,
                   std::as_bytes(std::span(
                       *encoding)))[static_cast<size_t>(table.Find(column))];
}

TEST_CASE("A value of another type never passes for the right one",
          "[sqlite_reader]") {
  struct Case {
    std::string column;
    std::string value;
    char storage_class;
    std::string bytes;
  };
  const auto change = GENERATE(
      Case{"device_id", "'x'", 't', "x"},
      Case{"device_id", "1.5", 'r', std::string("\0\0\0\0\0\0\xf8\x3f", 8)},
      Case{"device_id", "x'41'", 'b', "A"},
      Case{"cpu_percent", "'much'", 't', "much"},
      Case{"cpu_percent", "x''", 'b', ""},
      Case{"timestamp", "17", 'i', std::string("\x11\0\0\0\0\0\0\0", 8)},
      Case{"timestamp", "'2026-01-05T08:00:00.000000'", 't',
           "2026-01-05T08:00:00.000000"},
      Case{"timestamp", "'2026-01-05 08:00:00'", 't', "2026-01-05 08:00:00"},
      Case{"timestamp", "'2026-02-30 08:00:00.000000'", 't',
           "2026-02-30 08:00:00.000000"},
      Case{"provenance", "x'73'", 'b', "s"},
      Case{"extra_metrics", "'5'", 'i', std::string("\x05\0\0\0\0\0\0\0", 8)});
  INFO(change.column << " = " << change.value);
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  std::string encoding;
  const ValueView value =
      ChangedValue(path, change.column, change.value, &encoding);
  CHECK(value.state == ValueView::State::kForeign);
  CHECK(value.storage_class == change.storage_class);
  CHECK(value.text == change.bytes);
}

TEST_CASE("Values of the right type read as they are", "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  std::string encoding;
  CHECK(ChangedValue(path, "cpu_percent", "-1e300", &encoding).real == -1e300);
  CHECK(ChangedValue(path, "cpu_percent", "7", &encoding).real == 7.0);
  CHECK(ChangedValue(path, "queue_depth", "-9223372036854775808", &encoding)
            .integer == INT64_MIN);
  CHECK(ChangedValue(path, "queue_depth", "NULL", &encoding).is_null());
  CHECK(
      ChangedValue(path, "timestamp", "'2000-02-29 23:59:59.999999'", &encoding)
          .integer == 951'868'799'999'999);
  CHECK(ChangedValue(path, "provenance", "''", &encoding).text.empty());
  CHECK(ChangedValue(path, "extra_metrics", "'[1, 2]'", &encoding).text ==
        "[1, 2]");
}

TEST_CASE("A boolean is 0 or 1", "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  Execute(path, "UPDATE tenants SET is_active=2");
  const auto reader = Open(path);
  REQUIRE(reader.ok());
  const std::string encoding = Scan(**reader, TableId::kTenants)[0].encoding;
  const TableInfo& table = Table(TableId::kTenants);
  const auto values = DecodeRow(table, std::as_bytes(std::span(encoding)));
  CHECK(values[static_cast<size_t>(table.Find("is_active"))].state ==
        ValueView::State::kForeign);
}

TEST_CASE("Rows come in the order of the primary key", "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  Execute(path,
          "UPDATE health_checks SET id=1000 WHERE id=3; UPDATE health_checks "
          "SET id=3 WHERE id=200");
  const auto reader = Open(path);
  REQUIRE(reader.ok());
  int64_t last = 0;
  for (const ScannedRow& row : Scan(**reader, TableId::kHealthChecks)) {
    CHECK(row.id > last);
    last = row.id;
  }
  CHECK(last == 1000);
}

TEST_CASE("A damaged page is bad input, not a crash", "[sqlite_reader]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory);
  const auto pages = std::filesystem::file_size(path) / 4096;
  std::string whole;
  {
    std::ifstream file(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(file), {});
  }
  int noticed = 0;
  for (size_t page = 1; page < pages; ++page) {
    std::string damaged = whole;
    damaged.replace(page * 4096, 4096, std::string(4096, '\x5a'));
    std::ofstream(path, std::ios::binary) << damaged;
    const auto reader = Open(path);
    const Status status =
        reader.ok() ? (*reader)->CheckStructure() : reader.status();
    noticed += status.code() == StatusCode::kBadInput ? 1 : 0;
    CHECK((status.ok() || status.code() == StatusCode::kBadInput));
  }
  CHECK(noticed == static_cast<int>(pages) - 1);
}

}  // namespace
}  // namespace tillstorm
