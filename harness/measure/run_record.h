// RunRecord: everything that a benchmark run says about itself. run.json is
// this and nothing else; every report is made of it and of the raw files beside
// it, and the verdict is a function of it (measure/verdict.h).
//
// Units stand in the names. Rates are events acknowledged per second, called
// rows: an insert is a row, an update is counted as one. An optional that is
// empty could not be found out on this machine, which is said, never guessed.
//
// Threads: values.
#ifndef TILLSTORM_HARNESS_MEASURE_RUN_RECORD_H_
#define TILLSTORM_HARNESS_MEASURE_RUN_RECORD_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tillstorm {

// Bumped whenever a field changes its meaning or goes.
inline constexpr int kRunRecordVersion = 1;

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

// How load is offered: as fast as it goes, or on a schedule of its own.
enum class BenchMode : uint8_t { kCapacity, kRate };

// --- What was asked for, and what made it. ---

struct BuildFacts {
  std::string version;  // of tillstorm
  std::string commit;   // of its source; ends in -dirty when it was changed
  std::string compiler;
  std::string build_type;  // Release, Debug, ...
  std::string flags;
  bool is_optimised = false;  // NDEBUG and -O2 or more
  bool is_sanitized = false;
  bool is_measuring = true;  // harness/core/measuring.h
  int stream_version = 0;    // of the data that a seed makes
  NamedTexts libraries;      // name, version
};

struct RunSetup {
  std::vector<std::string> command;  // argv, without passwords
  BenchMode mode = BenchMode::kCapacity;
  std::string location;    // without passwords
  std::string engine;      // sqlite, postgres, null
  std::string durability;  // power, process, relaxed, bulk
  std::string load;        // copy, insert
  std::string indexes;     // deferred, inline, none
  int lanes = 1;
  uint32_t workers = 1;  // threads that run agents
  uint32_t batch_rows = 0;
  uint64_t batch_bytes = 0;
  int64_t linger_us = 0;
  uint64_t seed = 0;
  std::string scenario_hash;
  int64_t sites = 0;
  int64_t devices = 0;
  int64_t traffic = 0;
  std::vector<std::string> tables;  // event tables that are kept
  double rate_rows_per_s = 0;       // offered; 0 at capacity
  double duration_s = 0;            // asked for; 0: until `events`
  int64_t events = 0;               // asked for; 0: until `duration_s`
  NamedTexts settings;              // as the engine reported them
  // Settings that did not take: name, "asked for X, the engine says Y".
  NamedTexts settings_refused;
};

// --- The machine. ---

struct ProbeFacts {         // of the file system under the location
  double fsync_p50_us = 0;  // a 4 KiB write and its fsync
  double fsync_p99_us = 0;
  double write_mib_per_s = 0;  // sequential, 64 MiB and its fsync
};

// The machine over a stretch of time.
struct NoiseFacts {
  std::optional<double> load_1min;
  // Shares of all processor time, [0, 1].
  std::optional<double> steal;
  std::optional<double> others;  // processes that are neither ours nor servers
                                 // that we drive
  // Pressure stall: share of time that some task waited, [0, 1].
  std::optional<double> cpu_pressure;
  std::optional<double> io_pressure;
};

struct MachineFacts {
  std::string cpu_model;
  int cores = 0;  // that this process may use
  int64_t memory_bytes = 0;
  std::optional<int64_t> cgroup_memory_bytes;
  std::optional<std::string> governor;
  std::optional<bool> turbo;
  std::optional<std::string> transparent_huge_pages;
  std::optional<int> numa_nodes;
  std::optional<std::string> virtualisation;
  std::string kernel;
  std::optional<std::string> file_system;  // type and mount options, of the
  std::optional<std::string> device;       // location's folder
  std::optional<int64_t> free_bytes;       // likewise
  int64_t clock_read_ns = 0;               // cost of reading the clock
};

// --- What happened. ---

// The run so far at an instant, counted from the first due event.
struct IntervalSample {
  double at_s = 0;
  // Counters since the beginning. In this order each is at most the next.
  int64_t committed = 0;
  int64_t enqueued = 0;
  int64_t generated = 0;
  int64_t scheduled = 0;  // due by now; at capacity as generated
  int64_t failed = 0;     // given up, never acknowledged
  int64_t commits = 0;
  int64_t retries = 0;
  // Of events acknowledged in this interval.
  int64_t total_p50_ns = 0;
  int64_t total_p99_ns = 0;
  int64_t total_max_ns = 0;
  int64_t checkpoints = 0;  // in this interval, as far as the engine tells
  int64_t checkpoint_max_ns = 0;  // the longest of them
  int64_t log_bytes = 0;          // WAL of SQLite; 0 elsewhere
  double engine_busy = 0;         // share of time inside the engine, [0, 1]
  double workers_busy = 0;        // share of the processor that a worker used
};

enum class LatencyPart : uint8_t {
  kScheduleLag,  // from when it was due until its Step began
  kQueueWait,    // until the writer, being free, could take it into a batch
  kBatchWait,    // until the batch was given to the engine
  kEngine,       // until its commit was acknowledged
  kTotal,        // the sum of the four
};
inline constexpr size_t kLatencyParts = 5;
// schedule_lag, queue_wait, batch_wait, engine, total.
[[nodiscard]] std::string_view LatencyPartName(LatencyPart part);

struct LatencyFacts {
  int64_t count = 0;
  int64_t p50_ns = 0;
  int64_t p90_ns = 0;
  int64_t p99_ns = 0;
  // With fewer than 10 events beyond them these are not shown.
  std::optional<int64_t> p999_ns;
  std::optional<int64_t> p9999_ns;
  int64_t max_ns = 0;
};

struct PhaseFacts {       // wall clock
  double setup_s = 0;     // schema, fleet, threads
  double warmup_s = 0;    // of the run, cut by rule
  double measured_s = 0;  // after it, until the last event was offered
  double drain_s = 0;     // until the last acknowledgement
  double settle_s = 0;    // checkpoint, deferred indexes, final sync
  double check_s = 0;     // reading back
};

struct RateFacts {
  bool is_steady = false;              // warm-up ended within the first half
  double acknowledged_rows_per_s = 0;  // in the measured window: the headline
  double whole_rows_per_s = 0;         // warm-up included
  double settled_rows_per_s = 0;       // all rows / (run, drain and settling)
  // Of the rate over the measured window, per second, as share of its mean.
  double slope_per_s = 0;
  // Independent samples in the window, by the autocorrelation of its rates.
  double effective_samples = 0;
  int64_t checkpoints = 0;              // seen inside the window
  double backlog_slope_rows_per_s = 0;  // of scheduled - committed
  double workers_busy = 0;  // share of the processor that a worker used
};

// Zero-sum at the end, and against the database.
struct AccountFacts {
  int64_t scheduled = 0;
  int64_t not_due = 0;
  int64_t generated = 0;
  int64_t enqueued = 0;
  int64_t committed = 0;
  int64_t failed = 0;
  int64_t in_flight = 0;
  int64_t intervals_off = 0;  // samples whose counters do not add up
  int64_t latency_off = 0;    // events whose parts do not sum to their total
  int64_t rows_expected = 0;  // inserts acknowledged, with the fleet's
  std::optional<int64_t> rows_found;  // none: nothing can be read back
  std::optional<bool> digest_equal;
  // By a second connection, while the run went on; none at bulk, where nothing
  // can be seen, and nothing is promised, before the end.
  int64_t acks_checked = 0;
  int64_t acks_missing = 0;  // of these: not to be seen
  // Why the last one that could not be checked could not; empty: none such.
  std::string acks_why;
};

struct CostFacts {
  double client_cpu_us_per_row = 0;
  std::optional<double> server_cpu_us_per_row;
  std::optional<double> written_per_logical_byte;
  std::optional<int64_t> fsyncs;
  double commits_per_s = 0;
  double rows_per_commit = 0;
  int64_t rss_max_bytes = 0;
  std::optional<int64_t> stored_bytes;  // of the dataset, settled
  int64_t logical_bytes = 0;            // encoded rows
};

// One of the five reference rates of a report.
struct Ceiling {
  // agents, null, loop, engine, raw_copy
  std::string name;
  double rows_per_s = 0;
  int64_t rows = 0;
  double seconds = 0;
  std::string how;  // one line: what was done
};

struct ReasonFacts {
  std::string code;      // noisy-host, too-short, ...
  std::string sentence;  // with the figure and the bar
  friend bool operator==(const ReasonFacts&, const ReasonFacts&) = default;
};

enum class VerdictKind : uint8_t { kValid, kWarnings, kInvalid, kPartial };
// VALID, VALID-WITH-WARNINGS, INVALID, PARTIAL.
[[nodiscard]] std::string_view VerdictName(VerdictKind kind);

struct VerdictFacts {
  VerdictKind kind = VerdictKind::kPartial;
  std::vector<ReasonFacts> reasons;  // why INVALID
  std::vector<ReasonFacts> warnings;
  std::string headline;  // one sentence, worded by the verdict
  // What no report and no condition may show: the rate of a run that was not
  // steady, the percentiles of one that was overloaded.
  bool withholds_rate = false;
  bool withholds_percentiles = false;
};

struct RunRecord {
  int schema_version = kRunRecordVersion;
  std::string name;          // of its folder
  std::string started;       // ISO 8601, UTC
  bool is_complete = false;  // false: it was killed, or ended by an error
  std::string error;         // why, if known
  BuildFacts build;
  RunSetup setup;
  MachineFacts machine;
  ProbeFacts probe_before;
  ProbeFacts probe_after;
  NoiseFacts noise_before;  // just before the run
  NoiseFacts noise_during;
  PhaseFacts phases;
  RateFacts rates;
  std::array<LatencyFacts, kLatencyParts> latency{};  // by LatencyPart
  std::array<LatencyFacts, 2> engine_parts{};         // execute, commit
  AccountFacts account;
  CostFacts cost;
  std::vector<Ceiling> ceilings;
  VerdictFacts verdict;
  // Not in run.json but in intervals.csv.
  std::vector<IntervalSample> intervals;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_RUN_RECORD_H_
