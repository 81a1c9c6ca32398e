#include "harness/run_options.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/commands/commands.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using Flags = std::map<std::string, std::string, std::less<>>;

constexpr Instant kNow{Micros{1'790'000'000'123'456}};

FlagValues Values(Flags flags) { return {std::move(flags), {}}; }

template <class T>
std::string Message(const Result<T>& result) {
  if (result.ok()) return "(accepted)";
  if (result.status().code() != StatusCode::kUsage) return "(other code)";
  return result.status().message();
}

std::string Fleet(Flags flags) {
  const Result<Scenario> scenario = ReadScenario(Values(std::move(flags)));
  if (!scenario.ok()) return scenario.status().message();
  return std::to_string(scenario->devices) + " on " +
         std::to_string(scenario->sites);
}

std::string SpanText(Flags flags) {
  const Result<Span> span = ReadSpan(Values(std::move(flags)), kNow);
  if (!span.ok()) return span.status().message();
  return IsoDateTime(span->start) + " " + IsoDateTime(span->end);
}

TEST_CASE("Without flags it is the standard fleet for one fixed Monday",
          "[run_options]") {
  const auto options =
      ReadGenerateOptions(Values({{"to", "/tmp/fleet.db"}}), kNow);
  REQUIRE(options.ok());
  const GenerateOptions& generate = options->generate;
  CHECK(options->location.path == "/tmp/fleet.db");
  CHECK(generate.seed == 42);
  CHECK(generate.scenario.Hash() == StandardScenario().Hash());
  CHECK(generate.scenario.devices == 12);
  CHECK(generate.scenario.sites == 3);
  CHECK(generate.scenario.traffic == 3);
  CHECK(generate.scenario.rates == DocumentRates());
  CHECK(generate.scenario.job_success == "completed");
  CHECK(generate.scenario.left_out.empty());
  CHECK(generate.scenario.interval == Micros{5'000'000});
  CHECK(IsoDateTime(generate.start) == "2026-01-05T00:00:00Z");
  CHECK(IsoDateTime(generate.end) == "2026-01-06T00:00:00Z");
  CHECK(generate.batch_rows == 10'000);
  CHECK(generate.batch_bytes == 64 << 20);
  CHECK(generate.indexes == IndexMode::kDeferred);
  CHECK(generate.threads >= 1);
  CHECK(generate.threads <= 256);
  CHECK_FALSE(generate.replace);
  CHECK(options->progress == ProgressMode::kAuto);
  CHECK_FALSE(options->json);
}

TEST_CASE("Flag --to is needed", "[run_options]") {
  CHECK_THAT(Message(ReadGenerateOptions(Values({}), kNow)),
             HoldsText("--to is missing"));
}

TEST_CASE("Every flag reaches its option", "[run_options]") {
  const auto options =
      ReadGenerateOptions(Values({{"to", "/tmp/a.db"},
                                  {"sites", "25"},
                                  {"devices", "300"},
                                  {"traffic", "60"},
                                  {"profile", "code"},
                                  {"job-success", "success"},
                                  {"tables", "health_checks"},
                                  {"seed", "18446744073709551615"},
                                  {"start", "2026-03-01"},
                                  {"span", "90m"},
                                  {"interval", "30s"},
                                  {"threads", "7"},
                                  {"indexes", "none"},
                                  {"batch-rows", "1"},
                                  {"batch-bytes", "1GiB"},
                                  {"progress", "never"},
                                  {"json", ""},
                                  {"force", ""}}),
                          kNow);
  REQUIRE(options.ok());
  const GenerateOptions& generate = options->generate;
  CHECK(generate.scenario.sites == 25);
  CHECK(generate.scenario.devices == 300);
  CHECK(generate.scenario.traffic == 60);
  CHECK(generate.scenario.rates == CodeRates());
  CHECK(generate.scenario.job_success == "success");
  CHECK(generate.scenario.left_out.size() == 12);
  CHECK(generate.seed == 18446744073709551615ULL);
  CHECK(IsoDateTime(generate.start) == "2026-03-01T00:00:00Z");
  CHECK(IsoDateTime(generate.end) == "2026-03-01T01:30:00Z");
  CHECK(generate.scenario.interval == Micros{30'000'000});
  CHECK(generate.threads == 7);
  CHECK(generate.indexes == IndexMode::kNone);
  CHECK(generate.batch_rows == 1);
  CHECK(generate.batch_bytes == 1 << 30);
  CHECK(generate.replace);
  CHECK(options->progress == ProgressMode::kSilent);
  CHECK(options->json);
}

TEST_CASE("Sites and devices follow from each other", "[run_options]") {
  CHECK(Fleet({}) == "12 on 3");
  CHECK(Fleet({{"sites", "5"}}) == "20 on 5");
  CHECK(Fleet({{"devices", "24"}}) == "24 on 6");
  CHECK(Fleet({{"devices", "1"}}) == "1 on 1");
  CHECK(Fleet({{"devices", "5"}}) == "5 on 2");
  CHECK(Fleet({{"devices", "100000"}}) == "100000 on 25000");
  CHECK(Fleet({{"sites", "25000"}}) == "100000 on 25000");
  CHECK_THAT(Fleet({{"sites", "100000"}}), HoldsText("--devices is 400000"));
  CHECK(Fleet({{"sites", "2"}, {"devices", "2"}}) == "2 on 2");
  CHECK_THAT(Fleet({{"sites", "3"}, {"devices", "2"}}),
             HoldsText("--devices is 2"));
}

TEST_CASE("Without sites there is one terminal and one traffic agent",
          "[run_options]") {
  const auto fleet = [](Flags flags) {
    const Result<Scenario> scenario = ReadScenario(Values(std::move(flags)));
    if (!scenario.ok()) return scenario.status().message();
    return std::to_string(scenario->sites) + " " +
           std::to_string(scenario->devices) + " " +
           std::to_string(scenario->traffic);
  };
  CHECK(fleet({{"sites", "0"}}) == "0 1 1");
  CHECK(fleet({{"sites", "0"}, {"devices", "6"}}) == "0 6 1");
  CHECK(fleet({{"sites", "0"}, {"traffic", "5"}}) == "0 1 5");
  CHECK(fleet({{"sites", "0"}, {"devices", "100000"}}) == "0 100000 1");
}

TEST_CASE("There is one traffic agent per site unless told otherwise",
          "[run_options]") {
  const auto traffic = [](Flags flags) {
    const Result<Scenario> scenario = ReadScenario(Values(std::move(flags)));
    if (!scenario.ok()) return scenario.status().message();
    return std::to_string(scenario->traffic);
  };
  CHECK(traffic({}) == "3");
  CHECK(traffic({{"sites", "25"}}) == "25");
  CHECK(traffic({{"devices", "24"}}) == "6");
  CHECK(traffic({{"sites", "100000"}, {"devices", "100000"}}) == "100000");
  CHECK(traffic({{"traffic", "1"}}) == "1");
  CHECK(traffic({{"sites", "2"}, {"traffic", "100000"}}) == "100000");
  CHECK(traffic({{"traffic", "0"}}) ==
        "--traffic is '0'; it must be a whole number in [1, 100000]");
  CHECK(traffic({{"traffic", "100001"}}) ==
        "--traffic is '100001'; it must be a whole number in [1, 100000]");
}

TEST_CASE("A profile is a set of rates", "[run_options]") {
  CHECK(ReadScenario(Values({{"profile", "document"}}))->rates ==
        DocumentRates());
  CHECK(ReadScenario(Values({{"profile", "code"}}))->rates == CodeRates());
  CHECK(Message(ReadScenario(Values({{"profile", "custom"}}))) ==
        "--profile is 'custom'; it must be one of document, code");
  CHECK(ProfileName(DocumentRates()) == "document");
  CHECK(ProfileName(CodeRates()) == "code");
  Rates rates = CodeRates();
  ++rates.errors;
  CHECK(ProfileName(rates) == "custom");
}

TEST_CASE("A job that went well is completed or a success", "[run_options]") {
  CHECK(ReadScenario(Values({{"job-success", "completed"}}))->job_success ==
        "completed");
  CHECK(ReadScenario(Values({{"job-success", "success"}}))->job_success ==
        "success");
  CHECK(Message(ReadScenario(Values({{"job-success", "ok"}}))) ==
        "--job-success is 'ok'; it must be one of completed, success");
}

TEST_CASE("Tables that are not named are left out, in the schema's order",
          "[run_options]") {
  using Names = std::vector<std::string>;
  const auto left_out = [](const char* text) {
    const auto scenario = ReadScenario(Values({{"tables", text}}));
    INFO(scenario.status().message());
    REQUIRE(scenario.ok());
    return scenario->left_out;
  };
  CHECK(left_out("health_checks") ==
        Names{"jobs", "device_commands", "push_notification_logs", "audit_logs",
              "configuration_history", "alerts", "error_logs", "job_outcomes",
              "device_metrics", "device_state_history", "api_request_logs",
              "user_activities"});
  CHECK(left_out("user_activities,error_logs,alerts,api_request_logs,"
                 "device_state_history,device_metrics,health_checks,"
                 "configuration_history,audit_logs,push_notification_logs,"
                 "device_commands") == Names{"jobs", "job_outcomes"});
  CHECK(left_out("jobs,device_commands,push_notification_logs,audit_logs,"
                 "configuration_history,alerts,error_logs,job_outcomes,"
                 "health_checks,device_metrics,device_state_history,"
                 "api_request_logs,user_activities")
            .empty());
}

TEST_CASE("A list of tables that means nothing is refused in a sentence",
          "[run_options]") {
  const auto refusal = [](const char* text) {
    return Message(ReadScenario(Values({{"tables", text}})));
  };
  CHECK(refusal("jobs,health_check") ==
        "--tables names 'health_check', which is no event table: did you mean "
        "health_checks?");
  CHECK(refusal("jobs, alerts") ==
        "--tables names ' alerts', which is no event table: did you mean "
        "alerts?");
  CHECK_THAT(refusal("receipts_of_the_day"),
             HoldsText("which is no event table: they are jobs, "
                       "device_commands, push_notification_logs") &&
                 HoldsText("user_activities"));
  for (const char* name : {"devices", "tillstorm_truth", "tillstorm_ledger"}) {
    CHECK_THAT(refusal(name), HoldsText(std::string("--tables names ") + name +
                                        ", which is always there"));
  }
  CHECK(refusal("jobs,alerts,jobs") ==
        "--tables names jobs twice: name each table once");
  for (const char* text : {"", ",", "jobs,", ",jobs", "jobs,,alerts"}) {
    INFO(text);
    CHECK(refusal(text) ==
          std::string("--tables is '") + text +
              "'; it must be names of event tables separated by commas, such "
              "as jobs,job_outcomes");
  }
}

TEST_CASE("Numbers outside their bounds name flag, value and bounds",
          "[run_options]") {
  CHECK(Fleet({{"devices", "0"}}) ==
        "--devices is '0'; it must be a whole number in [1, 100000]");
  CHECK(Fleet({{"sites", "100001"}}) ==
        "--sites is '100001'; it must be a whole number in [0, 100000]");
  CHECK(Fleet({{"sites", "-1"}}) ==
        "--sites is '-1'; it must be a whole number in [0, 100000]");
  CHECK(Message(ReadThreads(Values({{"threads", "257"}}))) ==
        "--threads is '257'; it must be a whole number in [1, 256]");
  CHECK(Message(ReadBatchRows(Values({{"batch-rows", "10000001"}}))) ==
        "--batch-rows is '10000001'; it must be a whole number in [1, "
        "10000000]");
  CHECK(Message(ReadSeed(Values({{"seed", "18446744073709551616"}}))) ==
        "--seed is '18446744073709551616'; it must be a whole number in [0, "
        "18446744073709551615]");
}

TEST_CASE("A number is decimal digits and nothing else", "[run_options]") {
  for (const char* text : {"", " 3", "3 ", "+3", "-3", "0x3", "3.0", "3e0",
                           "three", "3,000", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(ParseInteger("sites", text, 1, kSitesMax).ok());
    CHECK_FALSE(ReadSeed(Values({{"seed", text}})).ok());
  }
  CHECK(*ParseInteger("sites", "003", 1, kSitesMax) == 3);
}

TEST_CASE("The span is start and length", "[run_options]") {
  CHECK(SpanText({}) == "2026-01-05T00:00:00Z 2026-01-06T00:00:00Z");
  CHECK(SpanText({{"days", "4"}}) ==
        "2026-01-05T00:00:00Z 2026-01-09T00:00:00Z");
  CHECK(SpanText({{"days", "0.2"}}) ==
        "2026-01-05T00:00:00Z 2026-01-05T04:48:00Z");
  CHECK(SpanText({{"span", "2h"}}) ==
        "2026-01-05T00:00:00Z 2026-01-05T02:00:00Z");
  CHECK(SpanText({{"start", "2026-07-01T08:00:00+02:00"}, {"span", "1s"}}) ==
        "2026-07-01T06:00:00Z 2026-07-01T06:00:01Z");
}

TEST_CASE("Flag --end shifts the span, or with --start makes it",
          "[run_options]") {
  CHECK(SpanText({{"end", "2026-02-01"}, {"days", "2"}}) ==
        "2026-01-30T00:00:00Z 2026-02-01T00:00:00Z");
  CHECK(SpanText({{"start", "2026-01-31T12:00:00Z"}, {"end", "2026-02-01"}}) ==
        "2026-01-31T12:00:00Z 2026-02-01T00:00:00Z");
  CHECK_THAT(SpanText({{"start", "2026-02-01"}, {"end", "2026-02-01"}}),
             HoldsText("--end is 2026-02-01T00:00:00Z; after --start"));
  for (const char* flag : {"span", "days"}) {
    CHECK_THAT(
        SpanText({{"start", "2026-01-31"}, {"end", "2026-02-01"}, {flag, "1"}}),
        HoldsText(std::string("--") + flag + " is given beside"));
  }
}

TEST_CASE("Flag --end now means this moment in whole seconds",
          "[run_options]") {
  const auto options = ReadGenerateOptions(
      Values({{"to", "/tmp/a.db"}, {"end", "now"}, {"days", "4"}}), kNow);
  REQUIRE(options.ok());
  CHECK(MicrosSinceEpoch(options->generate.end) == 1'790'000'000'000'000);
  CHECK(options->generate.end - options->generate.start ==
        Micros{4 * kMicrosPerDay});
}

TEST_CASE("A length that makes no sense names its flag", "[run_options]") {
  for (const char* text :
       {"-1", "", "x", "1e3", ".5", "1.", "0x2", "1d", "nan", "inf", "+1"}) {
    INFO(text);
    CHECK_THAT(SpanText({{"days", text}}), HoldsText("--days is '"));
  }
  CHECK_THAT(SpanText({{"days", "0"}}), HoldsText("--days is 0"));
  CHECK_THAT(SpanText({{"days", "36526"}}), HoldsText("--days is 36526"));
  CHECK_THAT(SpanText({{"days", "99999999999999999999"}}), HoldsText("--days"));
  CHECK_THAT(SpanText({{"span", "-1h"}}), HoldsText("--span"));
  CHECK_THAT(SpanText({{"span", "1w"}}), HoldsText("--span"));
  CHECK_THAT(SpanText({{"span", "999ms"}}), HoldsText("--span is 999ms"));
  CHECK_THAT(SpanText({{"span", "1h"}, {"days", "1"}}),
             HoldsText("--span and --days are both given"));
}

TEST_CASE("Instants lie between 2000 and 2200", "[run_options]") {
  CHECK_THAT(SpanText({{"start", "1999-12-31"}}),
             HoldsText("--start is 1999-12-31"));
  CHECK_THAT(SpanText({{"end", "2201-01-01"}}),
             HoldsText("--end is 2201-01-01"));
  CHECK_THAT(SpanText({{"start", "soon"}}), HoldsText("--start"));
  CHECK_THAT(SpanText({{"start", "now"}}), HoldsText("--start"));
  CHECK_THAT(SpanText({{"start", "2199-12-31"}, {"days", "2"}}),
             HoldsText("2200-01-01T00:00:00Z"));
  CHECK_THAT(SpanText({{"end", "2000-01-02"}, {"days", "2"}}),
             HoldsText("2000-01-01T00:00:00Z"));
}

TEST_CASE("The interval is whole seconds up to an hour", "[run_options]") {
  CHECK(ReadScenario(Values({{"interval", "1s"}})).ok());
  CHECK(ReadScenario(Values({{"interval", "1h"}})).ok());
  CHECK(ReadScenario(Values({{"interval", "90"}})).ok());
  for (const char* text : {"500ms", "1.5s", "0s", "3601s", "2h", "-5s", "x"}) {
    INFO(text);
    CHECK_THAT(Message(ReadScenario(Values({{"interval", text}}))),
               HoldsText("--interval"));
  }
}

TEST_CASE("A plan with more rows in a table than ids is refused",
          "[run_options]") {
  Scenario scenario = StandardScenario();
  scenario.interval = Micros{1'000'000};
  scenario.sites = 1;
  scenario.devices = 1;
  scenario.rates = Rates();
  const Span longest{kDefaultStart,
                     kDefaultStart + std::chrono::seconds(2'147'483'647)};
  CHECK(CheckRowCount(scenario, longest).ok());
  const Span longer{kDefaultStart, longest.end + Micros{1}};
  CHECK_FALSE(CheckRowCount(scenario, longer).ok());
  const auto refused = ReadGenerateOptions(Values({{"to", "/tmp/a.db"},
                                                   {"devices", "100000"},
                                                   {"days", "36525"},
                                                   {"interval", "1s"}}),
                                           kNow);
  CHECK_THAT(Message(refused), HoldsText("more than 2,147,483,647"));
  CHECK_THAT(Message(refused), HoldsText("--days"));
  CHECK_THAT(Message(refused), HoldsText("--interval"));
}

TEST_CASE("Batch bytes take binary units", "[run_options]") {
  const auto bytes = [](const char* text) {
    return ReadBatchBytes(Values({{"batch-bytes", text}}));
  };
  CHECK(*bytes("1024") == 1024);
  CHECK(*bytes("1KiB") == 1024);
  CHECK(*bytes("64MiB") == 64 << 20);
  CHECK(*bytes("1GiB") == 1 << 30);
  CHECK(*bytes("1073741824") == 1 << 30);
  for (const char* text :
       {"1023", "2GiB", "1073741825", "KiB", "1.5MiB", "64MB", "-1KiB",
        "9223372036854775807GiB", "0", "1 KiB", ""}) {
    INFO(text);
    CHECK_THAT(Message(bytes(text)), HoldsText("--batch-bytes is '"));
  }
}

TEST_CASE("Words are taken exactly", "[run_options]") {
  CHECK(*ReadIndexMode(Values({{"indexes", "deferred"}})) ==
        IndexMode::kDeferred);
  CHECK(*ReadIndexMode(Values({{"indexes", "inline"}})) == IndexMode::kInline);
  CHECK(*ReadIndexMode(Values({{"indexes", "none"}})) == IndexMode::kNone);
  CHECK(Message(ReadIndexMode(Values({{"indexes", "None"}}))) ==
        "--indexes is 'None'; it must be one of deferred, inline, none");
  CHECK(Message(ReadProgress(Values({{"progress", "always"}}))) ==
        "--progress is 'always'; it must be one of auto, never");
  CHECK(*ReadDialect(Values({})) == Dialect::kSqlite);
  CHECK(*ReadDialect(Values({{"backend", "postgres"}})) == Dialect::kPostgres);
  CHECK_THAT(Message(ReadDialect(Values({{"backend", "mysql"}}))),
             HoldsText("--backend is 'mysql'"));
}

TEST_CASE("A command that reads wants a dataset that can exist",
          "[run_options]") {
  const auto location = [](const char* text) {
    return ReadLocationArgument(FlagValues({}, {text}));
  };
  CHECK(location("/tmp/a.db").ok());
  CHECK_THAT(Message(location("sqlite:")), HoldsText("throw-away"));
  CHECK_THAT(Message(location("null:")), HoldsText("null: stores nothing"));
}

TEST_CASE("Examples of generate are complete", "[run_options]") {
  static const auto commands = AllCommands();
  for (const std::string& example : GenerateCommand().examples) {
    std::vector<std::string> words;
    for (size_t begin = 0; begin < example.size();) {
      const size_t end = std::min(example.find(' ', begin), example.size());
      words.push_back(example.substr(begin, end - begin));
      begin = end + 1;
    }
    words.erase(words.begin());
    INFO(example);
    const Result<Invocation> invocation = ReadCommandLine(commands, words);
    REQUIRE(invocation.ok());
    CHECK(ReadGenerateOptions(invocation->flags, kNow).ok());
  }
}

TEST_CASE("The summary names digest, speed with durability, and what is next",
          "[run_options]") {
  auto options = ReadGenerateOptions(Values({{"to", "/tmp/a b.db"}}), kNow);
  REQUIRE(options.ok());
  GenerateSummary summary;
  summary.digest.AddInsert(TableId::kDevices, Hash128{1, 2});
  summary.event_rows = 1'000;
  summary.rows_time = std::chrono::milliseconds(500);
  const std::string text = GenerateReport(*options, summary, 4'096);
  CHECK_THAT(text, HoldsText("4.10 kB"));
  CHECK_THAT(text, HoldsText("2,000 rows/s acknowledged at durability bulk"));
  CHECK_THAT(text, HoldsText(Hex(summary.digest.Total())));
  CHECK_THAT(text, HoldsText("tillstorm verify '/tmp/a b.db'"));
  CHECK_THAT(text, HoldsText("12 devices on 3 sites, a health check every 5s"));
  CHECK_THAT(text,
             HoldsText("traffic   3 agents, profile document, job success "
                       "completed\n"));
  CHECK_THAT(text, !HoldsText("left out"));
  options->json = true;
  const std::string json = GenerateReport(*options, summary, 4'096);
  CHECK_THAT(json, HoldsText("\"traffic\": 3"));
  CHECK_THAT(json, HoldsText("\"profile\": \"document\""));
  CHECK_THAT(json, HoldsText("\"job_success\": \"completed\""));
  CHECK_THAT(json, HoldsText("\"left_out\": []"));
  CHECK_THAT(json, HoldsText("\"seed\": \"42\""));
  CHECK_THAT(json, HoldsText("\"rows_per_s\": 2000"));
  CHECK_THAT(json, HoldsText("\"durability\": \"bulk\""));
  CHECK_THAT(json,
             HoldsText("\"digest\": \"" + Hex(summary.digest.Total()) + "\""));
}

TEST_CASE("The summary says whose traffic it is and what is left out",
          "[run_options]") {
  auto options = ReadGenerateOptions(
      Values({{"to", "/tmp/a.db"},
              {"sites", "0"},
              {"profile", "code"},
              {"job-success", "success"},
              {"tables",
               "jobs,device_commands,push_notification_logs,"
               "audit_logs,configuration_history,error_logs,"
               "job_outcomes,device_metrics,device_state_history,"
               "api_request_logs,user_activities"}}),
      kNow);
  REQUIRE(options.ok());
  const std::string text = GenerateReport(*options, GenerateSummary(), -1);
  CHECK_THAT(text, HoldsText("fleet     1 device on 1 site that the first "
                             "traffic agent makes, a health check every 5s\n"));
  CHECK_THAT(
      text,
      HoldsText("traffic   1 agent, profile code, job success success\n"));
  CHECK_THAT(text, HoldsText("left out  alerts, health_checks\n"));
  options->generate.scenario.rates.errors = 0;
  options->json = true;
  const std::string json = GenerateReport(*options, GenerateSummary(), -1);
  CHECK_THAT(json, HoldsText("\"sites\": 0"));
  CHECK_THAT(json, HoldsText("\"traffic\": 1"));
  CHECK_THAT(json, HoldsText("\"profile\": \"custom\""));
  CHECK_THAT(json, HoldsText("\"job_success\": \"success\""));
  CHECK_THAT(json, HoldsText("\"left_out\": [\n    \"alerts\",\n    "
                             "\"health_checks\"\n  ]"));
}

TEST_CASE("The summary of a run onto null: says that nothing was stored",
          "[run_options]") {
  auto options = ReadGenerateOptions(Values({{"to", "null:"}}), kNow);
  REQUIRE(options.ok());
  GenerateSummary summary;
  summary.digest.AddInsert(TableId::kDevices, Hash128{1, 2});
  summary.event_rows = 1'000;
  summary.rows_time = std::chrono::milliseconds(500);
  const std::string text = GenerateReport(*options, summary, -1);
  CHECK_THAT(text, HoldsText("null:, nothing was stored\n"));
  CHECK_THAT(text, HoldsText("2,000 rows/s taken and none stored"));
  CHECK_THAT(text, HoldsText(Hex(summary.digest.Total())));
  CHECK_THAT(text, !HoldsText("durability"));
  CHECK_THAT(text, !HoldsText("tillstorm verify"));
  CHECK_THAT(text, HoldsText("nothing was stored; --to FILE"));
  options->json = true;
  const std::string json = GenerateReport(*options, summary, -1);
  CHECK_THAT(json, HoldsText("\"to\": \"null:\""));
  CHECK_THAT(json, HoldsText("\"stored\": false"));
  CHECK_THAT(json, HoldsText("\"kept\": false"));
  CHECK_THAT(json, HoldsText("\"durability\": null"));
  CHECK_THAT(json, HoldsText("\"file_bytes\": null"));
  CHECK_THAT(json, HoldsText("\"devices\": 1,"));
}

TEST_CASE("Lanes and ways to load are PostgreSQL's", "[run_options]") {
  const Location file = *ParseLocation("/tmp/fleet.db");
  const Location server = *ParseLocation("postgresql://localhost/fleet");
  CHECK(*ReadLanes(Values({}), file) == 1);
  CHECK(*ReadLanes(Values({{"lanes", "4"}}), server) == 4);
  CHECK(Message(ReadLanes(Values({{"lanes", "4"}}), file)) ==
        "--lanes is 4; only PostgreSQL takes more than one writer at a time, "
        "so for /tmp/fleet.db it must be 1");
  CHECK(Message(ReadLanes(Values({{"lanes", "65"}}), server)) ==
        "--lanes is '65'; it must be a whole number in [1, 64]");
  CHECK(*ReadLoad(Values({}), file) == LoadPath::kCopy);
  CHECK(*ReadLoad(Values({{"load", "insert"}}), server) == LoadPath::kInsert);
  CHECK(Message(ReadLoad(Values({{"load", "copy"}}), file)) ==
        "--load is for PostgreSQL, and /tmp/fleet.db is none; leave it out");
}

}  // namespace
}  // namespace tillstorm
