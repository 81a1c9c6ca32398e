#include "harness/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>
#include <utility>

#include "agents/plan.h"

namespace tillstorm {
namespace {

constexpr Micros kDefaultSpan{kMicrosPerDay};

Status Usage(std::string message) {
  return {StatusCode::kUsage, std::move(message)};
}

Result<Instant> ReadInstant(std::string_view flag, const std::string& text) {
  const Result<Instant> instant = ParseIsoDateTime(text);
  if (!instant.ok()) {
    return Usage(fmt::format("--{}: {}", flag, instant.status().message()));
  }
  if (*instant < kStartMin || *instant > kEndMax) {
    return Usage(fmt::format("--{} is {}; it must lie between {} and {}", flag,
                             text, IsoDateTime(kStartMin),
                             IsoDateTime(kEndMax)));
  }
  return *instant;
}

bool IsDecimal(std::string_view text) {
  const size_t dot = text.find('.');
  const auto digits = [](std::string_view part) {
    return !part.empty() &&
           part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (dot == std::string_view::npos) return digits(text);
  return digits(text.substr(0, dot)) && digits(text.substr(dot + 1));
}

Result<Micros> ReadLength(const FlagValues& flags) {
  const Result<std::optional<Micros>> length = ReadSpanLength(flags);
  if (!length.ok()) return length.status();
  return length->value_or(kDefaultSpan);
}

Result<Span> ReadStartAndEnd(const FlagValues& flags, Instant start,
                             Instant end) {
  for (const std::string_view flag : {"span", "days"}) {
    if (flags.Has(flag)) {
      return Usage(
          fmt::format("--{} is given beside --start and --end, which "
                      "make the span: leave one of the three out",
                      flag));
    }
  }
  if (end - start < kSpanMin || end - start > kSpanMax) {
    return Usage(
        fmt::format("--end is {}; after --start {} it must come {} to "
                    "{} later",
                    IsoDateTime(end), IsoDateTime(start),
                    FormatDuration(kSpanMin), FormatDuration(kSpanMax)));
  }
  return Span{start, end};
}

}  // namespace

Result<int64_t> ParseInteger(std::string_view flag, std::string_view text,
                             int64_t low, int64_t high) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < low || value > high) {
    return Usage(
        fmt::format("--{} is '{}'; it must be a whole number in [{}, "
                    "{}]",
                    flag, text, low, high));
  }
  return value;
}

Result<size_t> ReadWord(const FlagValues& flags, std::string_view flag,
                        std::span<const std::string_view> words) {
  const std::string* text = flags.Find(flag);
  if (text == nullptr) return size_t{0};
  for (size_t i = 0; i < words.size(); ++i) {
    if (*text == words[i]) return i;
  }
  return Usage(fmt::format("--{} is '{}'; it must be one of {}", flag, *text,
                           fmt::join(words, ", ")));
}

Result<int64_t> ReadInteger(const FlagValues& flags, std::string_view flag,
                            int64_t low, int64_t high, int64_t standard) {
  const std::string* text = flags.Find(flag);
  if (text == nullptr) return standard;
  return ParseInteger(flag, *text, low, high);
}

Result<uint64_t> ReadSeed(const FlagValues& flags) {
  const std::string* text = flags.Find("seed");
  if (text == nullptr) return uint64_t{42};
  uint64_t seed = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, seed);
  if (error != std::errc() || stop != end) {
    return Usage(
        fmt::format("--seed is '{}'; it must be a whole number in "
                    "[0, 18446744073709551615]",
                    *text));
  }
  return seed;
}

Result<std::optional<Micros>> ReadSpanLength(const FlagValues& flags) {
  const std::string* span = flags.Find("span");
  const std::string* days = flags.Find("days");
  if (span == nullptr && days == nullptr) return std::optional<Micros>();
  if (span != nullptr && days != nullptr) {
    return Usage("--span and --days are both given: leave one out");
  }
  const std::string_view flag = span != nullptr ? "span" : "days";
  if (days != nullptr && !IsDecimal(*days)) {
    return Usage(
        fmt::format("--days is '{}'; it must be a number of days such "
                    "as 4 or 0.2, at most 36525",
                    *days));
  }
  const Result<Micros> length =
      ParseDuration(span != nullptr ? *span : *days + "d");
  if (!length.ok()) {
    return Usage(fmt::format("--{}: {}", flag, length.status().message()));
  }
  if (*length < kSpanMin || *length > kSpanMax) {
    return Usage(fmt::format("--{} is {}; it must lie between {} and {}", flag,
                             span != nullptr ? *span : *days,
                             FormatDuration(kSpanMin),
                             FormatDuration(kSpanMax)));
  }
  return std::optional<Micros>(*length);
}

Result<Instant> ReadStart(const FlagValues& flags, Instant standard) {
  const std::string* text = flags.Find("start");
  if (text == nullptr) return standard;
  return ReadInstant("start", *text);
}

Result<Span> ReadSpan(const FlagValues& flags, Instant now) {
  const std::string* end_text = flags.Find("end");
  const Result<Instant> start = ReadStart(flags, kDefaultStart);
  if (!start.ok()) return start.status();
  if (end_text == nullptr) {
    const Result<Micros> length = ReadLength(flags);
    if (!length.ok()) return length.status();
    if (*start + *length > kEndMax) {
      return Usage(fmt::format(
          "--start {} plus {} ends after {}: start "
          "earlier or give a shorter --span",
          IsoDateTime(*start), FormatDuration(*length), IsoDateTime(kEndMax)));
    }
    return Span{*start, *start + *length};
  }
  Result<Instant> end = now;
  if (*end_text != "now") end = ReadInstant("end", *end_text);
  if (!end.ok()) return end.status();
  if (flags.Has("start")) return ReadStartAndEnd(flags, *start, *end);
  const Result<Micros> length = ReadLength(flags);
  if (!length.ok()) return length.status();
  if (*end - *length < kStartMin) {
    return Usage(fmt::format(
        "--end {} less {} begins before {}: end later or "
        "give a shorter --span",
        IsoDateTime(*end), FormatDuration(*length), IsoDateTime(kStartMin)));
  }
  return Span{*end - *length, *end};
}

Result<uint32_t> ReadThreads(const FlagValues& flags) {
  const int64_t cores =
      std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, kThreadsMax);
  const auto threads = ReadInteger(flags, "threads", 1, kThreadsMax, cores);
  if (!threads.ok()) return threads.status();
  return static_cast<uint32_t>(*threads);
}

Result<IndexMode> ReadIndexMode(const FlagValues& flags) {
  static constexpr std::array<std::string_view, 3> kWords = {"deferred",
                                                             "inline", "none"};
  const Result<size_t> word = ReadWord(flags, "indexes", kWords);
  if (!word.ok()) return word.status();
  return std::array{IndexMode::kDeferred, IndexMode::kInline,
                    IndexMode::kNone}[*word];
}

Result<LoadPath> ReadLoad(const FlagValues& flags, const Location& to) {
  static constexpr std::array<std::string_view, 2> kWords = {"copy", "insert"};
  const Result<size_t> word = ReadWord(flags, "load", kWords);
  if (!word.ok()) return word.status();
  if (flags.Has("load") && !to.is_postgres()) {
    return Usage(fmt::format(
        "--load is for PostgreSQL, and {} is none; leave it out", to.text));
  }
  return std::array{LoadPath::kCopy, LoadPath::kInsert}[*word];
}

Result<int> ReadLaneCount(const FlagValues& flags) {
  const auto lanes = ReadInteger(flags, "lanes", 1, kLanesMax, 1);
  if (!lanes.ok()) return lanes.status();
  return static_cast<int>(*lanes);
}

Result<int> ReadLanes(const FlagValues& flags, const Location& to) {
  const Result<int> lanes = ReadLaneCount(flags);
  if (!lanes.ok()) return lanes;
  if (*lanes > 1 && !to.is_postgres()) {
    return Usage(fmt::format(
        "--lanes is {}; only PostgreSQL takes more than one writer at a time, "
        "so for {} it must be 1",
        *lanes, to.text));
  }
  return lanes;
}

Result<uint32_t> ReadBatchRows(const FlagValues& flags) {
  const auto rows = ReadInteger(flags, "batch-rows", 1, kBatchRowsMax, 10'000);
  if (!rows.ok()) return rows.status();
  return static_cast<uint32_t>(*rows);
}

Result<uint64_t> ReadBatchBytes(const FlagValues& flags) {
  const std::string* text = flags.Find("batch-bytes");
  if (text == nullptr) return uint64_t{64} << 20;
  static constexpr std::array<std::pair<std::string_view, int>, 3> kUnits = {
      {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  std::string_view number = *text;
  int shift = 0;
  for (const auto& [unit, bits] : kUnits) {
    if (!number.ends_with(unit)) continue;
    number.remove_suffix(unit.size());
    shift = bits;
    break;
  }
  const auto count = ParseInteger("batch-bytes", number, 0, kBatchBytesMax);
  const int64_t bytes =
      count.ok() && *count <= kBatchBytesMax >> shift ? *count << shift : -1;
  if (bytes < kBatchBytesMin) {
    return Usage(
        fmt::format("--batch-bytes is '{}'; it must be bytes, or a "
                    "whole number with KiB, MiB or GiB, in [1KiB, "
                    "1GiB]",
                    *text));
  }
  return static_cast<uint64_t>(bytes);
}

Result<ProgressMode> ReadProgress(const FlagValues& flags) {
  static constexpr std::array<std::string_view, 2> kWords = {"auto", "never"};
  const Result<size_t> word = ReadWord(flags, "progress", kWords);
  if (!word.ok()) return word.status();
  return *word == 0 ? ProgressMode::kAuto : ProgressMode::kSilent;
}

Result<Location> ReadTo(const FlagValues& flags) {
  const std::string* text = flags.Find("to");
  if (text == nullptr) {
    return Usage(
        "--to is missing: name the dataset to make, such as --to "
        "fleet.db");
  }
  return ParseLocation(*text);
}

Result<Location> ReadLocationArgument(const FlagValues& flags) {
  const std::string& text = flags.arguments().at(0);
  Result<Location> location = ParseLocation(text);
  if (location.ok() && !location->stores()) {
    return Usage(
        fmt::format("LOCATION is '{}', and null: stores nothing; name a "
                    "dataset that exists",
                    text));
  }
  if (location.ok() && !location->keeps()) {
    return Usage(
        fmt::format("LOCATION is '{}', a throw-away that is new each "
                    "time; name a dataset that exists",
                    text));
  }
  return location;
}

Status CheckRowCount(const Scenario& scenario, const Span& span) {
  const Micros length = span.end - span.start;
  const int64_t interval = scenario.interval.count();
  const bool telemetry = scenario.Keeps(TableId::kHealthChecks) ||
                         scenario.Keeps(TableId::kDeviceMetrics);
  const int64_t checks =
      scenario.devices * ((length.count() + interval - 1) / interval);
  if (telemetry && checks > kRowsPerTableMax) {
    return Usage(fmt::format(
        "--devices {} at --interval {} for --span {} make {} rows in a table, "
        "more than {}: give fewer --days or --devices or a longer --interval",
        scenario.devices, FormatDuration(scenario.interval),
        FormatDuration(length), GroupedCount(checks),
        GroupedCount(kRowsPerTableMax)));
  }
  // Means of the plan, and a fifth more.
  const Rates& rates = scenario.rates;
  const int64_t days = length.count() / kMicrosPerDay + 1;
  const int64_t requests =
      scenario.site_count() * days *
      (2 * int64_t{rates.probes} + 5 * int64_t{rates.activities} +
       2 * int64_t{rates.errors}) *
      6 / 5;
  if (scenario.Keeps(TableId::kApiRequestLogs) && requests > kRowsPerTableMax) {
    return Usage(fmt::format(
        "--sites {} for --span {} can make {} rows in api_request_logs, more "
        "than {}: give fewer --days or --sites, or --tables without it",
        scenario.sites, FormatDuration(length), GroupedCount(requests),
        GroupedCount(kRowsPerTableMax)));
  }
  const Plan plan(0, scenario, span.start);
  return plan.ids().Check(span.end);
}

std::string_view LoadPathName(LoadPath load) {
  return load == LoadPath::kCopy ? "copy" : "insert";
}

std::string_view IndexModeName(IndexMode mode) {
  switch (mode) {
    case IndexMode::kDeferred:
      return "deferred";
    case IndexMode::kInline:
      return "inline";
    case IndexMode::kNone:
      return "none";
  }
  return "";
}

}  // namespace tillstorm
