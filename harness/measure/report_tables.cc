// The reports for programs: CSV, JSON and Google Benchmark's JSON.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/named_figures.h"
#include "harness/measure/report_formats.h"
#include "harness/measure/run_json.h"

namespace tillstorm {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// As RFC 4180 wants it.
std::string Quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

// The columns of CSV that are no figures.
std::vector<std::pair<std::string_view, std::string>> Facts(
    const RunRecord& record) {
  const RunSetup& setup = record.setup;
  std::string reasons;
  for (const ReasonFacts& reason : record.verdict.reasons) {
    reasons += (reasons.empty() ? "" : " ") + reason.code;
  }
  return {
      {"name", record.name},
      {"started", record.started},
      {"verdict", std::string(VerdictName(record.verdict.kind))},
      {"reasons", reasons},
      {"engine", setup.engine},
      {"durability", setup.durability},
      {"mode", setup.mode == BenchMode::kCapacity ? "capacity" : "rate"},
      {"load", setup.load},
      {"indexes", setup.indexes},
      {"lanes", fmt::format("{}", setup.lanes)},
      {"workers", fmt::format("{}", setup.workers)},
      {"batch_rows", fmt::format("{}", setup.batch_rows)},
      {"linger_us", fmt::format("{}", setup.linger_us)},
      {"rate_rows_per_s", fmt::format("{}", setup.rate_rows_per_s)},
      {"measured_s", fmt::format("{}", record.phases.measured_s)},
      {"committed", fmt::format("{}", record.account.committed)},
      {"commit", record.build.commit},
  };
}

// Figures of the CSV, under the names of named_figures.h.
std::vector<std::string> FigureColumns() {
  std::vector<std::string> names;
  for (const std::string& name : FigureNames()) {
    // The whole latency has a short name and a long one.
    if (!name.starts_with("total.")) names.push_back(name);
  }
  return names;
}

// `p99_ns`: units stand in the names of columns.
std::string ColumnName(const std::string& figure) {
  return FindFigure(figure) == FigureKind::kTime ? figure + "_ns" : figure;
}

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (!line.empty()) line += ',';
    line += Quoted(cell);
  }
  return line + "\n";
}

std::string HeaderOfCsv() {
  std::vector<std::string> cells;
  for (const auto& [name, value] : Facts(RunRecord())) cells.emplace_back(name);
  for (const std::string& name : FigureColumns()) {
    cells.push_back(ColumnName(name));
  }
  return CsvLine(cells);
}

std::string LineOfCsv(const RunRecord& record) {
  std::vector<std::string> cells;
  for (const auto& [name, value] : Facts(record)) cells.push_back(value);
  for (const std::string& name : FigureColumns()) {
    const NamedFigure figure = FigureOf(record, name);
    cells.push_back(figure.value ? fmt::format("{}", *figure.value) : "");
  }
  return CsvLine(cells);
}

// Runs of equal names are repetitions: everything that makes them comparable
// is in it.
std::string BenchmarkName(const RunRecord& record) {
  const RunSetup& setup = record.setup;
  return fmt::format("bench/{}/{}/{}/indexes:{}/lanes:{}/batch_rows:{}{}",
                     setup.engine, setup.durability, setup.load, setup.indexes,
                     setup.lanes, setup.batch_rows,
                     setup.mode == BenchMode::kRate
                         ? fmt::format("/rate:{:.0f}", setup.rate_rows_per_s)
                         : "");
}

Json Context(const RunRecord& record) {
  const MachineFacts& machine = record.machine;
  Json context;
  context["date"] = record.started;
  context["host_name"] = "";  // not recorded
  context["executable"] = "tillstorm";
  context["num_cpus"] = machine.cores;
  context["mhz_per_cpu"] = 0;
  context["cpu_scaling_enabled"] =
      machine.governor && *machine.governor != "performance";
  context["caches"] = Json::array();
  context["load_avg"] = Json::array();
  if (record.noise_before.load_1min) {
    context["load_avg"].push_back(*record.noise_before.load_1min);
  }
  context["library_build_type"] =
      record.build.is_optimised ? "release" : "debug";
  context["cpu_model"] = machine.cpu_model;
  context["tillstorm_commit"] = record.build.commit;
  return context;
}

// Which repetition of how many a run is.
struct Place {
  size_t family = 0;
  int64_t repetition = 0;
  int64_t repetitions = 0;
};

Json Benchmark(const RunRecord& record, const std::string& name,
               const Place& place) {
  Json json;
  json["name"] = name;
  json["family_index"] = place.family;
  json["per_family_instance_index"] = 0;
  json["run_name"] = name;
  json["run_type"] = "iteration";
  json["repetitions"] = place.repetitions;
  json["repetition_index"] = place.repetition;
  json["threads"] = record.setup.lanes;
  return json;
}

// Whether a run may be compared with others.
bool IsComparable(const RunRecord& record) {
  const VerdictKind kind = record.verdict.kind;
  return (kind == VerdictKind::kValid || kind == VerdictKind::kWarnings) &&
         FigureOf(record, "rows_per_s").value.value_or(0) > 0;
}

Json RateBenchmark(const RunRecord& record, const Place& place) {
  Json json = Benchmark(record, BenchmarkName(record), place);
  const double rate = FigureOf(record, "rows_per_s").value.value_or(0);
  json["iterations"] = record.latency.back().count;
  json["real_time"] = 1e9 / rate;
  json["cpu_time"] = 1e3 * record.cost.client_cpu_us_per_row;
  json["time_unit"] = "ns";
  json["items_per_second"] = rate;
  for (const char* name : {"settled_rows_per_s", "p50", "p99", "null_ratio",
                           "loop_ratio", "engine_ratio"}) {
    const NamedFigure figure = FigureOf(record, name);
    if (figure.value) json[ColumnName(name)] = *figure.value;
  }
  json["verdict"] = VerdictName(record.verdict.kind);
  return json;
}

}  // namespace

std::string CsvReport(std::span<const ReportedRun> runs) {
  std::string text = HeaderOfCsv();
  for (const ReportedRun& run : runs) text += LineOfCsv(run.record);
  return text;
}

std::string GbenchReport(std::span<const ReportedRun> runs) {
  Json json;
  json["context"] = runs.empty() ? Json::object() : Context(runs[0].record);
  json["context"]["left_out"] = Json::array();
  json["benchmarks"] = Json::array();
  std::map<std::string, Place> places;
  for (const ReportedRun& run : runs) {
    if (IsComparable(run.record)) {
      ++places[BenchmarkName(run.record)].repetitions;
    }
  }
  size_t family = 0;
  for (auto& [name, place] : places) place.family = family++;
  for (const ReportedRun& run : runs) {
    const RunRecord& record = run.record;
    if (!IsComparable(record)) {
      json["context"]["left_out"].push_back(
          fmt::format("{} {}: {}", VerdictName(record.verdict.kind),
                      record.name, record.verdict.headline));
      continue;
    }
    Place& place = places[BenchmarkName(record)];
    json["benchmarks"].push_back(RateBenchmark(record, place));
    ++place.repetition;
  }
  return Dump(json);
}

std::string JsonReport(std::span<const ReportedRun> runs) {
  if (runs.size() == 1) return Dump(RunJson(runs[0].record));
  Json json = Json::array();
  for (const ReportedRun& run : runs) json.push_back(RunJson(run.record));
  return Dump(json);
}

}  // namespace tillstorm
