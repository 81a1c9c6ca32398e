#include "harness/command_line.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

// Its regular expressions recurse once per character of an argument: a long
// argument would overflow the stack.
#define CXXOPTS_NO_REGEX
#include <fmt/format.h>

#include <cxxopts.hpp>

#include "harness/core/secrets.h"
#include "harness/nearest_name.h"
#include "harness/version.h"

namespace tillstorm {
namespace {

using FlagMap = std::map<std::string, std::string, std::less<>>;

std::vector<std::string> FlagNames(const Command& command) {
  std::vector<std::string> names = {"help"};
  for (const FlagSpec& flag : command.flags) names.push_back(flag.name);
  return names;
}

Status UnknownFlag(const Command& command, const std::string& written) {
  const std::string flag = written.substr(0, written.find('='));
  std::string bare = flag;
  bare.erase(0, bare.find_first_not_of('-'));
  const auto nearest = NearestName(bare, FlagNames(command));
  return {StatusCode::kUsage,
          fmt::format("unknown flag '{}' of {}: {}", flag, command.name,
                      nearest ? fmt::format("did you mean --{}?", *nearest)
                              : fmt::format("'tillstorm help {}' lists its "
                                            "flags",
                                            command.name))};
}

Status UnknownCommand(std::span<const Command> commands,
                      const std::string& name) {
  std::vector<std::string> names = {"help"};
  for (const Command& command : commands) names.push_back(command.name);
  const auto nearest = NearestName(name, names);
  return {StatusCode::kUsage,
          fmt::format("unknown command '{}': {}", name,
                      nearest ? fmt::format("did you mean '{}'?", *nearest)
                              : "'tillstorm --help' lists the commands")};
}

// cxxopts reports an unknown cluster `-seed` as `-s`: find what was written.
std::string AsWritten(std::span<const std::string> words,
                      const std::string& reported) {
  if (reported.size() != 2 || reported[1] == '-') return reported;
  for (const std::string& word : words) {
    if (word.size() > 2 && word[0] == '-' && word[1] != '-' &&
        word.find(reported[1]) != std::string::npos) {
      return word;
    }
  }
  return reported;
}

Status CheckArgumentCount(const Command& command,
                          std::span<const std::string> arguments) {
  const auto& expected = command.arguments;
  if (arguments.size() < expected.size()) {
    if (expected[arguments.size()].optional) return Status::Ok();
    const ArgumentSpec& missing = expected[arguments.size()];
    return {StatusCode::kUsage, fmt::format("{} needs a {}: {}", command.name,
                                            missing.name, missing.help)};
  }
  if (arguments.size() == expected.size()) return Status::Ok();
  if (!expected.empty() && expected.back().repeated) return Status::Ok();
  const std::string& extra = arguments[expected.size()];
  const bool takes_to =
      std::any_of(command.flags.begin(), command.flags.end(),
                  [](const FlagSpec& flag) { return flag.name == "to"; });
  return {
      StatusCode::kUsage,
      expected.empty() && takes_to
          ? fmt::format("unexpected argument '{}': did you mean --to {}?",
                        extra, extra)
          : fmt::format(
                "unexpected argument '{}': {} takes {}", extra, command.name,
                expected.empty()
                    ? "flags only"
                    : fmt::format("{}{} argument{}",
                                  expected.back().optional ? "at most " : "",
                                  expected.size(),
                                  expected.size() == 1 ? "" : "s"))};
}

// One flag's text, or nothing when it was not given.
Result<std::optional<std::string>> FlagText(
    const FlagSpec& flag, const cxxopts::ParseResult& parsed) {
  const size_t count = parsed.count(flag.name);
  if (count == 0) return std::optional<std::string>();
  if (count > 1) {
    return Status(
        StatusCode::kUsage,
        fmt::format("--{} is given {} times: give it once", flag.name, count));
  }
  std::string text = parsed[flag.name].as<std::string>();
  if (flag.value.empty() && !text.empty()) {
    return Status(
        StatusCode::kUsage,
        fmt::format("--{} takes no value, found '{}'", flag.name, text));
  }
  if (!flag.value.empty() && (text.empty() || text.starts_with("--"))) {
    return Status(StatusCode::kUsage,
                  fmt::format("--{} needs a value ({}), found '{}'", flag.name,
                              flag.value, text));
  }
  return std::optional<std::string>(std::move(text));
}

Result<FlagMap> FlagTexts(const Command& command,
                          const cxxopts::ParseResult& parsed) {
  FlagMap flags;
  for (const FlagSpec& flag : command.flags) {
    Result<std::optional<std::string>> text = FlagText(flag, parsed);
    if (!text.ok()) return text.status();
    if (text->has_value()) flags.emplace(flag.name, std::move(**text));
  }
  return flags;
}

cxxopts::Options Describe(const Command& command) {
  cxxopts::Options options("tillstorm " + command.name);
  options.allow_unrecognised_options();
  auto add = options.add_options();
  add("h,help", "", cxxopts::value<std::string>()->implicit_value(""));
  for (const FlagSpec& flag : command.flags) {
    auto value = cxxopts::value<std::string>();
    add(flag.name, flag.help,
        flag.value.empty() ? value->implicit_value("") : value);
  }
  return options;
}

// `words` is what follows the command's name.
Result<Invocation> ReadCommand(const Command& command,
                               std::span<const std::string> words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  const std::span<const std::string> flag_words(words.begin(), dashes);
  std::vector<const char*> argv = {"tillstorm"};
  for (const std::string& word : flag_words) argv.push_back(word.c_str());

  cxxopts::Options options = Describe(command);
  std::optional<cxxopts::ParseResult> parsed;
  try {
    parsed = options.parse(static_cast<int>(argv.size()), argv.data());
  } catch (const std::exception&) {
    // All that is left to go wrong: the last flag lacks its value.
    return Status(StatusCode::kUsage,
                  fmt::format("{} needs a value", flag_words.back()));
  }

  std::vector<std::string> arguments;
  for (const std::string& word : parsed->unmatched()) {
    if (word.size() > 1 && word[0] == '-') {
      return UnknownFlag(command, AsWritten(flag_words, word));
    }
    arguments.push_back(word);
  }
  if (dashes != words.end()) {
    arguments.insert(arguments.end(), dashes + 1, words.end());
  }
  Invocation invocation;
  if (parsed->count("help") > 0) {
    invocation.text = CommandHelp(command);
    return invocation;
  }

  Result<FlagMap> flags = FlagTexts(command, *parsed);
  if (!flags.ok()) return flags.status();
  TS_RETURN_IF_ERROR(CheckArgumentCount(command, arguments));
  invocation.command = &command;
  invocation.flags = FlagValues(std::move(*flags), std::move(arguments));
  return invocation;
}

const Command* FindCommand(std::span<const Command> commands,
                           std::string_view name) {
  for (const Command& command : commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

Result<Invocation> ReadHelp(std::span<const Command> commands,
                            std::span<const std::string> names) {
  Invocation invocation;
  if (names.empty()) {
    invocation.text = GeneralHelp(commands);
    return invocation;
  }
  const Command* command = FindCommand(commands, names[0]);
  if (command == nullptr) return UnknownCommand(commands, names[0]);
  invocation.text = CommandHelp(*command);
  return invocation;
}

Status Run(std::span<const Command> commands,
           std::span<const std::string> arguments, StatusCode* code) {
  const Result<Invocation> invocation = ReadCommandLine(commands, arguments);
  if (!invocation.ok()) return invocation.status();
  if (invocation->command != nullptr) {
    return invocation->command->run(invocation->flags);
  }
  *code = invocation->code;
  if (*code == StatusCode::kOk) return WriteStandardOutput(invocation->text);
  std::fputs(invocation->text.c_str(), stderr);
  return Status::Ok();
}

}  // namespace

Result<Invocation> ReadCommandLine(std::span<const Command> commands,
                                   std::span<const std::string> arguments) {
  if (arguments.empty()) {
    Invocation invocation;
    invocation.text = GeneralHelp(commands);
    invocation.code = StatusCode::kUsage;
    return invocation;
  }
  const std::string& first = arguments[0];
  const auto rest = arguments.subspan(1);
  if (first == "--help" || first == "-h" || first == "help") {
    return ReadHelp(commands, rest);
  }
  if (first == "--version") {
    Invocation invocation;
    invocation.text = VersionText();
    return invocation;
  }
  if (first.size() > 1 && first[0] == '-') {
    return Status(StatusCode::kUsage,
                  fmt::format("unknown flag '{}': before a command only --help "
                              "and --version are known",
                              first));
  }
  const Command* command = FindCommand(commands, first);
  if (command == nullptr) return UnknownCommand(commands, first);
  return ReadCommand(*command, rest);
}

std::string CommandLineLibraryVersion() {
  return fmt::format("cxxopts {}.{}.{}", cxxopts::version.major,
                     cxxopts::version.minor, cxxopts::version.patch);
}

int RunCommandLine(std::span<const Command> commands, int argc,
                   const char* const* argv) {
  Status status;
  StatusCode code = StatusCode::kOk;
  try {
    const std::vector<std::string> arguments(argv + std::min(argc, 1),
                                             argv + argc);
    status = Run(commands, arguments, &code);
  } catch (const std::bad_alloc&) {
    status = Status(StatusCode::kSystemLimit, "no memory is left");
  } catch (const std::system_error& error) {
    status = Status(StatusCode::kSystemLimit,
                    fmt::format("a system limit was hit: {}", error.what()));
  }
  if (status.ok()) return static_cast<int>(code);
  ReportError(status.message());
  return status.exit_code();
}

Status WriteStandardOutput(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
      std::fflush(stdout) == 0) {
    return Status::Ok();
  }
  const int error = errno;
  if (error == EPIPE) return Status::Ok();
  if (error == EINTR) {  // a signal that asks for a stop, while nobody reads
    return {StatusCode::kInterrupted, "stopped while writing the result"};
  }
  return {StatusCode::kIo,
          fmt::format("cannot write to standard output: {}",
                      error == EBADF ? "it is closed" : std::strerror(error))};
}

void ReportError(std::string_view sentence) {
  std::string line = fmt::format("tillstorm: {}", HidePasswords(sentence));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace tillstorm
