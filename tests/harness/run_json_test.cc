#include "harness/measure/run_json.h"

#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <string>

#include "harness/measure/intervals_csv.h"
#include "tests/support/catch.h"
#include "tests/support/run_sample.h"

namespace tillstorm {
namespace {

using Json = nlohmann::ordered_json;

// A record in which every optional is there and every list has something.
RunRecord FullRecord() {
  RunRecord record = SampleBegin();
  SampleEnd(SampleIntervals(), &record);
  record.name = "20260105T080000Z-sample";
  record.started = "2026-01-05T08:00:00Z";
  record.error = "none";
  record.setup.mode = BenchMode::kRate;
  record.setup.seed = std::numeric_limits<uint64_t>::max();
  record.setup.settings_refused = {{"synchronous", "asked for 2, is 1"}};
  record.machine.turbo = false;
  record.machine.numa_nodes = 1;
  record.machine.cgroup_memory_bytes = int64_t{1} << 40;
  record.noise_during.io_pressure = 0.125;
  record.cost.server_cpu_us_per_row = 0.5;
  record.verdict.warnings = {{"probe-drift", "a warning"}};
  record.verdict.reasons = {{"noisy-host", "a reason"}};
  return record;
}

std::string ReadError(const Json& json) {
  const Result<RunRecord> record = ReadRunJson(json, "run.json");
  if (record.ok()) return "(accepted)";
  CHECK(record.status().code() == StatusCode::kBadInput);
  return record.status().message();
}

// `rates.slope_per_s`; lists and objects of texts by their own name alone.
void CollectPaths(const Json& json, const std::string& path,
                  std::set<std::string>* paths) {
  static const std::set<std::string> kOpen = {
      "build.libraries", "setup.settings", "setup.settings_refused"};
  if (json.is_array() && !json.empty() && json[0].is_object()) {
    CollectPaths(json[0], path + "[]", paths);
  } else if (json.is_object() && !kOpen.contains(path)) {
    for (const auto& [name, value] : json.items()) {
      CollectPaths(value, path.empty() ? name : path + "." + name, paths);
    }
  } else {
    paths->insert(path);
  }
}

TEST_CASE("a record comes back from JSON as it was", "[run_json]") {
  const RunRecord record = FullRecord();
  const Json json = RunJson(record);
  const Result<RunRecord> read =
      ReadRunJson(Json::parse(json.dump(2)), "run.json");
  REQUIRE(read.ok());
  CHECK(RunJson(*read) == json);
  CHECK(read->setup.seed == record.setup.seed);
  CHECK(read->setup.mode == BenchMode::kRate);
  CHECK(read->latency[4].p999_ns == record.latency[4].p999_ns);
  CHECK_FALSE(read->latency[4].p9999_ns.has_value());
  CHECK(read->rates.slope_per_s == record.rates.slope_per_s);
  CHECK(read->verdict.reasons == record.verdict.reasons);
  CHECK(read->machine.turbo == std::optional<bool>(false));
  CHECK_FALSE(read->machine.virtualisation.has_value());
  CHECK(read->setup.settings == record.setup.settings);
}

TEST_CASE("what is unknown and what is no number is null", "[run_json]") {
  RunRecord record = FullRecord();
  record.rates.slope_per_s = std::numeric_limits<double>::infinity();
  const Json json = RunJson(record);
  CHECK(json["rates"]["slope_per_s"].is_null());
  CHECK(json["machine"]["virtualisation"].is_null());
  const Result<RunRecord> read = ReadRunJson(json, "run.json");
  REQUIRE(read.ok());
  CHECK(std::isnan(read->rates.slope_per_s));
}

TEST_CASE("a field that is wrong is named by its path", "[run_json]") {
  const Json good = RunJson(FullRecord());
  REQUIRE(ReadError(good) == "(accepted)");
  Json json = good;
  const auto error = [&](const char* pointer, const Json& value) {
    json = good;
    json[Json::json_pointer(pointer)] = value;
    return ReadError(json);
  };
  CHECK(error("/rates/slope_per_s", "1") ==
        "run.json: rates.slope_per_s is \"1\", not a number");
  CHECK(error("/setup/lanes", 1.5) ==
        "run.json: setup.lanes is 1.5, not a whole number from -2147483648 to "
        "2147483647");
  CHECK_THAT(error("/setup/workers", -1),
             HoldsText("setup.workers is -1, not"));
  CHECK_THAT(error("/account/committed", 18446744073709551615U),
             HoldsText("account.committed is 18446744073709551615, not"));
  CHECK(error("/is_complete", 1) ==
        "run.json: is_complete is 1, not true or false");
  CHECK(error("/setup/mode", "fast") ==
        "run.json: setup.mode is \"fast\", not \"capacity\" or \"rate\"");
  CHECK_THAT(error("/verdict/kind", "GOOD"), HoldsText("verdict.kind is"));
  CHECK(error("/ceilings/1/rows", nullptr)
            .starts_with(
                "run.json: ceilings[1].rows is null, not a whole number"));
  CHECK(error("/setup/settings/synchronous", 1) ==
        "run.json: setup.settings.synchronous is 1, not a text");
  CHECK(error("/latency/total/p51_ns", 1) ==
        "run.json: latency.total.p51_ns is no field of a run");
  CHECK(error("/latency/whole", 1) ==
        "run.json: latency.whole is no field of a run");
  CHECK(error("/cost", 7) == "run.json: cost is 7, not an object");
  CHECK(error("/schema_version", 2) ==
        "run.json has schema_version 2, and this tillstorm reads 1");
  json = good;
  json["phases"].erase("drain_s");
  CHECK(ReadError(json) == "run.json: phases.drain_s is missing");
  CHECK(ReadError(Json::array()) == "run.json: the whole is [], not an object");
}

TEST_CASE("every field of a run is in the documentation", "[run_json]") {
  std::ifstream file(TILLSTORM_SOURCE_DIR "/results/README.md");
  std::stringstream text;
  text << file.rdbuf();
  std::set<std::string> paths;
  CollectPaths(RunJson(FullRecord()), "", &paths);
  REQUIRE(paths.size() > 150);
  std::set<std::string> missing;
  for (std::string path : paths) {
    // The parts of the latency have the same fields.
    for (const char* part : {"schedule_lag", "queue_wait", "batch_wait",
                             "engine", "execute", "commit"}) {
      const size_t at = path.find(std::string(".") + part + ".");
      if (at != std::string::npos)
        path = "latency.total" + path.substr(path.rfind('.'));
    }
    if (text.str().find("`" + path + "`") == std::string::npos) {
      missing.insert(path);
    }
  }
  const std::string header = IntervalsCsvHeader();
  std::stringstream columns(header.substr(0, header.size() - 1));
  for (std::string column; std::getline(columns, column, ',');) {
    if (text.str().find("`" + column + "`") == std::string::npos) {
      missing.insert("intervals.csv: " + column);
    }
  }
  CHECK(missing == std::set<std::string>());
}

TEST_CASE("intervals come back from CSV as they were", "[run_json]") {
  IntervalSample sample;
  sample.at_s = 0.1 + 0.2;  // a number with 17 digits
  sample.committed = 9'007'199'254'740'993;
  sample.workers_busy = 1.0 / 3;
  const std::string text = IntervalsCsvHeader() + IntervalsCsvLine(sample);
  CHECK(text.starts_with("at_s,scheduled,generated,enqueued,committed,"));
  CHECK_THAT(text, HoldsText("\n0.30000000000000004,0,0,0,9007199254740993,"));
  const auto read = ReadIntervalsCsv(text, "intervals.csv");
  REQUIRE(read.ok());
  REQUIRE(read->size() == 1);
  CHECK((*read)[0].at_s == sample.at_s);
  CHECK((*read)[0].committed == sample.committed);
  CHECK((*read)[0].workers_busy == sample.workers_busy);
  CHECK(ReadIntervalsCsv(text + "1,2", "x")->size() == 1);  // not finished
  CHECK(ReadIntervalsCsv("at_s,sched", "x")->empty());
}

TEST_CASE("a bad line of intervals is named", "[run_json]") {
  const auto error = [](const std::string& text) {
    const auto read = ReadIntervalsCsv(text, "intervals.csv");
    return read.ok() ? "(accepted)" : read.status().message();
  };
  const std::string header = IntervalsCsvHeader();
  const std::string line = IntervalsCsvLine({});
  CHECK(error(header + line + "1,x,3\n") ==
        "intervals.csv: line 3 has no number for scheduled");
  CHECK(error(header + "1,2\n") ==
        "intervals.csv: line 2 has no number for generated");
  CHECK(error(header + "nan" + line.substr(1)) ==
        "intervals.csv: line 2 has no number for at_s");
  CHECK(error(header + line.substr(0, line.size() - 1) + ",1\n") ==
        "intervals.csv: line 2 has more numbers than the first line");
  CHECK_THAT(error("a,b\n1,2\n"), HoldsText("line 1 is not the names"));
}

}  // namespace
}  // namespace tillstorm
