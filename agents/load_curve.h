// LoadCurve: how busy a site is over one local day, 0 when closed and about 1
// in the peak, as a piecewise linear curve with a knot every 15 minutes. Its
// integral is closed-form, so counters of the day (transactions) can be read at
// any instant without replaying it.
//
// Shape: opening hours and peak from the weekday's schedule, a common factor of
// the day, noise per knot. Wall time, so days of a clock change are right.
//
// Units: load in Q16 (65536 is 1), offsets in microseconds after local
// midnight. Threads: immutable after construction.
#ifndef TILLSTORM_AGENTS_LOAD_CURVE_H_
#define TILLSTORM_AGENTS_LOAD_CURVE_H_

#include <array>
#include <cstdint>

#include "agents/scenario.h"
#include "agents/time_zone.h"
#include "harness/core/stream.h"

namespace tillstorm {

class LoadCurve {
 public:
  LoadCurve() = default;
  // `stream` is the site's kSiteLoad stream.
  LoadCurve(const ScheduleDay& schedule, const TimeZone& zone, LocalDay day,
            const Stream& stream);

  // REQUIRES for both: 0 <= offset_us < 25 h 15 min.
  [[nodiscard]] int64_t LoadQ16(int64_t offset_us) const {
    const auto knot = static_cast<size_t>(offset_us >> kKnotBits);
    const int64_t into = offset_us & (kKnotUs - 1);
    const int64_t low = load_[knot];
    const int64_t high = load_[knot + 1];
    return low + ((high - low) * into >> kKnotBits);
  }
  // The integral of the load from midnight, in Q16 * microseconds.
  [[nodiscard]] int64_t IntegralQ16(int64_t offset_us) const;
  // That integral over an average day of this schedule, without noise.
  [[nodiscard]] int64_t PlainIntegralQ16() const { return plain_integral_; }

 private:
  static constexpr int kKnotBits = 30;
  static constexpr int64_t kKnotUs = int64_t{1} << kKnotBits;
  static constexpr size_t kKnots = 87;  // of 25 h 15 min, and one more

  std::array<int32_t, kKnots> load_{};
  std::array<int64_t, kKnots> integral_{};  // up to the knot
  int64_t plain_integral_ = 1;
};

// The load that the schedule alone gives at that minute of the day (wall time).
[[nodiscard]] int64_t PlainLoadQ16(const ScheduleDay& schedule, int64_t minute);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_LOAD_CURVE_H_
