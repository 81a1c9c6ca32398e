#include "agents/site_cards.h"

#include "agents/identifiers.h"

namespace tillstorm {

SiteCards::SiteCards(const Plan& plan, uint32_t site)
    : plan_(plan),
      site_(site),
      first_device_(plan.fleet().FirstDevice(site)),
      site_identifier_(plan.fleet().SiteIdentifier(site)) {
  const uint32_t end = plan.fleet().FirstDevice(site + 1);
  cards_.reserve(end - first_device_);
  for (uint32_t device = first_device_; device < end; ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    cards_.push_back({plan.fleet().DeviceIdentifier(device),
                      Info(facts.os).push_channel, facts.model});
  }
}

const std::string& SiteCards::JobIdentifier(const Job& job) {
  const uint64_t number = plan_.ids().Number(
      TableId::kJobs, {EntityKind::kSite, site_}, job.day, job.slot);
  if (number != identified_) {
    identified_ = number;
    identifier_ = JobIdentifierOf(plan_.seed(), number);
  }
  return identifier_;
}

}  // namespace tillstorm
