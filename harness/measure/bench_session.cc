#include "harness/measure/bench_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "harness/core/secrets.h"
#include "harness/measure/ceilings.h"
#include "harness/measure/machine_facts.h"
#include "harness/measure/storage_probe.h"
#include "harness/measure/verdict.h"
#include "harness/run_options.h"
#include "harness/version.h"
#include "harness/wall_clock.h"

namespace tillstorm {
namespace {

std::string_view EngineName(Engine engine) {
  switch (engine) {
    case Engine::kSqlite:
      return "sqlite";
    case Engine::kNull:
      return "null";
    case Engine::kPostgres:
    case Engine::kPostgresLocal:
      break;
  }
  return "postgres";
}

std::string_view ModeName(BenchMode mode) {
  return mode == BenchMode::kRate ? "rate" : "capacity";
}

// Bytes of a settled file.
std::optional<int64_t> FileBytes(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return std::nullopt;
  return static_cast<int64_t>(size);
}

std::optional<int64_t> DatabaseBytes(Backend& backend) {
  const auto session = backend.OpenQueries();
  if (!session.ok()) return std::nullopt;
  std::optional<int64_t> bytes;
  const Status status = (*session)->Query(
      "SELECT pg_database_size(current_database())", [&bytes](QueryRow row) {
        bytes = row[0].integer;
        return false;
      });
  return status.ok() ? bytes : std::nullopt;
}

}  // namespace

std::string DatasetFolder(const Location& location) {
  if (location.path.empty()) return {};
  std::filesystem::path path(location.path);
  if (!path.has_filename()) path = path.parent_path();  // DIR/
  std::error_code error;
  const bool is_folder = location.engine == Engine::kPostgresLocal &&
                         std::filesystem::is_directory(path, error);
  return (is_folder ? path : path.parent_path()).string();
}

void BenchProgress::Set(Now now) {
  const MutexLock lock(mutex_);
  now_ = std::move(now);
}

BenchProgress::Now BenchProgress::now() const {
  const MutexLock lock(mutex_);
  return now_;
}

BenchSession::BenchSession(const BenchCommandOptions& options,
                           const BenchOptions& run,
                           std::vector<std::string> command, Backend& backend,
                           RunRegistry& registry, BenchProgress& progress)
    : options_(options),
      run_(run),
      command_(std::move(command)),
      backend_(backend),
      registry_(registry),
      progress_(progress) {}

Status BenchSession::Measure(const std::atomic<bool>& stop) {
  TS_RETURN_IF_ERROR(Begin());
  return End(MeasureAround(stop));
}

// --- before ---

Status BenchSession::Begin() {
  record_.build = ThisBuild();
  record_.machine = ReadMachineFacts(DatasetFolder(options_.location));
  FillSetup();
  const std::string name =
      fmt::format("{}-{}-{}", record_.setup.engine, record_.setup.durability,
                  ModeName(run_.mode));
  auto folder = RunFolder::Create(options_.out, WallClockNow(), name, &record_);
  if (!folder.ok()) return folder.status();
  folder_ = std::move(*folder);
  path_ = folder_->path();
  const Result<int64_t> number = registry_.Begin(
      {record_.started, record_.name,
       fmt::format("{}", fmt::join(record_.setup.command, " "))});
  if (!number.ok()) return number.status();
  number_ = *number;
  return Status::Ok();
}

void BenchSession::FillSetup() {
  RunSetup& setup = record_.setup;
  for (const std::string& word : command_) {
    setup.command.push_back(HidePasswords(word));
  }
  setup.mode = run_.mode;
  setup.location = HidePasswords(options_.location.text);
  setup.engine = EngineName(options_.location.engine);
  setup.durability = DurabilityName(run_.durability);
  setup.load = setup.engine == "postgres" ? LoadPathName(run_.load)
                                          : LoadPathName(LoadPath::kInsert);
  setup.indexes = IndexModeName(run_.indexes);
  setup.lanes = run_.lanes;
  setup.workers = run_.workers;
  setup.batch_rows = run_.batch_rows;
  setup.batch_bytes = run_.batch_bytes;
  setup.linger_us =
      std::chrono::duration_cast<std::chrono::microseconds>(run_.linger)
          .count();
  setup.seed = run_.seed;
  setup.scenario_hash = run_.scenario.Hash();
  setup.sites = run_.scenario.sites;
  setup.devices = run_.scenario.devices;
  setup.traffic = run_.scenario.traffic;
  for (const std::string& table : EventTableNames()) {
    const auto& out = run_.scenario.left_out;
    if (std::find(out.begin(), out.end(), table) == out.end()) {
      setup.tables.push_back(table);
    }
  }
  setup.rate_rows_per_s = run_.rate;
  if (run_.duration) {
    setup.duration_s = std::chrono::duration<double>(*run_.duration).count();
  }
  setup.events = run_.events;
}

// Looked for until it is found: at a new place it may not run yet.
std::optional<int> BenchSession::Server() {
  if (!server_) server_ = backend_.server_process();
  return server_;
}

CostSubject BenchSession::Subject() {
  if (const std::optional<int> process = Server()) {
    return {CostServer::kSeen, *process};
  }
  return {options_.location.engine == Engine::kPostgres ? CostServer::kUnseen
                                                        : CostServer::kNone,
          0};
}

std::vector<int> BenchSession::Servers() {
  const std::optional<int> process = Server();
  return process ? std::vector<int>{*process} : std::vector<int>{};
}

// --- the run and what is around it ---

Status BenchSession::MeasureAround(const std::atomic<bool>& stop) {
  {
    Phase("probe");
    const NoiseMeter quiet(Servers());
    const auto probe = ProbeStorage(DatasetFolder(options_.location), stop);
    if (!probe.ok()) return probe.status();
    record_.probe_before = *probe;
    record_.noise_before = quiet.Read();
  }
  if (options_.has_ceilings) TS_RETURN_IF_ERROR(MeasureCeilingsHere(stop));
  BenchRun run(run_, backend_, *this);
  const Status status = run.Run(stop, &record_);
  EndMeters();  // of one that did not come to its check
  FillCost();
  record_.setup.settings_refused = RefusedSettings(
      record_.setup.engine, record_.setup.durability, record_.setup.settings);
  TS_RETURN_IF_ERROR(status);
  Phase("probe");
  const auto probe = ProbeStorage(DatasetFolder(options_.location), stop);
  if (!probe.ok()) return probe.status();
  record_.probe_after = *probe;
  return Status::Ok();
}

Status BenchSession::MeasureCeilingsHere(const std::atomic<bool>& stop) {
  CeilingOptions ceilings;
  ceilings.seed = run_.seed;
  ceilings.scenario = run_.scenario;
  ceilings.start = run_.start;
  ceilings.workers = run_.workers;
  ceilings.lanes = run_.lanes;
  ceilings.durability = run_.durability;
  ceilings.indexes = run_.indexes;
  ceilings.load = run_.load;
  ceilings.batch_rows = run_.batch_rows;
  ceilings.batch_bytes = run_.batch_bytes;
  ceilings.linger = run_.linger;
  ceilings.pool = run_.pool;
  ceilings.observer = [this](std::string_view name) {
    Phase(fmt::format("ceiling {}", name));
  };
  auto measured = MeasureCeilings(ceilings, backend_, stop);
  if (!measured.ok()) return measured.status();
  record_.ceilings = std::move(*measured);
  return Status::Ok();
}

// Of the phases of the run, those from its first event until it is settled are
// what it cost.
void BenchSession::Phase(std::string_view name) {
  stage_ = name;
  progress_.Set({stage_, 0, std::nullopt});
  if (name == "run") {
    noise_.emplace(Servers());
    cost_begin_ = SampleCost(Subject());
    syncs_begin_ = CountSyncs(options_.location.engine, backend_);
  } else if (name == "check") {
    EndMeters();
  }
}

void BenchSession::EndMeters() {
  if (!noise_) return;
  record_.noise_during = noise_->Read();
  cost_ = CostBetween(cost_begin_, SampleCost(Subject()));
  syncs_ = CountSyncs(options_.location.engine, backend_);
  noise_.reset();
}

Status BenchSession::Sample(const IntervalSample& sample,
                            const LatencyHistograms& latency) {
  BenchProgress::Now now{stage_, sample.committed, std::nullopt};
  if (run_.duration) {
    now.fraction =
        sample.at_s / std::chrono::duration<double>(*run_.duration).count();
  } else if (run_.events > 0) {
    now.fraction = static_cast<double>(sample.generated) /
                   static_cast<double>(run_.events);
  }
  if (now.fraction) now.fraction = std::min(1.0, *now.fraction);
  progress_.Set(std::move(now));
  return folder_->Append(sample, latency);
}

void BenchSession::FillCost() {
  CostFacts& cost = record_.cost;
  const auto rows = static_cast<double>(record_.account.committed);
  if (rows <= 0) return;
  const auto per_row = [rows](std::chrono::microseconds time) {
    return static_cast<double>(time.count()) / rows;
  };
  cost.client_cpu_us_per_row = per_row(cost_.client_cpu);
  if (cost_.server_cpu) cost.server_cpu_us_per_row = per_row(*cost_.server_cpu);
  if (cost_.written_bytes && cost.logical_bytes > 0) {
    cost.written_per_logical_byte = static_cast<double>(*cost_.written_bytes) /
                                    static_cast<double>(cost.logical_bytes);
  }
  if (syncs_begin_ && syncs_) cost.fsyncs = *syncs_ - *syncs_begin_;
  cost.rss_max_bytes = cost_.rss_max_bytes;
  const auto commits = static_cast<double>(record_.intervals.back().commits);
  if (commits > 0) {
    cost.rows_per_commit = rows / commits;
    cost.commits_per_s = commits / record_.intervals.back().at_s;
  }
  const Location& location = options_.location;
  if (location.engine == Engine::kSqlite && !location.path.empty()) {
    cost.stored_bytes = FileBytes(location.path);
  } else if (record_.setup.engine == "postgres") {
    cost.stored_bytes = DatabaseBytes(backend_);
  }
}

// --- after ---

Status BenchSession::End(const Status& ended) {
  record_.is_complete = ended.ok();
  record_.error = ended.ok() ? "" : ended.message();
  record_.verdict = Judge(record_);
  Status status = folder_->Finish(record_);
  const Status entered =
      registry_.End(number_, {std::string(VerdictName(record_.verdict.kind)),
                              record_.verdict.headline, folder_->checksum()});
  if (!ended.ok()) return ended;
  return status.ok() ? entered : status;
}

}  // namespace tillstorm
