#include "harness/generate.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "agents/plan.h"
#include "harness/batch_writer.h"
#include "harness/core/check.h"
#include "harness/dataset.h"
#include "harness/fleet_events.h"
#include "harness/lane_fan.h"
#include "harness/new_dataset.h"
#include "harness/pool_host.h"
#include "harness/stop_watcher.h"
#include "harness/write_windows.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

Status Interrupted() {
  return {StatusCode::kInterrupted, "stopped before the dataset was complete"};
}

// Where a job says how far it is and what came of it.
struct Report {
  GenerateProgress* progress;
  GenerateSummary* summary;
};

// All that the host makes, through a BatchWriter or a LaneFan.
template <class Writer>
Status WriteThrough(Writer& writer, PoolHost& host,
                    const std::atomic<bool>& stop, Report report) {
  const auto committed = [&writer, progress = report.progress] {
    progress->rows.store(writer.rows());
    progress->bytes.store(writer.bytes());
    progress->virtual_now.store(MicrosSinceEpoch(writer.last_instant()));
  };
  TS_RETURN_IF_ERROR(WriteWindows(host, writer, committed, stop));
  report.summary->digest.Add(writer.digest());
  report.summary->event_rows = writer.rows();
  report.summary->bytes += writer.bytes();
  return Status::Ok();
}

// Runs all agents and adds what was committed to the summary.
Status WriteEvents(const Plan& plan, const GenerateOptions& options,
                   Session& session, const std::atomic<bool>& stop,
                   Report report) {
  const AgentSpan span{options.start, options.start, options.end,
                       EmitMode::kFinal};
  PoolHostOptions pool;
  pool.threads = options.threads;
  pool.window = WindowFor(options.scenario);
  const BatchWriterOptions batches{options.batch_rows, options.batch_bytes};
  const auto begin = Clock::now();
  PoolHost host(plan, span, pool);
  GenerateSummary& summary = *report.summary;
  if (options.lanes == 1) {
    BatchWriter writer(session, batches, LaneOptions());
    TS_RETURN_IF_ERROR(WriteThrough(writer, host, stop, report));
    summary.batches = writer.next_batch();
  } else {
    const auto others = OpenFurtherLanes(session, options.lanes);
    if (!others.ok()) return others.status();
    std::vector<Session*> sessions = {&session};
    for (const auto& other : *others) sessions.push_back(other.get());
    LaneFan fan(sessions, batches);
    TS_RETURN_IF_ERROR(WriteThrough(fan, host, stop, report));
    summary.batches = 1 + fan.batches();
  }
  summary.rows_time = Clock::now() - begin;
  return Status::Ok();
}

// The fleet as the first batch, and the transaction that makes the dataset.
Result<std::unique_ptr<Session>> Open(const Plan& plan,
                                      const GenerateOptions& options,
                                      const Manifest& manifest,
                                      Backend& backend,
                                      GenerateSummary* summary) {
  // Bulk paths write rows as they are at the end.
  const FleetEvents fleet(plan, [&options](EntityId) {
    return AgentSpan{options.start, options.start, options.end};
  });
  const Batch opening = fleet.OpeningBatch();
  for (const Event* event : fleet.events()) {
    summary->bytes += event->payload_size;
  }
  CreateOptions create;
  create.durability = Durability::kBulk;
  create.indexes = options.indexes;
  create.replace = options.replace;
  create.load = options.load;
  create.lanes = options.lanes;
  summary->digest = opening.ledger.delta;
  return backend.Create(create, manifest, opening);
}

FinishProgress ReportTo(GenerateProgress* progress) {
  return {[progress](std::string_view stage, size_t done, size_t total) {
    if (stage == "indexes") {
      progress->indexes_total.store(static_cast<int>(total));
      progress->indexes_done.store(static_cast<int>(done));
    } else {
      progress->finishing.store(true);
    }
  }};
}

}  // namespace

Result<GenerateSummary> Generate(const GenerateOptions& options,
                                 Backend& backend, GenerateProgress* progress,
                                 const std::atomic<bool>& stop) {
  TS_CHECK(options.start < options.end);
  const auto begin = Clock::now();
  GenerateSummary summary;
  const Plan plan(options.seed, options.scenario, options.start);
  Manifest manifest = NewManifest(plan);
  manifest.state = "loading";
  auto session = Open(plan, options, manifest, backend, &summary);
  if (!session.ok()) return session.status();

  const StopWatcher watcher(stop, **session);
  Status status =
      WriteEvents(plan, options, **session, stop, {progress, &summary});
  if (status.ok()) {
    summary.settings = (*session)->Settings();
    manifest.intervals.back().close = options.end;
    manifest.state = "complete";
    status = (*session)->Finish(manifest, ReportTo(progress));
  }
  if (!status.ok()) return stop.load() ? Interrupted() : status;
  summary.total_time = Clock::now() - begin;
  return summary;
}

}  // namespace tillstorm
