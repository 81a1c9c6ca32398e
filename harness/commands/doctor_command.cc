#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "harness/collect_fleet.h"
#include "harness/commands/commands.h"
#include "harness/preflight.h"
#include "harness/run_options.h"
#include "harness/stop_signal.h"
#include "harness/stoppable_backend.h"
#include "harness/wall_clock.h"
#include "storage/abandon.h"

namespace tillstorm {
namespace {

// Looks at the fleet that collect --adopt would take over, with the line that
// says so or why not.
Result<PreflightLine> ProbeFleet(const FlagValues& flags,
                                 PreflightNeeds* needs) {
  constexpr const char* kCheck = "fleet";
  const auto backend = OpenBackend(*needs->location);
  if (!backend.ok()) return backend.status();
  const Result<CollectFleet> fleet =
      ReadCollectFleet(flags, **backend, needs->location->text);
  needs->adopts = !fleet.ok() || fleet->adopt != nullptr;
  if (fleet.status().code() == StatusCode::kUsage) return fleet.status();
  if (!fleet.ok()) {
    return PreflightLine::Failed(fleet.status().code(), kCheck,
                                 fleet.status().message(), "");
  }
  if (needs->threads.agent_threads == 0) {
    needs->threads.agent_threads = AgentCount(fleet->scenario);
  }
  return fleet->note.empty()
             ? PreflightLine::Passed(
                   kCheck,
                   fmt::format("{} devices on {} sites take part",
                               fleet->scenario.devices, fleet->scenario.sites))
             : PreflightLine::Warning(kCheck, fleet->note, "");
}

Status Look(const FlagValues& flags, PreflightNeeds needs) {
  std::optional<PreflightLine> fleet;
  if (flags.Has("adopt")) {
    Result<PreflightLine> line = ProbeFleet(flags, &needs);
    if (!line.ok()) return line.status();
    fleet = std::move(*line);
  }
  Preflight preflight = RunPreflight(needs);
  if (needs.stop != nullptr && *needs.stop) {
    return {StatusCode::kInterrupted, "stopped"};
  }
  // What failed before says the same.
  if (fleet && PreflightStatus(preflight).ok()) {
    preflight.lines.push_back(std::move(*fleet));
  }
  TS_RETURN_IF_ERROR(WriteStandardOutput(
      flags.Has("json") ? PreflightJson(preflight) : PreflightText(preflight)));
  return PreflightStatus(preflight);
}

Status RunDoctor(const FlagValues& flags) {
  Result<PreflightNeeds> needs = ReadDoctorNeeds(flags);
  if (!needs.ok()) return needs.status();
  needs->now = WallClockNow();
  // Elsewhere nothing is started that a signal would leave behind, and one
  // thread less is what a collection finds.
  if (!needs->location || needs->location->engine != Engine::kPostgresLocal) {
    return Look(flags, *needs);
  }
  StoppableJob job;
  job.run = [&](const std::atomic<bool>& stop) {
    needs->stop = &stop;
    needs->say = ReportError;
    return Look(flags, *needs);
  };
  job.abandon = AbandonStorage;
  job.grace = kServerGrace;
  return RunStoppable(job);
}

// The fleet and its threads.
Status ReadThreadNeeds(const FlagValues& flags, ThreadNeeds* threads) {
  const Result<Scenario> scenario = ReadScenario(flags);
  if (!scenario.ok()) return scenario.status();
  const Result<HostKind> host = ReadHost(flags);
  if (!host.ok()) return host.status();
  const Result<uint32_t> workers = ReadThreads(flags);
  if (!workers.ok()) return workers.status();
  const bool asks_for_fleet =
      flags.Has("sites") || flags.Has("devices") || flags.Has("traffic");
  if (*host == HostKind::kPool) {
    threads->agent_threads = std::max<int64_t>(*workers, threads->lanes);
  } else if (asks_for_fleet && !flags.Has("adopt")) {
    threads->agent_threads = AgentCount(*scenario);
  }
  return Status::Ok();
}

}  // namespace

Result<PreflightNeeds> ReadDoctorNeeds(const FlagValues& flags) {
  PreflightNeeds needs;
  if (!flags.arguments().empty()) {
    Result<Location> location = ParseLocation(flags.arguments()[0]);
    if (!location.ok()) return location.status();
    needs.location = std::move(*location);
  } else if (flags.Has("adopt")) {
    return Status(StatusCode::kUsage,
                  "--adopt takes over a database; give its LOCATION");
  }
  const auto lanes =
      needs.location ? ReadLanes(flags, *needs.location) : ReadLaneCount(flags);
  if (!lanes.ok()) return lanes.status();
  needs.threads.lanes = *lanes;
  TS_RETURN_IF_ERROR(ReadThreadNeeds(flags, &needs.threads));
  return needs;
}

Command DoctorCommand() {
  Command command;
  command.name = "doctor";
  command.summary = "check what a collection needs before it starts";
  command.description =
      "Looks at libraries, limits, memory, clock and terminal, and at a place "
      "for a dataset if one is given: whether it can be written, how much room "
      "there is, what is there and who else writes it; of a PostgreSQL server "
      "also its version, encoding, permissions and whether it takes enough "
      "connections. Every line is passed, mitigated (a known fault that the "
      "way we work avoids), warning or "
      "failed, with the cure. Nothing is changed. Exit 0 when nothing failed, "
      "else the code that collect would end with.";
  command.arguments = {
      {"LOCATION",
       fmt::format("where to collect to: {}, new or not", kLocationForms),
       true}};
  command.flags = CommonFlags({"adopt", "sites", "devices", "traffic", "host",
                               "threads", "lanes", "json"});
  command.examples = {"tillstorm doctor", "tillstorm doctor fleet.db",
                      "tillstorm doctor fleet.db --sites 100 --devices 4000 "
                      "--traffic 4000",
                      "tillstorm doctor homepot.db --adopt"};
  command.run = RunDoctor;
  return command;
}

}  // namespace tillstorm
