// Users: the people who work on a site and sit behind its traffic, eight per
// source (fleet.h). One who logs in again is the same person at the same desk:
// e-mail, address and browser never change.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_USERS_H_
#define TILLSTORM_AGENTS_USERS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "agents/plan.h"

namespace tillstorm {

// Where clients and services on the API's own host call from, and as what.
inline constexpr std::string_view kLocalIp = "127.0.0.1";
inline constexpr std::string_view kClientAgent = "python-httpx/0.27.0";

// Who sends a request. Texts are borrowed.
struct Caller {
  std::string_view user_id;  // e-mail; empty: nobody is logged in
  std::string_view ip;
  std::string_view user_agent;
};

// A user of a source. REQUIRES: user < kUsersPerSource.
struct User {
  User(const Plan& plan, uint32_t source, uint32_t user);
  [[nodiscard]] Caller caller() const { return {email, ip, user_agent}; }

  std::string email;
  std::string ip;
  std::string_view user_agent;
};

// When that user signs up: one after another, right after the site of the
// bootstrap is there. Without a bootstrap they are there from the start.
[[nodiscard]] Instant SignedUpAt(const Plan& plan, uint32_t source,
                                 uint32_t user);

// `clerk00001`; the e-mail is this at example.com.
[[nodiscard]] std::string ClerkName(uint32_t source, uint32_t user);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_USERS_H_
