// The help texts of command_line.h.
#include <fmt/format.h>

#include <algorithm>

#include "harness/command_line.h"

namespace tillstorm {
namespace {

constexpr size_t kHelpWidth = 80;
constexpr size_t kHelpColumn = 22;  // where the texts of flags begin

const std::vector<FlagSpec>& HelpFlags() {
  static const std::vector<FlagSpec> flags = {
      {"Help", "help", "", "print this help (also -h)", ""}};
  return flags;
}

// Appends `text` from column `column` on, broken at blanks. The line so far is
// `used` columns wide.
void AppendWrapped(std::string* out, std::string_view text, size_t used,
                   size_t column) {
  if (used + 1 > column && used > 0) {
    *out += '\n';
    used = 0;
  }
  out->append(column - used, ' ');
  size_t at = column;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (at > column && at + 1 + word.size() > kHelpWidth) {
      *out += '\n';
      out->append(column, ' ');
      at = column;
    } else if (at > column) {
      *out += ' ';
      ++at;
    }
    *out += word;
    at += word.size();
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  *out += '\n';
}

void AppendFlag(std::string* out, const FlagSpec& flag) {
  const std::string left = fmt::format(
      "  --{}{}{}", flag.name, flag.value.empty() ? "" : " ", flag.value);
  *out += left;
  AppendWrapped(out,
                flag.standard.empty()
                    ? flag.help
                    : fmt::format("{} (default: {})", flag.help, flag.standard),
                left.size(), kHelpColumn);
}

}  // namespace

std::string GeneralHelp(std::span<const Command> commands) {
  std::string help =
      "tillstorm simulates a fleet of point-of-sale terminals and drives what "
      "they\nproduce into a database, the same data for the same seed.\n\n"
      "Usage:\n  tillstorm COMMAND [FLAGS]\n\nCommands:\n";
  for (const Command& command : commands) {
    help += "  " + command.name;
    AppendWrapped(&help, command.summary, 2 + command.name.size(), 12);
  }
  help +=
      "\nExit codes:\n"
      "  0 ok; 1 a check failed; 2 wrong flags; 65 bad input; 69 unavailable;\n"
      "  70 stored data is wrong; 71 a system limit; 73 cannot create; 74 I/O "
      "or\n"
      "  disk full; 77 not permitted; 130, 143 stopped by a signal\n";
  return help +
         "\n'tillstorm help COMMAND' or 'tillstorm COMMAND --help' shows its "
         "flags with\ndefaults, units and examples; 'tillstorm --version' "
         "shows "
         "what this binary was\nmade of.\n";
}

std::string CommandHelp(const Command& command) {
  std::string help = fmt::format("Usage:\n  tillstorm {}", command.name);
  for (const ArgumentSpec& argument : command.arguments) {
    help +=
        argument.optional ? " [" + argument.name + "]" : " " + argument.name;
    if (argument.repeated) help += "...";
  }
  help += " [FLAGS]\n\n";
  AppendWrapped(&help, command.description, 0, 0);
  if (!command.arguments.empty()) help += "\nArguments:\n";
  for (const ArgumentSpec& argument : command.arguments) {
    help += "  " + argument.name;
    AppendWrapped(&help, argument.help, 2 + argument.name.size(), kHelpColumn);
  }
  std::string_view group;
  for (const auto* flags : {&command.flags, &HelpFlags()}) {
    for (const FlagSpec& flag : *flags) {
      if (flag.group != group) help += fmt::format("\n{}:\n", flag.group);
      group = flag.group;
      AppendFlag(&help, flag);
    }
  }
  if (!command.examples.empty()) help += "\nExamples:\n";
  for (const std::string& example : command.examples) {
    help += "  " + example + "\n";
  }
  return help;
}

}  // namespace tillstorm
