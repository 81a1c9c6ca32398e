// The flags of a live collection, and flags held against a dataset.
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/run_options.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using Flags = std::map<std::string, std::string, std::less<>>;

FlagValues Values(Flags flags) { return {std::move(flags), {}}; }

template <class T>
std::string Message(const Result<T>& result) {
  if (result.ok()) return "(accepted)";
  if (result.status().code() != StatusCode::kUsage) return "(other code)";
  return result.status().message();
}

std::string SpeedOf(const char* text) {
  const Result<Speed> speed = ReadSpeed(Values({{"speed", text}}));
  if (!speed.ok()) return Message(speed);
  if (speed->max) return "max";
  return std::to_string(speed->numerator) + "/" +
         std::to_string(speed->denominator);
}

TEST_CASE("A speed is an exact fraction in lowest terms", "[live_options]") {
  CHECK(ReadSpeed(Values({}))->numerator == 1);
  CHECK(ReadSpeed(Values({}))->denominator == 1);
  CHECK_FALSE(ReadSpeed(Values({}))->max);
  CHECK(SpeedOf("1x") == "1/1");
  CHECK(SpeedOf("60x") == "60/1");
  CHECK(SpeedOf("0.5x") == "1/2");
  CHECK(SpeedOf("2.50x") == "5/2");
  CHECK(SpeedOf("007x") == "7/1");
  CHECK(SpeedOf("0.000001x") == "1/1000000");
  CHECK(SpeedOf("1000000x") == "1000000/1");
  CHECK(SpeedOf("1000000.000000x") == "1000000/1");
  CHECK(SpeedOf("999999.999999x") == "999999999999/1000000");
  CHECK(SpeedOf("max") == "max");
}

TEST_CASE("A speed that means nothing is refused", "[live_options]") {
  for (const char* text : {"",           "x",
                           "60",         "0x",
                           "0.0x",       "-1x",
                           "+1x",        "1e3x",
                           ".5x",        "5.x",
                           " 1x",        "1x ",
                           "1 x",        "1X",
                           "Max",        "maxx",
                           "0.0000001x", "1000000.000001x",
                           "1000001x",   "99999999999999999999x",
                           "1.5.2x",     "0x10x",
                           "nanx"}) {
    INFO(text);
    CHECK(SpeedOf(text) ==
          std::string("--speed is '") + text +
              "'; it must be max or a factor above 0x and at most 1000000x, "
              "with at most 6 decimals, such as 1x, 60x or 0.5x");
  }
}

TEST_CASE("A speed is shown as it is written", "[live_options]") {
  for (const char* text : {"1x", "60x", "0.5x", "0.000001x", "1000000x", "max",
                           "100x", "999999.999999x", "12.25x"}) {
    CHECK(SpeedName(*ReadSpeed(Values({{"speed", text}}))) == text);
  }
  CHECK(SpeedName(*ReadSpeed(Values({{"speed", "02.50x"}}))) == "2.5x");
}

TEST_CASE("Agents run on threads unless told otherwise", "[live_options]") {
  CHECK(*ReadHost(Values({})) == HostKind::kThreads);
  CHECK(*ReadHost(Values({{"host", "threads"}})) == HostKind::kThreads);
  CHECK(*ReadHost(Values({{"host", "pool"}})) == HostKind::kPool);
  CHECK(Message(ReadHost(Values({{"host", "fork"}}))) ==
        "--host is 'fork'; it must be one of threads, pool");
}

TEST_CASE("A live dataset has three levels of durability", "[live_options]") {
  CHECK(*ReadDurability(Values({})) == Durability::kProcess);
  for (const auto& [word, level] :
       {std::pair{"power", Durability::kPower},
        std::pair{"process", Durability::kProcess},
        std::pair{"relaxed", Durability::kRelaxed}}) {
    CHECK(*ReadDurability(Values({{"durability", word}})) == level);
    CHECK(DurabilityName(level) == word);
  }
  CHECK(DurabilityName(Durability::kBulk) == "bulk");
  CHECK(Message(ReadDurability(Values({{"durability", "Power"}}))) ==
        "--durability is 'Power'; it must be one of power, process, relaxed");
  CHECK(Message(ReadDurability(Values({{"durability", "bulk"}}))) ==
        "--durability is 'bulk', which is for generate and bench; it must be "
        "one of power, process, relaxed");
}

TEST_CASE("What is not written while it lives may be at bulk too",
          "[live_options]") {
  CHECK(*ReadAnyDurability(Values({})) == Durability::kProcess);
  CHECK(*ReadAnyDurability(Values({{"durability", "power"}})) ==
        Durability::kPower);
  CHECK(*ReadAnyDurability(Values({{"durability", "bulk"}})) ==
        Durability::kBulk);
  CHECK(Message(ReadAnyDurability(Values({{"durability", "Bulk"}}))) ==
        "--durability is 'Bulk'; it must be one of power, process, relaxed, "
        "bulk");
}

TEST_CASE("Indexes of a live dataset are there from the start or never",
          "[live_options]") {
  CHECK(*ReadLiveIndexMode(Values({})) == IndexMode::kInline);
  CHECK(*ReadLiveIndexMode(Values({{"indexes", "none"}})) == IndexMode::kNone);
  CHECK(Message(ReadLiveIndexMode(Values({{"indexes", "deferred"}}))) ==
        "--indexes is deferred, which is for generate and for bench at "
        "durability bulk; it must be inline or none");
}

TEST_CASE("A linger lies between nothing and a minute", "[live_options]") {
  const auto linger = [](const char* text) {
    return ReadLinger(Values({{"linger", text}}));
  };
  CHECK(*ReadLinger(Values({})) == Micros{100'000});
  CHECK(*linger("0") == Micros{0});
  CHECK(*linger("0ms") == Micros{0});
  CHECK(*linger("1.5ms") == Micros{1'500});
  CHECK(*linger("100ms") == Micros{100'000});
  CHECK(*linger("2s") == Micros{2'000'000});
  CHECK(*linger("1m") == Micros{60'000'000});
  CHECK(Message(linger("60001ms")) ==
        "--linger is 60001ms; it must lie between 0s and 1m");
  for (const char* text : {"", "-1ms", "ms", "100us", "1.", "x"}) {
    INFO(text);
    CHECK_THAT(Message(linger(text)), HoldsText("--linger: "));
  }
}

TEST_CASE("A duration is real time, and there is none by default",
          "[live_options]") {
  const auto duration = [](const char* text) {
    return ReadDuration(Values({{"duration", text}}));
  };
  CHECK_FALSE(ReadDuration(Values({}))->has_value());
  CHECK(**duration("30s") == Micros{30'000'000});
  CHECK(**duration("1ms") == Micros{1'000});
  CHECK(**duration("36525d") == kSpanMax);
  CHECK(Message(duration("0")) ==
        "--duration is 0; it must lie between 1ms and 36525d");
  CHECK_THAT(Message(duration("36526d")), HoldsText("--duration is 36526d"));
  CHECK_THAT(Message(duration("soon")), HoldsText("--duration: \"soon\""));
}

TEST_CASE("Flag --dashboard is auto, on or off", "[live_options]") {
  CHECK(*ReadDashboard(Values({})) == DashboardMode::kAuto);
  CHECK(*ReadDashboard(Values({{"dashboard", "auto"}})) ==
        DashboardMode::kAuto);
  CHECK(*ReadDashboard(Values({{"dashboard", "on"}})) == DashboardMode::kOn);
  CHECK(*ReadDashboard(Values({{"dashboard", "off"}})) == DashboardMode::kOff);
  CHECK(Message(ReadDashboard(Values({{"dashboard", "yes"}}))) ==
        "--dashboard is 'yes'; it must be one of auto, on, off");
}

TEST_CASE("A log is a file that is no part of the dataset", "[live_options]") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / "tillstorm-log-test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "fleet.db").string();
  const Location to = *ParseLocation(path);
  const auto log = [&to](const std::string& text) {
    return ReadLog(Values({{"log", text}}), to);
  };
  CHECK(ReadLog(Values({}), to)->empty());
  CHECK(*log(folder / "fleet.log") == (folder / "fleet.log").string());
  CHECK(log("fleet.log")->front() == '/');
  CHECK_THAT(Message(log(folder.string())), HoldsText("a directory"));
  CHECK_THAT(Message(log("fleet.log/")), HoldsText("a directory"));
  const char* const itself = "a file of the dataset itself";
  CHECK_THAT(Message(log(path)), HoldsText(itself));
  CHECK_THAT(Message(log(path + "-wal")), HoldsText(itself));
  CHECK_THAT(Message(log((folder / "." / "fleet.db").string())),
             HoldsText(itself));
  std::ofstream(path) << "x";
  std::filesystem::create_hard_link(path, folder / "hard.log");
  std::filesystem::create_symlink(path, folder / "soft.log");
  CHECK_THAT(Message(log(folder / "hard.log")), HoldsText(itself));
  CHECK_THAT(Message(log(folder / "soft.log")), HoldsText(itself));
  CHECK(ReadLog(Values({{"log", path}}), *ParseLocation("null:")).ok());
  std::filesystem::remove_all(folder);
}

// What the flags say of a dataset with the standard fleet.
std::string Over(Flags flags) {
  const Result<Scenario> scenario =
      ReadScenarioOver(Values(std::move(flags)), StandardScenario());
  if (!scenario.ok()) return Message(scenario);
  return scenario->Hash() == StandardScenario().Hash() ? "(the same)"
                                                       : "(another)";
}

TEST_CASE("On a dataset of ours flags that are left out come from it",
          "[live_options]") {
  CHECK(Over({}) == "(the same)");
  Scenario stored = StandardScenario();
  stored.sites = 7;
  stored.devices = 9;
  stored.traffic = 2;
  stored.rates.errors = 3;
  stored.interval = Micros{30'000'000};
  stored.left_out = {"alerts"};
  stored.device_faults_per_1000_days = 500;
  // Neither --sites nor --devices brings the other along.
  for (const Flags& flags :
       {Flags{}, Flags{{"sites", "7"}}, Flags{{"devices", "9"}},
        Flags{{"traffic", "2"}}, Flags{{"interval", "0.5m"}}}) {
    const Result<Scenario> over = ReadScenarioOver(Values(flags), stored);
    REQUIRE(over.ok());
    CHECK(over->Hash() == stored.Hash());
  }
}

TEST_CASE("Flags that say what the dataset has are taken", "[live_options]") {
  CHECK(Over({{"sites", "3"},
              {"devices", "12"},
              {"traffic", "3"},
              {"profile", "document"},
              {"job-success", "completed"},
              {"interval", "5000ms"}}) == "(the same)");
  CHECK(Over({{"tables",
               "user_activities,error_logs,alerts,api_request_logs,"
               "device_state_history,device_metrics,health_checks,"
               "configuration_history,audit_logs,push_notification_logs,"
               "device_commands,jobs,job_outcomes"}}) == "(the same)");
}

TEST_CASE("A flag that differs from the dataset is refused by name",
          "[live_options]") {
  const std::string way_out =
      "; leave the flag out or collect into another file";
  CHECK(Over({{"devices", "20"}}) ==
        "--devices is 20, but the dataset has 12" + way_out);
  CHECK(Over({{"sites", "5"}}) ==
        "--sites is 5, but the dataset has 3" + way_out);
  CHECK(Over({{"traffic", "1"}}) ==
        "--traffic is 1, but the dataset has 3" + way_out);
  CHECK(Over({{"profile", "code"}}) ==
        "--profile is code, but the dataset has document" + way_out);
  CHECK(Over({{"job-success", "success"}}) ==
        "--job-success is success, but the dataset has completed" + way_out);
  CHECK(Over({{"interval", "1m"}}) ==
        "--interval is 1m, but the dataset has 5s" + way_out);
  CHECK(Over({{"tables", "alerts,jobs"}}) ==
        "--tables is jobs,alerts, but the dataset has all of them" + way_out);
  // The first of several.
  CHECK(Over({{"interval", "1m"}, {"devices", "13"}, {"sites", "3"}}) ==
        "--devices is 13, but the dataset has 12" + way_out);

  Scenario stored = StandardScenario();
  stored.rates.errors = 3;
  stored.left_out = {"jobs", "alerts"};
  CHECK(Message(ReadScenarioOver(Values({{"profile", "document"}}), stored)) ==
        "--profile is document, but the dataset has custom" + way_out);
  CHECK_THAT(
      Message(ReadScenarioOver(Values({{"tables", "alerts"}}), stored)),
      HoldsText("--tables is alerts, but the dataset has device_commands,"));
}

TEST_CASE("A value that means nothing is refused on a dataset as well",
          "[live_options]") {
  CHECK(Over({{"devices", "0"}}) ==
        "--devices is '0'; it must be a whole number in [1, 100000]");
  CHECK_THAT(Over({{"profile", "big"}}), HoldsText("--profile is 'big'"));
  CHECK_THAT(Over({{"tables", "jobz"}}), HoldsText("did you mean jobs?"));
  CHECK_THAT(Over({{"interval", "x"}}), HoldsText("--interval: "));
}

TEST_CASE("A seed other than the dataset's is refused", "[live_options]") {
  CHECK(*ReadSeedOver(Values({}), 7) == 7);
  CHECK(*ReadSeedOver(Values({{"seed", "7"}}), 7) == 7);
  CHECK(Message(ReadSeedOver(Values({{"seed", "42"}}), 7)) ==
        "--seed is 42, but the dataset has 7; leave the flag out or collect "
        "into another file");
  CHECK_THAT(Message(ReadSeedOver(Values({{"seed", "x"}}), 7)),
             HoldsText("--seed is 'x'"));
}

TEST_CASE("A dataset goes on at or after its last close", "[live_options]") {
  const Instant close = *ParseIsoDateTime("2026-01-06");
  const Instant later = *ParseIsoDateTime("2026-01-07");
  const auto opening = [close](Flags flags, Instant now) {
    return ReadOpening(Values(std::move(flags)), close, now);
  };
  CHECK(*opening({}, later) == later);
  CHECK(*opening({}, kDefaultStart) == close);
  CHECK(*opening({{"start", "2026-01-06"}}, later) == close);
  CHECK(*opening({{"start", "2026-01-08"}}, later) ==
        *ParseIsoDateTime("2026-01-08"));
  CHECK(Message(opening({{"start", "2026-01-05T23:59:59Z"}}, later)) ==
        "--start is 2026-01-05T23:59:59Z, but the dataset reaches to "
        "2026-01-06T00:00:00Z; leave the flag out, start there or later, or "
        "collect into another file");
  CHECK_THAT(Message(opening({{"start", "soon"}}, later)),
             HoldsText("--start: "));
  CHECK_THAT(Message(opening({{"start", "1999-12-31"}}, later)),
             HoldsText("it must lie between"));
}

TEST_CASE("Start and length are there only when they are given",
          "[live_options]") {
  CHECK(*ReadStart(Values({}), kDefaultStart) == kDefaultStart);
  CHECK(*ReadStart(Values({{"start", "2026-02-01"}}), kDefaultStart) ==
        *ParseIsoDateTime("2026-02-01"));
  CHECK_FALSE(ReadSpanLength(Values({}))->has_value());
  CHECK(**ReadSpanLength(Values({{"span", "10m"}})) == Micros{600'000'000});
  CHECK(**ReadSpanLength(Values({{"days", "0.5"}})) == Micros{43'200'000'000});
  CHECK_THAT(Message(ReadSpanLength(Values({{"days", "x"}}))),
             HoldsText("--days is 'x'"));
}

TEST_CASE("Every flag of a live collection is described", "[live_options]") {
  for (const char* name : {"speed", "host", "durability", "linger", "duration",
                           "dashboard", "log"}) {
    const FlagSpec flag = CommonFlag(name);
    CHECK(flag.name == name);
    CHECK_FALSE(flag.value.empty());
    CHECK_FALSE(flag.help.empty());
  }
}

}  // namespace
}  // namespace tillstorm
