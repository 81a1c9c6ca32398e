// SiteDay: what the plan says about one site and all its devices around one
// local day, kept so that jobs, alerts and traffic need not work it out again.
//
// Threads: SiteDay is immutable; SiteDays has one owner.
// Memory: per day kept half a kilobyte, and 140 bytes for each device that has
// a fault around it.
#ifndef TILLSTORM_AGENTS_SITE_DAY_H_
#define TILLSTORM_AGENTS_SITE_DAY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "agents/plan.h"
#include "agents/troubles.h"

namespace tillstorm {

class SiteDay {
 public:
  SiteDay(const Plan& plan, uint32_t site, LocalDay day);
  SiteDay(const SiteDay&) = delete;
  SiteDay& operator=(const SiteDay&) = delete;

  [[nodiscard]] const DaySpan& span() const { return span_; }
  [[nodiscard]] const SiteTroubles& troubles() const { return troubles_; }
  // Faults of one device of the site, onset in this day or the day before.
  [[nodiscard]] const DeviceFaults& FaultsOf(uint32_t device) const;
  // The devices that have any, in order.
  struct Faulty {
    uint32_t device = 0;
    DeviceFaults faults;
  };
  [[nodiscard]] const std::vector<Faulty>& faulty() const { return faulty_; }
  [[nodiscard]] DeviceTroubles TroublesOf(uint32_t device) const {
    return {troubles_, FaultsOf(device)};
  }

 private:
  DaySpan span_;
  SiteTroubles troubles_;
  std::vector<Faulty> faulty_;
};

// The last few days of one site that were asked for.
class SiteDays {
 public:
  // Keeps so many.
  SiteDays(const Plan& plan, uint32_t site, size_t kept = 4)
      : plan_(plan), site_(site), days_(kept) {}

  // Valid until as many others were asked for as are kept, less one.
  [[nodiscard]] const SiteDay& Of(LocalDay day);
  [[nodiscard]] const SiteDay& At(Instant instant) {
    return Of(plan_.ZoneOf(site_).DayOf(instant));
  }

 private:
  const Plan& plan_;
  const uint32_t site_;
  std::vector<std::unique_ptr<SiteDay>> days_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_SITE_DAY_H_
