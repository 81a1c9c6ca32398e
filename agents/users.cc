#include "agents/users.h"

#include <fmt/format.h>

#include <array>

#include "agents/known_users.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr std::array<std::string_view, 8> kBrowsers = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 "
    "Firefox/127.0",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 "
    "Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/126.0.0.0 Safari/537.36",
};

std::string EmailOf(const Plan& plan, uint32_t source, uint32_t user) {
  if (plan.fleet().adopted() == nullptr) {
    return ClerkName(source, user) + "@example.com";
  }
  return AdoptedUserOf(plan, uint64_t{source} * kUsersPerSource + user).email;
}

}  // namespace

std::string ClerkName(uint32_t source, uint32_t user) {
  return fmt::format("clerk{:05}",
                     uint64_t{source} * kUsersPerSource + user + 1);
}

Instant SignedUpAt(const Plan& plan, uint32_t source, uint32_t user) {
  if (!plan.has_bootstrap()) return Instant::min();
  constexpr int64_t kApart = 10 * kMicrosPerSecond;
  const Draw draw =
      plan.StreamFor({EntityKind::kTraffic, source}, Purpose::kTrafficSource)
          .At(0, user);
  return plan.ready() +
         Micros{user * kApart + UniformBetween(draw.u64(1), 1, kApart)};
}

User::User(const Plan& plan, uint32_t source, uint32_t user)
    : email(EmailOf(plan, source, user)) {
  const uint32_t site = source % plan.fleet().sites();
  // Beside the terminals in the site's private range (RFC 1918).
  ip = fmt::format("10.{}.{}.{}", site / 250 % 250, site % 250, 250 - user);
  const Draw draw =
      plan.StreamFor({EntityKind::kTraffic, source}, Purpose::kTrafficSource)
          .At(0, user);
  user_agent = kBrowsers[UniformBelow(draw.u64(0), kBrowsers.size())];
}

}  // namespace tillstorm
