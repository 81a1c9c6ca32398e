// The users with a row of their own that others refer to: those that upstream's
// seed and traffic generator know, and a manager per site. With a bootstrap
// there is one only, the simulation user, who signs up first and then stands
// for all of these. Of an adopted fleet its own users take their parts in turn,
// administrators first. Who signs up later is known by e-mail alone (users.h).
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_KNOWN_USERS_H_
#define TILLSTORM_AGENTS_KNOWN_USERS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "agents/plan.h"

namespace tillstorm {

struct KnownUser {
  std::string_view username;
  std::string_view email;
  std::string_view full_name;
  std::string_view role;
  bool admin = false;
};

inline constexpr std::array<KnownUser, 3> kKnownUsers = {{
    {"homepot_admin", "admin@homepot.com", "HOMEPOT Administrator", "Admin",
     true},
    {"homepot_client", "user@homepot.com", "HOMEPOT Client", "Client", false},
    {"sim_user", "simulation@homepot.com", "Simulation User", "Client", false},
}};
inline constexpr size_t kSimulationUser = 2;

// Ids in `users`.
[[nodiscard]] int32_t AdminId(const Plan& plan);
[[nodiscard]] int32_t ManagerId(const Plan& plan, uint32_t site);
[[nodiscard]] std::string ManagerName(uint32_t site);
[[nodiscard]] std::string ManagerEmail(const Plan& plan, uint32_t site);
// Of who is logged in where the monitoring client runs.
[[nodiscard]] std::string ClientEmail(const Plan& plan);
// The user of an adopted fleet whose turn it is. REQUIRES: it is adopted.
[[nodiscard]] const AdoptedUser& AdoptedUserOf(const Plan& plan, uint64_t turn);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_KNOWN_USERS_H_
