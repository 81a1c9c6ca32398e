#include "storage/sqlite/run_registry.h"

#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

// The message of an SQL statement that fails; empty when it does not.
std::string SqlError(const std::string& file, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  char* message = nullptr;
  sqlite3_exec(db, sql, nullptr, nullptr, &message);
  std::string text = message == nullptr ? "" : message;
  sqlite3_free(message);
  sqlite3_close(db);
  return text;
}

TEST_CASE("a registry counts every run that began", "[run_registry]") {
  const TestDirectory directory;
  CHECK(*RunRegistry::OpenToRead(directory.path()) == nullptr);
  const auto registry = RunRegistry::Open(directory.path());
  REQUIRE(registry.ok());
  std::vector<int64_t> numbers;
  for (const auto& [folder, command] :
       std::vector<std::pair<std::string, std::string>>{{"a", "bench x"},
                                                        {"b", "bench x"},
                                                        {"c", "bench x"},
                                                        {"d", "bench y"}}) {
    const auto number =
        (*registry)->Begin({"2026-01-05T08:00:00Z", folder, command});
    REQUIRE(number.ok());
    numbers.push_back(*number);
  }
  CHECK(numbers == std::vector<int64_t>{1, 2, 3, 4});
  REQUIRE((*registry)->End(1, {"VALID", "good", "aa"}).ok());
  REQUIRE((*registry)->End(2, {"INVALID", "bad", "bb"}).ok());
  REQUIRE((*registry)->End(4, {"VALID-WITH-WARNINGS", "so so", "dd"}).ok());

  const auto reader = RunRegistry::OpenToRead(directory.path());
  REQUIRE(reader.ok());
  REQUIRE(*reader != nullptr);
  const Result<RunCounts> counts = (*reader)->Count("b");
  REQUIRE(counts.ok());
  CHECK(CountsText(*counts) ==
        "4 runs, 2 valid, 1 never ended; of this command 3, 1 valid");
  CHECK(CountsText(*(*reader)->Count("unknown")) ==
        "4 runs, 2 valid, 1 never ended");
  const auto end = (*reader)->Find("b");
  REQUIRE(end.ok());
  REQUIRE(end->has_value());
  CHECK((*end)->verdict == "INVALID");
  CHECK((*end)->checksum == "bb");
  CHECK_FALSE((*reader)->Find("c")->has_value());
  CHECK_FALSE((*reader)->Find("unknown")->has_value());
}

TEST_CASE("a registry is only ever added to", "[run_registry]") {
  const TestDirectory directory;
  const auto registry = RunRegistry::Open(directory.path());
  REQUIRE(registry.ok());
  REQUIRE((*registry)->Begin({"t", "a", "c"}).ok());
  REQUIRE((*registry)->End(1, {"INVALID", "h", "s"}).ok());
  CHECK_FALSE((*registry)->End(1, {"VALID", "h", "s"}).ok());
  CHECK_FALSE((*registry)->Begin({"t", "a", "c"}).ok());
  const std::string file = directory / "registry.sqlite";
  for (const char* sql : {"DELETE FROM run_begin", "DELETE FROM run_end",
                          "UPDATE run_end SET verdict = 'VALID'",
                          "UPDATE run_begin SET folder = 'b'"}) {
    INFO(sql);
    CHECK(SqlError(file, sql) == "runs are only ever added");
  }
}

TEST_CASE("runs that begin at once all get into the registry",
          "[run_registry]") {
  const TestDirectory directory;
  constexpr int kThreads = 4;
  constexpr int kRuns = 5;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&directory, &failures, t] {
      for (int i = 0; i < kRuns; ++i) {
        const auto registry = RunRegistry::Open(directory.path());
        if (!registry.ok()) {
          ++failures;
          continue;
        }
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        const auto number = (*registry)->Begin({"now", name, "bench"});
        if (!number.ok() ||
            !(*registry)->End(*number, {"VALID", "h", name}).ok()) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  const auto registry = RunRegistry::Open(directory.path());
  REQUIRE(registry.ok());
  const Result<RunCounts> counts = (*registry)->Count("0-0");
  REQUIRE(counts.ok());
  CHECK(counts->runs == kThreads * kRuns);
  CHECK(counts->alike_valid == kThreads * kRuns);
  CHECK((*(*registry)->Find("3-4"))->checksum == "3-4");
}

TEST_CASE("a file that is no registry is left alone", "[run_registry]") {
  const TestDirectory directory;
  const std::string file = directory / "registry.sqlite";
  SECTION("another database") {
    REQUIRE(SqlError(file, "CREATE TABLE t (x)").empty());
    const auto registry = RunRegistry::Open(directory.path());
    REQUIRE_FALSE(registry.ok());
    CHECK(registry.status().code() == StatusCode::kBadInput);
    CHECK_THAT(registry.status().message(),
               HoldsText("is no registry of runs"));
  }
  SECTION("no database") {
    std::ofstream(file) << "some text that is long enough to be looked at, and "
                           "that is no header of any database whatsoever.....";
    const auto registry = RunRegistry::Open(directory.path());
    REQUIRE_FALSE(registry.ok());
    CHECK(registry.status().code() == StatusCode::kBadInput);
  }
}

}  // namespace
}  // namespace tillstorm
