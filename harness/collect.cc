#include "harness/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/batch_writer.h"
#include "harness/core/check.h"
#include "harness/fleet_events.h"
#include "harness/new_dataset.h"
#include "harness/pool_host.h"
#include "harness/write_windows.h"

namespace tillstorm {
namespace {

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

Status Stopped() {
  return {StatusCode::kInterrupted, "stopped before collecting began"};
}

}  // namespace

Collection::Collection(CollectOptions options, Backend& backend)
    : options_(std::move(options)),
      backend_(backend),
      next_batches_(static_cast<size_t>(options_.lanes), 1) {
  TS_CHECK(options_.lanes >= 1 && options_.lanes <= backend.max_lanes());
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
  further_.clear();
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

void Collection::TakeNew(const Digest& opening) {
  {
    const MutexLock lock(mutex_);
    total_ = fresh_ = opening;
  }
  has_begun_ = true;
  Say(fmt::format("the dataset begins at {}", IsoDateTime(from_)));
}

Status Collection::CreateNew() {
  const Result<Instant> opening = options_.opening(std::nullopt);
  if (!opening.ok()) return opening.status();
  TS_RETURN_IF_ERROR(PlanNew(options_.scenario, *opening));
  CreateOptions create;
  create.durability = options_.durability;
  create.indexes = options_.indexes;
  create.load = options_.load;
  create.lanes = options_.lanes;
  Result<NewDataset> made = BeginDataset(create, *plan_, manifest_, backend_);
  if (!made.ok()) return made.status();
  session_ = std::move(made->session);
  TakeNew(made->opening);
  return OpenLanes();
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
  TakeNew(first.ledger.delta);
  return Status::Ok();
}

Status Collection::ContinueExisting() {
  ContinueOptions go_on;
  go_on.durability = options_.durability;
  go_on.load = options_.load;
  go_on.lanes = options_.lanes;
  auto session = backend_.Continue(go_on);
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
  for (int32_t lane = 0; lane < options_.lanes; ++lane) {
    next_batches_[static_cast<size_t>(lane)] = ledger->NextBatch(lane);
  }
  {
    const MutexLock lock(mutex_);
    total_ = ledger->total;
  }
  const Instant close = (*dataset)->LevelTarget();
  const Result<Instant> opening = options_.opening(close);
  if (!opening.ok()) return opening.status();
  TS_RETURN_IF_ERROR(PlanEnd(*opening));
  TS_RETURN_IF_ERROR(OpenLanes());
  if ((*dataset)->is_open()) {
    TS_RETURN_IF_ERROR(Level(**dataset));
    manifest_.intervals.back().close = close;
  }
  from_ = close;
  ++run_;
  return OpenNext(*opening);
}

Status Collection::OpenLanes() {
  auto further = OpenFurtherLanes(*session_, options_.lanes);
  if (!further.ok()) return further.status();
  further_ = std::move(*further);
  return Status::Ok();
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
                     {0, run_, next_batches_[0]});
  PoolHost host(dataset.plan(), whole, dataset.LevellingSpans(), pool);
  const Status status = WriteWindows(host, writer, {}, stop_preparing_);
  // What is committed counts, also when the rest was stopped.
  next_batches_[0] = writer.next_batch();
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
  has_begun_ = true;
  Say(fmt::format("collecting from {} on", IsoDateTime(opening)));
  return Status::Ok();
}

Status Collection::Finish() {
  SetPhase(CollectPhase::kFinishing);
  further_.clear();
  return session_->Finish(manifest_, {});
}

}  // namespace tillstorm
