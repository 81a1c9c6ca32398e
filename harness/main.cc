#include "harness/command_line.h"
#include "harness/commands/commands.h"
#include "harness/stop_signal.h"

int main(int argc, char** argv) {
  tillstorm::PrepareProcess();
  const auto commands = tillstorm::AllCommands();
  return tillstorm::RunCommandLine(commands, argc, argv);
}
