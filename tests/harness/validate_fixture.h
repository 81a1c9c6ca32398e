// What tests of the validator share: a sound dataset, damage, a run.
#ifndef TILLSTORM_TESTS_HARNESS_VALIDATE_FIXTURE_H_
#define TILLSTORM_TESTS_HARNESS_VALIDATE_FIXTURE_H_

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "harness/generate.h"
#include "harness/validate.h"
#include "storage/sqlite/sqlite_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {

inline void Execute(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  char* message = nullptr;
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message);
  INFO(sql << ": " << (message == nullptr ? "" : message));
  REQUIRE(code == SQLITE_OK);
  sqlite3_close(db);
}

inline constexpr std::string_view kStart = "2026-01-05";

// Four days in which faults happen, small.
inline const std::string& SoundDataset() {
  static const TestDirectory directory;
  static const std::string path = [] {
    const std::string file = directory / "sound.db";
    GenerateOptions options;
    options.scenario = StandardScenario();
    options.scenario.sites = 1;
    options.scenario.devices = 3;
    options.scenario.traffic = 1;
    options.scenario.interval = Micros{300 * kMicrosPerSecond};
    options.scenario.device_faults_per_1000_days = 900;
    options.scenario.site_outages_per_1000_days = 900;
    options.scenario.rates.probes = 300;
    options.scenario.rates.activities = 400;
    options.scenario.rates.outcomes_per_device = 40;
    options.scenario.rates.site_jobs = 6;
    options.start = *ParseIsoDateTime(kStart);
    options.end = options.start + Micros{4 * kMicrosPerDay};
    options.threads = 2;
    SqliteBackend backend(file, {});
    GenerateProgress progress;
    const auto made =
        Generate(options, backend, &progress, std::atomic<bool>{false});
    TS_CHECK(made.ok());
    return file;
  }();
  return path;
}

inline Result<ValidateReport> Run(const std::string& path,
                                  int64_t min_days = 3) {
  SqliteBackend backend(path, {});
  const auto database = backend.OpenQueries();
  if (!database.ok()) return database.status();
  ValidateOptions options;
  options.min_days = min_days;
  ValidateProgress progress;
  return Validate(**database, options, &progress);
}

// Status by name, of checks, references and invariants.
inline std::map<std::string, CheckStatus> StatusOf(
    const ValidateReport& report) {
  std::map<std::string, CheckStatus> found;
  const auto add = [&found](const auto& results) {
    for (const auto& result : results) found[result.name] = result.status;
  };
  add(report.checks);
  add(report.coverage);
  add(report.references);
  add(report.invariants);
  return found;
}

// A dataset of ours, of another shape.
inline GenerateOptions SmallOptions(int32_t sites) {
  GenerateOptions options;
  options.scenario = StandardScenario();
  options.scenario.sites = sites;
  options.scenario.devices = 2 * sites;
  options.scenario.traffic = sites;
  options.scenario.interval = Micros{300 * kMicrosPerSecond};
  options.scenario.device_faults_per_1000_days = 900;
  options.scenario.rates.probes = 300;
  options.scenario.rates.activities = 400;
  options.scenario.rates.outcomes_per_device = 40;
  options.scenario.rates.site_jobs = 6;
  options.start = *ParseIsoDateTime(kStart);
  options.end = options.start + Micros{2 * kMicrosPerDay};
  options.threads = 2;
  return options;
}

inline void MakeDataset(const std::string& path,
                        const GenerateOptions& options) {
  SqliteBackend backend(path, {});
  GenerateProgress progress;
  REQUIRE(Generate(options, backend, &progress, std::atomic<bool>{false}).ok());
}

inline const Invariant& Find(const ValidateReport& report,
                             std::string_view name) {
  const auto found = std::find_if(
      report.invariants.begin(), report.invariants.end(),
      [name](const Invariant& invariant) { return invariant.name == name; });
  INFO(name);
  REQUIRE(found != report.invariants.end());
  return *found;
}

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_HARNESS_VALIDATE_FIXTURE_H_
