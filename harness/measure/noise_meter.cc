#include "harness/measure/noise_meter.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "harness/core/instant.h"
#include "harness/measure/process_usage.h"
#include "harness/system_file.h"

namespace tillstorm {
namespace {

std::optional<NoiseSample::Ticks> ReadTicks(const std::string& proc) {
  const auto line = ReadEntry(proc + "/stat", "cpu ");
  if (!line) return std::nullopt;
  std::istringstream fields(*line);
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests use is
  // in the first two.
  NoiseSample::Ticks ticks;
  for (int i = 0; i < 8; ++i) {
    int64_t field = 0;
    if (!(fields >> field)) return std::nullopt;
    ticks.total += field;
    if (i == 3 || i == 4) ticks.idle += field;
    if (i == 7) ticks.steal = field;
  }
  return ticks;
}

// `some avg10=0.00 avg60=0.00 avg300=0.00 total=1234`, in microseconds.
std::optional<std::chrono::microseconds> ReadStall(const std::string& path) {
  const auto line = ReadEntry(path, "some ");
  if (!line) return std::nullopt;
  constexpr std::string_view kTotal = "total=";
  const size_t at = line->find(kTotal);
  if (at == std::string::npos) return std::nullopt;
  const auto total =
      ParseCount(std::string_view(*line).substr(at + kTotal.size()));
  if (!total) return std::nullopt;
  return std::chrono::microseconds(*total);
}

std::optional<double> ReadLoad(const std::string& proc) {
  const auto line = ReadLine(proc + "/loadavg");
  if (!line) return std::nullopt;
  std::istringstream fields(*line);
  double load = 0;
  if (!(fields >> load)) return std::nullopt;
  return load;
}

using Micros = std::optional<std::chrono::microseconds>;

// Of the clock's time.
std::optional<double> Pressure(const Micros& begin, const Micros& end,
                               std::chrono::duration<double> elapsed) {
  if (!begin || !end || elapsed.count() <= 0) return std::nullopt;
  const std::chrono::duration<double> stall = *end - *begin;
  return std::clamp(stall / elapsed, 0.0, 1.0);
}

}  // namespace

NoiseSample SampleNoise(std::span<const int> driven, const std::string& root) {
  const std::string proc = root + "/proc";
  NoiseSample sample;
  sample.at = std::chrono::steady_clock::now();
  sample.load_1min = ReadLoad(proc);
  sample.ticks = ReadTicks(proc);
  if (const auto usage = ReadUsage(driven, root)) sample.driven = usage->cpu;
  sample.cpu_stall = ReadStall(proc + "/pressure/cpu");
  sample.io_stall = ReadStall(proc + "/pressure/io");
  return sample;
}

NoiseFacts NoiseBetween(const NoiseSample& begin, const NoiseSample& end) {
  NoiseFacts facts;
  facts.load_1min = end.load_1min;
  facts.cpu_pressure =
      Pressure(begin.cpu_stall, end.cpu_stall, end.at - begin.at);
  facts.io_pressure = Pressure(begin.io_stall, end.io_stall, end.at - begin.at);
  if (!begin.ticks || !end.ticks) return facts;
  const auto total = static_cast<double>(end.ticks->total - begin.ticks->total);
  if (total <= 0) return facts;
  const auto steal = static_cast<double>(end.ticks->steal - begin.ticks->steal);
  facts.steal = std::clamp(steal / total, 0.0, 1.0);
  if (!begin.driven || !end.driven) return facts;
  const auto idle = static_cast<double>(end.ticks->idle - begin.ticks->idle);
  const std::chrono::duration<double> driven = *end.driven - *begin.driven;
  const double driven_ticks =
      driven.count() * static_cast<double>(sysconf(_SC_CLK_TCK));
  facts.others =
      std::clamp((total - idle - steal - driven_ticks) / total, 0.0, 1.0);
  return facts;
}

NoiseMeter::NoiseMeter(std::span<const int> servers)
    : driven_(servers.begin(), servers.end()) {
  driven_.push_back(getpid());
  begin_ = SampleNoise(driven_);
}

}  // namespace tillstorm
