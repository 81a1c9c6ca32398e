#include "agents/traffic_rows.h"

#include <fmt/format.h>

#include <iterator>

#include "agents/device_record.h"
#include "agents/known_users.h"
#include "harness/core/check.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

using What = TrafficDue::What;

constexpr std::string_view kDeviceAgent = "homepot-agent/1.0";
constexpr Caller kNobody{{}, kLocalIp, kClientAgent};

}  // namespace

TrafficRows::TrafficRows(SourceFacts& facts)
    : facts_(facts),
      plan_(facts.plan),
      requests_(facts.plan, facts.site),
      manager_email_(ManagerEmail(facts.plan, facts.site)),
      client_email_(ClientEmail(facts.plan)) {
  users_.reserve(kUsersPerSource);
  for (uint32_t user = 0; user < kUsersPerSource; ++user) {
    users_.emplace_back(plan_, facts.source, user);
  }
}

Caller TrafficRows::client() const {
  return {client_email_, kLocalIp, kClientAgent};
}

void TrafficRows::Take(const TrafficDue& due, EventSink& sink) {
  switch (due.what) {
    case What::kLogin:
      return TakeLogin(due, sink);
    case What::kSignUp:
      return TakeSignUp(due, sink);
    case What::kSessionBegin:
    case What::kActivity:
    case What::kPoll:
    case What::kSessionEnd:
      return TakeSession(due, sink);
    case What::kProbe:
      return TakeProbe(due, sink);
    case What::kError:
    case What::kErrorResolved:
      return TakeError(due, sink);
    case What::kJobPosted:
      return TakeJobPosted(due, sink);
    case What::kAcknowledged:
      return TakeAcknowledged(due, sink);
  }
}

void TrafficRows::TakeLogin(const TrafficDue& due, EventSink& sink) {
  const Draw draw = StreamFor(Purpose::kLogin).At(due.day, due.slot);
  Request request{Route::kLogin, due.at, draw.u32(4 + due.step)};
  if (due.step == 0) {
    // The administrator's password is not the one that the client knows.
    request.status = 401;
    request.error =
        plan_.has_bootstrap() ? "Invalid email" : "Invalid credentials";
  }
  Insert(request, due.step == 0 ? kNobody : client(), sink);
}

void TrafficRows::TakeSignUp(const TrafficDue& due, EventSink& sink) {
  const Draw draw = StreamFor(Purpose::kTrafficSource).At(0, due.slot);
  Insert({Route::kSignUp, due.at, draw.u32(4)}, users_[due.slot].caller(),
         sink);
}

UserSession TrafficRows::SessionAt(const TrafficDue& due) {
  const auto session = SessionOf(plan_, facts_.session_rates, facts_.source,
                                 facts_.days.Of(due.day).span(),
                                 due.slot / TrafficDue::kSlotsPerUser,
                                 due.slot % TrafficDue::kSlotsPerUser);
  TS_CHECK(session.has_value());
  return *session;
}

void TrafficRows::TakeSession(const TrafficDue& due, EventSink& sink) {
  const UserSession session = SessionAt(due);
  const Caller caller = users_[session.user].caller();
  switch (due.what) {
    case What::kSessionBegin:
      Insert({Route::kLogin, due.at, SessionBits(plan_, session, 0)}, caller,
             sink);
      Insert({Route::kMe, due.at, SessionBits(plan_, session, 1)}, caller,
             sink);
      return;
    case What::kSessionEnd:
      Insert({Route::kLogout, due.at, SessionBits(plan_, session, 2)}, caller,
             sink);
      return;
    case What::kPoll:
      return TakePoll(session, due.step, due.at, sink);
    default:
      return TakeActivity(session, due.step, sink);
  }
}

std::string_view TrafficRows::UrlOf(const OpenPage& page) {
  switch (page.page) {
    case Page::kDashboard:
      return "/dashboard";
    case Page::kDevices:
      return "/devices";
    case Page::kSites:
      return "/sites";
    case Page::kSettings:
      return "/settings";
    case Page::kSiteDashboard:
      url_ = "/dashboard/sites/";
      url_ += requests_.site_identifier();
      return url_;
    case Page::kDevice:
      url_ = "/devices/";
      url_ += requests_.DeviceName(page.device);
      return url_;
  }
  return "";
}

void TrafficRows::TakeActivity(const UserSession& session, uint32_t i,
                               EventSink& sink) {
  const User& user = users_[session.user];
  const Activity activity =
      ActivityOf(plan_, session, i, facts_.days.Of(session.day));
  session_id_.clear();
  fmt::format_to(std::back_inserter(session_id_), "sess-{:010}",
                 SessionNumber(plan_, session) + 1);
  extra_data_.clear();
  fmt::format_to(std::back_inserter(extra_data_),
                 R"({{"ip_address": "{}", "user_agent": "{}"}})", user.ip,
                 user.user_agent);
  UserActivityRow row;
  row.timestamp = activity.at;
  row.user_id = user.email;
  row.session_id = session_id_;
  row.activity_type = Name(activity.kind);
  row.page_url = UrlOf(activity.page);
  if (activity.kind == ActivityKind::kClick) {
    element_.clear();
    fmt::format_to(std::back_inserter(element_), "btn-{}", activity.element);
    row.element_id = element_;
  }
  if (activity.kind == ActivityKind::kSearch) {
    row.search_query = activity.search;
  }
  row.extra_data = Json{extra_data_};
  row.duration_ms = activity.duration_ms;
  sink.Insert(row);
  Insert({Route::kPostActivity, activity.at, activity.bits}, user.caller(),
         sink);
  if (facts_.rates.page_requests)
    TakePageRequests(activity, user.caller(), sink);
}

void TrafficRows::TakePageRequests(const Activity& activity,
                                   const Caller& caller, EventSink& sink) {
  const auto get = [&](Route route, uint32_t salt) {
    Insert({route, activity.at, activity.bits * 2'654'435'761U + salt,
            activity.page.device},
           caller, sink);
  };
  if (activity.kind == ActivityKind::kClick) return;
  if (activity.kind != ActivityKind::kPageView) {
    get(activity.page.page == Page::kSites ? Route::kSites : Route::kDevices,
        0);
    return;
  }
  switch (activity.page.page) {
    case Page::kDashboard:
      get(Route::kSummary, 0);
      get(Route::kDashboardMetrics, 1U << 30);
      return;
    case Page::kDevices:
      get(Route::kDevices, 0);
      get(Route::kSites, 1U << 30);
      return;
    case Page::kSites:
      get(Route::kSites, 0);
      get(Route::kSite, 1U << 30);
      return;
    case Page::kSettings:
      get(Route::kMe, 0);
      get(Route::kSites, 1U << 30);
      return;
    case Page::kSiteDashboard:
      get(Route::kSiteDashboard, 0);
      get(Route::kSiteStats, 1U << 30);
      return;
    case Page::kDevice:
      get(Route::kDevice, 0);
      get(Route::kDeviceErrors, 1U << 30);
      return;
  }
}

void TrafficRows::TakePoll(const UserSession& session, uint32_t poll,
                           Instant at, EventSink& sink) {
  const OpenPage page = PageAt(plan_, session, at, facts_.days.Of(session.day));
  Request request{Route::kPulse, at, SessionBits(plan_, session, 8 + poll),
                  page.device};
  switch (page.page) {
    case Page::kDashboard:
    case Page::kSiteDashboard:
      if (poll % 3 == 2) request.route = Route::kAnomalies;
      break;
    case Page::kDevices:
      request.route = Route::kDevices;
      break;
    case Page::kSites:
      request.route = Route::kSites;
      break;
    case Page::kDevice:
      request.route =
          poll % 2 == 0 ? Route::kDeviceMetrics : Route::kDeviceAlerts;
      break;
    case Page::kSettings:
      break;
  }
  Insert(request, users_[session.user].caller(), sink);
}

void TrafficRows::TakeProbe(const TrafficDue& due, EventSink& sink) {
  const Draw draw = StreamFor(Purpose::kProbe).At(due.day, due.slot);
  Insert({Route::kHealth, due.at, draw.u32(2)}, client(), sink);
  const auto permille = [&draw](unsigned word) {
    return UniformBetween32(draw.u32(word), 0, 999);
  };
  if (permille(3) < facts_.rates.site_query_permille) {
    Insert({Route::kSites, due.at, draw.u32(4)}, client(), sink);
  }
  if (permille(5) < facts_.rates.device_query_permille) {
    const uint32_t first = plan_.fleet().FirstDevice(facts_.site);
    const uint32_t devices = plan_.fleet().FirstDevice(facts_.site + 1) - first;
    Insert({Route::kDevice, due.at, draw.u32(6),
            first + static_cast<uint32_t>(
                        UniformBetween32(draw.u32(7), 0, devices - 1))},
           client(), sink);
  }
}

TrafficError TrafficRows::ErrorOf(const TrafficDue& due) {
  const SiteDay& day = facts_.days.Of(due.day);
  if (due.step == 0) {
    const auto error = EvenErrorOf(plan_, facts_.error_slots, facts_.source,
                                   day.span(), due.slot);
    TS_CHECK(error.has_value());
    return *error;
  }
  const uint32_t burst = due.step - 1;
  return BurstErrorOf(plan_, facts_.error_slots, facts_.source, day, burst,
                      due.slot - facts_.error_slots.even() -
                          burst * facts_.error_slots.burst_max());
}

void TrafficRows::TakeError(const TrafficDue& due, EventSink& sink) {
  const TrafficError error = ErrorOf(due);
  const TrafficErrorInfo& info = Info(error.kind);
  const Caller caller = users_[error.user].caller();
  Request failing{error.route, error.at, error.bits};
  failing.status = info.status;
  failing.error = info.reason;
  // The row's texts are the object's own: this one must outlive two of them.
  const std::string endpoint(requests_.Row(failing, caller).endpoint);
  const auto row = [&](Instant as_of, std::string* context) {
    return RowOf(plan_, error, endpoint, caller.user_id,
                 requests_.site_identifier(), as_of, context);
  };
  std::string context;
  if (due.what == What::kErrorResolved) {
    std::string context_after;
    sink.Update(row(due.at, &context), row(due.at + Micros{1}, &context_after));
    return;
  }
  if (info.status != 0 && facts_.rates.page_requests)
    Insert(failing, caller, sink);
  Insert({Route::kPostError, error.at, error.bits ^ 0x5bd1e995U}, caller, sink);
  sink.Insert(row(facts_.changes() ? due.at : facts_.span.end, &context));
}

void TrafficRows::TakeJobPosted(const TrafficDue& due, EventSink& sink) {
  const Draw draw = StreamFor(Purpose::kRequest).At(due.day, due.slot);
  const Caller manager{manager_email_, kLocalIp, kClientAgent};
  if (!facts_.rates.page_requests) {
    Insert({Route::kSites, due.at, draw.u32(0)}, manager, sink);
  }
  Insert({Route::kPostJob, due.at, draw.u32(1)}, manager, sink);
}

void TrafficRows::TakeAcknowledged(const TrafficDue& due, EventSink& sink) {
  const Draw draw = StreamFor(Purpose::kRequest)
                        .At(due.day, uint64_t{due.slot} << 32 | due.step);
  const std::string ip = DeviceIp(plan_, due.step);
  Insert({Route::kPostAck, due.at, draw.u32(2)}, {{}, ip, kDeviceAgent}, sink);
}

}  // namespace tillstorm
