#include <system_error>

#include "harness/command_line.h"
#include "harness/commands/commands.h"
#include "harness/stop_signal.h"
#include "storage/postgres/local_server.h"

namespace tillstorm {
namespace {

// What a tillstorm that was killed left behind goes first.
Status StopAbandonedServers() {
  if (!LocalServer::HasAbandoned()) return Status::Ok();
  StoppableJob job;
  job.run = [](const std::atomic<bool>& stop) {
    LocalServer::StopAbandoned(&stop);
    return stop ? Status(StatusCode::kInterrupted, "stopped") : Status::Ok();
  };
  job.after_stop = [] {
    return "the next start clears away what a killed one left";
  };
  try {
    return RunStoppable(job);
  } catch (const std::system_error&) {
    return Status::Ok();  // without a thread for it: next time
  }
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) {
  tillstorm::PrepareProcess();
  const tillstorm::Status cleared = tillstorm::StopAbandonedServers();
  if (!cleared.ok()) {
    tillstorm::ReportError(cleared.message());
    return cleared.exit_code();
  }
  const auto commands = tillstorm::AllCommands();
  return tillstorm::RunCommandLine(commands, argc, argv);
}
