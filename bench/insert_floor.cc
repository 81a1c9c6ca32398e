// insert_floor: how near `generate` comes to a bare loop of prepared INSERTs.
//
// Goal: three rates of the same rows on the same machine in one run,
// interleaved
//   loop      one thread, hand-written, rows already formatted in memory: bind,
//             step, commit every so many rows; no generation, digest or ledger
//   pipeline  Generate(): agents, order, digest, ledger, the same INSERTs
//   agents    agents on all cores, formatting and hashing, nothing stored
// Non-goal: a throughput to quote. Only the ratios mean anything.
//
// usage: insert_floor [rounds [minutes]]   (default 5 rounds of 30 virtual
// minutes of 300 devices). Exit 1 when a bar is missed.
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agents/plan.h"
#include "harness/core/check.h"
#include "harness/fleet_events.h"
#include "harness/generate.h"
#include "harness/pool_host.h"
#include "storage/engine_ceiling.h"
#include "storage/location.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kBatchRows = 10'000;
constexpr double kLoopBar = 0.8;    // pipeline / loop
constexpr double kAgentsBar = 3.0;  // agents / loop

// Processor time of the calling thread: the writer's, in the pipeline.
double ThreadSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

double Seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Scenario BenchScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 25;
  scenario.devices = 300;
  return scenario;
}

constexpr Instant kStart = FromMicros(1'767'571'200'000'000);  // 2026-01-05

// All rows of the span, and those that must be there before.
class Rows {
 public:
  Rows(const Plan& plan, Instant end)
      : fleet_(plan,
               [end](EntityId) {
                 return AgentSpan{kStart, kStart, end};
               }),
        opening_{fleet_.OpeningBatch()} {
    PoolHostOptions options;
    options.threads = std::max(1U, std::thread::hardware_concurrency());
    options.window = WindowFor(plan.scenario());
    PoolHost host(plan, {kStart, kStart, end, EmitMode::kFinal}, options);
    while (auto window = host.Next()) {
      events_.insert(events_.end(), window->events().begin(),
                     window->events().end());
      windows_.push_back(std::move(window));
    }
  }
  [[nodiscard]] CeilingRows rows() const { return {opening_, events_}; }
  [[nodiscard]] size_t size() const { return events_.size(); }

 private:
  const FleetEvents fleet_;
  const std::vector<Batch> opening_;
  std::vector<std::unique_ptr<Window>> windows_;
  std::vector<const Event*> events_;
};

// The loop of SQLite's ceiling, with the settings of the pipeline.
CeilingTime RunLoop(const Rows& rows, const std::string& directory) {
  const auto location = ParseLocation(directory + "/loop.sqlite");
  TS_CHECK(location.ok());
  const auto backend = OpenBackend(*location);
  TS_CHECK(backend.ok());
  const std::atomic<bool> stop{false};
  const auto ceiling = (*backend)->OpenCeiling(
      {Durability::kBulk, IndexMode::kNone, LoadPath::kCopy, kBatchRows}, stop);
  TS_CHECK(ceiling.ok());
  auto time = (*ceiling)->TimeLoop(rows.rows(), std::chrono::hours(1));
  if (!time.ok()) {
    fmt::print(stderr, "insert_floor: {}\n", time.status().message());
    std::exit(1);
  }
  return *time;
}

GenerateSummary RunPipeline(Instant end, const std::string& directory) {
  const auto location = ParseLocation(directory + "/pipeline.sqlite");
  TS_CHECK(location.ok());
  auto backend = OpenBackend(*location);
  TS_CHECK(backend.ok());
  GenerateOptions options;
  options.scenario = BenchScenario();
  options.start = kStart;
  options.end = end;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.batch_rows = kBatchRows;
  options.indexes = IndexMode::kNone;
  GenerateProgress progress;
  const std::atomic<bool> stop{false};
  auto summary = Generate(options, **backend, &progress, stop);
  if (!summary.ok()) {
    fmt::print(stderr, "insert_floor: {}\n", summary.status().message());
    std::exit(1);
  }
  ::unlink(location->path.c_str());
  return *summary;
}

// Rows per second of agents alone, on all cores.
double RunAgents(const Plan& plan, Instant end) {
  PoolHostOptions options;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.window = WindowFor(plan.scenario());
  options.ordered = false;
  int64_t rows = 0;
  const auto begin = Clock::now();
  PoolHost host(plan, {kStart, kStart, end, EmitMode::kFinal}, options);
  while (auto window = host.Next()) {
    rows += static_cast<int64_t>(window->events().size());
    host.Release(std::move(window));
  }
  return static_cast<double>(rows) / Seconds(Clock::now() - begin);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool Report(std::string_view what, double figure, double bar) {
  const bool passed = figure >= bar;
  fmt::print("{:<34} {:>6.2f}   bar {:.2f}   {}\n", what, figure, bar,
             passed ? "passed" : "failed");
  return passed;
}

int Main(int rounds, int minutes) {
  std::string directory = "/tmp/insert_floor.XXXXXX";
  if (const char* base = std::getenv("TMPDIR")) {
    directory = std::string(base) + "/insert_floor.XXXXXX";
  }
  TS_CHECK(::mkdtemp(directory.data()) != nullptr);
  const Instant end = kStart + Micros{int64_t{minutes} * 60'000'000};
  const Plan plan(42, BenchScenario(), kStart);
  const Rows ready(plan, end);
  const auto rows = static_cast<double>(ready.size());
  std::vector<double> loop_rates;
  std::vector<double> pipeline_ratios;
  std::vector<double> agent_ratios;
  std::vector<std::pair<std::string, std::string>> pragmas;
  RunPipeline(end, directory);  // warm-up
  for (int round = 0; round < rounds; ++round) {
    const double cpu_begin = ThreadSeconds();
    const GenerateSummary summary = RunPipeline(end, directory);
    const double cpu_pipeline = ThreadSeconds() - cpu_begin;
    const double pipeline =
        rows / std::chrono::duration<double>(summary.rows_time).count();
    const CeilingTime loop_time = RunLoop(ready, directory);
    const double loop = loop_time.rows_per_s();
    const double cpu_loop = Seconds(loop_time.cpu);
    const double agents = RunAgents(plan, end);
    loop_rates.push_back(loop);
    pipeline_ratios.push_back(pipeline / loop);
    agent_ratios.push_back(agents / loop);
    pragmas = summary.settings;
    fmt::print(
        "round {}: loop {:.0f} rows/s, pipeline {:.0f}, agents {:.0f}; "
        "cpu of the writing thread {:.2f} and {:.2f} us/row\n",
        round + 1, loop, pipeline, agents, cpu_loop / rows * 1e6,
        cpu_pipeline / rows * 1e6);
  }
  ::rmdir(directory.c_str());
  fmt::print("{} rows, {} rows per commit, medians of {}; settings:",
             ready.size(), kBatchRows, rounds);
  for (const auto& [name, value] : pragmas) fmt::print(" {}={}", name, value);
  fmt::print("\nloop: {:.0f} rows/s\n", Median(loop_rates));
  const bool fast =
      Report("pipeline / loop", Median(pipeline_ratios), kLoopBar);
  const bool ahead =
      Report("agents alone / loop", Median(agent_ratios), kAgentsBar);
  return fast && ahead ? 0 : 1;
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const int minutes = argc > 2 ? std::atoi(argv[2]) : 30;
  if (rounds < 1 || minutes < 1) {
    fmt::print(stderr, "usage: insert_floor [rounds [minutes]]\n");
    return 2;
  }
  return tillstorm::Main(rounds, minutes);
}
