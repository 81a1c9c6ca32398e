#include "agents/adopted_fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace tillstorm {
namespace {

constexpr size_t kIdentifierMax = 50;
constexpr size_t kEmailMax = 100;
constexpr size_t kNameMax = 400;  // 100 characters of any kind

Status Bad(std::string sentence) {
  return {StatusCode::kBadInput, "the adopted fleet: " + sentence};
}

bool IsPlain(std::string_view text, size_t size_max) {
  return !text.empty() && text.size() <= size_max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c >= ' ' && c <= '~' && c != '"' && c != '\\';
         });
}

Status CheckSites(const std::vector<AdoptedSite>& sites, size_t places) {
  int32_t last = 0;
  for (const AdoptedSite& site : sites) {
    if (site.id <= last) return Bad("its sites are not ordered by id");
    last = site.id;
    if (!IsAdoptableIdentifier(site.identifier) ||
        site.name.size() > kNameMax || site.place >= places) {
      return Bad(fmt::format("site {} is none of ours", site.id));
    }
  }
  return Status::Ok();
}

Status CheckDevices(const std::vector<AdoptedDevice>& devices, size_t sites) {
  std::unordered_set<int32_t> ids;
  uint32_t site = 0;
  int32_t last = 0;
  for (const AdoptedDevice& device : devices) {
    const bool is_next_site = last > 0 && device.site == site + 1;
    if (is_next_site) {
      ++site;
      last = 0;
    }
    if (device.site != site || device.id <= last ||
        !ids.insert(device.id).second) {
      return Bad("its devices are not ordered by site and id");
    }
    last = device.id;
    if (!IsAdoptableIdentifier(device.identifier) ||
        device.name.size() > kNameMax) {
      return Bad(fmt::format("device {} is none of ours", device.id));
    }
  }
  return last > 0 && site + size_t{1} == sites ? Status::Ok()
                                               : Bad("a site has no device");
}

Status CheckUsers(const std::vector<AdoptedUser>& users) {
  std::unordered_set<int32_t> ids;
  for (const AdoptedUser& user : users) {
    if (user.id <= 0 || !ids.insert(user.id).second ||
        !IsAdoptableEmail(user.email)) {
      return Bad(fmt::format("user {} is none of ours", user.id));
    }
  }
  return users.empty() ? Bad("it has no user") : Status::Ok();
}

}  // namespace

bool IsAdoptableIdentifier(std::string_view text) {
  return IsPlain(text, kIdentifierMax);
}

bool IsAdoptableEmail(std::string_view text) {
  return IsPlain(text, kEmailMax);
}

Status AdoptedFleet::Validate(size_t places) const {
  TS_RETURN_IF_ERROR(CheckSites(sites, places));
  TS_RETURN_IF_ERROR(CheckDevices(devices, sites.size()));
  return CheckUsers(users);
}

}  // namespace tillstorm
