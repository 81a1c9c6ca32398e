#include "harness/dashboard_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/progress_line.h"

namespace tillstorm {
namespace {

constexpr std::u32string_view kBlocks = U"▁▂▃▄▅▆▇█";
constexpr std::u32string_view kAscii = U"_.-:=+*#";
constexpr size_t kLevels = 8;  // of one character

template <class Value, class Text>
std::string Known(const std::optional<Value>& value, const Text& text) {
  return value ? text(*value) : std::string(kUnknown);
}

std::string WholeSeconds(std::chrono::nanoseconds duration) {
  return CompactDuration(
      std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string Rows(const std::optional<int64_t>& rows) {
  return Known(rows, [](int64_t n) { return FittedCount(n, 9) + " rows"; });
}

// `980/1,024`
std::string Part(const std::optional<int64_t>& part,
                 const std::optional<int64_t>& whole) {
  if (!part || !whole) return Known(part, GroupedCount);
  return fmt::format("{}/{}", FittedCount(*part, 6), FittedCount(*whole, 6));
}

// The next 1, 2 or 5 times a power of ten.
int64_t ScaleTop(int64_t largest) {
  int64_t unit = 1;
  while (unit * 10 <= largest) unit *= 10;
  for (const int64_t step : {1, 2, 5}) {
    if (step * unit >= largest) return step * unit;
  }
  return unit * 10;
}

}  // namespace

std::string FittedCount(int64_t count, size_t columns) {
  std::string text = GroupedCount(count);
  return text.size() <= columns ? text
                                : CompactCount(static_cast<double>(count));
}

std::string FittedGain(int64_t count, size_t columns) {
  const std::string text = FittedCount(count, columns - 1);
  return count < 0 ? text : "+" + text;
}

std::string RateText(std::optional<double> rate) {
  if (!rate) return std::string(kUnknown);
  if (*rate > 0 && *rate < 9.95) return fmt::format("{:.1f}", *rate);
  if (*rate >= 999'999.5) return CompactCount(*rate);
  return GroupedCount(static_cast<int64_t>(std::llround(*rate)));
}

std::string LatencyText(std::chrono::nanoseconds latency) {
  const double us = std::chrono::duration<double, std::micro>(latency).count();
  const auto shown = [](double value, std::string_view unit) {
    return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, unit);
  };
  if (us < 0.05) return "0 ms";
  if (us < 999.5) return shown(us, "us");
  if (us < 999.5e3) return shown(us / 1e3, "ms");
  if (us < 59.95e6) return fmt::format("{:.1f} s", us / 1e6);
  return WholeSeconds(latency);
}

std::vector<Gauge> GaugesOf(const CollectSnapshot& snapshot) {
  const bool limited =
      snapshot.limit && *snapshot.limit != CollectLimit::kSchedule;
  const auto name = [](CollectLimit limit) { return std::string(Name(limit)); };
  const auto time = [](Instant instant) {
    return SqlDateTime(instant).substr(11, 8);
  };
  return {
      {"elapsed", WholeSeconds(snapshot.elapsed), 2},
      {"remaining", Known(snapshot.remaining, WholeSeconds), 3},
      {"agents", Part(snapshot.agents_alive, snapshot.agents_total), 5},
      {"clock lag", Known(snapshot.lag, LatencyText), 1},
      {"limited by", Known(snapshot.limit, name), 0, limited},
      {"queue", Rows(snapshot.queue_rows), 4},
      {"credits", Part(snapshot.credits_left, snapshot.credits_total), 6},
      {"batch size", Rows(snapshot.batch_rows), 9},
      {"batches", Known(snapshot.batches, GroupedCount), 13},
      {"WAL size", Known(snapshot.wal_bytes, CompactBytes), 10},
      {"commit p50", Known(snapshot.commit_p50, LatencyText), 8},
      {"commit p99", Known(snapshot.commit_p99, LatencyText), 7},
      {"commit max", Known(snapshot.commit_max, LatencyText), 11},
      {"last commit", Known(snapshot.last_commit, time), 12},
      {"durability",
       snapshot.durability.empty() ? std::string(kUnknown)
                                   : snapshot.durability,
       14},
  };
}

std::vector<std::u32string> GraphText(std::span<const int64_t> values,
                                      size_t rows, bool utf8) {
  const std::u32string_view characters = utf8 ? kBlocks : kAscii;
  std::vector<std::u32string> text(rows, std::u32string(values.size(), U' '));
  if (values.empty() || rows == 0) return text;
  const int64_t top = ScaleTop(
      std::max<int64_t>(*std::max_element(values.begin(), values.end()), 1));
  // The lowest level is zero's.
  const auto levels = static_cast<double>(rows * kLevels - 1);
  for (size_t i = 0; i < values.size(); ++i) {
    const double part = std::max(0.0, static_cast<double>(values[i])) /
                        static_cast<double>(top);
    const auto level = std::min(static_cast<size_t>(std::ceil(part * levels)),
                                rows * kLevels - 1);
    for (size_t row = 0; row < rows; ++row) {
      const size_t below = (rows - 1 - row) * kLevels;
      if (level < below) continue;
      text[row][i] = characters[std::min(level - below, kLevels - 1)];
    }
  }
  return text;
}

}  // namespace tillstorm
