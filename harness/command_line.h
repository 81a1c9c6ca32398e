// CommandLine: from argv to a command and the text of its flags, and from a
// command's Status to the exit code. The only door to cxxopts.
//
//   argv -> ReadCommandLine() -> Invocation -> Command::run -> exit code
//
// Commands are data: name, flags, examples. Help is made from that description,
// so it states exactly what exists. Values stay text here; run_options.h gives
// them their types.
//
// Threads: call from the main thread.
// Errors: kUsage with one sentence that names the flag, what was found and what
// would be right; a name that nobody knows comes with the nearest known one.
#ifndef TILLSTORM_HARNESS_COMMAND_LINE_H_
#define TILLSTORM_HARNESS_COMMAND_LINE_H_

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/status.h"

namespace tillstorm {

struct FlagSpec {
  std::string group;     // heading in the help
  std::string name;      // without dashes, at least two characters
  std::string value;     // what the help calls its value; empty: a switch
  std::string help;      // meaning, unit, range
  std::string standard;  // the default, in words; empty: none
};

struct ArgumentSpec {
  std::string name;
  std::string help;
  bool optional = false;  // may be left out; then those after it are too
  bool repeated = false;  // the last one: may be given several times
};

// The flags and arguments of one invocation, as text.
class FlagValues {
 public:
  FlagValues() = default;
  FlagValues(std::map<std::string, std::string, std::less<>> flags,
             std::vector<std::string> arguments)
      : flags_(std::move(flags)), arguments_(std::move(arguments)) {}

  [[nodiscard]] bool Has(std::string_view name) const {
    return flags_.find(name) != flags_.end();
  }
  // Null when the flag was not given. A switch has the value "".
  [[nodiscard]] const std::string* Find(std::string_view name) const {
    const auto entry = flags_.find(name);
    return entry == flags_.end() ? nullptr : &entry->second;
  }
  // As many as Command::arguments, fewer if the rest is optional, more if the
  // last is repeated.
  [[nodiscard]] const std::vector<std::string>& arguments() const {
    return arguments_;
  }

 private:
  std::map<std::string, std::string, std::less<>> flags_;
  std::vector<std::string> arguments_;
};

struct Command {
  std::string name;
  std::string summary;      // one line, for the list of commands
  std::string description;  // sentences, for its own help
  std::vector<ArgumentSpec> arguments;
  std::vector<FlagSpec> flags;        // flags of a group stand together
  std::vector<std::string> examples;  // whole command lines
  std::function<Status(const FlagValues&)> run;
};

// What an argv asks for: a command to run, or a text to print.
struct Invocation {
  const Command* command = nullptr;  // one of those given; null: only `text`
  FlagValues flags;
  std::string text;
  StatusCode code = StatusCode::kOk;  // to exit with after `text`
};

// `arguments` is argv without the program's name.
[[nodiscard]] Result<Invocation> ReadCommandLine(
    std::span<const Command> commands, std::span<const std::string> arguments);

[[nodiscard]] std::string GeneralHelp(std::span<const Command> commands);
// At most 80 columns wide, examples excepted.
[[nodiscard]] std::string CommandHelp(const Command& command);

// `cxxopts 3.1.1`
[[nodiscard]] std::string CommandLineLibraryVersion();

// Reads argv, runs what it asks for, reports a failure as `tillstorm: ...` on
// standard error. Returns the exit code.
int RunCommandLine(std::span<const Command> commands, int argc,
                   const char* const* argv);

// Writes to standard output and flushes it. A reader that has gone away is no
// error; anything else is kIo.
Status WriteStandardOutput(std::string_view text);

// `tillstorm: <sentence>` on standard error, control characters replaced.
void ReportError(std::string_view sentence);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COMMAND_LINE_H_
