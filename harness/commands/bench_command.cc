#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/measure/bench_options.h"
#include "harness/measure/bench_session.h"
#include "harness/measure/storage_probe.h"
#include "harness/preflight.h"
#include "harness/progress_line.h"
#include "harness/run_options.h"
#include "harness/stop_signal.h"
#include "harness/stoppable_backend.h"
#include "harness/wall_clock.h"
#include "storage/abandon.h"

namespace tillstorm {
namespace {

// A run that is stopped drains and settles first.
constexpr std::chrono::milliseconds kGrace{4'900};
constexpr std::array<double, 4> kRungs = {0.5, 0.7, 0.8, 0.9};

// What was measured, in order.
struct Measured {
  std::vector<std::string> folders;
  std::vector<RunRecord> records;
};

// The words of the command line, as the system keeps them.
std::vector<std::string> CommandWords() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> words;
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find('\0', at), all.size());
    words.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

class Bench {
 public:
  Bench(const BenchCommandOptions& options, Backend& backend,
        RunRegistry& registry)
      : options_(options), backend_(backend), registry_(registry) {}

  // All runs that were asked for, in a thread of its own.
  Status Run(const std::atomic<bool>& stop) {
    for (int i = 0; i < options_.repeat; ++i) {
      TS_RETURN_IF_ERROR(MeasureOne(options_.run, stop));
      if (options_.plan == BenchPlan::kLadder) TS_RETURN_IF_ERROR(Climb(stop));
    }
    return Status::Ok();
  }

  [[nodiscard]] const Measured& measured() const { return measured_; }
  [[nodiscard]] const BenchProgress& progress() const { return progress_; }

 private:
  Status MeasureOne(BenchOptions run, const std::atomic<bool>& stop) {
    // What is there by now is the run before.
    run.replace = !measured_.folders.empty();
    BenchSession session(options_, run, CommandWords(), backend_, registry_,
                         progress_);
    const Status status = session.Measure(stop);
    if (!session.folder().empty()) {
      measured_.folders.push_back(session.folder());
      measured_.records.push_back(session.record());
    }
    return status;
  }

  // Shares of the capacity that was just found.
  Status Climb(const std::atomic<bool>& stop) {
    const double capacity =
        measured_.records.back().rates.acknowledged_rows_per_s;
    for (const double share : kRungs) {
      BenchOptions rung = options_.run;
      rung.mode = BenchMode::kRate;
      rung.rate = std::max(1.0, std::floor(capacity * share));
      TS_RETURN_IF_ERROR(MeasureOne(rung, stop));
    }
    return Status::Ok();
  }

  const BenchCommandOptions& options_;
  Backend& backend_;
  RunRegistry& registry_;
  BenchProgress progress_;
  Measured measured_;
};

ProgressSnapshot SnapshotOf(const BenchProgress& progress,
                            std::chrono::steady_clock::time_point* began) {
  const BenchProgress::Now now = progress.now();
  const auto time = std::chrono::steady_clock::now();
  if (now.committed == 0) *began = time;
  ProgressSnapshot snapshot;
  snapshot.rows = now.committed;
  snapshot.fraction = now.fraction;
  snapshot.elapsed = time - *began;
  if (!now.fraction) {
    snapshot.stage = now.stage;
    snapshot.show_rates = false;
  }
  return snapshot;
}

Status RunWatched(const BenchCommandOptions& options, StopSignal& signal,
                  Backend& backend, Bench* bench) {
  ProgressLine line(options.progress);
  auto began = std::chrono::steady_clock::now();
  StoppableJob job;
  job.grace = kGrace;
  job.run = [bench](const std::atomic<bool>& stop) { return bench->Run(stop); };
  job.tick = [&] {
    if (line.Due()) line.Show(SnapshotOf(bench->progress(), &began));
  };
  job.abandon = [&line] {
    AbandonStorage();
    line.Clear();
  };
  job.interrupt = [&backend] { backend.Interrupt(); };
  job.after_stop = [&options] {
    return "what was measured is in " + options.out +
           ", and the run that was stopped is PARTIAL there";
  };
  const Status status = RunStoppable(signal, job);
  line.Clear();
  return status;
}

// A line for each run, when there are several.
std::string RunLines(const Measured& measured) {
  std::string text;
  for (size_t i = 0; i < measured.records.size(); ++i) {
    const RunRecord& record = measured.records[i];
    text +=
        fmt::format("{:<4} {:<22} {}\n", i + 1,
                    VerdictName(record.verdict.kind), record.verdict.headline);
  }
  return text;
}

// The record in the middle by rate, of those of the first run's kind.
size_t MedianRun(const Measured& measured) {
  std::vector<size_t> order;
  for (size_t i = 0; i < measured.records.size(); ++i) {
    if (measured.records[i].setup.mode == measured.records[0].setup.mode) {
      order.push_back(i);
    }
  }
  const auto rate = [&measured](size_t i) {
    return measured.records[i].rates.acknowledged_rows_per_s;
  };
  std::sort(order.begin(), order.end(),
            [&rate](size_t a, size_t b) { return rate(a) < rate(b); });
  return order[(order.size() - 1) / 2];
}

Status CheckRequirements(const BenchCommandOptions& options,
                         const Measured& measured) {
  const RunRecord& median = measured.records[MedianRun(measured)];
  for (const Requirement& requirement : options.require) {
    const RequirementResult result = Check(requirement, median);
    if (!result.is_met) {
      return {StatusCode::kCheckFailed, "--require: " + result.sentence};
    }
  }
  return Status::Ok();
}

Status Report(const BenchCommandOptions& options, const Measured& measured) {
  if (options.json) {
    const auto report = ReportRuns(measured.folders, ReportFormat::kJson);
    if (!report.ok()) return report.status();
    TS_RETURN_IF_ERROR(WriteStandardOutput(report->text));
    if (!report->status.ok()) return report->status;
    return CheckRequirements(options, measured);
  }
  const auto all = ReportRuns(measured.folders, ReportFormat::kCsv);
  if (!all.ok()) return all.status();
  const std::string& shown = measured.folders[MedianRun(measured)];
  const auto report = ReportRuns({shown}, ReportFormat::kScreen);
  if (!report.ok()) return report.status();
  std::string text = report->text;
  if (measured.folders.size() > 1) {
    text = RunLines(measured) + "\nThe run in the middle:\n" + text;
  }
  TS_RETURN_IF_ERROR(WriteStandardOutput(text));
  if (!all->status.ok()) return all->status;
  return CheckRequirements(options, measured);
}

// A benchmark begins with an empty location: nothing of the user's is replaced,
// and no run is measured on top of other data.
Status CheckEmpty(const BenchCommandOptions& options, Backend& backend) {
  const Result<bool> exists = backend.Exists();
  if (!exists.ok()) return exists.status();
  if (!*exists) {
    const Status folder = CheckFolder(DatasetFolder(options.location));
    if (folder.ok()) return folder;
    return {folder.code(),
            fmt::format("{}: {}", options.location.text, folder.message())};
  }
  return {StatusCode::kCannotCreate,
          fmt::format("{} holds something already; a benchmark needs an empty "
                      "location, such as {}",
                      options.location.text,
                      options.location.engine == Engine::kSqlite
                          ? "sqlite:, a throw-away file"
                          : "postgres:, a throw-away server")};
}

Status MeasureAll(const BenchCommandOptions& options, StopSignal& signal,
                  Backend& backend) {
  TS_RETURN_IF_ERROR(RunOpening(signal, backend,
                                [&] { return CheckEmpty(options, backend); }));
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    return {StatusCode::kCannotCreate,
            fmt::format("--out is {}, which cannot be made: {}; choose a "
                        "folder that you may write to",
                        options.out, error.message())};
  }
  const auto registry = RunRegistry::Open(options.out);
  if (!registry.ok()) return registry.status();
  Bench bench(options, backend, **registry);
  TS_RETURN_IF_ERROR(RunWatched(options, signal, backend, &bench));
  return Report(options, bench.measured());
}

Status RunBench(const BackendOpener& open, const FlagValues& flags) {
  const Result<BenchCommandOptions> options = ReadBenchOptions(flags);
  if (!options.ok()) return options.status();
  StopSignal signal;
  const auto backend = open(options->location);
  if (!backend.ok()) return backend.status();
  const Status status = MeasureAll(*options, signal, **backend);
  return CloseStoppable(signal, **backend, status);
}

}  // namespace

Command BenchCommand(BackendOpener open) {
  Command command;
  command.name = "bench";
  command.summary = "measure how fast a location takes data, with proof";
  command.description =
      "Runs the fleet against an empty location and measures it: what was "
      "acknowledged, at which durability, how near it comes to what the engine "
      "can do at all, and whether to believe it. Each run leaves a folder with "
      "its raw figures under --out; `tillstorm report` shows it again. Exit 0 "
      "when all runs are VALID, with warnings or without, 1 when one is not or "
      "a condition of --require is not met.";
  command.flags = CommonFlags(
      {"to",       "sites",       "devices",     "traffic", "seed",
       "profile",  "job-success", "tables",      "start",   "interval",
       "mode",     "rate",        "duration",    "events",  "repeat",
       "ceilings", "require",     "out",         "threads", "durability",
       "indexes",  "batch-rows",  "batch-bytes", "load",    "lanes",
       "linger",   "progress",    "json"});
  SetStandard("duration", "60s, or none with --events", &command.flags);
  SetStandard("threads", "one per lane", &command.flags);
  SetStandard("indexes", "inline, or deferred at durability bulk",
              &command.flags);
  AddHelp("durability",
          ", or bulk, for a SQLite file with --mode capacity (as generate "
          "makes one: nothing survives before the end)",
          &command.flags);
  command.examples = {
      "tillstorm bench --to sqlite:",
      "tillstorm bench --to sqlite: --durability power --repeat 5",
      "tillstorm bench --to sqlite: --durability bulk",
      "tillstorm bench --to postgres: --duration 30s --lanes 2",
      "tillstorm bench --to bench.db --mode rate --rate 100000 "
      "--require 'p99<200ms'",
      "tillstorm bench --to sqlite: --mode ladder --duration 20s"};
  command.run = [open = std::move(open)](const FlagValues& flags) {
    return RunBench(open, flags);
  };
  return command;
}

}  // namespace tillstorm
