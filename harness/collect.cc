#include "harness/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "agents/all_agents.h"
#include "harness/batch_writer.h"
#include "harness/core/check.h"
#include "harness/fleet_events.h"
#include "harness/pool_host.h"
#include "harness/write_windows.h"

namespace tillstorm {
namespace {

// A runner at max meets the others once per window: it should hold about
// 500,000 events, and no agent may be an hour ahead of another.
Micros WindowAtMax(const Scenario& scenario) {
  constexpr int64_t kHostWindows = 120;  // of about 4,000 events
  constexpr Micros kHour{3'600 * kMicrosPerSecond};
  return std::min(WindowFor(scenario) * kHostWindows, kHour);
}

// The latest instant up to which ids are certain to suffice.
Instant LastWithIds(const IdPlan& ids, Instant opening) {
  Instant low = opening;
  Instant high = kEndMax;
  while (high - low > Micros{kMicrosPerSecond}) {
    const Instant middle = low + (high - low) / 2;
    (ids.Check(middle).ok() ? low : high) = middle;
  }
  return low;
}

LatencySummary SummaryOf(const Histogram& histogram) {
  const auto at = [&histogram](double percent) {
    return std::chrono::nanoseconds(histogram.Percentile(percent));
  };
  return {histogram.count(), at(50), at(99),
          std::chrono::nanoseconds(histogram.max())};
}

// Of whoever has emitted nothing yet.
AgentSpans OpeningSpans(Instant opening) {
  return [opening](EntityId) { return AgentSpan{opening, opening, opening}; };
}

Status Stopped() {
  return {StatusCode::kInterrupted, "stopped before collecting began"};
}

}  // namespace

Collection::Collection(CollectOptions options, Backend& backend)
    : options_(std::move(options)), backend_(backend) {
  if (options_.log != nullptr) {
    const bool is_real_time = !options_.speed.max &&
                              options_.speed.numerator == 1 &&
                              options_.speed.denominator == 1;
    event_log_.emplace(*options_.log, EventLogOptions{!is_real_time});
  }
}

Collection::~Collection() = default;

// --- what others may ask for ---

void Collection::Wake() {
  changed_.Add(1);
  changed_.WakeAll();
}

void Collection::RequestEnd() {
  Clock::rep none = 0;
  end_requested_.compare_exchange_strong(
      none, Clock::now().time_since_epoch().count());
  stop_preparing_.store(true);
  Wake();
}

void Collection::TogglePause() {
  pause_wanted_.store(!pause_wanted_.load());
  Wake();
}

bool Collection::IsOver() const {
  const Clock::rep deadline = deadline_.load();
  return end_requested_.load() != 0 ||
         (deadline != 0 && Clock::now().time_since_epoch().count() >= deadline);
}

std::optional<Collection::Clock::time_point> Collection::DropTime() const {
  const Clock::rep requested = end_requested_.load();
  if (requested == 0) return std::nullopt;
  return Clock::time_point(Clock::duration(requested)) + options_.drain_max;
}

void Collection::SetPhase(CollectPhase phase) {
  const MutexLock lock(mutex_);
  phase_ = phase;
}

void Collection::Say(const std::string& text) const {
  if (options_.log != nullptr) options_.log->Info(text);
}

// --- the dataset ---

Status Collection::Run() {
  const Status status = RunIntervals();
  {
    const MutexLock lock(mutex_);
    summary_.total = total_;
    summary_.fresh = fresh_;
  }
  summary_.intervals = manifest_.intervals;
  summary_.is_closed = !manifest_.intervals.empty() &&
                       manifest_.intervals.back().close.has_value();
  // The next one who wants the dataset may have it.
  session_.reset();
  return status;
}

Status Collection::RunIntervals() {
  TS_RETURN_IF_ERROR(Prepare());
  for (;;) {
    TS_RETURN_IF_ERROR(CollectInterval());
    const Instant end = cut_.value_or(planned_end_);
    if (is_dropped_ || end >= planned_end_ || IsOver() || !WaitOutPause()) {
      return Finish();
    }
    const Instant opening = std::max(options_.now(), end);
    if (opening >= planned_end_) return Finish();
    TS_RETURN_IF_ERROR(OpenNext(opening));
  }
}

Status Collection::Prepare() {
  const Result<bool> exists = backend_.Exists();
  if (!exists.ok()) return exists.status();
  TS_RETURN_IF_ERROR(options_.adopt ? AdoptExisting()
                     : *exists      ? ContinueExisting()
                                    : CreateNew());
  summary_.settings = session_->Settings();
  return stop_preparing_.load() ? Stopped() : Status::Ok();
}

Status Collection::PlanEnd(Instant opening) {
  const Instant last = LastWithIds(plan_->ids(), opening);
  planned_end_ = options_.span ? opening + *options_.span : last;
  if (planned_end_ > kEndMax) planned_end_ = kEndMax;
  return plan_->ids().Check(
      std::max(planned_end_, opening + Micros{kMicrosPerSecond}));
}

Status Collection::PlanNew(const Scenario& scenario, Instant opening) {
  plan_ = std::make_unique<Plan>(options_.seed, scenario, opening);
  TS_RETURN_IF_ERROR(PlanEnd(opening));
  manifest_ = NewManifest(*plan_);
  from_ = opening;
  return Status::Ok();
}

void Collection::TakeNew(const Batch& first) {
  {
    const MutexLock lock(mutex_);
    total_ = fresh_ = first.ledger.delta;
  }
  Say(fmt::format("the dataset begins at {}", IsoDateTime(from_)));
}

Status Collection::CreateNew() {
  const Result<Instant> opening = options_.opening(std::nullopt);
  if (!opening.ok()) return opening.status();
  TS_RETURN_IF_ERROR(PlanNew(options_.scenario, *opening));
  const FleetEvents fleet(*plan_, OpeningSpans(*opening));
  const Batch first = fleet.OpeningBatch();
  CreateOptions create;
  create.durability = options_.durability;
  create.indexes = options_.indexes;
  auto session = backend_.Create(create, manifest_, first);
  if (!session.ok()) return session.status();
  session_ = std::move(*session);
  TakeNew(first);
  return Status::Ok();
}

Status Collection::AdoptExisting() {
  const Result<Instant> opening = options_.opening(std::nullopt);
  if (!opening.ok()) return opening.status();
  std::optional<FleetEvents> fleet;
  Batch first;
  const MakeAdoption make = [&](Reader& database) -> Result<Adoption> {
    const Result<Scenario> scenario = options_.adopt(database);
    if (!scenario.ok()) return scenario.status();
    TS_RETURN_IF_ERROR(PlanNew(*scenario, *opening));
    fleet.emplace(*plan_, OpeningSpans(*opening));
    first = fleet->OpeningBatch();
    return Adoption{manifest_, first};
  };
  auto session = backend_.Adopt({options_.durability, options_.indexes}, make);
  if (!session.ok()) return session.status();
  session_ = std::move(*session);
  TakeNew(first);
  return Status::Ok();
}

Status Collection::ContinueExisting() {
  auto session = backend_.Continue({options_.durability});
  if (!session.ok()) return session.status();
  session_ = std::move(*session);
  // Nobody else writes it now: what a reader finds is what there is.
  const auto reader = backend_.OpenReader();
  if (!reader.ok()) return reader.status();
  auto manifest = (*reader)->ReadManifest();
  if (!manifest.ok()) return manifest.status();
  manifest_ = std::move(*manifest);
  const Result<LedgerState> ledger = ReadLedger(**reader);
  if (!ledger.ok()) return ledger.status();
  const auto dataset = Dataset::Read(manifest_, ledger->owners);
  if (!dataset.ok()) return dataset.status();

  plan_ = std::make_unique<Plan>((*dataset)->plan());
  run_ = ledger->last_run;
  next_batch_ = ledger->next_batch;
  {
    const MutexLock lock(mutex_);
    total_ = ledger->total;
  }
  const Instant close = (*dataset)->LevelTarget();
  const Result<Instant> opening = options_.opening(close);
  if (!opening.ok()) return opening.status();
  TS_RETURN_IF_ERROR(PlanEnd(*opening));
  if ((*dataset)->is_open()) {
    TS_RETURN_IF_ERROR(Level(**dataset));
    manifest_.intervals.back().close = close;
  }
  from_ = close;
  ++run_;
  return OpenNext(*opening);
}

// What the others have that an owner lacks, in the run that they lack it of.
Status Collection::Level(const Dataset& dataset) {
  AgentSpan whole = dataset.WholeSpan();
  whole.from = dataset.LevelFrom();
  whole.end = dataset.LevelTarget();
  PoolHostOptions pool;
  pool.threads = options_.threads;
  pool.window = WindowFor(plan_->scenario());
  BatchWriter writer(*session_, {options_.batch_rows, options_.batch_bytes},
                     {0, run_, next_batch_});
  PoolHost host(dataset.plan(), whole, dataset.LevellingSpans(), pool);
  const Status status = WriteWindows(host, writer, {}, stop_preparing_);
  // What is committed counts, also when the rest was stopped.
  next_batch_ = writer.next_batch();
  summary_.levelled_rows = writer.rows();
  {
    const MutexLock lock(mutex_);
    total_.Add(writer.digest());
    fresh_.Add(writer.digest());
  }
  TS_RETURN_IF_ERROR(status);
  Say(fmt::format("levelled all agents to {}", IsoDateTime(whole.end)));
  return Status::Ok();
}

Status Collection::OpenNext(Instant opening) {
  earlier_ = ClosedStretches(manifest_.intervals);
  manifest_.intervals.push_back({opening, std::nullopt});
  TS_RETURN_IF_ERROR(session_->SetManifest(manifest_));
  Say(fmt::format("collecting from {} on", IsoDateTime(opening)));
  return Status::Ok();
}

Status Collection::Finish() {
  SetPhase(CollectPhase::kFinishing);
  return session_->Finish(manifest_, {});
}

// --- collecting ---

Status Collection::CollectInterval() {
  cut_.reset();
  const Instant ready = plan_->ready();
  if (plan_->has_bootstrap() && from_ < ready) {
    // The others begin when everything that it makes is acknowledged.
    const Instant end = std::min(ready, planned_end_);
    TS_RETURN_IF_ERROR(RunStretch(from_, end, /*bootstrap=*/true));
    if (!cut_ && !is_dropped_) from_ = end;
  }
  if (!cut_ && !is_dropped_ && from_ < planned_end_) {
    TS_RETURN_IF_ERROR(RunStretch(from_, planned_end_, /*bootstrap=*/false));
  }
  if (is_dropped_) return Status::Ok();
  const Instant close = cut_.value_or(planned_end_);
  manifest_.intervals.back().close = close;
  from_ = close;
  Say(fmt::format("the interval is closed at {}", IsoDateTime(close)));
  return session_->SetManifest(manifest_);
}

CollectStretchOptions Collection::StretchOptions(Instant from, Instant end,
                                                 bool bootstrap) {
  const Plan& plan = *plan_;
  const Instant opening = manifest_.intervals.back().opening;
  const AgentSpan span{opening, from, end, EmitMode::kChanges, earlier_};
  const uint32_t first_traffic = plan.fleet().sites() + plan.fleet().devices();
  CollectStretchOptions options;
  options.agents = bootstrap ? 1 : AgentCount(plan);
  options.factory = [&plan, span, bootstrap, first_traffic](uint32_t i) {
    return MakeAgent(plan, bootstrap ? first_traffic : i,
                     [&span](EntityId) { return span; });
  };
  options.host.runners = options_.workers;
  options.host.pace.opening = std::min(std::max(opening, from), end);
  options.host.pace.end = end;
  options.host.pace.speed =
      options_.speed.max
          ? std::nullopt
          : std::optional(static_cast<double>(options_.speed.numerator) /
                          static_cast<double>(options_.speed.denominator));
  options.host.pace.window = WindowAtMax(plan.scenario());
  options.host.pace.active_max =
      std::max(4U, 2 * std::thread::hardware_concurrency());
  options.host.producer.left_out = plan.scenario().LeftOut();
  options.host.producer.block_events_max = options_.block_events_max;
  options.pool = options_.pool;
  options.writer.lane = {0, run_, next_batch_};
  options.writer.rows = options_.batch_rows;
  options.writer.bytes = options_.batch_bytes;
  options.writer.linger = options_.linger;
  options.observer = [this](std::span<const Event* const> events) {
    log_bytes_.store(session_->log_bytes());
    if (event_log_) event_log_->Observe(events);
  };
  return options;
}

Status Collection::RunStretch(Instant from, Instant end, bool bootstrap) {
  CollectStretch stretch(StretchOptions(from, end, bootstrap), *session_,
                         changed_);
  const Clock::time_point preparing = Clock::now();
  TS_RETURN_IF_ERROR(stretch.Prepare());
  summary_.agents_up = Clock::now() - preparing;
  {
    const MutexLock lock(mutex_);
    stretch_ = &stretch;
    phase_ = CollectPhase::kCollecting;
  }
  const Clock::time_point began = Clock::now();
  if (options_.duration && deadline_.load() == 0) {
    deadline_.store((began + *options_.duration).time_since_epoch().count());
  }
  stretch.Start();
  Attend(stretch);
  const Status status = stretch.Join();
  Account(stretch);
  summary_.collecting += Clock::now() - began;
  return status;
}

void Collection::Attend(CollectStretch& stretch) {
  for (;;) {
    const uint32_t seen = changed_.Load();
    if (stretch.done()) return;
    if (!cut_ && (IsOver() || pause_wanted_.load())) {
      SetPhase(end_requested_.load() != 0 ? CollectPhase::kDraining
                                          : CollectPhase::kClosing);
      cut_ = stretch.Cut();
    }
    const auto drop_time = DropTime();
    if (drop_time && !is_dropped_ && Clock::now() >= *drop_time) {
      is_dropped_ = true;
      stretch.Drop();
    }
    if (drop_time && !is_dropped_) {
      changed_.WaitUntil(seen, *drop_time);
    } else if (!cut_ && deadline_.load() != 0) {
      changed_.WaitUntil(seen,
                         Clock::time_point(Clock::duration(deadline_.load())));
    } else {
      changed_.Wait(seen);
    }
  }
}

// What the stretch did becomes a part of what there was before.
void Collection::Account(const CollectStretch& stretch) {
  const LaneStats stats = stretch.writer().stats();
  summary_.events += stats.events;
  summary_.dropped_events += stats.dropped_events;
  summary_.batches += stats.batches;
  summary_.queue_wait = stats.queue_wait;
  summary_.batch_wait = stats.batch_wait;
  summary_.execute = stats.execute;
  summary_.commit = stats.commit;
  summary_.lateness = SummaryOf(stretch.host().pacer().lateness());
  summary_.pool = stretch.pool().stats();
  next_batch_ = stretch.writer().next_batch();
  const MutexLock lock(mutex_);
  stretch_ = nullptr;
  virtual_now_ = stretch.host().pacer().virtual_now();
  total_.Add(stretch.writer().digest());
  fresh_.Add(stretch.writer().digest());
  batches_ += stats.batches;
  if (stats.last_commit) last_commit_ = stats.last_commit;
}

bool Collection::WaitOutPause() {
  SetPhase(CollectPhase::kPaused);
  for (;;) {
    const uint32_t seen = changed_.Load();
    if (IsOver()) return false;
    if (!pause_wanted_.load()) return true;
    const Clock::rep deadline = deadline_.load();
    if (deadline == 0) {
      changed_.Wait(seen);
    } else {
      changed_.WaitUntil(seen, Clock::time_point(Clock::duration(deadline)));
    }
  }
}

// --- for those who show it ---

CollectSnapshot Collection::Snapshot() const {
  CollectSnapshot snapshot;
  snapshot.taken = Clock::now();
  snapshot.elapsed = snapshot.taken - began_;
  snapshot.location = options_.location;
  snapshot.durability = DurabilityName(options_.durability);
  const Clock::rep deadline = deadline_.load();
  if (deadline != 0) {
    snapshot.remaining = std::max<Clock::duration>(
        Clock::time_point(Clock::duration(deadline)) - snapshot.taken,
        Clock::duration::zero());
  }
  snapshot.wal_bytes = log_bytes_.load();
  const MutexLock lock(mutex_);
  snapshot.phase = phase_;
  snapshot.virtual_now = virtual_now_;
  for (const TableInfo& table : AllTables()) {
    snapshot.rows_total[Index(table.id)] = total_.table(table.id).rows;
    snapshot.rows_new[Index(table.id)] = fresh_.table(table.id).rows;
  }
  snapshot.batches = batches_;
  snapshot.last_commit = last_commit_;
  if (stretch_ == nullptr) return snapshot;
  stretch_->AddTo(&snapshot);
  if (!snapshot.remaining && options_.span && !options_.speed.max) {
    const Micros left = planned_end_ - snapshot.virtual_now;
    snapshot.remaining = std::chrono::nanoseconds(
        left * options_.speed.denominator / options_.speed.numerator);
  }
  return snapshot;
}

}  // namespace tillstorm
