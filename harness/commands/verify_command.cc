#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/commands/commands.h"
#include "harness/run_options.h"
#include "harness/stop_signal.h"
#include "harness/stoppable_backend.h"
#include "harness/verify.h"
#include "storage/abandon.h"

namespace tillstorm {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct VerifyCommandOptions {
  Location location;
  uint32_t threads = 1;
  ProgressMode progress = ProgressMode::kAuto;
  bool json = false;
};

Result<VerifyCommandOptions> ReadVerifyOptions(const FlagValues& flags) {
  VerifyCommandOptions options;
  Result<Location> location = ReadLocationArgument(flags);
  if (!location.ok()) return location.status();
  options.location = std::move(*location);
  const Result<uint32_t> threads = ReadThreads(flags);
  if (!threads.ok()) return threads.status();
  options.threads = *threads;
  const Result<ProgressMode> progress = ReadProgress(flags);
  if (!progress.ok()) return progress.status();
  options.progress = *progress;
  options.json = flags.Has("json");
  return options;
}

std::string VerifyText(const VerifyReport& report) {
  if (report.differences.empty()) {
    return fmt::format(
        "verified: {} rows are what seed {} and scenario {} give, digest {}\n",
        GroupedCount(report.found.rows()), report.manifest.seed,
        report.manifest.scenario_hash, Hex(report.found.Total()));
  }
  std::string text;
  for (const TableDifference& difference : report.differences) {
    const bool count_differs =
        difference.found.rows != difference.expected.rows;
    text += fmt::format(
        "differs: {} ({} rows{}): {}\n", Table(difference.table).name,
        GroupedCount(difference.found.rows),
        count_differs ? fmt::format(", expected {}",
                                    GroupedCount(difference.expected.rows))
                      : "",
        difference.first_row);
  }
  return text;
}

std::string VerifyJson(const VerifyReport& report) {
  OrderedJson json;
  json["verified"] = report.differences.empty();
  json["seed"] = fmt::format("{}", report.manifest.seed);
  json["scenario_hash"] = report.manifest.scenario_hash;
  json["rows"] = report.found.rows();
  json["digest"] = Hex(report.found.Total());
  json["digest_expected"] = Hex(report.expected.Total());
  json["differences"] = OrderedJson::array();
  for (const TableDifference& difference : report.differences) {
    json["differences"].push_back(
        {{"table", Table(difference.table).name},
         {"rows", difference.found.rows},
         {"rows_expected", difference.expected.rows},
         {"sum", Hex(difference.found.sum)},
         {"sum_expected", Hex(difference.expected.sum)},
         {"first_row", difference.first_row}});
  }
  // Rows of a damaged file may hold anything.
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

Result<VerifyReport> VerifyWatched(StopSignal& signal, Reader& reader,
                                   const VerifyCommandOptions& options) {
  ProgressLine line(options.progress);
  VerifyProgress progress;
  Result<VerifyReport> report = VerifyReport();
  const auto started = std::chrono::steady_clock::now();
  StoppableJob job;
  job.run = [&](const std::atomic<bool>& stop) {
    report = Verify(reader, options.threads, &progress, stop);
    return report.status();
  };
  job.interrupt = [&] { reader.Interrupt(); };
  job.tick = [&] {
    if (!line.Due()) return;
    const int64_t expected = progress.rows_expected;
    ProgressSnapshot snapshot;
    snapshot.rows = progress.rows_read;
    snapshot.elapsed = std::chrono::steady_clock::now() - started;
    if (expected > 0) {
      snapshot.stage = fmt::format("{} rows made again",
                                   CompactCount(static_cast<double>(expected)));
    } else if (snapshot.rows == 0) {
      snapshot.stage = "checking the structure";
      snapshot.show_rates = false;
    }
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

Status VerifyAndPrint(StopSignal& signal, Backend& backend,
                      const VerifyCommandOptions& options) {
  const auto reader = OpenReaderStoppable(signal, backend);
  if (!reader.ok()) return reader.status();
  const Result<VerifyReport> report = VerifyWatched(signal, **reader, options);
  if (!report.ok()) return report.status();
  TS_RETURN_IF_ERROR(WriteStandardOutput(options.json ? VerifyJson(*report)
                                                      : VerifyText(*report)));
  if (report->differences.empty()) return Status::Ok();
  return {StatusCode::kCheckFailed,
          fmt::format("{} is not what its manifest says: {} of its tables "
                      "differ{}",
                      options.location.text, report->differences.size(),
                      report->differences.size() == 1 ? "s" : "")};
}

Status RunVerify(const FlagValues& flags) {
  const Result<VerifyCommandOptions> options = ReadVerifyOptions(flags);
  if (!options.ok()) return options.status();
  StopSignal signal;
  const Result<std::unique_ptr<Backend>> backend =
      OpenBackend(options->location);
  if (!backend.ok()) return backend.status();
  return CloseStoppable(signal, **backend,
                        VerifyAndPrint(signal, **backend, *options));
}

}  // namespace

Command VerifyCommand() {
  Command command;
  command.name = "verify";
  command.summary = "make a dataset again and compare every table with it";
  command.description =
      "Makes the dataset again from the seed and scenario in its manifest and "
      "compares. Exit 0 when every row is as it should be; exit 1 with one "
      "line per table that differs, naming the first row that does.";
  command.arguments = {
      {"LOCATION", fmt::format("the dataset: {}", kLocationForms)}};
  command.flags = CommonFlags({"threads", "progress", "json"});
  command.examples = {"tillstorm verify fleet.db",
                      "tillstorm verify --threads 2 --json fleet.db"};
  command.run = RunVerify;
  return command;
}

}  // namespace tillstorm
