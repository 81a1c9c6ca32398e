#include "harness/measure/ceilings.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "agents/all_agents.h"
#include "agents/plan.h"
#include "harness/collect_stretch.h"
#include "harness/dataset.h"
#include "harness/futex.h"
#include "harness/measure/ceiling_rows.h"
#include "harness/measure/event_latency.h"
#include "harness/pool_host.h"
#include "harness/run_options.h"
#include "storage/engine_ceiling.h"
#include "storage/null/null_backend.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

Status Stopped() {
  return {StatusCode::kInterrupted, "stopped while measuring ceilings"};
}

Ceiling MakeCeiling(std::string_view name, const CeilingTime& time) {
  Ceiling ceiling;
  ceiling.name = name;
  ceiling.rows = time.rows;
  ceiling.seconds = std::chrono::duration<double>(time.time).count();
  ceiling.rows_per_s = time.rows_per_s();
  ceiling.how = time.how;
  return ceiling;
}

// With what a run keeps of each of its lanes.
struct NullLane {
  std::unique_ptr<Session> session;
  std::unique_ptr<EventLatency> latency;
};

class Ceilings {
 public:
  Ceilings(const CeilingOptions& options, Backend& backend,
           const std::atomic<bool>& stop)
      : options_(options),
        backend_(backend),
        stop_(stop),
        plan_(options.seed, options.scenario, options.start) {}

  Result<std::vector<Ceiling>> Measure() {
    TS_RETURN_IF_ERROR(Add("agents", [this] { return TimeAgents(); }));
    TS_RETURN_IF_ERROR(Add("null", [this] { return TimeNull(); }));
    TS_RETURN_IF_ERROR(MeasureEngine());
    return std::move(ceilings_);
  }

 private:
  template <class Way>
  Status Add(std::string_view name, Way&& way) {
    if (stop_.load()) return Stopped();
    if (options_.observer) options_.observer(name);
    const Result<CeilingTime> time = way();
    if (!time.ok()) return time.status();
    ceilings_.push_back(MakeCeiling(name, *time));
    return Status::Ok();
  }

  Result<CeilingTime> TimeAgents() const;
  Result<CeilingTime> TimeNull();
  Status AttendNull(CollectStretch& stretch);
  [[nodiscard]] CollectStretchOptions NullOptions(
      const std::vector<NullLane>& lanes) const;

  Status MeasureEngine();
  // As many rows as the engine takes in the time, by a short trial.
  Result<int64_t> TryEngine(EngineCeiling& engine, RowsInMemory& rows) const;
  Result<CeilingTime> TimeLoop(EngineCeiling& engine, RowsInMemory& rows) const;
  [[nodiscard]] std::string Conditions() const {
    return fmt::format("; durability {}, indexes {}{}",
                       DurabilityName(options_.durability),
                       IndexModeName(options_.indexes),
                       options_.indexes == IndexMode::kDeferred
                           ? ": there is none to maintain, and none is built"
                           : "");
  }

  const CeilingOptions& options_;
  Backend& backend_;
  const std::atomic<bool>& stop_;
  const Plan plan_;
  FutexWord changed_;
  std::vector<Ceiling> ceilings_;
};

Result<CeilingTime> Ceilings::TimeAgents() const {
  PoolHostOptions host_options;
  host_options.threads = options_.workers;
  host_options.window = WindowFor(plan_.scenario());
  host_options.ordered = false;
  CeilingTime time;
  const Clock::time_point began = Clock::now();
  PoolHost host(plan_, LiveSpan(plan_), host_options);
  while (time.time < options_.time_each) {
    if (stop_.load()) return Stopped();
    auto window = host.Next();
    if (window == nullptr) break;
    time.rows += static_cast<int64_t>(window->events().size());
    host.Release(std::move(window));
    time.time = Clock::now() - began;
  }
  time.how = fmt::format(
      "{} workers format and hash events into blocks that are given back at "
      "once",
      options_.workers);
  return time;
}

CollectStretchOptions Ceilings::NullOptions(
    const std::vector<NullLane>& lanes) const {
  constexpr Micros kHour{3'600 * kMicrosPerSecond};
  CollectStretchOptions options;
  options.agents = AgentCount(plan_);
  options.factory = [this](uint32_t i) {
    return MakeAgent(plan_, i, [this](EntityId) { return LiveSpan(plan_); });
  };
  options.host.runners = options_.workers;
  options.host.pace.opening = plan_.ready();
  options.host.pace.end = kEndMax;
  options.host.pace.speed.reset();
  options.host.pace.window = kHour;
  options.host.pace.active_max = options_.workers;
  options.host.producer.left_out = plan_.scenario().LeftOut();
  options.host.has_stamps = true;
  options.pool = options_.pool;
  options.writer.rows = options_.batch_rows;
  options.writer.bytes = options_.batch_bytes;
  options.writer.linger = options_.linger;
  for (const NullLane& lane : lanes) {
    const auto record = [latency = lane.latency.get()](
                            const Batch& /*batch*/, const BatchTimes& times,
                            std::span<const StepTimes> steps) {
      latency->Record(times, steps);
    };
    options.lanes.push_back({lane.session.get(), 1, {}, record});
  }
  return options;
}

Result<CeilingTime> Ceilings::TimeNull() {
  NullBackend null;
  std::vector<NullLane> lanes;
  for (int i = 0; i < options_.lanes; ++i) {
    auto session = null.Create({}, NewManifest(plan_), Batch{});
    if (!session.ok()) return session.status();
    lanes.push_back({std::move(*session), std::make_unique<EventLatency>()});
  }
  CollectStretch stretch(NullOptions(lanes), changed_);
  TS_RETURN_IF_ERROR(stretch.Prepare());
  const Clock::time_point began = Clock::now();
  stretch.Start();
  TS_RETURN_IF_ERROR(AttendNull(stretch));
  TS_RETURN_IF_ERROR(stretch.Join());
  CeilingTime time;
  time.time = Clock::now() - began;
  time.rows = stretch.stats().events;
  time.how = fmt::format(
      "the whole pipeline with {} workers and {} {}, latencies recorded; "
      "batches are taken and dropped",
      options_.workers, options_.lanes, options_.lanes == 1 ? "lane" : "lanes");
  return time;
}

// Until all of it is taken; cut short when its time is over.
Status Ceilings::AttendNull(CollectStretch& stretch) {
  constexpr std::chrono::milliseconds kLook{20};
  const Clock::time_point end = Clock::now() + options_.time_each;
  bool is_cut = false;
  for (;;) {
    const uint32_t seen = changed_.Load();
    if (stretch.done()) return Status::Ok();
    if (stop_.load()) {
      stretch.Drop();
      (void)stretch.Join();
      return Stopped();
    }
    if (!is_cut && Clock::now() >= end) {
      stretch.Cut();
      is_cut = true;
    }
    changed_.WaitUntil(seen, Clock::now() + kLook);
  }
}

Status Ceilings::MeasureEngine() {
  EngineCeilingOptions options;
  options.durability = options_.durability;
  options.indexes = options_.indexes;
  options.load = options_.load;
  options.batch_rows = options_.batch_rows;
  const Result<std::unique_ptr<EngineCeiling>> made =
      backend_.OpenCeiling(options, stop_);
  if (!made.ok()) return made.status();
  if (*made == nullptr) return Status::Ok();
  EngineCeiling& engine = **made;
  RowsInMemory rows(plan_, options_.workers);
  TS_RETURN_IF_ERROR(Add("loop", [&] { return TimeLoop(engine, rows); }));
  TS_RETURN_IF_ERROR(Add("engine", [&]() -> Result<CeilingTime> {
    Result<CeilingTime> time = engine.TimeEngine();
    if (time.ok()) time->how += Conditions();
    return time;
  }));
  if (options_.observer) options_.observer("raw_copy");
  const Result<std::optional<CeilingTime>> copy = engine.TimeRawCopy();
  if (!copy.ok()) return copy.status();
  if (copy->has_value()) ceilings_.push_back(MakeCeiling("raw_copy", **copy));
  return Status::Ok();
}

Result<int64_t> Ceilings::TryEngine(EngineCeiling& engine,
                                    RowsInMemory& rows) const {
  constexpr int64_t kTrialRows = 50'000;
  constexpr std::chrono::milliseconds kTrialTime{500};
  TS_RETURN_IF_ERROR(rows.Grow(std::min(kTrialRows, options_.rows_max), stop_));
  const Result<CeilingTime> trial = engine.TimeLoop(rows.rows(), kTrialTime);
  if (!trial.ok()) return trial.status();
  const double seconds =
      std::chrono::duration<double>(options_.time_each).count();
  return std::clamp(static_cast<int64_t>(trial->rows_per_s() * seconds),
                    int64_t{1}, options_.rows_max);
}

Result<CeilingTime> Ceilings::TimeLoop(EngineCeiling& engine,
                                       RowsInMemory& rows) const {
  const Result<int64_t> wanted = TryEngine(engine, rows);
  if (!wanted.ok()) return wanted.status();
  TS_RETURN_IF_ERROR(rows.Grow(*wanted, stop_));
  Result<CeilingTime> time =
      engine.TimeLoop(rows.rows(), 2 * options_.time_each);
  if (time.ok()) time->how += Conditions();
  return time;
}

}  // namespace

Result<std::vector<Ceiling>> MeasureCeilings(const CeilingOptions& options,
                                             Backend& backend,
                                             const std::atomic<bool>& stop) {
  return Ceilings(options, backend, stop).Measure();
}

}  // namespace tillstorm
