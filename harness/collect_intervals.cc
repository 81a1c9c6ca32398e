// Collection at work: its intervals, and what those who show it see. Preparing
// the dataset and ending it is in collect.cc.
#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "agents/all_agents.h"
#include "harness/collect.h"
#include "harness/pool_host.h"

namespace tillstorm {
namespace {

// A runner at max meets the others once per window: it should hold about
// 500,000 events, and no agent may be an hour ahead of another.
Micros WindowAtMax(const Scenario& scenario) {
  constexpr int64_t kHostWindows = 120;  // of about 4,000 events
  constexpr Micros kHour{3'600 * kMicrosPerSecond};
  return std::min(WindowFor(scenario) * kHostWindows, kHour);
}

}  // namespace

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

LiveHostOptions Collection::HostOptions(Instant from, Instant end) const {
  const Instant opening = manifest_.intervals.back().opening;
  LiveHostOptions host;
  host.runners = options_.workers;
  host.pace.opening = std::min(std::max(opening, from), end);
  host.pace.end = end;
  host.pace.speed =
      options_.speed.max
          ? std::nullopt
          : std::optional(static_cast<double>(options_.speed.numerator) /
                          static_cast<double>(options_.speed.denominator));
  host.pace.window = WindowAtMax(plan_->scenario());
  host.pace.active_max = std::max(4U, 2 * std::thread::hardware_concurrency());
  host.producer.left_out = plan_->scenario().LeftOut();
  host.producer.block_events_max = options_.block_events_max;
  return host;
}

std::vector<CollectStretchLane> Collection::StretchLanes() {
  std::vector<CollectStretchLane> lanes;
  for (const int32_t next_batch : next_batches_) {
    Session* const session =
        lanes.empty() ? session_.get() : further_[lanes.size() - 1].get();
    const bool is_first = lanes.empty();
    const auto observe = [this, session,
                          is_first](std::span<const Event* const> events) {
      if (is_first) log_bytes_.store(session->log_bytes());
      Observe(events);
    };
    lanes.push_back({session, next_batch, observe, {}});
  }
  return lanes;
}

void Collection::Observe(std::span<const Event* const> events) {
  const MutexLock lock(log_mutex_);
  if (event_log_) event_log_->Observe(events);
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
  options.host = HostOptions(from, end);
  options.pool = options_.pool;
  options.writer.lane.run = run_;
  options.writer.rows = options_.batch_rows;
  options.writer.bytes = options_.batch_bytes;
  options.writer.linger = options_.linger;
  options.lanes = StretchLanes();
  return options;
}

Status Collection::RunStretch(Instant from, Instant end, bool bootstrap) {
  CollectStretch stretch(StretchOptions(from, end, bootstrap), changed_);
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
  const LaneStats stats = stretch.stats();
  summary_.events += stats.events;
  summary_.dropped_events += stats.dropped_events;
  summary_.batches += stats.batches;
  summary_.queue_wait = SummaryOf(stats.queue_wait);
  summary_.batch_wait = SummaryOf(stats.batch_wait);
  summary_.execute = SummaryOf(stats.execute);
  summary_.commit = SummaryOf(stats.commit);
  summary_.lateness = SummaryOf(stretch.host().pacer().lateness());
  summary_.pool = stretch.pool_stats();
  for (size_t i = 0; i < next_batches_.size(); ++i) {
    next_batches_[i] = stretch.next_batch(i);
  }
  const Digest digest = stretch.digest();
  const MutexLock lock(mutex_);
  stretch_ = nullptr;
  virtual_now_ = stretch.host().pacer().virtual_now();
  total_.Add(digest);
  fresh_.Add(digest);
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
