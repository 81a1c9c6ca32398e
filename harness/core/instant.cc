#include "harness/core/instant.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

// "00" "01" ... "99"
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// REQUIRES: value < 100.
void PutPair(uint32_t value, char* out) {
  std::memcpy(out, &kPairs[size_t{2} * value], 2);
}

void PutTime(uint64_t micros, char* out) {
  const auto seconds = static_cast<uint32_t>(micros / kMicrosPerSecond);
  const auto fraction = static_cast<uint32_t>(micros % kMicrosPerSecond);
  PutPair(seconds / 3600, out);
  out[2] = ':';
  PutPair(seconds / 60 % 60, out + 3);
  out[5] = ':';
  PutPair(seconds % 60, out + 6);
  out[8] = '.';
  PutPair(fraction / 10'000, out + 9);
  PutPair(fraction / 100 % 100, out + 11);
  PutPair(fraction % 100, out + 13);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes parts off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool At(char c) const { return !done() && rest_[0] == c; }
  bool Skip(char c) {
    if (!At(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `width` digits.
  bool Number(size_t width, int64_t* value) {
    if (rest_.size() < width) return false;
    *value = 0;
    for (size_t i = 0; i < width; ++i) {
      if (!IsDigit(rest_[i])) return false;
      *value = *value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    return true;
  }
  // All digits that follow; there may be none.
  std::string_view Digits() {
    size_t size = 0;
    while (size < rest_.size() && IsDigit(rest_[size])) ++size;
    const std::string_view digits = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return digits;
  }

 private:
  std::string_view rest_;
};

// `2026-01-05`, a real date, as microseconds since 1970.
bool ScanDate(Scanner* in, int64_t* micros) {
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  if (!in->Number(4, &year) || !in->Skip('-') || !in->Number(2, &month) ||
      !in->Skip('-') || !in->Number(2, &day)) {
    return false;
  }
  const std::chrono::year_month_day date{
      std::chrono::year{static_cast<int>(year)},
      std::chrono::month{static_cast<unsigned>(month)},
      std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return false;
  *micros = int64_t{std::chrono::sys_days{date}.time_since_epoch().count()} *
            kMicrosPerDay;
  return true;
}

// `08:00`, as microseconds since midnight.
bool ScanHourMinute(Scanner* in, int64_t* micros) {
  int64_t hour = 0;
  int64_t minute = 0;
  if (!in->Number(2, &hour) || !in->Skip(':') || !in->Number(2, &minute) ||
      hour > 23 || minute > 59) {
    return false;
  }
  *micros = (hour * 60 + minute) * 60 * kMicrosPerSecond;
  return true;
}

// `08:00:00`; no leap seconds.
bool ScanTime(Scanner* in, int64_t* micros) {
  int64_t second = 0;
  if (!ScanHourMinute(in, micros) || !in->Skip(':') ||
      !in->Number(2, &second) || second > 59) {
    return false;
  }
  *micros += second * kMicrosPerSecond;
  return true;
}

bool ScanSqlTime(Scanner* in, int64_t* micros) {
  int64_t fraction = 0;
  if (!ScanTime(in, micros) || !in->Skip('.') || !in->Number(6, &fraction)) {
    return false;
  }
  *micros += fraction;
  return true;
}

// `.5` to `.123456` or nothing.
bool ScanFraction(Scanner* in, int64_t* micros) {
  if (!in->Skip('.')) return true;
  const std::string_view digits = in->Digits();
  if (digits.empty() || digits.size() > 6) return false;
  int64_t fraction = 0;
  for (size_t i = 0; i < 6; ++i) {
    fraction = fraction * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  *micros += fraction;
  return true;
}

// `Z`, `+01:00` or nothing: what local time is ahead of UTC.
bool ScanOffset(Scanner* in, int64_t* micros) {
  *micros = 0;
  if (in->Skip('Z')) return true;
  const bool west = in->Skip('-');
  if (!west && !in->Skip('+')) return true;
  if (!ScanHourMinute(in, micros)) return false;
  if (west) *micros = -*micros;
  return true;
}

bool ScanIso(Scanner* in, int64_t* micros) {
  if (!ScanDate(in, micros)) return false;
  if (in->Skip('T') || in->Skip(' ')) {
    int64_t time = 0;
    Scanner with_seconds = *in;
    if (ScanTime(&with_seconds, &time)) {
      *in = with_seconds;
      if (!ScanFraction(in, &time)) return false;
    } else if (!ScanHourMinute(in, &time)) {
      return false;
    }
    *micros += time;
  }
  int64_t offset = 0;
  if (!ScanOffset(in, &offset)) return false;
  *micros -= offset;
  return in->done();
}

struct Unit {
  std::string_view name;
  int64_t micros;
};
// From the longest to the shortest.
constexpr std::array<Unit, 5> kUnits = {{{"d", kMicrosPerDay},
                                         {"h", 3600 * kMicrosPerSecond},
                                         {"m", 60 * kMicrosPerSecond},
                                         {"s", kMicrosPerSecond},
                                         {"ms", 1000}}};

// The duration of `whole.fraction` units, or false when it is longer than the
// calendar or no whole number of microseconds.
bool ScaleDuration(std::string_view whole, std::string_view fraction,
                   int64_t unit, int64_t* micros) {
  constexpr size_t kFractionMax = 15;  // what a day can be divided by, and more
  const int64_t limit = MicrosSinceEpoch(kInstantMax);
  *micros = 0;
  for (const char digit : whole) {
    *micros = *micros * 10 + (digit - '0');
    if (*micros > limit / unit) return false;
  }
  *micros *= unit;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (fraction.size() > kFractionMax) return false;
  __int128 numerator = 0;
  int64_t denominator = 1;
  for (const char digit : fraction) {
    numerator = numerator * 10 + (digit - '0');
    denominator *= 10;
  }
  numerator *= unit;
  if (numerator % denominator != 0) return false;
  // The calendar ends where a day does, so less than a unit more stays in it.
  *micros += static_cast<int64_t>(numerator / denominator);
  return true;
}

}  // namespace

void FormatSqlDateTime(Instant instant, char* out) {
  TS_DCHECK(kInstantMin <= instant && instant <= kInstantMax);
  const auto micros = static_cast<uint64_t>(MicrosSinceEpoch(instant));
  const auto day = static_cast<int32_t>(micros / kMicrosPerDay);
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{day}}};
  const auto year = static_cast<uint32_t>(static_cast<int>(date.year()));
  PutPair(year / 100 % 100, out);
  PutPair(year % 100, out + 2);
  out[4] = '-';
  PutPair(static_cast<unsigned>(date.month()), out + 5);
  out[7] = '-';
  PutPair(static_cast<unsigned>(date.day()), out + 8);
  out[10] = ' ';
  PutTime(micros % kMicrosPerDay, out + 11);
}

void FormatSqlTime(TimeOfDay time, char* out) {
  TS_DCHECK(0 <= time.micros && time.micros < kMicrosPerDay);
  PutTime(static_cast<uint64_t>(time.micros), out);
}

bool ParseSqlDateTime(std::string_view text, Instant* instant) {
  Scanner in(text);
  int64_t date = 0;
  int64_t time = 0;
  if (!ScanDate(&in, &date) || !in.Skip(' ') || !ScanSqlTime(&in, &time) ||
      !in.done() || date < 0) {
    return false;
  }
  *instant = FromMicros(date + time);
  return true;
}

bool ParseSqlTime(std::string_view text, TimeOfDay* time) {
  Scanner in(text);
  int64_t micros = 0;
  if (!ScanSqlTime(&in, &micros) || !in.done()) return false;
  time->micros = micros;
  return true;
}

std::string SqlDateTime(Instant instant) {
  std::string text(kSqlDateTimeSize, ' ');
  FormatSqlDateTime(instant, text.data());
  return text;
}

// Messages may show any instant: one outside the calendar (kNever) shows as the
// calendar's end.
std::string IsoDateTime(Instant instant) {
  const Instant shown = std::clamp(instant, kInstantMin, kInstantMax);
  std::string text = SqlDateTime(shown);
  text[10] = 'T';
  if (MicrosSinceEpoch(shown) % kMicrosPerSecond == 0) text.resize(19);
  return text + 'Z';
}

Result<Instant> ParseIsoDateTime(std::string_view text) {
  Scanner in(text);
  int64_t micros = 0;
  if (!ScanIso(&in, &micros)) {
    return Status(StatusCode::kUsage,
                  fmt::format("\"{}\" is not a date and time; write one as "
                              "2026-01-05 or 2026-01-05T08:00:00Z",
                              text));
  }
  const Instant instant = FromMicros(micros);
  if (instant < kInstantMin || instant > kInstantMax) {
    return Status(
        StatusCode::kUsage,
        fmt::format("\"{}\" lies outside the years 1970 to 9999", text));
  }
  return instant;
}

Result<Micros> ParseDuration(std::string_view text) {
  const auto error = [text](std::string_view what) {
    return Status(
        StatusCode::kUsage,
        fmt::format("\"{}\" {}; write one as 500ms, 5s, 10m, 2h or 1.5d", text,
                    what));
  };
  Scanner in(text);
  const bool negative = in.Skip('-');
  const std::string_view whole = in.Digits();
  const bool has_fraction = in.Skip('.');
  const std::string_view fraction = has_fraction ? in.Digits() : "";
  int64_t unit = in.done() ? kMicrosPerSecond : 0;
  for (const Unit& candidate : kUnits) {
    if (in.rest() == candidate.name) unit = candidate.micros;
  }
  if (whole.empty() || (has_fraction && fraction.empty()) || unit == 0) {
    return error("is not a duration");
  }
  if (negative) return error("is a negative duration");
  int64_t micros = 0;
  if (!ScaleDuration(whole, fraction, unit, &micros)) {
    return error("is longer than 8,000 years or finer than a microsecond");
  }
  return Micros{micros};
}

// A whole number of the longest unit; below a millisecond a fraction of it.
std::string FormatDuration(Micros duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (count % unit.micros == 0) {
      return fmt::format("{}{}", count / unit.micros, unit.name);
    }
  }
  const bool negative = count < 0;
  const uint64_t size = negative ? 0 - static_cast<uint64_t>(count)
                                 : static_cast<uint64_t>(count);
  std::string text =
      fmt::format("{}{}.{:03}", negative ? "-" : "", size / 1000, size % 1000);
  text.resize(text.find_last_not_of('0') + 1);
  return text + "ms";
}

}  // namespace tillstorm
