#include "agents/known_users.h"

#include <fmt/format.h>

namespace tillstorm {

const AdoptedUser& AdoptedUserOf(const Plan& plan, uint64_t turn) {
  const auto& users = plan.fleet().adopted()->users;
  return users[turn % users.size()];
}

int32_t AdminId(const Plan& plan) {
  return plan.fleet().adopted() != nullptr ? AdoptedUserOf(plan, 0).id : 1;
}

std::string ClientEmail(const Plan& plan) {
  return plan.fleet().adopted() != nullptr
             ? AdoptedUserOf(plan, 0).email
             : std::string(kKnownUsers[kSimulationUser].email);
}

int32_t ManagerId(const Plan& plan, uint32_t site) {
  if (plan.fleet().adopted() != nullptr) return AdoptedUserOf(plan, site).id;
  if (plan.has_bootstrap()) return 1;
  return static_cast<int32_t>(kKnownUsers.size() + site) + 1;
}

std::string ManagerName(uint32_t site) {
  return fmt::format("manager{:03}", site + 1);
}

std::string ManagerEmail(const Plan& plan, uint32_t site) {
  if (plan.fleet().adopted() != nullptr) return AdoptedUserOf(plan, site).email;
  if (plan.has_bootstrap()) return ClientEmail(plan);
  return ManagerName(site) + "@example.com";
}

}  // namespace tillstorm
