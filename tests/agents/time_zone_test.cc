// The other engine is glibc's own evaluation of the TZ variable.
#include "agents/time_zone.h"

#include <stdlib.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 86'400;

// Rules as the zone database ends them, one of each sort.
const std::vector<std::string> kRules = {
    "UTC0",
    "GMT0BST,M3.5.0/1,M10.5.0",                      // London
    "IST-1GMT0,M10.5.0,M3.5.0/1",                    // Dublin: summer is winter
    "CET-1CEST,M3.5.0,M10.5.0/3",                    // Berlin
    "EET-2EEST,M3.5.0/3,M10.5.0/4",                  // Helsinki
    "EET-2EEST,M3.5.0/0,M10.5.0/0",                  // Beirut: gap at midnight
    "EET-2EEST,M4.5.5/0,M10.5.4/24",                 // Cairo: at 24:00
    "IST-2IDT,M3.4.4/26,M10.5.0",                    // Jerusalem: at 26:00
    "EET-2EEST,M3.4.4/50,M10.4.4/50",                // Gaza: at 50:00
    "<+0330>-3:30",                                  // Tehran
    "<+0545>-5:45",                                  // Kathmandu
    "EST5EDT,M3.2.0,M11.1.0",                        // New York
    "NST3:30NDT,M3.2.0,M11.1.0",                     // St John's
    "CST5CDT,M3.2.0/0,M11.1.0/1",                    // Havana: gap at midnight
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",               // Nuuk: a negative time
    "<-01>1<+00>,M3.5.0/0,M10.5.0/1",                // Azores
    "<-04>4<-03>,M10.1.0/0,M3.4.0/0",                // Asuncion: southern
    "<-04>4<-03>,M9.1.6/24,M4.1.6/24",               // Santiago
    "AEST-10AEDT,M10.1.0,M4.1.0/3",                  // Sydney
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",          // Lord Howe: half an hour
    "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",  // Chatham
    "<+14>-14",                                      // Kiritimati
    "AAA3BBB,M3.2.0/0:30,M11.1.0/0:30",    // none: falls back over midnight
    "AAA-9BBB-11,M4.1.1/22:15,M9.3.3/23",  // none: two hours, over midnight
};

TimeZone Zone(const std::string& rule) {
  Result<TimeZone> zone = TimeZone::Parse(rule);
  REQUIRE(zone.ok());
  return *zone;
}

Instant At(int64_t utc_seconds) {
  return FromMicros(utc_seconds * kMicrosPerSecond);
}

// glibc's view of a rule while in scope.
class GlibcZone {
 public:
  explicit GlibcZone(const std::string& rule) {
    if (const char* before = getenv("TZ")) before_ = before;
    setenv("TZ", rule.c_str(), 1);
    tzset();
  }
  ~GlibcZone() {
    if (before_) {
      setenv("TZ", before_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }
  GlibcZone(const GlibcZone&) = delete;
  GlibcZone& operator=(const GlibcZone&) = delete;

  [[nodiscard]] int64_t OffsetAt(int64_t utc_seconds) const {
    const time_t seconds = utc_seconds;
    tm parts{};
    localtime_r(&seconds, &parts);
    return parts.tm_gmtoff;
  }
  // Days since 1970-01-01.
  [[nodiscard]] int64_t DayOf(int64_t utc_seconds) const {
    const int64_t local = utc_seconds + OffsetAt(utc_seconds);
    return (local - (local % kDay + kDay) % kDay) / kDay;
  }

 private:
  std::optional<std::string> before_;
};

int64_t OffsetSeconds(const TimeZone& zone, int64_t utc_seconds) {
  return zone.OffsetAt(At(utc_seconds)).count() / kMicrosPerSecond;
}

TEST_CASE(
    "OffsetAt agrees with glibc from 1970 to 2120, to the second of each "
    "change",
    "[time_zone]") {
  for (const std::string& rule : kRules) {
    const TimeZone zone = Zone(rule);
    const GlibcZone glibc(rule);
    int64_t bad = 0;
    int64_t changes = 0;
    constexpr int64_t kStep = 41 * kHour + 17;
    for (int64_t t = 0; t < 150 * 365 * kDay; t += kStep) {
      if (OffsetSeconds(zone, t) != glibc.OffsetAt(t)) ++bad;
      if (glibc.OffsetAt(t) == glibc.OffsetAt(t + kStep)) continue;
      int64_t before = t;
      int64_t after = t + kStep;
      while (after - before > 1) {
        const int64_t middle = (before + after) / 2;
        (glibc.OffsetAt(middle) == glibc.OffsetAt(t) ? before : after) = middle;
      }
      ++changes;
      const Instant last = At(after) - Micros{1};
      if (zone.OffsetAt(last).count() !=
          glibc.OffsetAt(before) * kMicrosPerSecond) {
        ++bad;
      }
      if (OffsetSeconds(zone, after) != glibc.OffsetAt(after)) ++bad;
    }
    CAPTURE(rule);
    CHECK(bad == 0);
    const bool has_summer = rule.find(',') != std::string::npos;
    CHECK(changes >= (has_summer ? 298 : 0));
    CHECK(changes <= (has_summer ? 300 : 0));
  }
}

// The first instant of the day, found by glibc alone: a quarter of an hour at a
// time, for all changes above fall on quarters.
int64_t GlibcMidnight(const GlibcZone& glibc, int64_t day) {
  int64_t t = day * kDay - 26 * kHour;
  while (glibc.DayOf(t) != day) t += kHour / 4;
  return t;
}

TEST_CASE("Midnight is the first instant of every day from 2023 to 2029",
          "[time_zone]") {
  constexpr LocalDay kFirst = 19'358;  // 2023-01-01
  for (const std::string& rule : kRules) {
    const TimeZone zone = Zone(rule);
    const GlibcZone glibc(rule);
    int64_t bad = 0;
    for (LocalDay day = kFirst; day < kFirst + 7 * 365; ++day) {
      if (zone.Midnight(day) != At(GlibcMidnight(glibc, day))) ++bad;
    }
    CAPTURE(rule);
    CHECK(bad == 0);
  }
}

TEST_CASE("A day begins where the day before ends, to the microsecond",
          "[time_zone]") {
  for (const std::string& rule : kRules) {
    const TimeZone zone = Zone(rule);
    int64_t bad = 0;
    for (LocalDay day = -800; day < 40'000; ++day) {
      const Instant midnight = zone.Midnight(day);
      if (zone.DayOf(midnight) != day) ++bad;
      if (zone.DayOf(midnight - Micros{1}) != day - 1) ++bad;
      if (zone.Midnight(day + 1) <= midnight) ++bad;
    }
    CAPTURE(rule);
    CHECK(bad == 0);
  }
}

TEST_CASE("Days around a change have 23, 24 or 25 hours", "[time_zone]") {
  const TimeZone london = Zone("GMT0BST,M3.5.0/1,M10.5.0");
  const auto hours = [](const TimeZone& zone, LocalDay day) {
    return (zone.Midnight(day + 1) - zone.Midnight(day)) /
           std::chrono::hours(1);
  };
  CHECK(hours(london, 20'540) == 24);  // 2026-03-28
  CHECK(hours(london, 20'541) == 23);  // 2026-03-29
  CHECK(hours(london, 20'751) == 25);  // 2026-10-25
  const TimeZone sydney = Zone("AEST-10AEDT,M10.1.0,M4.1.0/3");
  CHECK(hours(sydney, 20'548) == 25);  // 2026-04-05
  CHECK(hours(sydney, 20'730) == 23);  // 2026-10-04
}

TEST_CASE("A day whose midnight is skipped begins after the gap",
          "[time_zone]") {
  // Beirut, 2026-03-29: the clock goes from 00:00 to 01:00.
  const TimeZone beirut = Zone("EET-2EEST,M3.5.0/0,M10.5.0/0");
  CHECK(beirut.Midnight(20'541) == *ParseIsoDateTime("2026-03-28T22:00:00Z"));
  // 2026-10-25: it falls from 00:00 to 23:00, and the day begins an hour later.
  CHECK(beirut.Midnight(20'751) == *ParseIsoDateTime("2026-10-24T22:00:00Z"));
  CHECK(beirut.DayOf(*ParseIsoDateTime("2026-10-24T21:00:00Z")) == 20'750);
  // Havana, 2026-11-01: 00:00 to 01:00 comes twice; the first counts.
  const TimeZone havana = Zone("CST5CDT,M3.2.0/0,M11.1.0/1");
  CHECK(havana.Midnight(20'758) == *ParseIsoDateTime("2026-11-01T04:00:00Z"));
  CHECK(havana.DayOf(*ParseIsoDateTime("2026-11-01T05:30:00Z")) == 20'758);
}

TEST_CASE("A change near New Year counts across the year's border",
          "[time_zone]") {
  // 2023-01-01 is the first Sunday: local midnight is still 2022 in UTC.
  const TimeZone east = Zone("ABC-12DEF,M1.1.0/0,M7.1.0/0");
  const Instant change = *ParseIsoDateTime("2022-12-31T12:00:00Z");
  CHECK(east.OffsetAt(change - Micros{1}) == std::chrono::hours(12));
  CHECK(east.OffsetAt(change) == std::chrono::hours(13));
  // 2023-12-31 is the last Sunday: 23:00 there is already 2024 in UTC.
  const TimeZone west = Zone("ABC10DEF,M6.1.0/0,M12.5.0/23");
  const Instant back = *ParseIsoDateTime("2024-01-01T08:00:00Z");
  CHECK(west.OffsetAt(back - Micros{1}) == std::chrono::hours(-9));
  CHECK(west.OffsetAt(back) == std::chrono::hours(-10));
}

TEST_CASE("A rule that never leaves summer is summer all year", "[time_zone]") {
  // Ends and begins again at the same instant, each first Sunday of July.
  const TimeZone zone = Zone("ABC5DEF,M7.1.0/0,M7.1.0/1");
  int64_t bad = 0;
  for (int64_t day = 0; day < 20'000; ++day) {
    if (OffsetSeconds(zone, day * kDay) != -4 * kHour) ++bad;
  }
  CHECK(bad == 0);
}

TEST_CASE("TimeZone::Parse refuses what is not of its form and quotes it",
          "[time_zone]") {
  for (const std::string rule : {"",
                                 "Europe/London",
                                 "GMT",
                                 "GM0",
                                 "0",
                                 "GMT+",
                                 "GMT25",
                                 "GMT0:60",
                                 "GMT0:00:60",
                                 "GMT0000",
                                 "<+01-1",
                                 "<>0",
                                 "<+1>0",
                                 "GMT0BST",
                                 "GMT0BST,M3.5.0/1",
                                 "GMT0BST,M3.5.0/1,",
                                 "GMT0BST,M3.5.0,M10.5.0,",
                                 "GMT0BST,M3.5.0/1,M10.5.0 ",
                                 "GMT0BST,M0.5.0,M10.5.0",
                                 "GMT0BST,M13.5.0,M10.5.0",
                                 "GMT0BST,M3.0.0,M10.5.0",
                                 "GMT0BST,M3.6.0,M10.5.0",
                                 "GMT0BST,M3.5.7,M10.5.0",
                                 "GMT0BST,M3.5,M10.5.0",
                                 "GMT0BST,M3.5.0/168,M10.5.0",
                                 "GMT0BST,M3.5.0/,M10.5.0",
                                 "GMT0BST,J60,J300",
                                 "GMT0BST,59,299",
                                 "GMT0B,M3.5.0,M10.5.0",
                                 ":GMT0",
                                 "GMT0\nBST"}) {
    const Result<TimeZone> zone = TimeZone::Parse(rule);
    CAPTURE(rule);
    REQUIRE_FALSE(zone.ok());
    CHECK(zone.status().code() == StatusCode::kBadInput);
    CHECK_THAT(zone.status().message(), HoldsText('"' + rule + '"'));
  }
}

TEST_CASE("WeekdayFromMonday counts from Monday, also before 1970",
          "[time_zone]") {
  CHECK(WeekdayFromMonday(20'458) == 0);  // 2026-01-05
  CHECK(WeekdayFromMonday(20'464) == 6);  // 2026-01-11
  CHECK(WeekdayFromMonday(0) == 3);       // Thursday
  CHECK(WeekdayFromMonday(-1) == 2);
  CHECK(WeekdayFromMonday(-4) == 6);
  CHECK(WeekdayFromMonday(-7) == 3);
}

}  // namespace
}  // namespace tillstorm
