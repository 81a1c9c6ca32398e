// What commands leave in PostgreSQL is what they leave in the model, whichever
// way it got there, also while connections are cut in the middle of it.
#include <atomic>

#include "harness/collect.h"
#include "harness/generate.h"
#include "harness/verify.h"
#include "storage/model/model_backend.h"
#include "storage/postgres/postgres_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_proxy.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {
namespace {

const std::atomic<bool> kGoOn{false};
const Instant kStart = *ParseIsoDateTime("2026-03-02T10:00:00Z");
constexpr Micros kSpan{20 * 60 * kMicrosPerSecond};

// Few devices, and much that goes wrong with them.
Scenario BusyScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 2;
  scenario.devices = 6;
  scenario.traffic = 3;
  scenario.interval = Micros{30 * kMicrosPerSecond};
  scenario.device_faults_per_1000_days = 1000;
  scenario.site_outages_per_1000_days = 1000;
  scenario.glitches_per_1000_days = 20'000;
  return scenario;
}

GenerateOptions ToGenerate() {
  GenerateOptions options;
  options.seed = 7;
  options.scenario = BusyScenario();
  options.start = kStart;
  options.end = kStart + kSpan;
  return options;
}

CollectOptions ToCollect() {
  CollectOptions options;
  options.seed = 7;
  options.scenario = BusyScenario();
  options.opening = [](std::optional<Instant> close) {
    return Result<Instant>(close.value_or(kStart));
  };
  options.now = [] { return kStart; };
  options.span = kSpan;
  options.speed.max = true;
  options.workers = 2;
  options.batch_rows = 100;
  options.linger = Micros{2'000};
  return options;
}

// Of a generation into the model.
Digest Expected() {
  ModelBackend model;
  GenerateProgress progress;
  const auto summary = Generate(ToGenerate(), model, &progress, kGoOn);
  INFO(summary.status().message());
  REQUIRE(summary.ok());
  return model.ComputeDigest();
}

// The digest of its rows, and that it is what its manifest says.
void CheckHolds(PostgresBackend& backend, const Digest& expected) {
  const auto reader = backend.OpenReader();
  INFO(reader.status().message());
  REQUIRE(reader.ok());
  CHECK(ScanDigest(**reader) == expected);
  VerifyProgress progress;
  const auto report = Verify(**reader, 1, &progress, kGoOn);
  REQUIRE(report.ok());
  CHECK(report->differences.empty());
}

TEST_CASE("generate leaves the model's data in PostgreSQL", "[postgres]") {
  const TestDatabase database;
  PostgresBackend backend(database.target());
  GenerateOptions options = ToGenerate();
  options.lanes = GENERATE(1, 4);
  options.load = GENERATE(LoadPath::kCopy, LoadPath::kInsert);
  options.batch_rows = 500;
  GenerateProgress progress;
  const auto summary = Generate(options, backend, &progress, kGoOn);
  INFO(options.lanes << " lanes: " << summary.status().message());
  REQUIRE(summary.ok());
  const Digest expected = Expected();
  CHECK(summary->digest == expected);
  CheckHolds(backend, expected);
}

TEST_CASE("collect leaves the model's data in PostgreSQL", "[postgres]") {
  const TestDatabase database;
  PostgresBackend backend(database.target());
  CollectOptions options = ToCollect();
  options.lanes = GENERATE(1, 3);
  Collection collection(options, backend);
  const Status status = collection.Run();
  INFO(options.lanes << " lanes: " << status.message());
  REQUIRE(status.ok());
  const Digest expected = Expected();
  CHECK(collection.summary().total == expected);
  CheckHolds(backend, expected);
}

TEST_CASE("collect loses and doubles nothing where connections are cut",
          "[postgres]") {
  // The third COMMIT of each connection. What became of the batch is resolved,
  // and if need be repeated, on the next connection.
  std::atomic<int> cuts{0};
  PostgresProxy proxy(TestServer().socket_folder(), [&cuts](int number) {
    constexpr std::array kWays = {AtCommit::kLose, AtCommit::kCutOff,
                                  AtCommit::kHoldBack};
    if (number != 3) return AtCommit::kPass;
    return kWays.at(static_cast<size_t>(cuts++) % kWays.size());
  });
  const TestDatabase database;
  PostgresBackend backend(database.target(proxy.conninfo()));
  CollectOptions options = ToCollect();
  options.lanes = GENERATE(1, 3);
  Collection collection(options, backend);
  const Status status = collection.Run();
  INFO(options.lanes << " lanes, " << cuts << " cuts: " << status.message());
  REQUIRE(status.ok());
  CHECK(cuts >= 3);
  const Digest expected = Expected();
  CHECK(collection.summary().total == expected);
  CheckHolds(backend, expected);
}

}  // namespace
}  // namespace tillstorm
