// SiteCards: what rows about jobs say of a site and its devices again and
// again: names, providers, models, and the name of the job at hand.
//
// Threads: one owner.
// Memory: about 70 bytes per device of the site.
#ifndef TILLSTORM_AGENTS_SITE_CARDS_H_
#define TILLSTORM_AGENTS_SITE_CARDS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agents/job.h"
#include "agents/plan.h"

namespace tillstorm {

struct DeviceCard {
  std::string identifier;
  std::string_view provider;  // of its push messages
  uint8_t model = 0;
};

class SiteCards {
 public:
  SiteCards(const Plan& plan, uint32_t site);

  [[nodiscard]] uint32_t first_device() const { return first_device_; }
  [[nodiscard]] uint32_t devices() const {
    return static_cast<uint32_t>(cards_.size());
  }
  [[nodiscard]] const std::string& site_identifier() const {
    return site_identifier_;
  }
  // REQUIRES: a device of the site.
  [[nodiscard]] const DeviceCard& Of(uint32_t device) const {
    return cards_[device - first_device_];
  }
  // jobs.job_id; good until the next call with another job.
  [[nodiscard]] const std::string& JobIdentifier(const Job& job);

 private:
  const Plan& plan_;
  const uint32_t site_;
  const uint32_t first_device_;
  std::string site_identifier_;
  std::vector<DeviceCard> cards_;
  // The identifier of the job at hand.
  uint64_t identified_ = ~uint64_t{0};
  std::string identifier_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_SITE_CARDS_H_
