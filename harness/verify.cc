#include "harness/verify.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/row_codec.h"
#include "harness/dataset.h"
#include "harness/dataset_rows.h"
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
Status ScanDataset(DatasetRows& dataset, VerifyProgress* progress,
                   const std::atomic<bool>& stop, const Visit& visit) {
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    int64_t rows = 0;
    TS_RETURN_IF_ERROR(dataset.ScanTable(table, [&](const StoredRow& row) {
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

// What the database should hold.
Result<std::unique_ptr<Dataset>> ReadDataset(const Manifest& manifest,
                                             Reader& reader) {
  const bool is_open =
      !manifest.intervals.empty() && !manifest.intervals.back().close;
  if (!is_open) return Dataset::Read(manifest, {});
  // Nobody closed it: the ledger knows how far each agent has come.
  const Result<LedgerState> ledger = ReadLedger(reader);
  if (!ledger.ok()) return ledger.status();
  return Dataset::Read(manifest, ledger->owners);
}

// The whole dataset once more.
class Regeneration {
 public:
  explicit Regeneration(const Dataset& dataset)
      : dataset_(dataset), spans_([this](EntityId owner) {
          AgentSpan span = dataset_.WholeSpans()(owner);
          span.others = &spans_;
          return span;
        }) {}

  Regeneration(const Regeneration&) = delete;
  Regeneration& operator=(const Regeneration&) = delete;

  [[nodiscard]] FleetEvents Fleet() const { return {dataset_.plan(), spans_}; }
  // Calls `visit` with each window; false ends it.
  template <class Visit>
  void ForEachWindow(const PoolHostOptions& options, Instant from,
                     const Visit& visit) const {
    AgentSpan whole = dataset_.WholeSpan();
    whole.from = from;
    if (whole.from >= whole.end) return;
    const AgentSpans from_there = [this, from](EntityId owner) {
      AgentSpan span = spans_(owner);
      span.from = std::min(from, span.end);
      return span;
    };
    PoolHost host(dataset_.plan(), whole, from_there, options);
    while (std::unique_ptr<Window> window = host.Next()) {
      if (!visit(*window)) return;
      host.Release(std::move(window));
    }
  }

 private:
  const Dataset& dataset_;
  const AgentSpans spans_;
};

// Adds every expected row.
void Regenerate(const Dataset& dataset, uint32_t threads, TimeBuckets* buckets,
                VerifyProgress* progress, const std::atomic<bool>& stop) {
  const Regeneration again(dataset);
  const FleetEvents fleet = again.Fleet();
  const auto add = [buckets](const Event* event) {
    buckets->Add(Table(event->table), event->payload(), event->hash_after);
  };
  for (const Event* event : fleet.events()) add(event);
  PoolHostOptions options;
  options.threads = threads;
  options.window = buckets->width();
  again.ForEachWindow(options, dataset.start(), [&](const Window& window) {
    for (const Event* event : window.events()) add(event);
    progress->rows_expected.store(buckets->total().rows());
    return !stop.load();
  });
}

// The expected rows of one bucket of a table.
std::vector<RowCopy> ExpectedRows(const Dataset& dataset,
                                  const TimeBuckets& buckets,
                                  const TableInfo& table, int64_t bucket) {
  std::vector<RowCopy> rows;
  const auto add = [&](const Event* event) {
    const Bytes row = event->payload();
    if (event->table == table.id && buckets.BucketOf(table, row) == bucket) {
      rows.push_back({event->hash_after, {row.begin(), row.end()}, 0});
    }
  };
  const Regeneration again(dataset);
  // Agents can begin anywhere: only one stretch is made again.
  Instant from = dataset.start();
  PoolHostOptions options;
  if (table.time_column < 0) {
    const FleetEvents fleet = again.Fleet();
    for (const Event* event : fleet.events()) add(event);
    if (!dataset.plan().has_bootstrap()) return rows;
    options.window = dataset.plan().ready() - from;
  } else {
    if (bucket == TimeBuckets::kOutside) return rows;
    from = buckets.Begin(bucket);
    options.window = buckets.width();
  }
  again.ForEachWindow(options, from, [&](const Window& window) {
    for (const Event* event : window.events()) add(event);
    return false;
  });
  return rows;
}

Result<std::vector<RowCopy>> FoundRows(DatasetRows& dataset,
                                       const TimeBuckets& buckets,
                                       const TableInfo& table, int64_t bucket) {
  // More than that of foreign rows is not needed to name the first one.
  constexpr size_t kRowsMax = 1'000'000;
  std::vector<RowCopy> rows;
  const Status status = dataset.ScanTable(table, [&](const StoredRow& row) {
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
  Result<DatasetRows> rows = DatasetRows::Open(reader);
  if (!rows.ok()) return rows.status();
  Digest digest;
  TS_RETURN_IF_ERROR(
      ScanDataset(*rows, progress, stop,
                  [&digest](const TableInfo& table, const StoredRow& row) {
                    digest.AddInsert(table.id, HashBytes(row.encoding));
                  }));
  return digest;
}

Result<VerifyReport> Verify(Reader& reader, uint32_t threads,
                            VerifyProgress* progress,
                            const std::atomic<bool>& stop) {
  Result<DatasetRows> database = DatasetRows::Open(reader);
  if (!database.ok()) return database.status();
  const auto read_dataset = ReadDataset(database->manifest(), reader);
  if (!read_dataset.ok()) return read_dataset.status();
  const Dataset& dataset = **read_dataset;
  TS_RETURN_IF_ERROR(reader.CheckStructure());

  TimeBuckets expected(dataset.start(), dataset.end(),
                       WindowFor(dataset.plan().scenario()));
  TimeBuckets found = expected;
  std::atomic<bool> reading_failed{false};
  std::thread regeneration([&] {
    Regenerate(dataset, threads, &expected, progress, reading_failed);
  });
  const Status read =
      ScanDataset(*database, progress, stop,
                  [&found](const TableInfo& table, const StoredRow& row) {
                    found.Add(table, row.encoding, HashBytes(row.encoding));
                  });
  if (!read.ok()) reading_failed.store(true);
  regeneration.join();
  TS_RETURN_IF_ERROR(read);

  VerifyReport report;
  report.manifest = database->manifest();
  report.expected = expected.total();
  report.found = found.total();
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    const auto bucket = TimeBuckets::FirstDifference(expected, found, table.id);
    if (!bucket) continue;
    auto rows = FoundRows(*database, found, table, *bucket);
    if (!rows.ok()) return rows.status();
    report.differences.push_back(
        {table.id, expected.total().table(table.id),
         found.total().table(table.id),
         FirstRowDifference(table,
                            ExpectedRows(dataset, expected, table, *bucket),
                            std::move(*rows))});
  }
  return report;
}

}  // namespace tillstorm
