#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "harness/collect.h"
#include "harness/collect_display.h"
#include "harness/collect_fleet.h"
#include "harness/collect_report.h"
#include "harness/commands/commands.h"
#include "harness/preflight.h"
#include "harness/run_options.h"
#include "harness/stop_signal.h"
#include "harness/stoppable_backend.h"
#include "harness/wall_clock.h"
#include "storage/abandon.h"

namespace tillstorm {
namespace {

struct CollectCommandOptions {
  Location location;
  CollectOptions collect;
  DashboardMode dashboard = DashboardMode::kAuto;
  std::string log_file;
  std::string fleet_note;  // what must be said about the fleet; may be empty
  bool json = false;
};

// A worker writes into one lane: a lane without one would be idle.
Status ReadWorkers(const FlagValues& flags, CollectOptions* collect) {
  const auto lanes = static_cast<uint32_t>(collect->lanes);
  if (flags.Has("threads") && collect->threads < lanes) {
    return {StatusCode::kUsage,
            fmt::format("--threads is {} and --lanes {}; each lane needs a "
                        "thread that fills it",
                        collect->threads, lanes)};
  }
  collect->workers = std::max(collect->threads, lanes);
  return Status::Ok();
}

// What does not depend on whether there is a dataset already.
Status ReadRun(const FlagValues& flags, CollectCommandOptions* options) {
  CollectOptions& collect = options->collect;
  const auto take = [](const auto& result, auto* value) {
    if (!result.ok()) return result.status();
    *value = *result;
    return Status::Ok();
  };
  TS_RETURN_IF_ERROR(take(ReadTo(flags), &options->location));
  TS_RETURN_IF_ERROR(take(ReadSpanLength(flags), &collect.span));
  TS_RETURN_IF_ERROR(take(ReadDuration(flags), &collect.duration));
  TS_RETURN_IF_ERROR(take(ReadSpeed(flags), &collect.speed));
  TS_RETURN_IF_ERROR(take(ReadThreads(flags), &collect.threads));
  TS_RETURN_IF_ERROR(take(ReadDurability(flags), &collect.durability));
  TS_RETURN_IF_ERROR(take(ReadLoad(flags, options->location), &collect.load));
  TS_RETURN_IF_ERROR(take(ReadLanes(flags, options->location), &collect.lanes));
  TS_RETURN_IF_ERROR(take(ReadLiveIndexMode(flags), &collect.indexes));
  TS_RETURN_IF_ERROR(take(ReadBatchRows(flags), &collect.batch_rows));
  TS_RETURN_IF_ERROR(take(ReadBatchBytes(flags), &collect.batch_bytes));
  TS_RETURN_IF_ERROR(take(ReadLinger(flags), &collect.linger));
  TS_RETURN_IF_ERROR(take(ReadDashboard(flags), &options->dashboard));
  TS_RETURN_IF_ERROR(
      take(ReadLog(flags, options->location), &options->log_file));
  const Result<HostKind> host = ReadHost(flags);
  if (!host.ok()) return host.status();
  if (*host == HostKind::kPool) {
    TS_RETURN_IF_ERROR(ReadWorkers(flags, &collect));
  }
  collect.location = options->location.text;
  collect.now = WallClockNow;
  options->json = flags.Has("json");
  return Status::Ok();
}

Status ReadFleet(const FlagValues& flags, Backend& backend,
                 CollectCommandOptions* options) {
  CollectOptions& collect = options->collect;
  collect.opening = [&flags](std::optional<Instant> close) {
    return close ? ReadOpening(flags, *close, WallClockNow())
                 : ReadStart(flags, std::chrono::floor<std::chrono::seconds>(
                                        WallClockNow()));
  };
  Result<CollectFleet> fleet =
      ReadCollectFleet(flags, backend, collect.location);
  if (!fleet.ok()) return fleet.status();
  collect.scenario = std::move(fleet->scenario);
  collect.seed = fleet->seed;
  collect.adopt = std::move(fleet->adopt);
  options->fleet_note = std::move(fleet->note);
  return Status::Ok();
}

Status CheckAgents(const CollectOptions& collect) {
  const int64_t agents = AgentCount(collect.scenario);
  if (collect.workers > 0 || agents <= kAgentThreadsMax) return Status::Ok();
  return {StatusCode::kUsage,
          fmt::format("--host threads runs at most {} agents, a thread each; "
                      "these are {}: take --host pool",
                      kAgentThreadsMax, agents)};
}

// What must hold before anything is opened. What does not hold quite is said.
Status CheckBefore(const CollectCommandOptions& options, LogStream& log) {
  PreflightNeeds needs;
  needs.location = options.location;
  needs.adopts = options.collect.adopt != nullptr;
  needs.threads.agent_threads = options.collect.workers > 0
                                    ? options.collect.workers
                                    : AgentCount(options.collect.scenario);
  needs.threads.lanes = options.collect.lanes;
  needs.now = WallClockNow();
  const Preflight preflight = RunPreflight(needs);
  const Status status = PreflightStatus(preflight);
  if (!status.ok()) return status;
  const auto warn = [&log](const std::string& text) {
    ReportError("warning: " + text);
    log.Warning(text);
  };
  for (const PreflightLine& line : preflight.lines) {
    if (line.verdict != Verdict::kWarning) continue;
    warn(fmt::format("{}: {}", line.check, line.message));
  }
  if (!options.fleet_note.empty()) warn(options.fleet_note);
  return Status::Ok();
}

// What has become of the dataset of a collection that was stopped.
std::string AfterStop(const Location& location, const Collection& collection) {
  if (!collection.has_begun()) {
    return "it had not begun to collect; the same command begins again";
  }
  if (!location.stores()) return "nothing was stored";
  if (!location.keeps()) return "the throw-away dataset is not kept";
  return "what was acknowledged is in the dataset, and the same command goes "
         "on with it";
}

// The collection on its thread, what shows it on this one.
Status RunWatched(StopSignal& signal, Backend& backend,
                  const Location& location, Collection& collection,
                  CollectDisplay& display) {
  StoppableJob job;
  job.grace = kServerGrace;
  job.run = [&collection](const std::atomic<bool>& stop) {
    const Status status = collection.Run();
    if (!status.ok() || !stop.load()) return status;
    return Status(StatusCode::kInterrupted, "stopped");
  };
  job.interrupt = [&collection, &backend] {
    collection.RequestEnd();
    backend.Interrupt();
  };
  job.tick = [&collection, &display] {
    switch (display.ReadKey()) {
      case DashboardKey::kQuit:
        collection.RequestEnd();
        break;
      case DashboardKey::kPause:
        collection.TogglePause();
        break;
      case DashboardKey::kNone:
        break;
    }
    if (display.Due()) display.Show(collection.Snapshot());
  };
  job.abandon = [&display] {
    AbandonStorage();
    display.Close();
  };
  job.after_stop = [&] { return AfterStop(location, collection); };
  const Status status = RunStoppable(signal, job);
  display.Close();
  return status;
}

Status Collect(const FlagValues& flags, StopSignal& signal, Backend& backend,
               CollectCommandOptions& options) {
  TS_RETURN_IF_ERROR(RunOpening(
      signal, backend, [&] { return ReadFleet(flags, backend, &options); }));
  TS_RETURN_IF_ERROR(CheckAgents(options.collect));

  LogStreamOptions log_options;
  log_options.file = options.log_file;
  log_options.now = WallClockNow;
  const auto log = LogStream::Open(log_options);
  if (!log.ok()) return log.status();
  TS_RETURN_IF_ERROR(CheckBefore(options, **log));
  options.collect.log = log->get();
  CollectDisplayOptions display_options;
  display_options.mode = options.dashboard;
  display_options.dashboard.log = log->get();
  const auto display = CollectDisplay::Open(display_options);
  if (!display.ok()) return display.status();

  Collection collection(options.collect, backend);
  const Status status =
      RunWatched(signal, backend, options.location, collection, **display);
  (*log)->Close();
  const bool stopped = status.code() == StatusCode::kInterrupted ||
                       status.code() == StatusCode::kTerminated;
  if (!status.ok() && !(stopped && collection.has_begun())) return status;
  const Status written = WriteStandardOutput(CollectReport(
      options.location, options.collect, collection.summary(), options.json));
  return stopped ? status : written;
}

Status RunCollect(const FlagValues& flags) {
  CollectCommandOptions options;
  TS_RETURN_IF_ERROR(ReadRun(flags, &options));
  StopSignal signal;
  const auto backend = OpenBackend(options.location);
  if (!backend.ok()) return backend.status();
  return CloseStoppable(signal, **backend,
                        Collect(flags, signal, **backend, options));
}

}  // namespace

Command CollectCommand() {
  Command command;
  command.name = "collect";
  command.summary = "collect live data, in real time or faster";
  command.description =
      "Starts the agents of a fleet, a thread each, and writes what they "
      "produce into a dataset as it happens. A database that HOMEPOT set up is "
      "taken over with --adopt. A dataset that is there is gone "
      "on with; flags that are left out come from it. Ctrl-C ends it "
      "gracefully within 5 s: everything that is acknowledged is in the "
      "dataset, and the same command goes on with it.";
  command.flags = CommonFlags(
      {"to",          "adopt",   "sites",       "devices",  "traffic",
       "seed",        "profile", "job-success", "tables",   "start",
       "span",        "days",    "duration",    "interval", "speed",
       "host",        "threads", "durability",  "indexes",  "batch-rows",
       "batch-bytes", "load",    "lanes",       "linger",   "dashboard",
       "log",         "json"});
  SetStandard("start", "now", &command.flags);
  SetStandard("span", "until --duration is over or it is stopped",
              &command.flags);
  SetStandard("indexes", "inline; a dataset that is there keeps its own",
              &command.flags);
  command.examples = {
      "tillstorm collect --to live.db",
      "tillstorm collect --to live.db --duration 1m --dashboard off",
      "tillstorm collect --to live.db --sites 25 --devices 300 --speed 60x",
      "tillstorm collect --to homepot.db --adopt --duration 1m",
      "tillstorm collect --to hour.db --span 1h --speed max --host pool",
      "tillstorm collect --to null: --devices 4000 --span 10m --speed max"};
  command.run = RunCollect;
  return command;
}

}  // namespace tillstorm
