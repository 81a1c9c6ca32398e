// NoiseMeter: what else the machine did over a stretch of time.
//
//   load       /proc/loadavg, at the end of the stretch
//   steal      time that a hypervisor gave to others: /proc/stat
//   others     busy processor time of /proc/stat, less that of this process and
//              of the servers that it drives (/proc/PID/stat), down to 0
//   pressure   time in which some task waited: /proc/pressure/cpu and io
//
// Shares are of all processors' time, except pressure, which is of the clock's.
// /proc counts in ticks of 10 ms: of less than a second nothing can be told.
//
// Threads: one. Errors: what cannot be read is empty.
#ifndef TILLSTORM_HARNESS_MEASURE_NOISE_METER_H_
#define TILLSTORM_HARNESS_MEASURE_NOISE_METER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/run_record.h"

namespace tillstorm {

// The counters at one moment; what two of them differ by is a stretch.
struct NoiseSample {
  std::chrono::steady_clock::time_point at{};
  std::optional<double> load_1min;
  // Of all processors together since the machine began, in ticks.
  struct Ticks {
    int64_t total = 0;
    int64_t idle = 0;  // that waited for input or output included
    int64_t steal = 0;
  };
  std::optional<Ticks> ticks;
  std::optional<std::chrono::microseconds> driven;  // ours and our servers'
  std::optional<std::chrono::microseconds> cpu_stall;
  std::optional<std::chrono::microseconds> io_stall;
};

// `driven`: this process and servers; with their children. `root` stands before
// /proc, for tests.
[[nodiscard]] NoiseSample SampleNoise(std::span<const int> driven,
                                      const std::string& root = {});
[[nodiscard]] NoiseFacts NoiseBetween(const NoiseSample& begin,
                                      const NoiseSample& end);

// The stretch from its making on.
class NoiseMeter {
 public:
  // The servers that this process drives, if there are any.
  explicit NoiseMeter(std::span<const int> servers);
  [[nodiscard]] NoiseFacts Read() const {
    return NoiseBetween(begin_, SampleNoise(driven_));
  }

 private:
  std::vector<int> driven_;
  NoiseSample begin_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_NOISE_METER_H_
