#include "agents/site_day.h"

#include <algorithm>

namespace tillstorm {

SiteDay::SiteDay(const Plan& plan, uint32_t site, LocalDay day)
    : span_(SpanOf(plan.ZoneOf(site), day)), troubles_(plan, site, day) {
  const DaySpan before = SpanOf(plan.ZoneOf(site), day - 1);
  const uint32_t end = plan.fleet().FirstDevice(site + 1);
  for (uint32_t device = plan.fleet().FirstDevice(site); device < end;
       ++device) {
    const DeviceFaults faults = FaultsAround(
        plan, device, plan.fleet().Device(device).frailty_q16, span_, before);
    if (faults.begin() != faults.end()) faulty_.push_back({device, faults});
  }
  faulty_.shrink_to_fit();
}

const DeviceFaults& SiteDay::FaultsOf(uint32_t device) const {
  static const DeviceFaults kNone;
  const auto found = std::lower_bound(
      faulty_.begin(), faulty_.end(), device,
      [](const Faulty& a, uint32_t b) { return a.device < b; });
  return found != faulty_.end() && found->device == device ? found->faults
                                                           : kNone;
}

const SiteDay& SiteDays::Of(LocalDay day) {
  auto& entry = days_[static_cast<size_t>(day) % days_.size()];
  if (entry == nullptr || entry->span().day != day) {
    entry = std::make_unique<SiteDay>(plan_, site_, day);
  }
  return *entry;
}

}  // namespace tillstorm
