// UserSession: one visit of a user to the dashboard. A user's local day is cut
// into slots of 15 minutes; a slot holds one visit of 5 to 10 minutes or none,
// so that nobody is in two places at once. Most visits fall between 9 and 15
// o'clock.
//
// A visit is a row of activities, evenly spread but for chance; every sixth is
// a page view, and its page stays open until the next.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_USER_SESSION_H_
#define TILLSTORM_AGENTS_USER_SESSION_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "agents/plan.h"
#include "agents/site_day.h"

namespace tillstorm {

struct UserSession {
  uint32_t source = 0;
  LocalDay day = 0;
  uint32_t user = 0;  // of the source
  uint32_t slot = 0;  // of the day
  Instant begin;
  Instant end;
  uint32_t activities = 0;
};

enum class ActivityKind : uint8_t { kPageView, kClick, kSearch, kFilter };
[[nodiscard]] std::string_view Name(ActivityKind kind);

enum class Page : uint8_t {
  kDashboard,
  kDevices,
  kSites,
  kSettings,
  kSiteDashboard,
  kDevice,
};

struct OpenPage {
  Page page{};
  uint32_t device = 0;  // of kDevice
};

struct Activity {
  ActivityKind kind{};
  Instant at;
  OpenPage page;
  int32_t duration_ms = 0;  // how long a page stays, or what the others took
  uint32_t element = 0;     // button, 1 to 50, of a click
  std::string_view search;
  uint32_t bits = 0;  // random
};

// How the rate of activities becomes sessions. `share` sources share a site.
class SessionRates {
 public:
  SessionRates(const Plan& plan, uint32_t share);

  // Of 65536: that a user's slot of that day holds a session.
  [[nodiscard]] uint32_t Chance(LocalDay day, uint32_t slot) const;
  // Mean number of activities of a session.
  [[nodiscard]] uint32_t activities() const { return activities_; }

 private:
  const Plan& plan_;
  uint32_t activities_ = 0;
  int64_t sessions_milli_ = 0;     // per user and day
  int64_t week_transactions_ = 0;  // of the schedule
};

inline constexpr Micros kSessionSlot{900 * kMicrosPerSecond};
// Distance of two polls of an open page, the first half of it after the begin.
inline constexpr Micros kPollInterval{10 * kMicrosPerSecond};

[[nodiscard]] uint32_t SessionSlots(const DaySpan& day);
// The session in that slot, if there is one.
[[nodiscard]] std::optional<UserSession> SessionOf(
    const Plan& plan, const SessionRates& rates, uint32_t source,
    const DaySpan& day, uint32_t user, uint32_t slot);
// Its i-th activity. REQUIRES: i < session.activities; `day` is the site's
// around the session.
[[nodiscard]] Activity ActivityOf(const Plan& plan, const UserSession& session,
                                  uint32_t i, const SiteDay& day);
// The page that is open at that instant of the session.
[[nodiscard]] OpenPage PageAt(const Plan& plan, const UserSession& session,
                              Instant instant, const SiteDay& day);
// Random bits for the n-th request of a session that is no activity.
[[nodiscard]] uint32_t SessionBits(const Plan& plan, const UserSession& session,
                                   uint32_t n);
// A number of the session's own, below 2^40.
[[nodiscard]] uint64_t SessionNumber(const Plan& plan,
                                     const UserSession& session);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_USER_SESSION_H_
