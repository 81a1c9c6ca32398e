// Judge: whether a run is to be believed. A function of the record alone, so
// that whoever reads run.json comes to the same verdict.
//
//   PARTIAL              the run did not end by itself
//   INVALID              something makes its figures untrue or not its own
//   VALID-WITH-WARNINGS  they are true; something shaded them
//   VALID
//
// Reasons (INVALID): debug-build, not-measuring, durability, wrong-data,
// lost-ack, ledger, latency-parts, failed-events, too-short, not-steady,
// overloaded, generator-bound, noisy-host. Warnings: noisy-host below its bar,
// probe-drift, acks-unchecked, not-settled, machine-unknown.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_VERDICT_H_
#define TILLSTORM_HARNESS_MEASURE_VERDICT_H_

#include <string_view>

#include "harness/measure/run_record.h"

namespace tillstorm {

// The bars. Calibrated on a shared machine of two cores: idle it is VALID, with
// another process at work on one core it is not.
struct VerdictBars {
  double measured_s_min = 5;
  double effective_samples_min = 8;
  // Change of the rate over the whole window, as share of its mean.
  double drift_max = 0.25;
  // Of all processor time of the machine.
  double others_max = 0.10;
  double others_warn = 0.05;
  double steal_max = 0.05;
  double steal_warn = 0.02;
  // The storage probe before and after, the larger by the smaller.
  double probe_drift_warn = 3;
  // The pipeline without an engine, by the rate that was reached.
  double null_ratio_min = 2;
  // Of a processor, by each worker that runs agents.
  double workers_busy_max = 0.80;
  // Open loop: growth of the backlog by the rate offered.
  double backlog_growth_max = 0.02;
  double schedule_lag_p99_ms_max = 100;
};

// The name under which a record's settings say what became of the checkpoint at
// the end: `forced`, or `not forced: ` and why.
inline constexpr const char* kCheckpointSetting = "checkpoint at the end";

[[nodiscard]] VerdictFacts Judge(const RunRecord& record,
                                 const VerdictBars& bars = {});

// What a durability level asks of an engine's settings and is not so in
// `settings`: name, what was asked for and what it says.
[[nodiscard]] NamedTexts RefusedSettings(std::string_view engine,
                                         std::string_view durability,
                                         const NamedTexts& settings);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_VERDICT_H_
