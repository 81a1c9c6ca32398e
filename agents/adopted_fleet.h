// AdoptedFleet: the part of a fleet that HOMEPOT set up itself which a
// simulation needs: who and what takes part, under the ids that they have. It
// stands in the Scenario, and so in the manifest; without one the fleet is made
// from the seed.
//
// Everything else about these rows is HOMEPOT's and is neither kept nor
// changed. What a device is like inside (model, load, faults) comes from the
// seed as ever.
//
// Threads: a value.
#ifndef TILLSTORM_AGENTS_ADOPTED_FLEET_H_
#define TILLSTORM_AGENTS_ADOPTED_FLEET_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/status.h"

namespace tillstorm {

struct AdoptedSite {
  int32_t id = 0;
  std::string identifier;  // sites.site_id
  std::string name;
  uint32_t place = 0;  // index into Scenario::places
  friend bool operator==(const AdoptedSite&, const AdoptedSite&) = default;
};

struct AdoptedDevice {
  int32_t id = 0;
  uint32_t site = 0;       // index into AdoptedFleet::sites
  std::string identifier;  // devices.device_id
  std::string name;
  std::string os;  // as OsInfo::name has it; empty: comes from the seed
  friend bool operator==(const AdoptedDevice&, const AdoptedDevice&) = default;
};

struct AdoptedUser {
  int32_t id = 0;
  std::string email;
  friend bool operator==(const AdoptedUser&, const AdoptedUser&) = default;
};

struct AdoptedFleet {
  std::vector<AdoptedSite> sites;      // by id
  std::vector<AdoptedDevice> devices;  // by site, within it by id
  std::vector<AdoptedUser> users;      // administrators first, then by id

  // kBadInput with a sentence unless the vectors are ordered so, every site has
  // a device, there is a user, and every text can stand inside a JSON text, an
  // URL and the columns that take it.
  [[nodiscard]] Status Validate(size_t places) const;
  friend bool operator==(const AdoptedFleet&, const AdoptedFleet&) = default;
};

// Whether it can be the string id of a site or device (at most 50 characters,
// the narrowest column that refers to one), or an e-mail (at most 100):
// printable ASCII without quotation marks and backslashes, not empty.
[[nodiscard]] bool IsAdoptableIdentifier(std::string_view text);
[[nodiscard]] bool IsAdoptableEmail(std::string_view text);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_ADOPTED_FLEET_H_
