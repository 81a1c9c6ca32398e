#include <fmt/format.h>

#include "harness/commands/commands.h"
#include "harness/preflight.h"
#include "harness/run_options.h"
#include "harness/wall_clock.h"

namespace tillstorm {
namespace {

Status RunDoctor(const FlagValues& flags) {
  Result<PreflightNeeds> needs = ReadDoctorNeeds(flags);
  if (!needs.ok()) return needs.status();
  needs->now = WallClockNow();
  const Preflight preflight = RunPreflight(*needs);
  TS_RETURN_IF_ERROR(WriteStandardOutput(
      flags.Has("json") ? PreflightJson(preflight) : PreflightText(preflight)));
  return PreflightStatus(preflight);
}

}  // namespace

Result<PreflightNeeds> ReadDoctorNeeds(const FlagValues& flags) {
  PreflightNeeds needs;
  if (!flags.arguments().empty()) {
    Result<Location> location = ParseLocation(flags.arguments()[0]);
    if (!location.ok()) return location.status();
    needs.location = std::move(*location);
  }
  const Result<Scenario> scenario = ReadScenario(flags);
  if (!scenario.ok()) return scenario.status();
  const Result<HostKind> host = ReadHost(flags);
  if (!host.ok()) return host.status();
  const Result<uint32_t> workers = ReadThreads(flags);
  if (!workers.ok()) return workers.status();
  const bool asks_for_fleet =
      flags.Has("sites") || flags.Has("devices") || flags.Has("traffic");
  if (*host == HostKind::kPool) {
    needs.threads.agent_threads = *workers;
  } else if (asks_for_fleet) {
    needs.threads.agent_threads = AgentCount(*scenario);
  }
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
      "also its version, encoding, permissions and free connections. Every "
      "line is passed, "
      "mitigated (a known fault that the way we work avoids), warning or "
      "failed, with the cure. Nothing is changed. Exit 0 when nothing failed, "
      "else the code that collect would end with.";
  command.arguments = {
      {"LOCATION",
       fmt::format("where to collect to: {}, new or not", kLocationForms),
       true}};
  command.flags =
      CommonFlags({"sites", "devices", "traffic", "host", "threads", "json"});
  command.examples = {"tillstorm doctor", "tillstorm doctor fleet.db",
                      "tillstorm doctor fleet.db --sites 100 --devices 4000 "
                      "--traffic 4000"};
  command.run = RunDoctor;
  return command;
}

}  // namespace tillstorm
