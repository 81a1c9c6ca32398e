#include "harness/preflight.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/run_options.h"
#include "harness/version.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr Instant kNow{Micros{1'790'000'000'000'000}};

std::string Sentence(const PreflightLine& line) {
  return std::string(Name(line.verdict)) + " " + line.message +
         (line.cure.empty() ? "" : "; " + line.cure);
}

TEST_CASE("A queue with faults is mitigated", "[preflight]") {
  for (const char* version : {"1.0.3", "1.0.4", "0.9.9", "before 1.0.4"}) {
    CHECK(Sentence(JudgeQueueVersion(version)) ==
          std::string("mitigated moodycamel version ") + version +
              " has faults when it is used without tokens (fixed in 1.0.5); "
              "explicit tokens");
  }
  CHECK_THAT(Sentence(JudgeQueueVersion("")),
             HoldsText("mitigated moodycamel of an unknown version may have"));
  for (const char* version : {"1.0.5", "1.0.10", "1.1.0", "2.0.0"}) {
    CHECK(JudgeQueueVersion(version).verdict == Verdict::kPassed);
  }
  for (const char* version : {"1.0", "1", "1.0.x", "1.0.-5", "9999.0.0"}) {
    CHECK(JudgeQueueVersion(version).verdict == Verdict::kMitigated);
  }
}

TEST_CASE("The clock must show the time of day and advance", "[preflight]") {
  const auto judge = [](const char* now, nanoseconds resolution,
                        nanoseconds advanced) {
    return JudgeClock({*ParseIsoDateTime(now), resolution, advanced});
  };
  const nanoseconds fine{1};
  const milliseconds nap{2};
  CHECK(Sentence(judge("2026-01-05", fine, nap)) ==
        "passed 2026-01-05T00:00:00Z, ticks every 1 ns");
  CHECK(judge("2020-01-01", fine, nap).verdict == Verdict::kPassed);
  CHECK(judge("2099-12-31T23:59:59", fine, nap).verdict == Verdict::kPassed);
  CHECK(Sentence(judge("1970-01-01T00:01:00", fine, nap)) ==
        "failed the system's clock says 1970-01-01T00:01:00Z; set it to the "
        "time of day");
  CHECK(judge("2100-01-01", fine, nap).verdict == Verdict::kFailed);
  CHECK(judge("2019-12-31T23:59:59", fine, nap).code ==
        StatusCode::kUnavailable);
  CHECK_THAT(Sentence(judge("2026-01-05", fine, nanoseconds{999'999})),
             HoldsText("failed the steady clock advanced 999 us"));
  CHECK_THAT(Sentence(judge("2026-01-05", fine, nanoseconds{-5})),
             HoldsText("failed the steady clock advanced"));
  CHECK(judge("2026-01-05", milliseconds{1}, nap).verdict == Verdict::kPassed);
  CHECK_THAT(Sentence(judge("2026-01-05", milliseconds{4}, nap)),
             HoldsText("warning the steady clock ticks every 4000 us"));
  CHECK_THAT(Sentence(judge("2026-01-05", fine, milliseconds{1'500})),
             HoldsText("warning a sleep of 1 ms took 1500 ms"));
}

Preflight MakePreflight() {
  return {{PreflightLine::Passed("clock", "right"),
           PreflightLine::Mitigated("queue", "old", "explicit tokens"),
           PreflightLine::Warning("disk", "small", "make room"),
           PreflightLine::Failed(StatusCode::kSystemLimit, "threads", "no room",
                                 "raise it"),
           PreflightLine::Failed(StatusCode::kBadInput, "dataset",
                                 "a\nb\x1b[2J is none", "")}};
}

TEST_CASE("The first failed line decides", "[preflight]") {
  Preflight preflight = MakePreflight();
  CHECK(PreflightStatus(preflight).code() == StatusCode::kSystemLimit);
  CHECK(PreflightStatus(preflight).message() == "no room; raise it");
  CHECK(preflight.Count(Verdict::kFailed) == 2);
  CHECK(preflight.Count(Verdict::kWarning) == 1);
  preflight.lines.resize(3);
  CHECK(PreflightStatus(preflight).ok());
  CHECK(PreflightStatus({}).ok());
}

TEST_CASE("A line is its check, verdict, finding and cure", "[preflight]") {
  CHECK(PreflightText(MakePreflight()) ==
        "clock        passed    right\n"
        "queue        mitigated old; mitigated: explicit tokens\n"
        "disk         warning   small; make room\n"
        "threads      failed    no room; raise it\n"
        "dataset      failed    a?b?[2J is none\n");
}

TEST_CASE("The lines are one JSON object", "[preflight]") {
  const auto json = nlohmann::json::parse(PreflightJson(MakePreflight()));
  CHECK(json["ready"] == false);
  CHECK(json["exit_code"] == 71);
  REQUIRE(json["checks"].size() == 5);
  CHECK(json["checks"][1]["check"] == "queue");
  CHECK(json["checks"][1]["verdict"] == "mitigated");
  CHECK(json["checks"][1]["cure"] == "explicit tokens");
  CHECK(json["checks"][4]["exit_code"] == 65);
  const auto ready = nlohmann::json::parse(PreflightJson({}));
  CHECK(ready["ready"] == true);
  CHECK(ready["exit_code"] == 0);
}

std::vector<std::string> Checks(const Preflight& preflight) {
  std::vector<std::string> names;
  for (const PreflightLine& line : preflight.lines) names.push_back(line.check);
  return names;
}

std::string Line(const Preflight& preflight, const std::string& check) {
  for (const PreflightLine& line : preflight.lines) {
    if (line.check == check) return Sentence(line);
  }
  return "no line";
}

TEST_CASE("Without a location only the machine is looked at", "[preflight]") {
  PreflightNeeds needs;
  needs.now = kNow;
  needs.threads.agent_threads = 1;
  CHECK(Checks(RunPreflight(needs)) ==
        std::vector<std::string>{"SQLite", "SQLite build", "PostgreSQL",
                                 "queue", "cores", "threads", "memory",
                                 "open files", "clock", "terminal"});
}

TEST_CASE("Threads are those asked for, of the dataset, or of the fleet",
          "[preflight]") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / "tillstorm-preflight-test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  PreflightNeeds needs;
  needs.now = kNow;
  CHECK_THAT(Line(RunPreflight(needs), "threads"), HoldsText("26 are needed"));

  needs.location = *ParseLocation((folder / "a.db").string());
  CHECK_THAT(Line(RunPreflight(needs), "threads"), HoldsText("26 are needed"));
  CHECK_THAT(Line(RunPreflight(needs), "file"), HoldsText("is new"));

  GenerateOptions generate;
  generate.scenario = StandardScenario();
  generate.scenario.devices = 20;
  generate.start = kDefaultStart;
  generate.end = kDefaultStart + Micros{kMicrosPerSecond};
  generate.threads = 1;
  GenerateProgress progress;
  const std::atomic<bool> stop{false};
  auto backend = OpenBackend(*needs.location);
  REQUIRE(Generate(generate, **backend, &progress, stop).ok());
  const Preflight there = RunPreflight(needs);
  CHECK(PreflightStatus(there).ok());
  CHECK_THAT(Line(there, "threads"), HoldsText("34 are needed"));
  CHECK_THAT(Line(there, "dataset"), HoldsText("is a dataset of ours"));

  needs.threads.agent_threads = 2;
  CHECK_THAT(Line(RunPreflight(needs), "threads"), HoldsText("10 are needed"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("A clock that is not set keeps a collection from starting",
          "[preflight]") {
  PreflightNeeds needs;
  needs.now = Instant{};
  CHECK(PreflightStatus(RunPreflight(needs)).code() ==
        StatusCode::kUnavailable);
}

TEST_CASE("Agents are sites, devices and traffic agents", "[preflight]") {
  CHECK(AgentCount(StandardScenario()) == 18);
  Scenario bootstrap = StandardScenario();
  bootstrap.sites = 0;
  bootstrap.devices = 5;
  bootstrap.traffic = 2;
  CHECK(AgentCount(bootstrap) == 8);
}

Result<PreflightNeeds> Doctor(
    std::map<std::string, std::string, std::less<>> flags,
    std::vector<std::string> arguments = {}) {
  return ReadDoctorNeeds(FlagValues(std::move(flags), std::move(arguments)));
}

TEST_CASE("doctor plans the threads that its flags ask for", "[preflight]") {
  CHECK_FALSE(Doctor({})->location.has_value());
  CHECK(Doctor({})->threads.agent_threads == 0);
  CHECK(Doctor({}, {"/tmp/a.db"})->location->path == "/tmp/a.db");
  CHECK(Doctor({}, {"null:"})->location->engine == Engine::kNull);
  CHECK(Doctor({{"sites", "100"}, {"devices", "4000"}, {"traffic", "4000"}})
            ->threads.agent_threads == 8'100);
  CHECK(Doctor({{"devices", "24"}})->threads.agent_threads == 36);
  CHECK(Doctor({{"host", "pool"}, {"threads", "7"}, {"devices", "100"}})
            ->threads.agent_threads == 7);
  CHECK(Doctor({{"devices", "0"}}).status().code() == StatusCode::kUsage);
  CHECK(Doctor({}, {"oracle:x"}).status().code() == StatusCode::kUsage);
}

TEST_CASE("doctor knows lanes and adoption", "[preflight]") {
  const auto usage = StatusCode::kUsage;
  CHECK(Doctor({{"lanes", "8"}})->threads.lanes == 8);
  CHECK(Doctor({{"lanes", "8"}}, {"postgres:/tmp/pg"})->threads.lanes == 8);
  CHECK(Doctor({{"lanes", "2"}}, {"/tmp/a.db"}).status().code() == usage);
  CHECK(Doctor({{"lanes", "65"}}).status().code() == usage);
  CHECK(Doctor({{"host", "pool"}, {"threads", "2"}, {"lanes", "8"}})
            ->threads.agent_threads == 8);
  CHECK(Doctor({{"adopt", ""}}).status().code() == usage);
  CHECK(Doctor({{"adopt", ""}}, {"/tmp/a.db"}).ok());
}

TEST_CASE("Too few connections for the lanes fail", "[preflight]") {
  PreflightNeeds needs;
  needs.now = kNow;
  needs.location = *ParseLocation("postgres:?max_connections=20");
  needs.threads.lanes = 20;
  CHECK(Line(RunPreflight(needs), "connections") ==
        "failed the server takes 20 more, 21 are needed; raise "
        "max_connections, give fewer --lanes or end other clients");
  needs.threads.lanes = 19;
  CHECK_THAT(Line(RunPreflight(needs), "connections"), HoldsText("passed"));
}

TEST_CASE("The version of the queue is known where its package is",
          "[preflight]") {
  const std::string_view version = QueueVersion();
  const bool known =
      version.empty() || version == "before 1.0.4" ||
      version.find_first_not_of("0123456789.") == std::string_view::npos;
  CHECK(known);
  CHECK_THAT(VersionText(), HoldsText("concurrentqueue "));
}

}  // namespace
}  // namespace tillstorm
