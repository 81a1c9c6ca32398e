// TimeZone: a POSIX TZ rule such as `GMT0BST,M3.5.0/1,M10.5.0`, evaluated here
// and never by the system's zone data, which differs between machines.
//
// Form: std offset [dst [offset] , start[/time] , end[/time]] with start and
// end as Mm.w.d (the only form that real zones use today). POSIX signs: a
// positive offset lies west of Greenwich. Time is [+-]h[:m[:s]], default 2.
// Source: POSIX.1-2017, Base Definitions 8.3, TZ.
//
// Threads: immutable after Parse().
#ifndef TILLSTORM_AGENTS_TIME_ZONE_H_
#define TILLSTORM_AGENTS_TIME_ZONE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/core/instant.h"
#include "harness/core/status.h"

namespace tillstorm {

// Days since 1970-01-01, of a calendar that knows no zone.
using LocalDay = int64_t;

class TimeZone {
 public:
  // kBadInput with a sentence unless `rule` has that form.
  static Result<TimeZone> Parse(std::string_view rule);

  // What to add to UTC to get local time, at that instant.
  [[nodiscard]] Micros OffsetAt(Instant instant) const;
  // The local calendar day at that instant.
  [[nodiscard]] LocalDay DayOf(Instant instant) const;
  // When that day begins: the first instant whose local day it is. Monotone and
  // exact also on days that begin inside a gap or a repeated hour.
  [[nodiscard]] Instant Midnight(LocalDay day) const;

 private:
  struct Change {  // Mm.w.d/time
    int month = 0;
    int week = 0;
    int weekday = 0;      // 0 is Sunday
    int64_t seconds = 0;  // after local midnight, in the time before the change
  };
  // The instant of that change in that year.
  [[nodiscard]] Instant At(const Change& change, int year,
                           int64_t offset_before) const;

  int64_t standard_offset_ = 0;  // seconds east of Greenwich
  int64_t summer_offset_ = 0;
  bool has_summer_ = false;
  Change summer_begins_;
  Change summer_ends_;
};

// 0 is Monday, as site_operating_schedules.day_of_week counts.
[[nodiscard]] int WeekdayFromMonday(LocalDay day);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TIME_ZONE_H_
