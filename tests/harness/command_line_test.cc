#include "harness/command_line.h"

#include <string>
#include <vector>

#include "harness/commands/commands.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using Words = std::vector<std::string>;

Result<Invocation> Read(const Words& words) {
  static const auto commands = AllCommands();
  return ReadCommandLine(commands, words);
}

// The sentence of a command line that is refused.
std::string Refusal(const Words& words) {
  const Result<Invocation> invocation = Read(words);
  if (invocation.ok()) return "(accepted)";
  if (invocation.status().code() != StatusCode::kUsage) return "(other code)";
  return invocation.status().message();
}

std::string Flag(const Words& words, std::string_view name) {
  const Result<Invocation> invocation = Read(words);
  if (!invocation.ok()) return "(" + invocation.status().message() + ")";
  const std::string* value = invocation->flags.Find(name);
  return value == nullptr ? "(absent)" : *value;
}

size_t LongestLineBeforeExamples(const std::string& text) {
  size_t longest = 0;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    if (line == "Examples:") break;
    longest = std::max(longest, line.size());
    begin = end + 1;
  }
  return longest;
}

TEST_CASE("A command line names a command and its flags", "[command_line]") {
  const Result<Invocation> invocation =
      Read({"generate", "--to", "a.db", "--seed=7", "--json"});
  REQUIRE(invocation.ok());
  REQUIRE(invocation->command != nullptr);
  CHECK(invocation->command->name == "generate");
  CHECK(*invocation->flags.Find("to") == "a.db");
  CHECK(*invocation->flags.Find("seed") == "7");
  CHECK(invocation->flags.Has("json"));
  CHECK_FALSE(invocation->flags.Has("force"));
}

TEST_CASE("The last argument may be one that is repeated", "[command_line]") {
  const Result<Invocation> invocation = Read({"report", "a", "b", "c"});
  REQUIRE(invocation.ok());
  CHECK(invocation->flags.arguments() == Words{"a", "b", "c"});
  CHECK(Refusal({"report"}).starts_with("report needs a DIR: "));
  CHECK(Read({"help", "report"})
            ->text.starts_with("Usage:\n  tillstorm report DIR... [FLAGS]\n"));
}

TEST_CASE("A flag's value is taken as it stands", "[command_line]") {
  CHECK(Flag({"generate", "--days", "-1"}, "days") == "-1");
  CHECK(Flag({"generate", "--to", "a,b c=d.db"}, "to") == "a,b c=d.db");
  CHECK(Flag({"generate", "--to=x=y"}, "to") == "x=y");
  const std::string long_path(300'000, 'x');
  CHECK(Flag({"generate", "--to=" + long_path}, "to") == long_path);
}

TEST_CASE("Arguments stand before, between and after flags", "[command_line]") {
  for (const Words& words :
       {Words{"digest", "a.db", "--json"}, Words{"digest", "--json", "a.db"},
        Words{"digest", "--json", "--", "a.db"}}) {
    const Result<Invocation> invocation = Read(words);
    REQUIRE(invocation.ok());
    CHECK(invocation->flags.arguments() == Words{"a.db"});
    CHECK(invocation->flags.Has("json"));
  }
  const Result<Invocation> dashed = Read({"digest", "--", "--json"});
  REQUIRE(dashed.ok());
  CHECK(dashed->flags.arguments() == Words{"--json"});
  CHECK_FALSE(dashed->flags.Has("json"));
}

TEST_CASE("An unknown name is refused with the nearest known one",
          "[command_line]") {
  CHECK(Refusal({"generat"}) ==
        "unknown command 'generat': did you mean 'generate'?");
  CHECK(Refusal({"frobnicate"}) ==
        "unknown command 'frobnicate': 'tillstorm --help' lists the commands");
  CHECK(Refusal({"help", "verfiy"}) ==
        "unknown command 'verfiy': did you mean 'verify'?");
  CHECK(Refusal({"generate", "--sedd", "1"}) ==
        "unknown flag '--sedd' of generate: did you mean --seed?");
  CHECK(Refusal({"generate", "--device=4"}) ==
        "unknown flag '--device' of generate: did you mean --devices?");
  CHECK(Refusal({"generate", "-seed", "4"}) ==
        "unknown flag '-seed' of generate: did you mean --seed?");
  CHECK(Refusal({"digest", "a.db", "--colour-of-the-sky"}) ==
        "unknown flag '--colour-of-the-sky' of digest: 'tillstorm help digest' "
        "lists its flags");
  CHECK_THAT(Refusal({"generate", "-x"}), HoldsText("unknown flag '-x'"));
  CHECK_THAT(Refusal({"generate", "---"}), HoldsText("unknown flag '---'"));
  CHECK_THAT(Refusal({"--jsn"}), HoldsText("unknown flag '--jsn'"));
}

TEST_CASE("A flag without its value, or with one too many, is refused",
          "[command_line]") {
  CHECK(Refusal({"generate", "--to"}) == "--to needs a value");
  CHECK(Refusal({"generate", "--to="}) ==
        "--to needs a value (LOCATION), found ''");
  CHECK(Refusal({"generate", "--to", "--json"}) ==
        "--to needs a value (LOCATION), found '--json'");
  CHECK(Refusal({"generate", "--json=yes"}) ==
        "--json takes no value, found 'yes'");
  CHECK(Refusal({"generate", "--seed", "1", "--seed", "2"}) ==
        "--seed is given 2 times: give it once");
}

TEST_CASE("Arguments are counted", "[command_line]") {
  CHECK_THAT(Refusal({"digest"}), HoldsText("digest needs a LOCATION"));
  CHECK(Refusal({"digest", "a", "b"}) ==
        "unexpected argument 'b': digest takes 1 argument");
  CHECK(Refusal({"generate", "a.db"}) ==
        "unexpected argument 'a.db': did you mean --to a.db?");
  CHECK(Refusal({"schema", "a.db"}) ==
        "unexpected argument 'a.db': schema takes flags only");
}

TEST_CASE("An argument that is optional may be left out", "[command_line]") {
  const Result<Invocation> without = Read({"doctor", "--json"});
  REQUIRE(without.ok());
  CHECK(without->flags.arguments().empty());
  const Result<Invocation> with = Read({"doctor", "--json", "a.db"});
  REQUIRE(with.ok());
  CHECK(with->flags.arguments() == Words{"a.db"});
  CHECK(Refusal({"doctor", "a", "b"}) ==
        "unexpected argument 'b': doctor takes at most 1 argument");
  CHECK_THAT(Read({"help", "doctor"})->text,
             HoldsText("  tillstorm doctor [LOCATION] [FLAGS]\n"));
  CHECK_THAT(Read({"help", "digest"})->text,
             HoldsText("  tillstorm digest LOCATION [FLAGS]\n"));

  Command both;
  both.name = "both";
  both.arguments = {{"ONE", "the first"}, {"TWO", "the second", true}};
  const std::vector<Command> commands = {both};
  const auto refusal = [&commands](const Words& words) {
    const Result<Invocation> invocation = ReadCommandLine(commands, words);
    return invocation.ok() ? "(accepted)" : invocation.status().message();
  };
  CHECK(refusal({"both"}) == "both needs a ONE: the first");
  CHECK(refusal({"both", "1"}) == "(accepted)");
  CHECK(refusal({"both", "1", "2"}) == "(accepted)");
  CHECK(refusal({"both", "1", "2", "3"}) ==
        "unexpected argument '3': both takes at most 2 arguments");
}

TEST_CASE("Help is there in every form", "[command_line]") {
  const Result<Invocation> general = Read({"--help"});
  REQUIRE(general.ok());
  CHECK(general->command == nullptr);
  CHECK(general->code == StatusCode::kOk);
  for (const char* name :
       {"generate", "digest", "verify", "doctor", "schema"}) {
    CHECK_THAT(general->text, HoldsText(name));
    const std::string help = Read({"help", name})->text;
    CHECK(help == Read({name, "--help"})->text);
    CHECK(help == Read({name, "-h"})->text);
    CHECK_THAT(help, HoldsText("Examples:"));
  }
  CHECK(Read({"help"})->text == general->text);
  CHECK(Read({"-h"})->text == general->text);
}

TEST_CASE("No command at all prints the help and is a usage error",
          "[command_line]") {
  const Result<Invocation> nothing = Read({});
  REQUIRE(nothing.ok());
  CHECK(nothing->command == nullptr);
  CHECK(nothing->code == StatusCode::kUsage);
  CHECK(nothing->text == Read({"help"})->text);
}

TEST_CASE("Help fits 80 columns and has each flag with its default",
          "[command_line]") {
  for (const Command& command : AllCommands()) {
    const std::string help = CommandHelp(command);
    CHECK(LongestLineBeforeExamples(help) <= 80);
    for (const FlagSpec& flag : command.flags) {
      CHECK_THAT(help, HoldsText("  --" + flag.name));
      CHECK_THAT(help, HoldsText("\n" + flag.group + ":\n"));
    }
  }
  CHECK(LongestLineBeforeExamples(GeneralHelp(AllCommands())) <= 80);
}

TEST_CASE("Examples in the help are accepted", "[command_line]") {
  for (const Command& command : AllCommands()) {
    for (const std::string& example : command.examples) {
      Words words;
      std::string word;
      for (const char c : example + " ") {
        if (c != ' ') {
          word += c;
        } else {
          words.push_back(std::move(word));
          word.clear();
        }
      }
      // What follows is the shell's.
      for (size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "|" || words[i] == ">") words.resize(i);
      }
      REQUIRE(words.at(0) == "tillstorm");
      words.erase(words.begin());
      INFO(example);
      CHECK(Refusal(words) == "(accepted)");
    }
  }
}

}  // namespace
}  // namespace tillstorm
