#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "harness/commands/commands.h"
#include "harness/run_options.h"
#include "harness/stop_signal.h"
#include "harness/stoppable_backend.h"
#include "harness/wall_clock.h"
#include "storage/abandon.h"

namespace tillstorm {
namespace {

using OrderedJson = nlohmann::ordered_json;
using SteadyTime = std::chrono::steady_clock::time_point;

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

double RowsPerSecond(const GenerateSummary& summary) {
  const double seconds = Seconds(summary.rows_time);
  return seconds > 0 ? static_cast<double>(summary.event_rows) / seconds : 0;
}

// A word that a shell reads as it stands.
std::string ShellQuote(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"
      ":=@%+,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) {
    return text;
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

// What the progress line needs beyond the job's atomics.
class Watch {
 public:
  Watch(const GenerateOptions& options, const GenerateProgress& progress)
      : options_(options),
        progress_(progress),
        started_(std::chrono::steady_clock::now()) {}

  [[nodiscard]] ProgressSnapshot Snapshot() {
    ProgressSnapshot snapshot;
    snapshot.rows = progress_.rows;
    if (progress_.indexes_total > 0 || progress_.finishing) {
      FillFinish(&snapshot);
      return snapshot;
    }
    const Instant now = std::clamp(FromMicros(progress_.virtual_now),
                                   options_.start, options_.end);
    const auto done = static_cast<double>((now - options_.start).count());
    snapshot.fraction =
        done / static_cast<double>((options_.end - options_.start).count());
    snapshot.bytes = progress_.bytes;
    snapshot.elapsed = std::chrono::steady_clock::now() - started_;
    snapshot.virtual_now = now;
    return snapshot;
  }

 private:
  void FillFinish(ProgressSnapshot* snapshot) {
    const auto now = std::chrono::steady_clock::now();
    if (indexes_started_ == SteadyTime()) indexes_started_ = now;
    snapshot->show_rates = false;
    if (progress_.finishing) {
      snapshot->stage = "finishing";
      return;
    }
    const int done = progress_.indexes_done;
    const int total = progress_.indexes_total;
    snapshot->stage =
        fmt::format("index {} of {}", std::min(done + 1, total), total);
    snapshot->fraction = static_cast<double>(done) / total;
    snapshot->elapsed = now - indexes_started_;
  }

  const GenerateOptions& options_;
  const GenerateProgress& progress_;
  SteadyTime started_;
  SteadyTime indexes_started_;
};

// `1 site`, `3 sites`
std::string Counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string FleetText(const Scenario& scenario) {
  return fmt::format(
      "{} on {}{}, a health check every {}",
      Counted(scenario.devices, "device"),
      Counted(scenario.site_count(), "site"),
      scenario.sites == 0 ? " that the first traffic agent makes" : "",
      FormatDuration(scenario.interval));
}

// How fast rows went through and what that promises.
std::string SpeedText(const Location& location,
                      const GenerateSummary& summary) {
  return fmt::format("{} rows/s {}, {:.2f} s for the rows, {:.2f} s in all",
                     GroupedCount(static_cast<int64_t>(RowsPerSecond(summary))),
                     location.stores() ? "acknowledged at durability bulk"
                                       : "taken and none stored",
                     Seconds(summary.rows_time), Seconds(summary.total_time));
}

// What to do with the result.
std::string NextText(const Location& location) {
  if (location.keeps()) {
    return "tillstorm verify " + ShellQuote(location.text);
  }
  if (!location.stores())
    return "nothing was stored; --to FILE makes a dataset";
  return location.engine == Engine::kSqlite
             ? "the throw-away file was removed; --to FILE keeps it"
             : "the throw-away server was removed; --to postgres:DIR keeps it";
}

// What has become of a dataset that was not finished.
std::string AfterStop(const Location& location) {
  if (!location.stores()) return "nothing was stored";
  if (location.engine != Engine::kSqlite) {
    // Stopped while it was made, a server leaves files to the next start.
    return location.keeps() ? "nothing of it was kept"
                            : "the throw-away server is not kept";
  }
  return location.keeps() ? "the partial file was removed"
                          : "the throw-away file was removed";
}

std::string TextReport(const GenerateCommandOptions& options,
                       const GenerateSummary& summary, int64_t file_bytes) {
  const GenerateOptions& generate = options.generate;
  std::string text;
  const auto add = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("{:<9} {}\n", name, value);
  };
  add("dataset",
      fmt::format("{}{}{}", options.location.text,
                  options.location.stores() ? "" : ", nothing was stored",
                  file_bytes < 0 ? "" : ", " + CompactBytes(file_bytes)));
  add("span", fmt::format("{} to {}, {}", IsoDateTime(generate.start),
                          IsoDateTime(generate.end),
                          FormatDuration(generate.end - generate.start)));
  add("fleet", FleetText(generate.scenario));
  add("traffic", fmt::format("{}, profile {}, job success {}",
                             Counted(generate.scenario.traffic, "agent"),
                             ProfileName(generate.scenario.rates),
                             generate.scenario.job_success));
  if (!generate.scenario.left_out.empty()) {
    add("left out",
        fmt::format("{}", fmt::join(generate.scenario.left_out, ", ")));
  }
  add("seed", fmt::format("{}", generate.seed));
  add("scenario", generate.scenario.Hash());
  text += "rows\n";
  for (const TableInfo& table : AllTables()) {
    const int64_t rows = summary.digest.table(table.id).rows;
    if (rows == 0) continue;
    text += fmt::format("  {:<26} {:>14}\n", table.name, GroupedCount(rows));
  }
  text += fmt::format("  {:<26} {:>14}\n", "total",
                      GroupedCount(summary.digest.rows()));
  add("speed", SpeedText(options.location, summary));
  add("digest", Hex(summary.digest.Total()));
  add("next", NextText(options.location));
  return text;
}

std::string JsonReport(const GenerateCommandOptions& options,
                       const GenerateSummary& summary, int64_t file_bytes) {
  const GenerateOptions& generate = options.generate;
  OrderedJson json;
  json["to"] = options.location.text;
  json["stored"] = options.location.stores();
  json["kept"] = options.location.keeps();
  json["start"] = IsoDateTime(generate.start);
  json["end"] = IsoDateTime(generate.end);
  json["sites"] = generate.scenario.sites;
  json["devices"] = generate.scenario.devices;
  json["traffic"] = generate.scenario.traffic;
  json["profile"] = ProfileName(generate.scenario.rates);
  json["job_success"] = generate.scenario.job_success;
  json["left_out"] = generate.scenario.left_out;
  json["interval_s"] = generate.scenario.interval.count() / kMicrosPerSecond;
  // Beyond 2^53 a JSON reader may lose digits.
  json["seed"] = fmt::format("{}", generate.seed);
  json["scenario_hash"] = generate.scenario.Hash();
  json["threads"] = generate.threads;
  json["indexes"] = IndexModeName(generate.indexes);
  json["batch_rows"] = generate.batch_rows;
  json["batch_bytes"] = generate.batch_bytes;
  if (options.location.is_postgres()) {
    json["load"] = LoadPathName(generate.load);
    json["lanes"] = generate.lanes;
  }
  for (const TableInfo& table : AllTables()) {
    const int64_t rows = summary.digest.table(table.id).rows;
    if (table.in_digest) json["tables"][std::string(table.name)] = rows;
  }
  json["rows"] = summary.digest.rows();
  json["file_bytes"] =
      file_bytes < 0 ? OrderedJson(nullptr) : OrderedJson(file_bytes);
  json["batches"] = summary.batches;
  json["durability"] =
      options.location.stores() ? OrderedJson("bulk") : OrderedJson(nullptr);
  json["rows_per_s"] = static_cast<int64_t>(RowsPerSecond(summary));
  json["rows_time_s"] = Seconds(summary.rows_time);
  json["total_time_s"] = Seconds(summary.total_time);
  for (const auto& [name, value] : summary.settings) {
    json["settings"][name] = value;
  }
  json["digest"] = Hex(summary.digest.Total());
  // A location may hold bytes that are no UTF-8.
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

Result<GenerateSummary> GenerateWatched(StopSignal& signal, Backend& backend,
                                        const GenerateCommandOptions& options) {
  ProgressLine line(options.progress);
  GenerateProgress progress;
  Watch watch(options.generate, progress);
  Result<GenerateSummary> summary = GenerateSummary();
  StoppableJob job;
  job.run = [&](const std::atomic<bool>& stop) {
    summary = Generate(options.generate, backend, &progress, stop);
    return summary.status();
  };
  job.tick = [&] {
    if (line.Due()) line.Show(watch.Snapshot());
  };
  job.interrupt = [&] {
    backend.Interrupt();
    // No file of ours grows large elsewhere, and while a server's program is
    // being started a child that keeps every pipe open would hold that up.
    if (options.location.engine == Engine::kSqlite) {
      LeaveFreeingOfFilesToChild();
    }
  };
  job.abandon = [&] {
    AbandonStorage();
    line.Clear();
  };
  job.after_stop = [&] { return AfterStop(options.location); };
  job.grace = options.location.engine == Engine::kPostgresLocal ? kServerGrace
                                                                : kStopGrace;
  const Status status = RunStoppable(signal, job);
  line.Clear();
  if (!status.ok()) return status;
  return summary;
}

int64_t FileBytes(const Location& location) {
  if (!location.keeps()) return -1;
  std::error_code error;
  const auto size = std::filesystem::file_size(location.path, error);
  return error ? -1 : static_cast<int64_t>(size);
}

Status RunGenerate(const FlagValues& flags) {
  const Result<GenerateCommandOptions> options =
      ReadGenerateOptions(flags, WallClockNow());
  if (!options.ok()) return options.status();
  StopSignal signal;
  const auto backend = OpenBackend(options->location);
  if (!backend.ok()) return backend.status();
  const Result<GenerateSummary> summary =
      GenerateWatched(signal, **backend, *options);
  // First, so that the report is true of what is kept.
  const Status closed = CloseStoppable(signal, **backend, summary.status());
  if (!summary.ok()) return closed;
  const Status written = WriteStandardOutput(
      GenerateReport(*options, *summary, FileBytes(options->location)));
  if (written.ok()) return closed;
  return {written.code(),
          fmt::format("{}; the dataset is complete all the same",
                      written.message())};
}

}  // namespace

Result<GenerateCommandOptions> ReadGenerateOptions(const FlagValues& flags,
                                                   Instant now) {
  Result<Location> location = ReadTo(flags);
  if (!location.ok()) return location.status();
  const Result<uint64_t> seed = ReadSeed(flags);
  if (!seed.ok()) return seed.status();
  Result<Scenario> scenario = ReadScenario(flags);
  if (!scenario.ok()) return scenario.status();
  const Result<Span> span =
      ReadSpan(flags, std::chrono::floor<std::chrono::seconds>(now));
  if (!span.ok()) return span.status();
  TS_RETURN_IF_ERROR(CheckRowCount(*scenario, *span));
  const Result<uint32_t> threads = ReadThreads(flags);
  if (!threads.ok()) return threads.status();
  const Result<uint32_t> batch_rows = ReadBatchRows(flags);
  if (!batch_rows.ok()) return batch_rows.status();
  const Result<uint64_t> batch_bytes = ReadBatchBytes(flags);
  if (!batch_bytes.ok()) return batch_bytes.status();
  const Result<IndexMode> indexes = ReadIndexMode(flags);
  if (!indexes.ok()) return indexes.status();
  const Result<LoadPath> load = ReadLoad(flags, *location);
  if (!load.ok()) return load.status();
  const Result<int> lanes = ReadLanes(flags, *location);
  if (!lanes.ok()) return lanes.status();
  const Result<ProgressMode> progress = ReadProgress(flags);
  if (!progress.ok()) return progress.status();

  GenerateCommandOptions options;
  options.location = std::move(*location);
  options.generate.seed = *seed;
  options.generate.scenario = std::move(*scenario);
  options.generate.start = span->start;
  options.generate.end = span->end;
  options.generate.threads = *threads;
  options.generate.batch_rows = *batch_rows;
  options.generate.batch_bytes = *batch_bytes;
  options.generate.indexes = *indexes;
  options.generate.replace = flags.Has("force");
  options.generate.load = *load;
  options.generate.lanes = *lanes;
  options.progress = *progress;
  options.json = flags.Has("json");
  return options;
}

std::string GenerateReport(const GenerateCommandOptions& options,
                           const GenerateSummary& summary, int64_t file_bytes) {
  return options.json ? JsonReport(options, summary, file_bytes)
                      : TextReport(options, summary, file_bytes);
}

Command GenerateCommand() {
  Command command;
  command.name = "generate";
  command.summary = "make a dataset offline, as fast as the machine can";
  command.description =
      "Simulates a fleet over a span of virtual time and writes what it "
      "produces into a new dataset. Seed, fleet, content and span alone "
      "decide the data: any number of threads gives the same bytes. The file "
      "gets its name only when it is complete; Ctrl-C leaves nothing behind.";
  command.flags = CommonFlags(
      {"to",       "force",      "sites",       "devices",  "traffic",
       "seed",     "profile",    "job-success", "tables",   "start",
       "end",      "span",       "days",        "interval", "threads",
       "indexes",  "batch-rows", "batch-bytes", "load",     "lanes",
       "progress", "json"});
  command.examples = {
      "tillstorm generate --to fleet.db",
      "tillstorm generate --to fleet.db --days 4 --end now --interval 30s",
      "tillstorm generate --to big.db --devices 2000 --span 12h --seed 7",
      "tillstorm generate --to jobs.db --tables jobs,job_outcomes --days 30",
      "tillstorm generate --to sqlite: --devices 300 --json",
      "tillstorm generate --to postgres:data/pg --devices 300",
      "tillstorm generate --to null: --days 7"};
  command.run = RunGenerate;
  return command;
}

}  // namespace tillstorm
