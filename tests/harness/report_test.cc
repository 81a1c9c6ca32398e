#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/measure/report_formats.h"
#include "harness/measure/report_words.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/run_sample.h"

namespace tillstorm {
namespace {

using Json = nlohmann::ordered_json;

ReportedRun Sample() {
  ReportedRun run{SampleBegin(), RunCounts{9, 7, 1, 3, 2}};
  run.record.name = "20260105T080000Z-sample";
  run.record.started = "2026-01-05T08:00:00Z";
  SampleEnd(SampleIntervals(), &run.record);
  return run;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line + ",");
  for (std::string cell; std::getline(stream, cell, ',');) {
    cells.push_back(cell);
  }
  return cells;
}

void CheckFitsScreen(const std::string& text) {
  const std::vector<std::string> lines = Lines(text);
  INFO(text);
  CHECK(lines.size() <= 23);
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(line.size() <= 80);
  }
}

TEST_CASE("numbers of a report have three digits", "[report]") {
  CHECK(NanosText(0) == "0 ns");
  CHECK(NanosText(999) == "999 ns");
  CHECK(NanosText(999.6) == "1.00 us");
  CHECK(NanosText(12'345) == "12.3 us");
  CHECK(NanosText(123'456'789) == "123 ms");
  CHECK(NanosText(999'600'000) == "1.00 s");
  CHECK(NanosText(75e9) == "75.0 s");
  CHECK(NumberText(0) == "0");
  CHECK(NumberText(0.04567) == "0.046");
  CHECK(NumberText(9.876) == "9.88");
  CHECK(NumberText(42) == "42");
  CHECK(NumberText(1'234'567.8) == "1,234,568");
}

TEST_CASE("a text report says what was measured, verdict first", "[report]") {
  const std::string text = TextReport(Sample());
  CheckFitsScreen(text);
  CHECK(Lines(text)[0] ==
        "VALID: sqlite at durability process acknowledged 1,000 rows/s in a "
        "closed loop");
  CHECK_THAT(text, HoldsText("rate      1,000 rows/s at durability process "
                             "over 20.0 s; "));
  CHECK_THAT(text, HoldsText("null 4,000 (5/2 0.250), loop 1,250 (5/3 0.800)"));
  CHECK_THAT(text, HoldsText("(5/4 0.500)"));
  CHECK_THAT(text, HoldsText("  total           6.00 ms    6.00 ms    6.00 ms  "
                             "  26.0 ms          -    26.0 ms\n"));
  CHECK_THAT(text, HoldsText("all 25,1"));
  CHECK_THAT(text, HoldsText("9 runs, 7 valid, 1 never ended; of this command "
                             "3, 2 valid"));
}

TEST_CASE("a text report fits one screen whatever it has to say", "[report]") {
  ReportedRun run = Sample();
  RunRecord& record = run.record;
  record.name = std::string(300, 'n');
  record.build.commit = "0123456789ab-dirty \x1b[2J";
  record.setup.engine = "an engine with a very long name of many words";
  record.verdict.headline = std::string(500, 'w') + " and more";
  for (Ceiling& ceiling : record.ceilings) ceiling.rows_per_s = 123'456'789'012;
  record.account.committed = 123'456'789'012;
  for (int i = 0; i < 30; ++i) {
    record.verdict.reasons.push_back(
        {"noisy-host",
         "words and words that are too many for one line of the "
         "screen and are cut"});
  }
  const std::string text = TextReport(run);
  CheckFitsScreen(text);
  CHECK_THAT(text, HoldsText("reason    noisy-host: words and words"));
  CHECK_THAT(text, HoldsText("more: see --format md\n"));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a report of bulk says what an acknowledgement is worth there",
          "[report]") {
  ReportedRun run = Sample();
  CHECK_THAT(MarkdownReport(run),
             HoldsText("| acknowledgements looked up while it ran | 12, 0 "
                       "missing |\n"));
  run.record.setup.durability = "bulk";
  run.record.setup.load = "insert";
  run.record.setup.indexes = "deferred";
  run.record.setup.settings = {{"journal_mode", "off"},
                               {"synchronous", "0"},
                               {"locking_mode", "exclusive"}};
  run.record.account.acks_checked = 0;
  run.record.verdict = Judge(run.record);
  CHECK_THAT(MarkdownReport(run),
             HoldsText("| acknowledgements looked up while it ran | none: at "
                       "bulk nothing can be seen, and nothing is promised, "
                       "before the end |\n"));
  const std::string text = TextReport(run);
  CheckFitsScreen(text);
  CHECK_THAT(text, HoldsText("nothing was promised before"));
  // The last word of a line takes the room that no ellipsis needs.
  CHECK_THAT(text, HoldsText("engine    sqlite, durability bulk, insert, 1 "
                             "lane, 1 worker, indexes deferred\n"));
}

TEST_CASE("what the verdict withholds is in no report", "[report]") {
  ReportedRun run = Sample();
  run.record.verdict.withholds_percentiles = true;
  run.record.verdict.withholds_rate = true;
  run.record.verdict.headline = "overloaded";
  const std::vector<ReportedRun> runs = {run};
  CHECK_THAT(TextReport(run), HoldsText("latency   withheld\n"));
  for (const std::string& text : {TextReport(run), MarkdownReport(run),
                                  CsvReport(runs), GbenchReport(runs)}) {
    INFO(text);
    CHECK(text.find("26.0 ms") == std::string::npos);
    CHECK(text.find("6000639") == std::string::npos);
    CHECK(text.find("1,000 rows/s") == std::string::npos);
    CHECK(text.find("0.800") == std::string::npos);
  }
}

TEST_CASE("a report in Markdown is tables that hold together", "[report]") {
  ReportedRun run = Sample();
  run.record.machine.cpu_model = "A | B `c`";
  run.record.verdict.warnings = {{"probe-drift", "fsync changed 4.0 times"}};
  const std::string text = MarkdownReport(run);
  CHECK(text.starts_with("# 20260105T080000Z-sample\n\n**VALID**: sqlite at"));
  CHECK_THAT(text,
             HoldsText("- warning, probe-drift: fsync changed 4.0 times\n"));
  CHECK_THAT(text, HoldsText("| acknowledged rows/s at durability process | "
                             "1,000 |\n"));
  CHECK_THAT(text, HoldsText("A \\| B \\`c\\`, 2 cores"));
  CHECK_THAT(text, HoldsText("| 5/3 | 0.800 | of a hand-written loop |\n"));
  CHECK_THAT(text, HoldsText("| total | 20,"));
}

TEST_CASE("a report in CSV has a line per run", "[report]") {
  std::vector<ReportedRun> runs = {Sample(), Sample()};
  runs[1].record.name = "a \"b\", c";
  runs[1].record.verdict.reasons = {{"noisy-host", ""}, {"too-short", ""}};
  const std::vector<std::string> lines = Lines(CsvReport(runs));
  REQUIRE(lines.size() == 3);
  const std::vector<std::string> header = Cells(lines[0]);
  const std::vector<std::string> cells = Cells(lines[1]);
  REQUIRE(header.size() == cells.size());
  const auto cell = [&](std::string_view name) {
    const auto at = std::find(header.begin(), header.end(), name);
    REQUIRE(at != header.end());
    return cells[static_cast<size_t>(at - header.begin())];
  };
  CHECK(cell("verdict") == "VALID");
  CHECK(cell("durability") == "process");
  CHECK(std::stod(cell("rows_per_s")) == Approx(1000));
  CHECK(cell("max_ns") == "26000000");
  CHECK(cell("queue_wait.max_ns") == "1000000");
  CHECK(cell("p9999_ns").empty());
  CHECK(std::stod(cell("loop_ratio")) == Approx(0.8));
  CHECK(lines[2].starts_with("\"a \"\"b\"\", c\","));
  CHECK_THAT(lines[2], HoldsText(",noisy-host too-short,"));
}

TEST_CASE("a report for Google Benchmark has runs as repetitions", "[report]") {
  std::vector<ReportedRun> runs = {Sample(), Sample(), Sample()};
  runs[2].record.verdict.kind = VerdictKind::kInvalid;
  const Json json = Json::parse(GbenchReport(runs));
  CHECK(json["context"]["num_cpus"] == 2);
  const Json& first = json["benchmarks"][0];
  CHECK(first["name"] ==
        "bench/sqlite/process/copy/indexes:inline/lanes:1/batch_rows:10000");
  CHECK(first["real_time"].get<double>() == Approx(1e6));  // ns per row
  CHECK(first["cpu_time"].get<double>() == Approx(1250));
  CHECK(first["time_unit"] == "ns");
  CHECK(first["repetitions"] == 2);
  CHECK(first["repetition_index"] == 0);
  CHECK(json["benchmarks"][1]["repetition_index"] == 1);
  REQUIRE(json["benchmarks"].size() == 2);
  CHECK_THAT(json["context"]["left_out"][0].get<std::string>(),
             HoldsText("INVALID 20260105T080000Z-sample: "));
}

TEST_CASE("the worst verdict of the runs decides", "[report]") {
  const TestDirectory directory;
  std::vector<std::string> folders;
  for (int i = 0; i < 2; ++i) {
    RunRecord record = SampleBegin();
    const Result<std::string> path = StoreSampleRun(directory.path(), &record);
    REQUIRE(path.ok());
    folders.push_back(*path);
  }
  Result<RunsReport> report = ReportRuns(folders, ReportFormat::kScreen);
  REQUIRE(report.ok());
  CHECK(report->status.ok());
  CHECK_THAT(report->text, HoldsText("\n\nVALID: "));

  RunRecord begun = SampleBegin();
  auto killed = RunFolder::Create(directory.path(), Instant(), "x", &begun);
  REQUIRE(killed.ok());
  folders.push_back((*killed)->path());
  report = ReportRuns(folders, ReportFormat::kCsv);
  REQUIRE(report.ok());
  CHECK(report->status.code() == StatusCode::kCheckFailed);
  CHECK_THAT(report->status.message(),
             HoldsText("19700101T000000Z-x is PARTIAL: "));
  CHECK(Lines(report->text).size() == 4);

  folders.push_back(directory.path());
  report = ReportRuns(folders, ReportFormat::kScreen);
  REQUIRE_FALSE(report.ok());
  CHECK(report.status().code() == StatusCode::kBadInput);
}

TEST_CASE("a run.json that the registry does not know is edited", "[report]") {
  const TestDirectory directory;
  RunRecord record = SampleBegin();
  const Result<std::string> path = StoreSampleRun(directory.path(), &record);
  REQUIRE(path.ok());
  const auto registry = RunRegistry::Open(directory.path());
  REQUIRE(registry.ok());
  const auto number =
      (*registry)->Begin({record.started, record.name, "tillstorm bench"});
  REQUIRE(number.ok());
  const Result<StoredRun> stored = ReadRunFolder(*path);
  REQUIRE(stored.ok());
  SECTION("the same") {
    REQUIRE((*registry)->End(*number, {"VALID", "x", stored->checksum}).ok());
    const auto report = ReportRuns({*path}, ReportFormat::kScreen);
    REQUIRE(report.ok());
    CHECK(report->status.ok());
    CHECK_THAT(report->text, HoldsText("1 run, 1 valid; of this command 1"));
  }
  SECTION("another") {
    REQUIRE((*registry)->End(*number, {"VALID", "x", "00"}).ok());
    const auto report = ReportRuns({*path + "/"}, ReportFormat::kScreen);
    REQUIRE(report.ok());
    CHECK(report->status.code() == StatusCode::kCheckFailed);
    CHECK_THAT(report->text,
               HoldsText("reason    edited: run.json is not the one that "
                         "registry.sqlite knows"));
  }
}

}  // namespace
}  // namespace tillstorm
