#include "harness/measure/hdr_log.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "harness/core/check.h"
#include "harness/measure/hdr_payload.h"

namespace tillstorm {
namespace {

constexpr std::string_view kOutOfRange = "#[OutOfRange: ";
constexpr double kNanosPerMilli = 1e6;

template <class Number>
std::optional<Number> ReadNumber(std::string_view text) {
  Number number{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

Status Bad(std::string what) {
  return {StatusCode::kBadInput, std::move(what)};
}

// A time or a maximum: finite, and not before or below zero.
std::optional<double> ReadMeasure(std::string_view text) {
  constexpr double kMeasureMax = 9e12;  // milliseconds whose ns are an int64_t
  const std::optional<double> number = ReadNumber<double>(text);
  if (!number || !(*number >= 0 && *number <= kMeasureMax)) return {};
  return number;
}

Result<HdrLogLine> ReadInterval(std::string_view text, int64_t out_of_range) {
  constexpr std::string_view kTag = "Tag=";
  std::string tag;
  if (text.starts_with(kTag)) {
    const size_t comma = text.find(',');
    tag = text.substr(kTag.size(), comma - kTag.size());
    text.remove_prefix(comma == std::string_view::npos ? text.size()
                                                       : comma + 1);
  }
  const std::vector<std::string_view> fields = Split(text);
  if (fields.size() != 4) {
    return Bad(
        fmt::format("has {} fields after its tag instead of 4", fields.size()));
  }
  const std::optional<double> start = ReadMeasure(fields[0]);
  const std::optional<double> length = ReadMeasure(fields[1]);
  const std::optional<double> max = ReadMeasure(fields[2]);
  if (!start || !length || !max) {
    return Bad("has a start, length or maximum that is no number from 0 on");
  }
  const Result<HdrCounts> payload = DecodeHdrPayload(fields[3]);
  if (!payload.ok()) return payload.status();
  return HdrLogLine{
      std::move(tag), *start, *length,
      Histogram::Restore(payload->layout, payload->counts, out_of_range,
                         std::llround(*max * kNanosPerMilli))};
}

}  // namespace

std::string HdrLogHeader(Instant started, std::string_view comment) {
  const int64_t millis = MicrosSinceEpoch(started) / 1000;
  return fmt::format(
      "#[{}]\n"
      "#[Histogram log format version 1.3]\n"
      "#[StartTime: {}.{:03} (seconds since epoch), {}]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
      "\"Interval_Compressed_Histogram\"\n",
      comment, millis / 1000, millis % 1000, IsoDateTime(started));
}

std::string HdrLogText(const HdrLogLine& line) {
  TS_CHECK(line.tag.find_first_of(", \r\n") == std::string::npos);
  const Histogram& histogram = line.histogram;
  std::string text;
  if (histogram.out_of_range() > 0) {
    text += fmt::format("{}{}]\n", kOutOfRange, histogram.out_of_range());
  }
  if (!line.tag.empty()) text += fmt::format("Tag={},", line.tag);
  return text + fmt::format("{:.3f},{:.3f},{}.{:06},{}\n", line.start_s,
                            line.length_s, histogram.max() / 1'000'000,
                            histogram.max() % 1'000'000,
                            EncodeHdrPayload(histogram));
}

Status ReadHdrLog(std::string_view text, std::string_view shown,
                  const std::function<Status(HdrLogLine)>& take) {
  int64_t out_of_range = 0;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(kOutOfRange) && line.ends_with(']')) {
      const std::optional<int64_t> count = ReadNumber<int64_t>(line.substr(
          kOutOfRange.size(), line.size() - kOutOfRange.size() - 1));
      constexpr int64_t kCountMax = int64_t{1} << 60;
      if (!count || *count < 0 || *count > kCountMax) {
        return Bad(
            fmt::format("{}: line {} says no number of values out of "
                        "range",
                        shown, number));
      }
      out_of_range = *count;
      continue;
    }
    if (line.empty() || line[0] == '#' || line[0] == '"') continue;
    Result<HdrLogLine> interval = ReadInterval(line, out_of_range);
    if (!interval.ok()) {
      return Bad(fmt::format("{}: line {} {}", shown, number,
                             interval.status().message()));
    }
    out_of_range = 0;
    TS_RETURN_IF_ERROR(take(std::move(*interval)));
  }
  return Status::Ok();
}

}  // namespace tillstorm
