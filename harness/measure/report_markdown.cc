#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "harness/measure/named_figures.h"
#include "harness/measure/report_formats.h"
#include "harness/measure/report_words.h"
#include "harness/progress_line.h"
#include "harness/safe_text.h"

namespace tillstorm {
namespace {

// A text as the cell of a table.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : SafeText(text, 2000)) {
    if (c == '|' || c == '\\' || c == '`' || c == '<' || c == '*') cell += '\\';
    cell += c;
  }
  return cell;
}

void AddRow(std::string_view name, std::string_view value, std::string* text) {
  *text += fmt::format("| {} | {} |\n", name, Cell(value));
}

void BeginFacts(std::string_view heading, std::string* text) {
  *text += fmt::format("\n## {}\n\n| | |\n|---|---|\n", heading);
}

template <class Value>
std::string Known(const std::optional<Value>& value) {
  return value ? fmt::format("{}", *value) : std::string(kNoFigure);
}

std::string Bytes(const std::optional<int64_t>& bytes) {
  return bytes ? CompactBytes(*bytes) : std::string(kNoFigure);
}

std::string Share(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100 * *share) : std::string(kNoFigure);
}

std::string Joined(const NamedTexts& texts) {
  std::string joined;
  for (const auto& [name, value] : texts) {
    joined += fmt::format("{}{} {}", joined.empty() ? "" : ", ", name, value);
  }
  return joined.empty() ? std::string(kNoFigure) : joined;
}

std::string Joined(const std::vector<std::string>& texts,
                   std::string_view between) {
  return fmt::format("{}", fmt::join(texts, between));
}

void AddVerdict(const ReportedRun& run, std::string* text) {
  const VerdictFacts& verdict = run.record.verdict;
  *text += fmt::format("# {}\n\n**{}**: {}\n", Cell(run.record.name),
                       VerdictName(verdict.kind), Cell(verdict.headline));
  if (!verdict.reasons.empty() || !verdict.warnings.empty()) *text += '\n';
  for (const ReasonFacts& reason : verdict.reasons) {
    *text += fmt::format("- {}: {}\n", reason.code, Cell(reason.sentence));
  }
  for (const ReasonFacts& warning : verdict.warnings) {
    *text += fmt::format("- warning, {}: {}\n", warning.code,
                         Cell(warning.sentence));
  }
}

void AddMeasured(const ReportedRun& run, std::string* text) {
  const RunRecord& record = run.record;
  BeginFacts("What was measured", text);
  AddRow("started", record.started, text);
  AddRow("command", Joined(record.setup.command, " "), text);
  AddRow("load", LoadText(record), text);
  AddRow("engine", EngineText(record), text);
  AddRow("settings, as the engine reports them", Joined(record.setup.settings),
         text);
  AddRow("batches", BatchText(record), text);
  AddRow("fleet", FleetText(record), text);
  AddRow("tables", Joined(record.setup.tables, ", "), text);
  AddRow("scenario", record.setup.scenario_hash, text);
  if (run.counts) AddRow("registry", CountsText(*run.counts), text);
}

void AddRates(const RunRecord& record, std::string* text) {
  const PhaseFacts& phases = record.phases;
  const RateFacts& rates = record.rates;
  BeginFacts("Rate", text);
  AddRow(fmt::format("acknowledged rows/s at durability {}",
                     record.setup.durability),
         FigureText(record, "rows_per_s"), text);
  AddRow("with warm-up, rows/s", FigureText(record, "whole_rows_per_s"), text);
  AddRow("settled, rows/s", FigureText(record, "settled_rows_per_s"), text);
  AddRow("window",
         fmt::format("{:.2f} s after {:.2f} s of warm-up; worth {:.1f} "
                     "independent samples; {} checkpoints",
                     phases.measured_s, phases.warmup_s,
                     rates.effective_samples, rates.checkpoints),
         text);
  AddRow("timed apart",
         fmt::format("set-up {:.2f} s, drain {:.2f} s, settling {:.2f} s, "
                     "reading back {:.2f} s",
                     phases.setup_s, phases.drain_s, phases.settle_s,
                     phases.check_s),
         text);
  AddRow("drift of the rate",
         fmt::format("{:+.2f} % per second", 100 * rates.slope_per_s), text);
  AddRow("growth of the backlog",
         NumberText(rates.backlog_slope_rows_per_s) + " rows/s", text);
  AddRow("account", AccountText(record), text);
  AddRow("acknowledgements looked up while it ran", AcksText(record), text);
}

void AddCeilings(const RunRecord& record, std::string* text) {
  if (record.ceilings.empty()) return;
  *text +=
      "\n## Ceilings, from the same run\n\n| ceiling | rows/s | how |\n"
      "|---|---:|---|\n";
  for (const Ceiling& ceiling : record.ceilings) {
    *text += fmt::format("| {} | {} | {} |\n", Cell(ceiling.name),
                         NumberText(ceiling.rows_per_s), Cell(ceiling.how));
  }
  *text += "\n| ratio | | |\n|---|---:|---|\n";
  for (const RatioRow& row : RatioRows()) {
    *text += fmt::format("| {} | {} | {} |\n", row.name,
                         FigureText(record, row.figure), row.meaning);
  }
}

void AddLatency(const RunRecord& record, std::string* text) {
  *text += "\n## Latency\n\n";
  if (record.verdict.withholds_percentiles) {
    *text += "Withheld: see the verdict.\n";
    return;
  }
  *text += "| part | events |";
  for (const std::string_view column : kLatencyColumns) {
    *text += fmt::format(" {} |", column);
  }
  *text += "\n|---|---:|---:|---:|---:|---:|---:|---:|\n";
  for (size_t i = 0; i < LatencyRows().size(); ++i) {
    const LatencyRow& row = LatencyRows()[i];
    *text += fmt::format("| {} | {} |", row.name,
                         GroupedCount(record.latency.back().count));
    for (const std::string_view column : kLatencyColumns) {
      *text += fmt::format(
          " {} |", FigureText(record, row.prefix + std::string(column)));
    }
    *text += '\n';
  }
}

void AddCost(const RunRecord& record, std::string* text) {
  const CostFacts& cost = record.cost;
  BeginFacts("Cost", text);
  AddRow("processor per row, us",
         fmt::format("{} of ours, {} of the server's",
                     FigureText(record, "cpu_us_per_row"),
                     FigureText(record, "server_cpu_us_per_row")),
         text);
  AddRow("bytes written per logical byte",
         FigureText(record, "written_per_logical_byte"), text);
  AddRow("fsyncs", FigureText(record, "fsyncs"), text);
  AddRow(
      "commits",
      fmt::format("{} per second, of {} rows", NumberText(cost.commits_per_s),
                  FigureText(record, "rows_per_commit")),
      text);
  AddRow("memory, at most", CompactBytes(cost.rss_max_bytes), text);
  AddRow("stored",
         fmt::format("{} of {} logical bytes", Bytes(cost.stored_bytes),
                     GroupedCount(cost.logical_bytes)),
         text);
}

std::string ProbeText(const ProbeFacts& probe) {
  return fmt::format("fsync p50 {}, p99 {}; {} MiB/s written in sequence",
                     NanosText(1e3 * probe.fsync_p50_us),
                     NanosText(1e3 * probe.fsync_p99_us),
                     NumberText(probe.write_mib_per_s));
}

std::string NoiseText(const NoiseFacts& noise) {
  return fmt::format(
      "load {}, others {}, stolen {}, waiting for the "
      "processor {}, for storage {}",
      noise.load_1min ? NumberText(*noise.load_1min) : std::string(kNoFigure),
      Share(noise.others), Share(noise.steal), Share(noise.cpu_pressure),
      Share(noise.io_pressure));
}

void AddMachine(const RunRecord& record, std::string* text) {
  const MachineFacts& machine = record.machine;
  BeginFacts("Machine", text);
  AddRow(
      "processor",
      fmt::format("{}, {} cores, governor {}, turbo {}", machine.cpu_model,
                  machine.cores, Known(machine.governor), Known(machine.turbo)),
      text);
  AddRow("memory",
         fmt::format("{}, limit {}, huge pages {}, NUMA nodes {}",
                     CompactBytes(machine.memory_bytes),
                     Bytes(machine.cgroup_memory_bytes),
                     Known(machine.transparent_huge_pages),
                     Known(machine.numa_nodes)),
         text);
  AddRow("system",
         fmt::format("{}, virtualisation {}", machine.kernel,
                     Known(machine.virtualisation)),
         text);
  AddRow("storage",
         fmt::format("{}, device {}, {} free", Known(machine.file_system),
                     Known(machine.device), Bytes(machine.free_bytes)),
         text);
  AddRow("storage before", ProbeText(record.probe_before), text);
  AddRow("storage after", ProbeText(record.probe_after), text);
  AddRow("noise before", NoiseText(record.noise_before), text);
  AddRow("noise during", NoiseText(record.noise_during), text);
  AddRow("reading the clock", fmt::format("{} ns", machine.clock_read_ns),
         text);
}

void AddBuild(const BuildFacts& build, std::string* text) {
  BeginFacts("Build", text);
  AddRow("tillstorm", build.version + ", commit " + build.commit, text);
  AddRow(
      "compiler",
      fmt::format("{}, {}: {}", build.compiler, build.build_type, build.flags),
      text);
  AddRow("stream version", fmt::format("{}", build.stream_version), text);
  AddRow("libraries", Joined(build.libraries), text);
}

}  // namespace

std::string MarkdownReport(const ReportedRun& run) {
  std::string text;
  AddVerdict(run, &text);
  AddMeasured(run, &text);
  AddRates(run.record, &text);
  AddCeilings(run.record, &text);
  AddLatency(run.record, &text);
  AddCost(run.record, &text);
  AddMachine(run.record, &text);
  AddBuild(run.record.build, &text);
  return text;
}

}  // namespace tillstorm
