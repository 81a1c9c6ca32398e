#include "agents/load_curve.h"

#include <algorithm>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

struct Point {
  int64_t minute;
  int64_t percent;
};

}  // namespace

int64_t PlainLoadQ16(const ScheduleDay& schedule, int64_t minute) {
  // Staff come before opening and stay after closing: 1 % outside the hours.
  std::array<Point, 12> points = {{{0, 1},
                                   {schedule.open - 15, 1},
                                   {schedule.open, 15},
                                   {schedule.open + 45, 45},
                                   {schedule.peak_start - 45, 55},
                                   {schedule.peak_start + 30, 100},
                                   {schedule.peak_end - 30, 100},
                                   {schedule.peak_end + 45, 55},
                                   {schedule.close - 45, 40},
                                   {schedule.close, 8},
                                   {schedule.close + 15, 1},
                                   {24 * 60, 1}}};
  // Short days let shoulders overlap: time never runs backwards.
  for (size_t i = 1; i < points.size(); ++i) {
    points[i].minute =
        std::clamp<int64_t>(points[i].minute, points[i - 1].minute, 24 * 60);
  }
  minute = std::clamp<int64_t>(minute, 0, 24 * 60);
  size_t i = 1;
  while (i + 1 < points.size() && points[i].minute < minute) ++i;
  const Point& from = points[i - 1];
  const Point& to = points[i];
  const int64_t length = to.minute - from.minute;
  const int64_t percent_q16 =
      length == 0 ? to.percent * 65536
                  : from.percent * 65536 + (to.percent - from.percent) * 65536 *
                                               (minute - from.minute) / length;
  return percent_q16 / 100;
}

LoadCurve::LoadCurve(const ScheduleDay& schedule, const TimeZone& zone,
                     LocalDay day, const Stream& stream) {
  const Instant midnight = zone.Midnight(day);
  const Micros midnight_offset = zone.OffsetAt(midnight);
  const int64_t day_factor = LogNormalQ16(stream.At(day, kKnots).u32(0), 120);
  int64_t plain_sum = 0;
  for (size_t i = 0; i < kKnots; ++i) {
    const auto offset = static_cast<int64_t>(i) * kKnotUs;
    const Instant instant = midnight + Micros{offset};
    const int64_t wall_us =
        offset + (zone.OffsetAt(instant) - midnight_offset).count();
    const int64_t plain = PlainLoadQ16(schedule, wall_us / 60'000'000);
    if (offset < kMicrosPerDay) plain_sum += plain;
    const Draw draw = stream.At(day, i / 8);
    const int64_t noise = LogNormalQ16(draw.u32(i % 8), 90);
    const int64_t noisy = (plain * day_factor >> 16) * noise >> 16;
    load_[i] = static_cast<int32_t>(std::min<int64_t>(noisy, 2 * 65536));
  }
  plain_integral_ = std::max<int64_t>(plain_sum * kKnotUs, 1);
  for (size_t i = 1; i < kKnots; ++i) {
    integral_[i] =
        integral_[i - 1] +
        (static_cast<int64_t>(load_[i - 1]) + load_[i]) * kKnotUs / 2;
  }
}

int64_t LoadCurve::IntegralQ16(int64_t offset_us) const {
  const auto knot = static_cast<size_t>(offset_us >> kKnotBits);
  const int64_t into = offset_us & (kKnotUs - 1);
  const int64_t low = load_[knot];
  const int64_t slope = load_[knot + 1] - low;
  // low * into + slope * into^2 / (2 * kKnotUs), rounded down: it never falls.
  const __int128 curved = static_cast<__int128>(slope * into) * into;
  return integral_[knot] + low * into +
         static_cast<int64_t>(curved >> (kKnotBits + 1));
}

}  // namespace tillstorm
