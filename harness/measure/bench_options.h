// What `tillstorm bench` was asked for, from flags to typed values.
//
// Threads: pure functions.
// Errors: kUsage with one sentence.
#ifndef TILLSTORM_HARNESS_MEASURE_BENCH_OPTIONS_H_
#define TILLSTORM_HARNESS_MEASURE_BENCH_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/command_line.h"
#include "harness/core/status.h"
#include "harness/measure/bench_run.h"
#include "harness/measure/require.h"
#include "harness/progress_line.h"
#include "storage/location.h"

namespace tillstorm {

enum class BenchPlan : uint8_t { kCapacity, kRate, kLadder };

struct BenchCommandOptions {
  Location location;
  BenchPlan plan = BenchPlan::kCapacity;
  BenchOptions run;
  int repeat = 1;
  bool has_ceilings = true;
  std::vector<Requirement> require;
  std::string out;  // folder of folders
  ProgressMode progress = ProgressMode::kAuto;
  bool json = false;
};

[[nodiscard]] Result<BenchCommandOptions> ReadBenchOptions(
    const FlagValues& flags);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_BENCH_OPTIONS_H_
