#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/commands/commands.h"
#include "harness/run_options.h"
#include "harness/stop_signal.h"
#include "harness/stoppable_backend.h"
#include "harness/validate.h"
#include "harness/wall_clock.h"
#include "storage/abandon.h"

namespace tillstorm {
namespace {

constexpr int64_t kMinDaysMax = 36'525;

struct ValidateCommandOptions {
  Location location;
  ValidateOptions validate;
  std::string report;  // a file to write, or empty
  ProgressMode progress = ProgressMode::kAuto;
  bool json = false;
};

Result<ValidateCommandOptions> ReadValidateOptions(const FlagValues& flags) {
  ValidateCommandOptions options;
  Result<Location> location = ReadLocationArgument(flags);
  if (!location.ok()) return location.status();
  options.location = std::move(*location);
  const auto min_days = ReadInteger(flags, "min-days", 0, kMinDaysMax, 3);
  if (!min_days.ok()) return min_days.status();
  options.validate.min_days = *min_days;
  options.validate.now = WallClockNow();
  if (const std::string* text = flags.Find("now")) {
    options.validate.now = std::nullopt;
    if (*text != "dataset-end") {
      const Result<Instant> now = ParseIsoDateTime(*text);
      if (!now.ok()) {
        return Status(StatusCode::kUsage,
                      fmt::format("--now: {}, or it must be dataset-end",
                                  now.status().message()));
      }
      options.validate.now = *now;
    }
  }
  if (const std::string* report = flags.Find("report")) {
    if (report->empty()) {
      return Status(StatusCode::kUsage,
                    "--report is empty; it must name a file");
    }
    options.report = *report;
  }
  const Result<ProgressMode> progress = ReadProgress(flags);
  if (!progress.ok()) return progress.status();
  options.progress = *progress;
  options.json = flags.Has("json");
  return options;
}

// --- the text report ---

std::string Mark(CheckStatus status, bool colour) {
  const std::string_view word = Name(status);
  if (!colour) return fmt::format("{:<8}", word);
  const int code = status == CheckStatus::kPassed    ? 32
                   : status == CheckStatus::kWarning ? 33
                                                     : 31;
  return fmt::format("\033[{}m{:<8}\033[0m", code, word);
}

std::string ValidateText(const ValidateReport& report, bool colour) {
  std::string text = fmt::format(
      "{}, at least {} days wanted, now is {}\n\nchecks\n",
      report.is_ours ? "a dataset of tillstorm" : "a database of HOMEPOT",
      report.min_days, IsoDateTime(report.now));
  const auto line = [&](CheckStatus status, std::string_view name,
                        std::string_view message) {
    text +=
        fmt::format("  {} {:<50} {}\n", Mark(status, colour), name, message);
  };
  for (const CheckResult& check : report.checks) {
    line(check.status, check.name, check.message);
  }
  for (const std::string& notice : report.notices) {
    text += fmt::format("  {}\n", notice);
  }
  text += "\ncoverage\n";
  size_t filled = 0;
  size_t tables = 0;
  for (const Coverage& coverage : report.coverage) {
    const bool is_table = coverage.name.starts_with("table ");
    tables += is_table ? 1 : 0;
    filled += is_table && coverage.rows > 0 ? 1 : 0;
    if (!is_table || coverage.rows == 0) {
      line(coverage.status, coverage.name, coverage.message);
    }
  }
  line(filled == tables ? CheckStatus::kPassed : CheckStatus::kWarning,
       "tables with rows", fmt::format("{} of {}", filled, tables));
  text += "\nreferences\n";
  int64_t checked = 0;
  int64_t broken = 0;
  CheckStatus worst = CheckStatus::kPassed;
  for (const Invariant& reference : report.references) {
    checked += reference.checked;
    broken += reference.broken;
    worst = std::max(worst, reference.status);
    if (reference.broken == 0) continue;
    line(reference.status, reference.name,
         fmt::format("{} of {}: {}", reference.broken, reference.checked,
                     reference.message));
  }
  line(worst, fmt::format("{} foreign keys", report.references.size()),
       fmt::format("{} broken of {}", GroupedCount(broken),
                   GroupedCount(checked)));
  text += "\ninvariants\n";
  for (const Invariant& invariant : report.invariants) {
    line(invariant.status, invariant.name,
         fmt::format("{} broken of {}{}", GroupedCount(invariant.broken),
                     GroupedCount(invariant.checked),
                     invariant.broken > 0 ? ": " + invariant.message : ""));
  }
  if (!report.recommendations.empty()) text += "\nwhat to do\n";
  for (const std::string& recommendation : report.recommendations) {
    text += fmt::format("  {}\n", recommendation);
  }
  return text + fmt::format("\noverall: {}\n", Name(report.overall));
}

// --- the report file ---

Status CannotWrite(const std::string& path, int error) {
  return {
      error == EACCES || error == EPERM ? StatusCode::kPermission
                                        : StatusCode::kCannotCreate,
      fmt::format("--report: cannot write {}: {}", path, std::strerror(error))};
}

// Whether that file holds a report. One takes some dozens of kilobytes, so a
// large file is none and need not be read.
bool IsReport(const std::string& path, const struct stat& found) {
  constexpr off_t kReportMax = 1 << 20;
  if (!S_ISREG(found.st_mode) || found.st_size > kReportMax) return false;
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto json = nlohmann::json::parse(text.str(), nullptr, false);
  return json.is_object() && json.contains("min_days_required") &&
         json.contains("overall_status");
}

// Whether the report can be written in the end, as far as one can tell before:
// its folder is there, and only an earlier report is replaced.
Status CheckReportFile(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  struct stat found {};
  if (stat(folder.c_str(), &found) != 0) return CannotWrite(path, errno);
  if (!S_ISDIR(found.st_mode)) return CannotWrite(path, ENOTDIR);
  if (access(folder.c_str(), W_OK | X_OK) != 0) return CannotWrite(path, errno);
  if (stat(path.c_str(), &found) != 0) {
    return errno == ENOENT ? Status::Ok() : CannotWrite(path, errno);
  }
  if (S_ISDIR(found.st_mode)) return CannotWrite(path, EISDIR);
  if (IsReport(path, found)) return Status::Ok();
  return {StatusCode::kCannotCreate,
          fmt::format("--report: {} exists and is no report of validate; give "
                      "another name",
                      path)};
}

// Beside it first, then in its place: a reader sees the old one or the new one.
Status WriteReportFile(const std::string& path, const std::string& text) {
  const std::string partial = fmt::format("{}.{}.partial", path, getpid());
  {
    std::ofstream file(partial, std::ios::binary);
    if (!file) return CannotWrite(path, errno);
    file << text;
    file.close();
    if (!file) {
      const int error = errno;
      unlink(partial.c_str());
      return {StatusCode::kIo, fmt::format("--report: writing {}: {}", path,
                                           std::strerror(error))};
    }
  }
  if (std::rename(partial.c_str(), path.c_str()) == 0) return Status::Ok();
  const int error = errno;
  unlink(partial.c_str());
  return CannotWrite(path, error);
}

// --- running ---

Result<ValidateReport> ValidateWatched(StopSignal& signal,
                                       QuerySession& database,
                                       const ValidateCommandOptions& options) {
  ProgressLine line(options.progress);
  ValidateProgress progress;
  Result<ValidateReport> report = ValidateReport();
  const auto started = std::chrono::steady_clock::now();
  StoppableJob job;
  job.run = [&](const std::atomic<bool>&) {
    report = Validate(database, options.validate, &progress);
    return report.status();
  };
  job.interrupt = [&] { database.Interrupt(); };
  job.tick = [&] {
    if (!line.Due()) return;
    ProgressSnapshot snapshot;
    snapshot.show_rates = false;
    snapshot.elapsed = std::chrono::steady_clock::now() - started;
    snapshot.stage = fmt::format("step {} of {}", progress.steps_done + 1,
                                 progress.steps_total.load());
    line.Show(snapshot);
  };
  job.abandon = [&] {
    AbandonStorage();
    line.Clear();
  };
  const Status status = RunStoppable(signal, job);
  line.Clear();
  if (!status.ok()) return status;
  return report;
}

Status ValidateAndPrint(StopSignal& signal, Backend& backend,
                        const ValidateCommandOptions& options) {
  const auto database = OpenStoppable<std::unique_ptr<QuerySession>>(
      signal, backend, [&backend] { return backend.OpenQueries(); });
  if (!database.ok()) return database.status();
  const Result<ValidateReport> report =
      ValidateWatched(signal, **database, options);
  if (!report.ok()) {
    if (report.status().code() != StatusCode::kBadInput) return report.status();
    return Status(StatusCode::kBadInput,
                  fmt::format("{}: {}", options.location.text,
                              report.status().message()));
  }
  // What took long to find out is shown first: the file may still fail.
  const std::string json = ValidateJson(*report);
  TS_RETURN_IF_ERROR(WriteStandardOutput(
      options.json ? json : ValidateText(*report, isatty(STDOUT_FILENO) != 0)));
  if (!options.report.empty()) {
    TS_RETURN_IF_ERROR(WriteReportFile(options.report, json));
  }
  if (report->overall != CheckStatus::kFailed) return Status::Ok();
  return {StatusCode::kCheckFailed,
          fmt::format("{} failed its validation", options.location.text)};
}

Status RunValidate(const FlagValues& flags) {
  const Result<ValidateCommandOptions> options = ReadValidateOptions(flags);
  if (!options.ok()) return options.status();
  if (!options->report.empty()) {
    TS_RETURN_IF_ERROR(CheckReportFile(options->report));
  }
  StopSignal signal;
  const Result<std::unique_ptr<Backend>> backend =
      OpenBackend(options->location);
  if (!backend.ok()) return backend.status();
  return CloseStoppable(signal, **backend,
                        ValidateAndPrint(signal, **backend, *options));
}

}  // namespace

Command ValidateCommand() {
  Command command;
  command.name = "validate";
  command.summary = "check that a database is what HOMEPOT's tools need";
  command.description =
      "Runs the twelve checks of HOMEPOT's own validator, then looks which "
      "layers and tables have rows, whether every reference holds and what "
      "must be true of every row. Works on any database with HOMEPOT's tables; "
      "on one that tillstorm did not make, all but the twelve checks only "
      "warn. Exit 1 when something failed, 0 with warnings.";
  command.arguments = {
      {"LOCATION", fmt::format("the database: {}", kLocationForms)}};
  command.flags = {
      {"Checks", "min-days", "N", "days that the data must span, 0 to 36525",
       "3"},
      {"Checks", "now", "ISO|dataset-end",
       "what counts as now for the last 24 hours and the last days", "now"},
      {"Output", "report", "FILE",
       "write the result as JSON; replaces an earlier report and nothing else",
       ""},
      CommonFlag("progress"),
      CommonFlag("json")};
  command.examples = {
      "tillstorm validate fleet.db",
      "tillstorm validate --min-days 7 --report report.json fleet.db",
      "tillstorm validate --now dataset-end --json fleet.db"};
  command.run = RunValidate;
  return command;
}

}  // namespace tillstorm
