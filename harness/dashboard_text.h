// DashboardText: numbers as the dashboard and the plain lines write them.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_DASHBOARD_TEXT_H_
#define TILLSTORM_HARNESS_DASHBOARD_TEXT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/collect_snapshot.h"

namespace tillstorm {

// What is not known.
inline constexpr std::string_view kUnknown = "-";

// `1,234,567`, or `1.23M` where that has more than `columns` characters.
[[nodiscard]] std::string FittedCount(int64_t count, size_t columns);
// The same with a plus.
[[nodiscard]] std::string FittedGain(int64_t count, size_t columns);
// `0.5`, `1,234`, `1.23M`: at most 7 characters.
[[nodiscard]] std::string RateText(std::optional<double> rate);
// `450 us`, `1.2 ms`, `123 ms`, `4.5 s`, `2m05s`
[[nodiscard]] std::string LatencyText(std::chrono::nanoseconds latency);

// One fact of a snapshot beside its name.
struct Gauge {
  std::string_view label;
  std::string value;
  int rank = 0;         // the highest goes first when space is short
  bool notice = false;  // out of the ordinary
};
// In the order in which they are shown, those that belong together in a row.
[[nodiscard]] std::vector<Gauge> GaugesOf(const CollectSnapshot& snapshot);

// One character per value, the lowest for what is zero: eighths of a block, or
// ASCII. `rows` of them, from the top, when the graph is to be higher. The
// scale reaches from zero to the next 1, 2 or 5 times a power of ten, so that
// it seldom changes.
[[nodiscard]] std::vector<std::u32string> GraphText(
    std::span<const int64_t> values, size_t rows, bool utf8);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_DASHBOARD_TEXT_H_
