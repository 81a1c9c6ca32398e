#include "agents/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace tillstorm {
namespace {

constexpr int64_t kSecondsPerHour = 3600;
constexpr int64_t kSecondsPerDay = 86'400;
// A rule's time may lie days away from the day that it names: real zones use
// that to say "the Friday before the last Sunday".
constexpr int64_t kRuleHoursMax = 167;
constexpr int64_t kOffsetHoursMax = 24;

constexpr int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

int64_t FloorSeconds(Instant instant) {
  return FloorDiv(MicrosSinceEpoch(instant), kMicrosPerSecond);
}

int YearOf(int64_t utc_seconds) {
  const auto day = static_cast<int32_t>(FloorDiv(utc_seconds, kSecondsPerDay));
  return static_cast<int>(std::chrono::year_month_day{
      std::chrono::sys_days{std::chrono::days{
          day}}}.year());
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool Skip(std::string_view* in, char c) {
  if (in->empty() || in->front() != c) return false;
  in->remove_prefix(1);
  return true;
}

// One to three digits.
bool ScanNumber(std::string_view* in, int64_t* value) {
  size_t size = 0;
  *value = 0;
  while (size < in->size() && IsDigit((*in)[size])) {
    if (size == 3) return false;
    *value = *value * 10 + ((*in)[size] - '0');
    ++size;
  }
  in->remove_prefix(size);
  return size > 0;
}

// `GMT` or `<+0330>`, three characters at least.
bool ScanName(std::string_view* in) {
  const bool quoted = Skip(in, '<');
  size_t size = 0;
  while (size < in->size() &&
         (IsLetter((*in)[size]) ||
          (quoted && (IsDigit((*in)[size]) || (*in)[size] == '+' ||
                      (*in)[size] == '-')))) {
    ++size;
  }
  in->remove_prefix(size);
  return size >= 3 && (!quoted || Skip(in, '>'));
}

// `[+-]h[:m[:s]]` in seconds.
bool ScanTime(std::string_view* in, int64_t hours_max, int64_t* seconds) {
  const bool negative = Skip(in, '-');
  if (!negative) Skip(in, '+');
  int64_t hours = 0;
  int64_t minutes = 0;
  int64_t rest = 0;
  if (!ScanNumber(in, &hours) || hours > hours_max) return false;
  if (Skip(in, ':')) {
    if (!ScanNumber(in, &minutes) || minutes > 59) return false;
    if (Skip(in, ':') && (!ScanNumber(in, &rest) || rest > 59)) return false;
  }
  *seconds = (hours * 60 + minutes) * 60 + rest;
  if (negative) *seconds = -*seconds;
  return true;
}

// A number in [low, high].
bool ScanBetween(std::string_view* in, int64_t low, int64_t high, int* value) {
  int64_t number = 0;
  if (!ScanNumber(in, &number) || number < low || number > high) return false;
  *value = static_cast<int>(number);
  return true;
}

// `[+-]h[:m[:s]]` as POSIX counts it, to the west; given to the east.
bool ScanOffset(std::string_view* in, int64_t* east) {
  if (!ScanTime(in, kOffsetHoursMax, east)) return false;
  *east = -*east;
  return true;
}

// `,Mm.w.d[/time]`. A template because TimeZone::Change is private.
template <class Change>
bool ScanChange(std::string_view* in, Change* change) {
  if (!Skip(in, ',') || !Skip(in, 'M') ||
      !ScanBetween(in, 1, 12, &change->month) || !Skip(in, '.') ||
      !ScanBetween(in, 1, 5, &change->week) || !Skip(in, '.') ||
      !ScanBetween(in, 0, 6, &change->weekday)) {
    return false;
  }
  change->seconds = 2 * kSecondsPerHour;
  return !Skip(in, '/') || ScanTime(in, kRuleHoursMax, &change->seconds);
}

}  // namespace

Result<TimeZone> TimeZone::Parse(std::string_view rule) {
  TimeZone zone;
  std::string_view in = rule;
  bool ok = ScanName(&in) && ScanOffset(&in, &zone.standard_offset_);
  zone.summer_offset_ = zone.standard_offset_;
  if (ok && !in.empty()) {
    zone.has_summer_ = true;
    zone.summer_offset_ += kSecondsPerHour;
    ok = ScanName(&in) &&
         (in.starts_with(',') || ScanOffset(&in, &zone.summer_offset_)) &&
         ScanChange(&in, &zone.summer_begins_) &&
         ScanChange(&in, &zone.summer_ends_) && in.empty();
  }
  if (!ok) {
    return Status(StatusCode::kBadInput,
                  fmt::format("\"{}\" is not a time zone; write a POSIX rule "
                              "such as GMT0BST,M3.5.0/1,M10.5.0",
                              rule));
  }
  return zone;
}

Instant TimeZone::At(const Change& change, int year,
                     int64_t offset_before) const {
  const std::chrono::year_month month{
      std::chrono::year{year},
      std::chrono::month{static_cast<unsigned>(change.month)}};
  const std::chrono::weekday weekday{static_cast<unsigned>(change.weekday)};
  const std::chrono::sys_days day =
      change.week == 5
          ? std::chrono::sys_days{month / weekday[std::chrono::last]}
          : std::chrono::sys_days{month /
                                  weekday[static_cast<unsigned>(change.week)]};
  return Instant{day} + std::chrono::seconds{change.seconds - offset_before};
}

// The latest change decides. It may belong to a neighbouring year: near New
// Year in UTC, or because a rule's time reaches over days.
Micros TimeZone::OffsetAt(Instant instant) const {
  bool summer = false;
  if (has_summer_) {
    const int year = YearOf(FloorSeconds(instant));
    Instant latest = Instant::min();
    for (int y = year - 1; y <= year + 1; ++y) {
      const Instant ends = At(summer_ends_, y, summer_offset_);
      if (ends <= instant && ends >= latest) {
        latest = ends;
        summer = false;
      }
      const Instant begins = At(summer_begins_, y, standard_offset_);
      if (begins <= instant && begins >= latest) {
        latest = begins;
        summer = true;
      }
    }
  }
  return std::chrono::seconds{summer ? summer_offset_ : standard_offset_};
}

LocalDay TimeZone::DayOf(Instant instant) const {
  return FloorDiv(MicrosSinceEpoch(instant) + OffsetAt(instant).count(),
                  kMicrosPerDay);
}

// Local time can reach the midnight no earlier than under the larger offset.
// If that is in force then, this is it. Otherwise the smaller one is, and the
// midnight comes under it, or when a change to the larger one jumps over it.
Instant TimeZone::Midnight(LocalDay day) const {
  const Instant local = FromMicros(day * kMicrosPerDay);
  const auto [smaller, larger] = std::minmax(standard_offset_, summer_offset_);
  const Instant earliest = local - std::chrono::seconds{larger};
  if (OffsetAt(earliest) == std::chrono::seconds{larger}) return earliest;
  Instant midnight = local - std::chrono::seconds{smaller};
  const bool to_summer = summer_offset_ > standard_offset_;
  const Change& change = to_summer ? summer_begins_ : summer_ends_;
  const int year = YearOf(FloorSeconds(earliest));
  for (int y = year - 1; y <= year + 1; ++y) {
    const Instant jump = At(change, y, smaller);
    if (jump > earliest) midnight = std::min(midnight, jump);
  }
  return midnight;
}

int WeekdayFromMonday(LocalDay day) {
  constexpr int64_t kThursday = 3;  // 1970-01-01
  const int64_t shifted = day + kThursday;
  return static_cast<int>(shifted - FloorDiv(shifted, 7) * 7);
}

}  // namespace tillstorm
