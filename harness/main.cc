#include "harness/command_line.h"
#include "harness/commands/commands.h"
#include "harness/stop_signal.h"
#include "storage/postgres/local_server.h"

int main(int argc, char** argv) {
  tillstorm::PrepareProcess();
  tillstorm::LocalServer::StopAbandoned();
  const auto commands = tillstorm::AllCommands();
  return tillstorm::RunCommandLine(commands, argc, argv);
}
