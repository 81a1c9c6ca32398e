#include "harness/measure/bench_run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agents/all_agents.h"
#include "harness/core/check.h"
#include "harness/core/measuring.h"
#include "harness/dataset.h"
#include "harness/measure/run_figures.h"
#include "harness/measure/verdict.h"
#include "harness/new_dataset.h"
#include "harness/run_options.h"
#include "harness/stop_watcher.h"
#include "harness/verify.h"

namespace tillstorm {
namespace {

constexpr Micros kHour{3'600 * kMicrosPerSecond};

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

Status Stopped() {
  return {StatusCode::kInterrupted, "stopped while it was measured"};
}

}  // namespace

BenchRun::BenchRun(const BenchOptions& options, Backend& backend,
                   BenchObserver& observer)
    : options_(options), backend_(backend), observer_(observer) {
  TS_CHECK(options.lanes >= 1 && options.lanes <= backend.max_lanes());
  TS_CHECK(options.workers >= static_cast<uint32_t>(options.lanes));
  TS_CHECK(options.duration || options.events > 0);
  TS_CHECK((options.mode == BenchMode::kRate) == (options.rate > 0));
  TS_CHECK(options.indexes != IndexMode::kDeferred ||
           options.durability == Durability::kBulk);
}

BenchRun::~BenchRun() = default;

void BenchRun::Enter(std::string_view phase, double* seconds) {
  const Clock::time_point now = Clock::now();
  if (phase_seconds_ != nullptr) *phase_seconds_ = Seconds(now - phase_began_);
  phase_seconds_ = seconds;
  if (seconds != nullptr) observer_.Phase(phase);
  phase_began_ = Clock::now();  // what the observer takes is nobody's
}

Status BenchRun::Run(const std::atomic<bool>& stop, RunRecord* record) {
  record_ = record;
  const auto run = [&]() -> Status {
    PhaseFacts& phases = record_->phases;
    Enter("set-up", &phases.setup_s);
    TS_RETURN_IF_ERROR(SetUp());
    TS_RETURN_IF_ERROR(Offer(stop));
    Enter("settle", &phases.settle_s);
    TS_RETURN_IF_ERROR(Settle(stop));
    Enter("check", &phases.check_s);
    return CheckDatabase(stop);
  };
  const Status status = run();
  Enter({}, nullptr);
  acks_.reset();
  further_.clear();
  session_.reset();
  FillFigures(sampled_, record_);
  return status;
}

Status BenchRun::SetUp() {
  plan_ =
      std::make_unique<Plan>(options_.seed, options_.scenario, options_.start);
  manifest_ = NewManifest(*plan_);
  CreateOptions create;
  create.durability = options_.durability;
  create.indexes = options_.indexes;
  create.load = options_.load;
  create.lanes = options_.lanes;
  create.replace = options_.replace;
  Result<NewDataset> made = BeginDataset(create, *plan_, manifest_, backend_);
  if (!made.ok()) return made.status();
  session_ = std::move(made->session);
  digest_ = made->opening;
  auto further = OpenFurtherLanes(*session_, options_.lanes);
  if (!further.ok()) return further.status();
  further_ = std::move(*further);
  record_->setup.settings = session_->Settings();
  return Status::Ok();
}

CollectStretchOptions BenchRun::StretchOptions() {
  const Plan& plan = *plan_;
  const AgentSpan span{options_.start, options_.start, kEndMax,
                       EmitMode::kChanges};
  CollectStretchOptions options;
  options.agents = AgentCount(plan);
  options.factory = [&plan, span](uint32_t i) {
    return MakeAgent(plan, i, [span](EntityId) { return span; });
  };
  options.host.runners = options_.workers;
  options.host.pace.opening = options_.start;
  options.host.pace.end = kEndMax;
  options.host.pace.speed.reset();
  // Workers go their own ways, up to what design.md allows.
  options.host.pace.window = kHour;
  options.host.pace.active_max = options_.workers;
  options.host.producer.left_out = plan.scenario().LeftOut();
  options.host.has_stamps = true;
  options.host.events_max = options_.events;
  if (options_.mode == BenchMode::kRate) options.host.rate = options_.rate;
  options.pool = options_.pool;
  options.writer.rows = options_.batch_rows;
  options.writer.bytes = options_.batch_bytes;
  options.writer.linger = options_.linger;
  for (int lane = 0; lane < options_.lanes; ++lane) {
    latencies_.push_back(std::make_unique<EventLatency>());
    Session* const session =
        lane == 0 ? session_.get()
                  : further_[static_cast<size_t>(lane) - 1].get();
    options.lanes.push_back(
        {session, 1, {}, ObserverOf(latencies_.back().get())});
  }
  return options;
}

TimesObserver BenchRun::ObserverOf(EventLatency* latency) {
  if constexpr (!kIsMeasuring) return {};
  return [this, latency](const Batch& batch, const BatchTimes& times,
                         std::span<const StepTimes> steps) {
    if (acks_) acks_->Acknowledged(batch.ledger.lane, batch.ledger.batch);
    latency->Record(times, steps);
    int64_t bytes = 0;
    for (const Event* event : batch.events) bytes += event->payload_size;
    logical_bytes_.fetch_add(bytes);
  };
}

Status BenchRun::Offer(const std::atomic<bool>& stop) {
  if (options_.durability != Durability::kBulk) {
    acks_.emplace(backend_, options_.seed);
  }
  CollectStretch stretch(StretchOptions(), changed_);
  TS_RETURN_IF_ERROR(stretch.Prepare());
  Enter("run", &record_->phases.measured_s);
  began_ = phase_began_;
  stretch.Start();
  const Clock::time_point end = options_.duration ? began_ + *options_.duration
                                                  : Clock::time_point::max();
  Status status;
  Clock::time_point next = began_ + options_.sample_every;
  // As long as there is something to offer.
  while (status.ok() && !stop.load() && !stretch.done() && Clock::now() < end &&
         stretch.host().agents_alive() > 0) {
    const uint32_t seen = changed_.Load();
    if (stretch.done()) break;
    changed_.WaitUntil(seen, std::min(next, end));
    if (Clock::now() < next) continue;
    status = TakeSample(stretch);
    next += options_.sample_every;
  }
  if (status.ok()) status = TakeSample(stretch);
  Enter("drain", &record_->phases.drain_s);
  stretch.StopAgents();
  offered_s_ = record_->phases.measured_s;
  const Status joined = stretch.Join();
  const LaneStats stats = stretch.stats();
  digest_.Add(stretch.digest());
  const AckCheckResult acks = acks_ ? acks_->Stop() : AckCheckResult();
  if (status.ok()) status = TakeSample(stretch);  // with everything drained

  AccountFacts& account = record_->account;
  account.generated = stretch.host().emitted();
  account.scheduled =
      std::max(account.generated,
               Scheduled(record_->phases.measured_s, account.generated));
  account.not_due = account.scheduled - account.generated;
  account.enqueued = stretch.pushed_rows();
  account.committed = stats.events;
  account.failed = stats.dropped_events;
  account.in_flight = account.enqueued - account.committed - account.failed;
  for (const auto& latency : latencies_) {
    account.latency_off += latency->events_off();
  }
  record_->cost.logical_bytes = logical_bytes_.load();
  account.acks_checked = acks.checked;
  account.acks_missing = acks.missing;
  account.acks_why = acks.why;
  if (!joined.ok()) return joined;
  if (!status.ok()) return status;
  return stop.load() ? Stopped() : Status::Ok();
}

int64_t BenchRun::Scheduled(double at_s, int64_t generated) const {
  if (options_.mode == BenchMode::kCapacity) return generated;
  const auto due = static_cast<int64_t>(std::floor(at_s * options_.rate));
  const int64_t limit = options_.events > 0 ? options_.events : due;
  // A Step that is due brings more than one event.
  return std::max(std::min(due, limit), generated);
}

// Counters in the order of the pipeline from its end, so that what moves on
// meanwhile never makes one seem to be ahead of the one before it.
Status BenchRun::TakeSample(CollectStretch& stretch) {
  LatencyTaken taken;
  for (const auto& latency : latencies_) {
    const LatencyTaken one = latency->Take();
    taken.histograms.Add(one.histograms);
    taken.commits += one.commits;
    taken.checkpoints += one.checkpoints;
    taken.longest_checkpoint =
        std::max(taken.longest_checkpoint, one.longest_checkpoint);
  }
  const LaneStats stats = stretch.stats();
  IntervalSample sample;
  sample.committed = stats.events;
  sample.failed = stats.dropped_events;
  sample.enqueued = stretch.pushed_rows();
  sample.generated = stretch.host().emitted();
  sample.at_s = Seconds(Clock::now() - began_);
  sample.scheduled =
      Scheduled(std::min(sample.at_s, offered_s_), sample.generated);
  sample.commits = stats.batches;
  sample.retries = stats.retries;
  sample.checkpoints = taken.checkpoints;
  sample.checkpoint_max_ns = taken.longest_checkpoint.count();
  const Histogram& total =
      taken.histograms.parts[static_cast<size_t>(LatencyPart::kTotal)];
  sample.total_p50_ns = total.Percentile(50);
  sample.total_p99_ns = total.Percentile(99);
  sample.total_max_ns = total.max();
  sample.log_bytes = session_->log_bytes();
  sample.engine_busy = stats.engine_busy;
  const auto cpu = stretch.host().runners_cpu();
  const uint32_t runners = std::min(options_.workers, AgentCount(*plan_));
  const double before =
      record_->intervals.empty() ? 0 : record_->intervals.back().at_s;
  if (cpu > workers_cpu_ && sample.at_s > before) {
    sample.workers_busy = Seconds(cpu - workers_cpu_) / (sample.at_s - before) /
                          static_cast<double>(runners);
    workers_cpu_ = cpu;
  }
  const bool adds_up = sample.committed + sample.failed <= sample.enqueued &&
                       sample.enqueued <= sample.generated &&
                       sample.generated <= sample.scheduled;
  if (!adds_up) ++record_->account.intervals_off;
  record_->intervals.push_back(sample);
  sampled_.emplace_back(taken.histograms);
  return observer_.Sample(sample, taken.histograms);
}

// The interval stays open, as if the run had been killed: each agent stands
// where it stood, and the ledger says where.
Status BenchRun::Settle(const std::atomic<bool>& stop) {
  further_.clear();
  const StopWatcher watcher(stop, *session_);
  const Status status = session_->Finish(manifest_, {});
  if (status.ok() && !options_.settle_sql.empty()) ForceCheckpoint();
  return !status.ok() && stop.load() ? Stopped() : status;
}

void BenchRun::ForceCheckpoint() {
  const auto session = backend_.OpenQueries();
  const Status status = session.ok()
                            ? (*session)->Query(options_.settle_sql,
                                                [](QueryRow) { return true; })
                            : session.status();
  record_->setup.settings.emplace_back(
      kCheckpointSetting,
      status.ok() ? "forced" : "not forced: " + status.message());
}

Status BenchRun::CheckDatabase(const std::atomic<bool>& stop) {
  AccountFacts& account = record_->account;
  account.rows_expected = digest_.rows();
  session_.reset();
  if (!options_.stores) return Status::Ok();
  const auto reader = backend_.OpenReader();
  if (!reader.ok()) return reader.status();
  VerifyProgress progress;
  const Result<Digest> found = ReadDigest(**reader, &progress, stop);
  if (!found.ok()) return found.status();
  account.rows_found = found->rows();
  if constexpr (kIsMeasuring) account.digest_equal = *found == digest_;
  return Status::Ok();
}

}  // namespace tillstorm
