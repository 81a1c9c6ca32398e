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

std::string DigestText(const Digest& digest) {
  std::string text;
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    const TableDigest& entry = digest.table(table.id);
    text += fmt::format("{} {} {}\n", table.name, entry.rows, Hex(entry.sum));
  }
  return text +
         fmt::format("total {} {}\n", digest.rows(), Hex(digest.Total()));
}

std::string DigestJson(const Digest& digest) {
  OrderedJson json;
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    const TableDigest& entry = digest.table(table.id);
    json["tables"][std::string(table.name)] = {{"rows", entry.rows},
                                               {"sum", Hex(entry.sum)}};
  }
  json["rows"] = digest.rows();
  json["digest"] = Hex(digest.Total());
  return json.dump(2) + "\n";
}

Result<Digest> ReadWatched(StopSignal& signal, Reader& reader,
                           ProgressMode mode) {
  ProgressLine line(mode);
  VerifyProgress progress;
  Result<Digest> digest = Digest();
  const auto started = std::chrono::steady_clock::now();
  StoppableJob job;
  job.run = [&](const std::atomic<bool>& stop) {
    digest = ReadDigest(reader, &progress, stop);
    return digest.status();
  };
  job.interrupt = [&] { reader.Interrupt(); };
  job.tick = [&] {
    if (!line.Due()) return;
    ProgressSnapshot snapshot;
    snapshot.rows = progress.rows_read;
    snapshot.elapsed = std::chrono::steady_clock::now() - started;
    line.Show(snapshot);
  };
  job.abandon = [&] {
    AbandonStorage();
    line.Clear();
  };
  const Status status = RunStoppable(signal, job);
  line.Clear();
  if (!status.ok()) return status;
  return digest;
}

Status PrintDigest(StopSignal& signal, Backend& backend, ProgressMode mode,
                   bool json) {
  const auto reader = OpenReaderStoppable(signal, backend);
  if (!reader.ok()) return reader.status();
  const Result<Digest> digest = ReadWatched(signal, **reader, mode);
  if (!digest.ok()) return digest.status();
  return WriteStandardOutput(DigestReport(*digest, json));
}

Status RunDigest(const FlagValues& flags) {
  const Result<Location> location = ReadLocationArgument(flags);
  if (!location.ok()) return location.status();
  const Result<ProgressMode> mode = ReadProgress(flags);
  if (!mode.ok()) return mode.status();
  StopSignal signal;
  const Result<std::unique_ptr<Backend>> backend = OpenBackend(*location);
  if (!backend.ok()) return backend.status();
  return CloseStoppable(
      signal, **backend,
      PrintDigest(signal, **backend, *mode, flags.Has("json")));
}

}  // namespace

std::string DigestReport(const Digest& digest, bool json) {
  return json ? DigestJson(digest) : DigestText(digest);
}

Command DigestCommand() {
  Command command;
  command.name = "digest";
  command.summary = "print the fingerprint of a dataset, table by table";
  command.description =
      "Reads every row of a dataset and prints one line per table: its name, "
      "its rows, and 32 hex digits that depend on the content of the rows and "
      "not on their order. The last line is that of the whole dataset. Equal "
      "datasets have equal digests, whichever engine holds them.";
  command.arguments = {
      {"LOCATION", fmt::format("the dataset: {}", kLocationForms)}};
  command.flags = CommonFlags({"progress", "json"});
  command.examples = {"tillstorm digest fleet.db",
                      "tillstorm digest fleet.db | tail -1"};
  command.run = RunDigest;
  return command;
}

}  // namespace tillstorm
