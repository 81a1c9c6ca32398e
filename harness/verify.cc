#include "harness/verify.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "agents/plan.h"
#include "harness/core/check.h"
#include "harness/core/row_codec.h"
#include "harness/fleet_events.h"
#include "harness/pool_host.h"
#include "harness/row_difference.h"
#include "harness/time_buckets.h"

namespace tillstorm {
namespace {

Status Interrupted() {
  return {StatusCode::kInterrupted, "stopped before everything was read"};
}

// Visits every row of every table of the digest; stops early when asked to.
template <class Visit>
Status ScanDataset(Reader& reader, VerifyProgress* progress,
                   const std::atomic<bool>& stop, const Visit& visit) {
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    int64_t rows = 0;
    TS_RETURN_IF_ERROR(reader.ScanTable(table.id, [&](const StoredRow& row) {
      visit(table, row);
      if ((++rows & 0xfff) == 0) {
        progress->rows_read.fetch_add(0x1000);
        return !stop.load(std::memory_order_relaxed);
      }
      return true;
    }));
    progress->rows_read.fetch_add(rows & 0xfff);
    if (stop.load()) return Interrupted();
  }
  return Status::Ok();
}

// The dataset as it should be, made again from its manifest.
struct Expectation {
  Plan plan;
  AgentSpan span;
  Micros window;
};

Result<Expectation> ReadExpectation(const Manifest& manifest) {
  const auto bad = [](std::string text) {
    return Status(StatusCode::kBadInput, std::move(text));
  };
  if (manifest.schema_version != kSchemaVersion) {
    return bad(
        fmt::format("the dataset has schema version {}; this program "
                    "verifies version {}",
                    manifest.schema_version, kSchemaVersion));
  }
  if (manifest.stream_version != kStreamVersion) {
    return bad(
        fmt::format("the dataset has stream version {}; this program "
                    "verifies version {}",
                    manifest.stream_version, kStreamVersion));
  }
  auto scenario = Scenario::FromCanonicalJson(manifest.scenario);
  if (!scenario.ok()) return scenario.status();
  if (scenario->Hash() != manifest.scenario_hash) {
    return bad("the manifest's scenario does not have the manifest's hash");
  }
  if (manifest.state != "complete") {
    return bad(fmt::format("the dataset is not complete: its state is '{}'",
                           manifest.state));
  }
  if (manifest.intervals.size() != 1 || !manifest.intervals[0].close) {
    return bad("the manifest must have one closed interval");
  }
  const Interval& interval = manifest.intervals[0];
  if (interval.opening < kInstantMin || *interval.close > kInstantMax ||
      interval.opening >= *interval.close) {
    return bad("the manifest's interval is empty or out of range");
  }
  const Micros window = WindowFor(*scenario);
  return Expectation{
      Plan(manifest.seed, std::move(*scenario), interval.opening),
      {interval.opening, interval.opening, *interval.close, EmitMode::kFinal},
      window};
}

// Adds every expected row.
void Regenerate(const Expectation& expectation, uint32_t threads,
                TimeBuckets* buckets, VerifyProgress* progress,
                const std::atomic<bool>& stop) {
  const FleetEvents fleet(expectation.plan, expectation.span.end);
  const auto add = [buckets](const Event* event) {
    buckets->Add(Table(event->table), event->payload(), event->hash_after);
  };
  for (const Event* event : fleet.events()) add(event);
  PoolHostOptions options;
  options.threads = threads;
  options.window = expectation.window;
  PoolHost host(expectation.plan, expectation.span, options);
  while (std::unique_ptr<Window> window = host.Next()) {
    for (const Event* event : window->events()) add(event);
    progress->rows_expected.store(buckets->total().rows());
    host.Release(std::move(window));
    if (stop.load()) return;
  }
}

// The expected rows of one bucket of a table.
std::vector<RowCopy> ExpectedRows(const Expectation& expectation,
                                  const TimeBuckets& buckets,
                                  const TableInfo& table, int64_t bucket) {
  std::vector<RowCopy> rows;
  const auto add = [&](const Event* event) {
    const Bytes row = event->payload();
    if (event->table == table.id && buckets.BucketOf(table, row) == bucket) {
      rows.push_back({event->hash_after, {row.begin(), row.end()}, 0});
    }
  };
  if (table.time_column < 0) {
    const FleetEvents fleet(expectation.plan, expectation.span.end);
    for (const Event* event : fleet.events()) add(event);
    return rows;
  }
  if (bucket == TimeBuckets::kOutside) return rows;
  // Agents can begin anywhere: only the bucket itself is made again.
  AgentSpan span = expectation.span;
  span.from = buckets.Begin(bucket);
  PoolHostOptions options;
  options.window = buckets.width();
  PoolHost host(expectation.plan, span, options);
  if (std::unique_ptr<Window> window = host.Next()) {
    for (const Event* event : window->events()) add(event);
  }
  return rows;
}

Result<std::vector<RowCopy>> FoundRows(Reader& reader,
                                       const TimeBuckets& buckets,
                                       const TableInfo& table, int64_t bucket) {
  // More than that of foreign rows is not needed to name the first one.
  constexpr size_t kRowsMax = 1'000'000;
  std::vector<RowCopy> rows;
  const Status status = reader.ScanTable(table.id, [&](const StoredRow& row) {
    if (buckets.BucketOf(table, row.encoding) == bucket) {
      rows.push_back({HashBytes(row.encoding),
                      {row.encoding.begin(), row.encoding.end()},
                      row.id});
    }
    return rows.size() < kRowsMax;
  });
  if (!status.ok()) return status;
  return rows;
}

}  // namespace

Result<Digest> ReadDigest(Reader& reader, VerifyProgress* progress,
                          const std::atomic<bool>& stop) {
  Digest digest;
  TS_RETURN_IF_ERROR(
      ScanDataset(reader, progress, stop,
                  [&digest](const TableInfo& table, const StoredRow& row) {
                    digest.AddInsert(table.id, HashBytes(row.encoding));
                  }));
  return digest;
}

Result<VerifyReport> Verify(Reader& reader, uint32_t threads,
                            VerifyProgress* progress,
                            const std::atomic<bool>& stop) {
  auto manifest = reader.ReadManifest();
  if (!manifest.ok()) return manifest.status();
  auto expectation = ReadExpectation(*manifest);
  if (!expectation.ok()) return expectation.status();
  TS_RETURN_IF_ERROR(reader.CheckStructure());

  const AgentSpan& span = expectation->span;
  TimeBuckets expected(span.opening, span.end, expectation->window);
  TimeBuckets found = expected;
  std::atomic<bool> reading_failed{false};
  std::thread regeneration([&] {
    Regenerate(*expectation, threads, &expected, progress, reading_failed);
  });
  const Status read =
      ScanDataset(reader, progress, stop,
                  [&found](const TableInfo& table, const StoredRow& row) {
                    found.Add(table, row.encoding, HashBytes(row.encoding));
                  });
  if (!read.ok()) reading_failed.store(true);
  regeneration.join();
  TS_RETURN_IF_ERROR(read);

  VerifyReport report;
  report.manifest = std::move(*manifest);
  report.expected = expected.total();
  report.found = found.total();
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    const auto bucket = TimeBuckets::FirstDifference(expected, found, table.id);
    if (!bucket) continue;
    auto rows = FoundRows(reader, found, table, *bucket);
    if (!rows.ok()) return rows.status();
    report.differences.push_back(
        {table.id, expected.total().table(table.id),
         found.total().table(table.id),
         FirstRowDifference(
             table, ExpectedRows(*expectation, expected, table, *bucket),
             std::move(*rows))});
  }
  return report;
}

}  // namespace tillstorm
