// Instant: a moment of virtual or real time, in microseconds since 1970-01-01
// 00:00 UTC. All rows are UTC; local time exists only in agents/time_zone.h.
//
// Text forms:
//   SQL  `2026-01-05 08:00:00.000000`  what HOMEPOT stores on SQLite: always
//   six
//        digits, no offset, so that string order is time order
//   ISO  `2026-01-05T08:00:00Z`        what flags take and messages show
//
// Threads: pure functions. Calendar arithmetic is proleptic Gregorian.
#ifndef TILLSTORM_HARNESS_CORE_INSTANT_H_
#define TILLSTORM_HARNESS_CORE_INSTANT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/core/status.h"

namespace tillstorm {

using Micros = std::chrono::microseconds;
using Instant = std::chrono::time_point<std::chrono::system_clock, Micros>;

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// Later than every instant of a dataset.
inline constexpr Instant kNever = Instant::max();

// The supported range, years 1970 to 9999: SQL text of it has a fixed width.
inline constexpr Instant kInstantMin{Micros{0}};
inline constexpr Instant kInstantMax{Micros{253'402'300'799'999'999}};

[[nodiscard]] constexpr int64_t MicrosSinceEpoch(Instant instant) {
  return instant.time_since_epoch().count();
}
[[nodiscard]] constexpr Instant FromMicros(int64_t micros) {
  return Instant{Micros{micros}};
}

// Wall time of day as a TIME column stores it.
struct TimeOfDay {
  int64_t micros = 0;  // [0, 86'400'000'000)
  friend bool operator==(TimeOfDay, TimeOfDay) = default;
};

inline constexpr size_t kSqlDateTimeSize = 26;
inline constexpr size_t kSqlTimeSize = 15;

// Write exactly kSqlDateTimeSize or kSqlTimeSize bytes, no terminator.
// REQUIRES: kInstantMin <= instant <= kInstantMax.
void FormatSqlDateTime(Instant instant, char* out);
void FormatSqlTime(TimeOfDay time, char* out);

// The inverse. False unless `text` has exactly the form and is a real date.
[[nodiscard]] bool ParseSqlDateTime(std::string_view text, Instant* instant);
[[nodiscard]] bool ParseSqlTime(std::string_view text, TimeOfDay* time);

[[nodiscard]] std::string SqlDateTime(Instant instant);

// ISO text, with as many fraction digits as needed (none, or six).
[[nodiscard]] std::string IsoDateTime(Instant instant);

// Reads `2026-01-05`, `2026-01-05T08:00`, `...:00`, `...:00.5`, each with `Z`,
// an offset `+01:00`, or nothing (UTC). A blank may stand for the T. An error
// message names the text, not the flag: the caller adds that.
[[nodiscard]] Result<Instant> ParseIsoDateTime(std::string_view text);

// Reads `5s`, `500ms`, `10m`, `2h`, `1.5d`, `90` (seconds).
[[nodiscard]] Result<Micros> ParseDuration(std::string_view text);
// The shortest of those forms that is exact.
[[nodiscard]] std::string FormatDuration(Micros duration);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_INSTANT_H_
