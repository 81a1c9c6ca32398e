// The figures of a run that follow from its samples: where warm-up ends, the
// rates, the latencies of the window after it. So a report that is made again
// from raw files tells whether its figures are theirs.
//
// Threads: pure function.
#ifndef TILLSTORM_HARNESS_MEASURE_RUN_FIGURES_H_
#define TILLSTORM_HARNESS_MEASURE_RUN_FIGURES_H_

#include <vector>

#include "harness/measure/event_latency.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

// Fills phases.warmup_s and measured_s, rates, latency and engine_parts from
// record->intervals, whose latencies are `sampled`, one each. Beforehand
// phases.measured_s is the time in which load was offered, warm-up included:
// later samples are of the drain. Without a warm-up that can be told all of it
// counts, and rates.is_steady says so.
void FillFigures(const std::vector<CompactLatency>& sampled, RunRecord* record);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_RUN_FIGURES_H_
