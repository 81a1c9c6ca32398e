#include "agents/user_session.h"

#include <algorithm>
#include <array>

#include "harness/core/fixed_math.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr uint32_t kUsualActivities = 36;
// Every so many activities a page view.
constexpr uint32_t kPerPage = 6;
// Indexes of draws of one session: its head, then activities, then the rest.
constexpr uint64_t kPerSession = uint64_t{1} << 20;
constexpr uint64_t kOthers = kPerSession / 2;

// How many sessions begin in each hour of a local day; three in five between
// nine and fifteen o'clock.
constexpr std::array<int64_t, 24> kHours = {1,  1,  1,  1,  1,  1,  2,  5,
                                            10, 22, 22, 22, 22, 22, 22, 14,
                                            10, 8,  6,  5,  4,  3,  2,  1};
constexpr int64_t kHoursSum = 208;
constexpr uint32_t kSlotsPerHour = 4;
// A slot is never surer to be taken than this, of 65536.
constexpr int64_t kChanceMax = 62'000;

constexpr std::array<std::string_view, 12> kSearches = {"temperature sensor",
                                                        "gateway",
                                                        "building A",
                                                        "offline",
                                                        "printer",
                                                        "firmware",
                                                        "pos-terminal",
                                                        "card reader",
                                                        "payment timeout",
                                                        "low disk",
                                                        "update failed",
                                                        "store 12"};

const AliasTable& SearchWeights() {
  static const AliasTable kTable =
      ZipfTable(static_cast<uint32_t>(kSearches.size()), 1000);
  return kTable;
}

Stream StreamOfSession(const Plan& plan, const UserSession& session) {
  return plan.StreamFor({EntityKind::kTraffic, session.source},
                        Purpose::kSession);
}

uint64_t IndexOf(const UserSession& session) {
  return (uint64_t{session.user} * 128 + session.slot) * kPerSession;
}

Instant ActivityInstant(const UserSession& session, uint32_t i, uint32_t bits) {
  const int64_t length = (session.end - session.begin).count();
  // A second after the log-in; within its own stretch.
  const int64_t first = length * i / session.activities;
  const int64_t last = length * (i + 1) / session.activities;
  return session.begin + Micros{first + (last - first) / 8} +
         Micros{UniformBetween32(bits, 0, (last - first) / 2)};
}

// Somebody whose terminal has trouble looks at it.
OpenPage ChoosePage(const Plan& plan, const UserSession& session, Instant at,
                    const Draw& draw, const SiteDay& day) {
  const uint32_t site = session.source % plan.fleet().sites();
  const uint32_t first = plan.fleet().FirstDevice(site);
  const uint32_t end = plan.fleet().FirstDevice(site + 1);
  if (UniformBetween32(draw.u32(4), 0, 99) < 60) {
    for (const SiteDay::Faulty& faulty : day.faulty()) {
      for (const Fault& fault : faulty.faults) {
        if (at >= fault.first_sign && at < fault.end) {
          return {Page::kDevice, faulty.device};
        }
      }
    }
  }
  const int64_t which = UniformBetween32(draw.u32(5), 0, 99);
  if (which < 30) return {Page::kDashboard, 0};
  if (which < 50) return {Page::kDevices, 0};
  if (which < 65) return {Page::kSites, 0};
  if (which < 70) return {Page::kSettings, 0};
  if (which < 85) return {Page::kSiteDashboard, 0};
  return {Page::kDevice, first + static_cast<uint32_t>(
                                     UniformBelow(draw.u64(3), end - first))};
}

}  // namespace

std::string_view Name(ActivityKind kind) {
  switch (kind) {
    case ActivityKind::kPageView:
      return "page_view";
    case ActivityKind::kClick:
      return "click";
    case ActivityKind::kSearch:
      return "search";
    case ActivityKind::kFilter:
      return "filter";
  }
  return "";
}

SessionRates::SessionRates(const Plan& plan, uint32_t share) : plan_(plan) {
  for (const ScheduleDay& day : plan.scenario().schedule) {
    week_transactions_ += day.transactions;
  }
  const int64_t per_user_milli = int64_t{plan.scenario().rates.activities} *
                                 1000 / (share * kUsersPerSource);
  // Longer rows of activities where a day has not enough slots.
  for (activities_ = kUsualActivities;; activities_ += kUsualActivities) {
    sessions_milli_ = per_user_milli / activities_;
    int64_t most = 0;
    for (LocalDay day = 0; day < 7; ++day) {
      most = std::max<int64_t>(most, Chance(day, 9 * kSlotsPerHour));
    }
    if (most < kChanceMax) break;
  }
}

uint32_t SessionRates::Chance(LocalDay day, uint32_t slot) const {
  const uint32_t hour = std::min<uint32_t>(slot / kSlotsPerHour, 23);
  int64_t chance = MulDiv(sessions_milli_ * 65536 / 1000, kHours[hour],
                          kHoursSum * kSlotsPerHour);
  // Half of it goes with the business of the weekday.
  if (week_transactions_ > 0) {
    chance = MulDiv(chance,
                    week_transactions_ + 7 * plan_.ScheduleOf(day).transactions,
                    2 * week_transactions_);
  }
  return static_cast<uint32_t>(std::min(chance, kChanceMax));
}

uint32_t SessionSlots(const DaySpan& day) {
  return static_cast<uint32_t>((day.end - day.begin) / kSessionSlot);
}

std::optional<UserSession> SessionOf(const Plan& plan,
                                     const SessionRates& rates, uint32_t source,
                                     const DaySpan& day, uint32_t user,
                                     uint32_t slot) {
  UserSession session;
  session.source = source;
  session.day = day.day;
  session.user = user;
  session.slot = slot;
  const Draw draw =
      StreamOfSession(plan, session).At(day.day, IndexOf(session));
  if ((draw.u32(0) >> 16) >= rates.Chance(day.day, slot)) return std::nullopt;
  session.begin =
      day.begin + kSessionSlot * slot +
      Micros{UniformBetween(draw.u64(1), 0, 300 * kMicrosPerSecond)};
  session.end =
      session.begin + Micros{UniformBetween(draw.u64(2), 300 * kMicrosPerSecond,
                                            599 * kMicrosPerSecond)};
  const int64_t mean = rates.activities();
  session.activities = static_cast<uint32_t>(
      UniformBetween(draw.u64(3), mean - mean / 6, mean + mean / 6));
  return session;
}

uint32_t SessionBits(const Plan& plan, const UserSession& session, uint32_t n) {
  // Eight to a draw.
  return StreamOfSession(plan, session)
      .At(session.day, IndexOf(session) + kOthers + n / 8)
      .u32(n % 8);
}

uint64_t SessionNumber(const Plan& plan, const UserSession& session) {
  const uint32_t site = session.source % plan.fleet().sites();
  const auto day = static_cast<uint64_t>(session.day - plan.FirstDayOf(site));
  return ((day * plan.fleet().sources() + session.source) * kUsersPerSource +
          session.user) *
             128 +
         session.slot;
}

Activity ActivityOf(const Plan& plan, const UserSession& session, uint32_t i,
                    const SiteDay& day) {
  const Stream stream = StreamOfSession(plan, session);
  const uint64_t index = IndexOf(session) + 1;
  const Draw draw = stream.At(session.day, index + i);
  Activity activity;
  activity.at = ActivityInstant(session, i, draw.u32(0));
  activity.bits = draw.u32(1);
  const uint32_t view = i - i % kPerPage;
  if (i == view) {
    activity.kind = ActivityKind::kPageView;
    activity.page = ChoosePage(plan, session, activity.at, draw, day);
    const uint32_t next = view + kPerPage;
    const Instant left =
        next < session.activities
            ? ActivityInstant(session, next,
                              stream.At(session.day, index + next).u32(0))
            : session.end;
    activity.duration_ms =
        static_cast<int32_t>((left - activity.at).count() / 1000);
    return activity;
  }
  const Draw opened = stream.At(session.day, index + view);
  activity.page =
      ChoosePage(plan, session, ActivityInstant(session, view, opened.u32(0)),
                 opened, day);
  activity.duration_ms =
      static_cast<int32_t>(UniformBetween32(draw.u32(2), 500, 5000));
  const int64_t which = UniformBetween32(draw.u32(3), 0, 99);
  if (which < 60) {
    activity.kind = ActivityKind::kClick;
    activity.element =
        static_cast<uint32_t>(UniformBetween32(draw.u32(4), 1, 50));
  } else if (which < 75) {
    activity.kind = ActivityKind::kSearch;
    activity.search = kSearches[SearchWeights().Sample(draw.u64(3))];
  } else {
    activity.kind = ActivityKind::kFilter;
  }
  return activity;
}

OpenPage PageAt(const Plan& plan, const UserSession& session, Instant instant,
                const SiteDay& day) {
  const Stream stream = StreamOfSession(plan, session);
  const uint64_t index = IndexOf(session) + 1;
  const int64_t length = (session.end - session.begin).count();
  const auto near = static_cast<uint32_t>((instant - session.begin).count() *
                                          session.activities / length);
  uint32_t view = std::min(near, session.activities - 1);
  view -= view % kPerPage;
  const Draw draw = stream.At(session.day, index + view);
  const Instant opened = ActivityInstant(session, view, draw.u32(0));
  if (opened <= instant || view == 0) {
    return ChoosePage(plan, session, opened, draw, day);
  }
  view -= kPerPage;
  const Draw before = stream.At(session.day, index + view);
  return ChoosePage(plan, session,
                    ActivityInstant(session, view, before.u32(0)), before, day);
}

}  // namespace tillstorm
