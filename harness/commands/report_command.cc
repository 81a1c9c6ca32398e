#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "harness/commands/commands.h"
#include "harness/measure/report_formats.h"
#include "harness/measure/run_folder.h"
#include "harness/run_options.h"
#include "storage/sqlite/run_registry.h"

namespace tillstorm {
namespace {

constexpr std::array<std::string_view, 5> kFormatNames = {"text", "md", "csv",
                                                          "json", "gbench"};

Result<ReportFormat> ReadFormat(const FlagValues& flags) {
  const std::string* name = flags.Find("format");
  if (name == nullptr) return ReportFormat::kScreen;
  for (size_t i = 0; i < kFormatNames.size(); ++i) {
    if (kFormatNames[i] == *name) return static_cast<ReportFormat>(i);
  }
  return Status(StatusCode::kUsage,
                fmt::format("--format: '{}' is none of text, md, csv, json, "
                            "gbench",
                            *name));
}

// What the registry beside the folder knows of the run.
Status AskRegistry(const std::string& folder, const std::string& checksum,
                   ReportedRun* run) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(folder, error);
  if (error) return Status::Ok();  // it was read a moment ago
  const Result<std::unique_ptr<RunRegistry>> registry =
      RunRegistry::OpenToRead(path.parent_path().string());
  if (!registry.ok()) return registry.status();
  if (*registry == nullptr) return Status::Ok();
  const std::string& name = run->record.name;
  const Result<std::optional<RunEnd>> end = (*registry)->Find(name);
  if (!end.ok()) return end.status();
  if (end->has_value() && (*end)->checksum != checksum) {
    MarkEdited(
        fmt::format("run.json is not the one that {} knows", kRunRegistryFile),
        &run->record);
  }
  const Result<RunCounts> counts = (*registry)->Count(name);
  if (!counts.ok()) return counts.status();
  run->counts = *counts;
  return Status::Ok();
}

Result<ReportedRun> ReadReportedRun(const std::string& folder) {
  Result<StoredRun> stored = ReadRunFolder(folder);
  if (!stored.ok()) return stored.status();
  ReportedRun run{std::move(stored->record), {}};
  TS_RETURN_IF_ERROR(AskRegistry(folder, stored->checksum, &run));
  return run;
}

bool IsValid(const RunRecord& record) {
  return record.verdict.kind == VerdictKind::kValid ||
         record.verdict.kind == VerdictKind::kWarnings;
}

std::string Format(const std::vector<ReportedRun>& runs, ReportFormat format) {
  switch (format) {
    case ReportFormat::kCsv:
      return CsvReport(runs);
    case ReportFormat::kJson:
      return JsonReport(runs);
    case ReportFormat::kGbench:
      return GbenchReport(runs);
    case ReportFormat::kScreen:
    case ReportFormat::kMarkdown:
      break;
  }
  std::string text;
  for (const ReportedRun& run : runs) {
    if (!text.empty()) text += '\n';
    text +=
        format == ReportFormat::kScreen ? TextReport(run) : MarkdownReport(run);
  }
  return text;
}

Status RunReport(const FlagValues& flags) {
  const Result<ReportFormat> format = ReadFormat(flags);
  if (!format.ok()) return format.status();
  const Result<RunsReport> report = ReportRuns(flags.arguments(), *format);
  if (!report.ok()) return report.status();
  TS_RETURN_IF_ERROR(WriteStandardOutput(report->text));
  return report->status;
}

}  // namespace

Result<RunsReport> ReportRuns(const std::vector<std::string>& folders,
                              ReportFormat format) {
  RunsReport report;
  std::vector<ReportedRun> runs;
  for (const std::string& folder : folders) {
    Result<ReportedRun> run = ReadReportedRun(folder);
    if (!run.ok()) return run.status();
    if (!IsValid(run->record) && report.status.ok()) {
      report.status = Status(StatusCode::kCheckFailed,
                             fmt::format("{} is {}: {}", folder,
                                         VerdictName(run->record.verdict.kind),
                                         run->record.verdict.headline));
    }
    runs.push_back(std::move(*run));
  }
  report.text = Format(runs, format);
  return report;
}

Command ReportCommand() {
  Command command;
  command.name = "report";
  command.summary = "show benchmark runs from the folders they left";
  command.description =
      "Reads what benchmark runs left on disk, derives every figure again that "
      "follows from the raw files, judges again, and prints it. A run whose "
      "files contradict each other or the registry beside its folder is "
      "INVALID "
      "(edited); one that was killed is PARTIAL and shows what it had. Exit 0 "
      "when all are VALID, with warnings or without, 1 when one is not.";
  command.arguments = {{"DIR",
                        "the folder of a run, with run.json, intervals.csv and "
                        "latency.hlog",
                        false, true}};
  command.flags = {
      {"Output", "format", "NAME",
       "text (one screen per run), md, csv (a line per run), json (run.json's "
       "record) or gbench (Google Benchmark's JSON, for its compare.py)",
       "text"}};
  command.examples = {
      "tillstorm report results/20260105T080000Z-sqlite-process",
      "tillstorm report --format csv results/2026*/ > runs.csv"};
  command.run = RunReport;
  return command;
}

}  // namespace tillstorm
