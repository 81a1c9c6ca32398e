#include "agents/known_users.h"

#include <fmt/format.h>

namespace tillstorm {

int32_t ManagerId(const Plan& plan, uint32_t site) {
  if (plan.has_bootstrap()) return 1;
  return static_cast<int32_t>(kKnownUsers.size() + site) + 1;
}

std::string ManagerName(uint32_t site) {
  return fmt::format("manager{:03}", site + 1);
}

std::string ManagerEmail(const Plan& plan, uint32_t site) {
  if (plan.has_bootstrap()) {
    return std::string(kKnownUsers[kSimulationUser].email);
  }
  return ManagerName(site) + "@example.com";
}

}  // namespace tillstorm
