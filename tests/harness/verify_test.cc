// Verify finds every kind of change and names the row. The dataset is in the
// model; a reader in between plays the vandal.
#include "harness/verify.h"

#include <functional>
#include <memory>
#include <vector>

#include "harness/generate.h"
#include "storage/model/model_backend.h"
#include "storage/null/null_backend.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

const std::atomic<bool> kGoOn{false};

GenerateOptions SmallOptions() {
  GenerateOptions options;
  options.seed = 5;
  options.scenario = StandardScenario();
  options.scenario.interval = Micros{60 * kMicrosPerSecond};
  options.start = *ParseIsoDateTime("2026-01-05T00:00:00Z");
  options.end = options.start + Micros{6 * 3600 * kMicrosPerSecond};
  options.threads = 2;
  return options;
}

ModelBackend& Dataset() {
  static ModelBackend backend;
  static const bool kMade = [] {
    GenerateProgress progress;
    return Generate(SmallOptions(), backend, &progress, kGoOn).ok();
  }();
  REQUIRE(kMade);
  return backend;
}

// Shows a dataset with one change.
class VandalReader final : public Reader {
 public:
  using Row = std::vector<std::byte>;
  // Given a table's row and its number from 1; returns the rows to show.
  using Change = std::function<std::vector<Row>(TableId, int64_t, Row)>;

  explicit VandalReader(Change change) : change_(std::move(change)) {
    auto reader = Dataset().OpenReader();
    REQUIRE(reader.ok());
    inner_ = std::move(*reader);
  }

  Result<Manifest> ReadManifest() override {
    auto read = inner_->ReadManifest();
    if (read.ok() && manifest_change) manifest_change(*read);
    return read;
  }
  Status ScanTable(
      TableId table,
      const std::function<bool(const StoredRow&)>& visit) override {
    int64_t number = 0;
    return inner_->ScanTable(table, [&](const StoredRow& stored) {
      ++number;
      const Row row(stored.encoding.begin(), stored.encoding.end());
      for (const Row& shown : change_(table, number, row)) {
        if (!visit({shown, stored.id})) return false;
      }
      return true;
    });
  }
  Status CheckStructure() override { return Status::Ok(); }
  void Interrupt() override {}

  std::function<void(Manifest&)> manifest_change;

 private:
  std::unique_ptr<Reader> inner_;
  Change change_;
};

std::vector<TableDifference> DifferencesAfter(VandalReader::Change change) {
  VandalReader reader(std::move(change));
  VerifyProgress progress;
  auto report = Verify(reader, 2, &progress, kGoOn);
  REQUIRE(report.ok());
  return report->differences;
}

TEST_CASE("an untouched dataset verifies, for any number of threads",
          "[verify]") {
  auto reader = Dataset().OpenReader();
  for (const uint32_t threads : {1U, 3U}) {
    VerifyProgress progress;
    const auto report = Verify(**reader, threads, &progress, kGoOn);
    REQUIRE(report.ok());
    CHECK(report->differences.empty());
    CHECK(report->expected == report->found);
    CHECK(report->expected == Dataset().ComputeDigest());
    CHECK(progress.rows_read.load() == report->found.rows());
  }
}

TEST_CASE("a changed value is named with its row and both values", "[verify]") {
  const auto differences = DifferencesAfter(
      [](TableId table, int64_t number,
         VandalReader::Row row) -> std::vector<VandalReader::Row> {
        if (table == TableId::kDeviceMetrics && number == 1000) {
          const double value = 12.5;
          std::memcpy(row.data() + 19, &value, 8);  // cpu_percent
        }
        return {row};
      });
  REQUIRE(differences.size() == 1);
  CHECK(differences[0].table == TableId::kDeviceMetrics);
  CHECK_THAT(differences[0].first_row, HoldsText("id 1000"));
  CHECK_THAT(differences[0].first_row,
             HoldsText("cpu_percent is 12.5, expected "));
}

TEST_CASE("a deleted, an added and a doubled row are named", "[verify]") {
  const auto deleted = DifferencesAfter(
      [](TableId table, int64_t number,
         VandalReader::Row row) -> std::vector<VandalReader::Row> {
        if (table == TableId::kHealthChecks && number == 77) return {};
        return {row};
      });
  REQUIRE(deleted.size() == 1);
  CHECK(deleted[0].expected.rows == deleted[0].found.rows + 1);
  CHECK_THAT(deleted[0].first_row, HoldsText("is missing"));

  const auto doubled = DifferencesAfter(
      [](TableId table, int64_t number,
         VandalReader::Row row) -> std::vector<VandalReader::Row> {
        if (table == TableId::kHealthChecks && number == 77) return {row, row};
        return {row};
      });
  REQUIRE(doubled.size() == 1);
  CHECK_THAT(doubled[0].first_row, HoldsText("should not be there"));
}

TEST_CASE("a row moved out of the span is missing where it was", "[verify]") {
  const auto differences = DifferencesAfter(
      [](TableId table, int64_t number,
         VandalReader::Row row) -> std::vector<VandalReader::Row> {
        if (table == TableId::kDeviceMetrics && number == 3) {
          const int64_t long_ago = 5;
          std::memcpy(row.data() + 1, &long_ago, 8);  // timestamp
        }
        return {row};
      });
  REQUIRE(differences.size() == 1);
  CHECK_THAT(differences[0].first_row, HoldsText("is missing"));
}

TEST_CASE("a changed fleet name is named", "[verify]") {
  const auto differences = DifferencesAfter(
      [](TableId table, int64_t number,
         VandalReader::Row row) -> std::vector<VandalReader::Row> {
        if (table == TableId::kTenants && number == 2) {
          row[14] = std::byte{'X'};  // first letter of the name
        }
        return {row};
      });
  REQUIRE(differences.size() == 1);
  CHECK(differences[0].table == TableId::kTenants);
  CHECK_THAT(differences[0].first_row, HoldsText("name is 'Xartner Stores', "
                                                 "expected 'Partner Stores'"));
}

TEST_CASE("a manifest that this program cannot follow is bad input",
          "[verify]") {
  const auto refused = [](std::function<void(Manifest&)> change) {
    VandalReader reader([](TableId, int64_t, VandalReader::Row row) {
      return std::vector<VandalReader::Row>{row};
    });
    reader.manifest_change = std::move(change);
    VerifyProgress progress;
    const auto report = Verify(reader, 1, &progress, kGoOn);
    REQUIRE_FALSE(report.ok());
    CHECK(report.status().code() == StatusCode::kBadInput);
    return report.status().message();
  };
  CHECK_THAT(refused([](Manifest& m) { m.stream_version = 9; }),
             HoldsText("stream version 9"));
  CHECK_THAT(refused([](Manifest& m) { m.schema_version = 9; }),
             HoldsText("schema version 9"));
  CHECK_THAT(refused([](Manifest& m) { m.scenario_hash[0] ^= 1; }),
             HoldsText("hash"));
  CHECK_THAT(refused([](Manifest& m) { m.scenario = "{}"; }),
             HoldsText("scenario"));
  CHECK_THAT(refused([](Manifest& m) { m.state = "loading"; }),
             HoldsText("'loading'"));
  CHECK_THAT(refused([](Manifest& m) { m.intervals.clear(); }),
             HoldsText("no interval"));
  CHECK_THAT(refused([](Manifest& m) {
               m.intervals.push_back({m.intervals[0].opening, std::nullopt});
             }),
             HoldsText("overlap"));
}

TEST_CASE("onto null: generate counts what a dataset would hold",
          "[generate]") {
  ModelBackend model;
  NullBackend null;
  GenerateProgress progress;
  const auto stored = Generate(SmallOptions(), model, &progress, kGoOn);
  const auto counted = Generate(SmallOptions(), null, &progress, kGoOn);
  REQUIRE(stored.ok());
  REQUIRE(counted.ok());
  CHECK(counted->digest == model.ComputeDigest());
  CHECK(counted->digest.table(TableId::kHealthChecks).rows > 0);
  CHECK(counted->event_rows == stored->event_rows);
  CHECK(counted->batches == stored->batches);
}

TEST_CASE("another seed makes other data in every table of events",
          "[verify][generate]") {
  const auto digest = [](uint64_t seed) {
    GenerateOptions options = SmallOptions();
    options.seed = seed;
    options.scenario.device_faults_per_1000_days = 900;
    options.end = options.start + Micros{24 * 3600 * kMicrosPerSecond};
    ModelBackend backend;
    GenerateProgress progress;
    REQUIRE(Generate(options, backend, &progress, kGoOn).ok());
    return backend.ComputeDigest();
  };
  const Digest one = digest(1);
  const Digest two = digest(2);
  for (const TableId table :
       {TableId::kDevices, TableId::kHealthChecks, TableId::kDeviceMetrics,
        TableId::kDeviceStateHistory, TableId::kTruth}) {
    INFO(Table(table).name);
    CHECK(one.table(table).rows > 0);
    CHECK_FALSE(one.table(table).sum == two.table(table).sum);
  }
}

TEST_CASE("a stop ends generation and leaves nothing finished", "[generate]") {
  const std::atomic<bool> stop{true};
  ModelBackend backend;
  GenerateProgress progress;
  const auto summary = Generate(SmallOptions(), backend, &progress, stop);
  REQUIRE_FALSE(summary.ok());
  CHECK(summary.status().code() == StatusCode::kInterrupted);
  CHECK_FALSE(backend.OpenReader().ok());
}

}  // namespace
}  // namespace tillstorm
