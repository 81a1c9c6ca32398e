#include "agents/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

struct RouteInfo {
  std::string_view method;
  // Up to the id of site or device, if the path names one, and from it on.
  std::string_view before;
  std::string_view after;
  char id = 0;  // 's', 'd' or none
  int32_t status = 200;
  int64_t median_us = 0;
  int32_t request_bytes = 0;
  int32_t response_bytes = 0;
};

// Medians follow the latencies that upstream's documents give as examples.
constexpr std::array<RouteInfo, 25> kRoutes = {{
    {"POST", "/api/v1/auth/login", "", 0, 200, 156'000, 58, 642},
    {"GET", "/api/v1/auth/me", "", 0, 200, 22'000, 0, 231},
    {"POST", "/api/v1/auth/logout", "", 0, 200, 18'000, 0, 42},
    {"GET", "/api/v1/health/health", "", 0, 200, 4'500, 0, 118},
    {"GET", "/api/v1/health/system-pulse", "", 0, 200, 9'000, 0, 264},
    {"GET", "/api/v1/ai/anomalies", "", 0, 200, 61'000, 0, 812},
    {"GET", "/api/v1/dashboard/summary", "", 0, 200, 74'000, 0, 1480},
    {"GET", "/api/v1/analytics/dashboard-metrics", "", 0, 200, 234'000, 0,
     2310},
    {"GET", "/api/v1/sites/", "", 0, 200, 38'000, 0, 1260},
    {"GET", "/api/v1/sites/", "", 's', 200, 27'000, 0, 418},
    {"GET", "/api/v1/sites/", "/stats", 's', 200, 96'000, 0, 690},
    {"GET", "/api/v1/sites/", "/dashboard", 's', 200, 118'000, 0, 2140},
    {"GET", "/api/v1/devices/device", "", 0, 200, 42'000, 0, 3220},
    {"GET", "/api/v1/devices/device/", "", 'd', 200, 29'000, 0, 934},
    {"GET", "/api/v1/devices/device/", "/metrics", 'd', 200, 88'000, 0, 4480},
    {"GET", "/api/v1/devices/device/", "/alerts", 'd', 200, 35'000, 0, 380},
    {"GET", "/api/v1/devices/device/", "/error-logs", 'd', 200, 47'000, 0, 920},
    {"POST", "/api/v1/analytics/user-activity", "", 0, 201, 21'000, 238, 64},
    {"POST", "/api/v1/analytics/error", "", 0, 201, 24'000, 312, 64},
    {"POST", "/api/v1/sites/", "/jobs", 's', 201, 312'000, 286, 402},
    {"POST", "/api/v1/push/ack", "", 0, 200, 19'000, 124, 48},
    {"POST", "/api/v1/mobile/sync", "", 0, 200, 132'000, 1840, 420},
    {"POST", "/api/v1/auth/signup", "", 0, 201, 312'000, 92, 486},
    {"POST", "/api/v1/sites/", "", 0, 201, 312'000, 148, 402},
    {"POST", "/api/v1/devices/sites/", "/devices", 's', 201, 312'000, 164, 388},
}};

const RouteInfo& Info(Route route) {
  return kRoutes[static_cast<size_t>(route)];
}

constexpr int64_t kTimeoutUs = 5'000'000;

}  // namespace

SiteRequests::SiteRequests(const Plan& plan, uint32_t site)
    : plan_(plan),
      site_(site),
      site_identifier_(plan.fleet().SiteIdentifier(site)) {}

const std::string& SiteRequests::DeviceName(uint32_t device) {
  device_name_ = plan_.fleet().DeviceIdentifier(device);
  return device_name_;
}

const SiteTroubles& SiteRequests::TroublesAt(Instant instant) {
  if (!troubles_ || instant < troubles_->day.begin ||
      instant >= troubles_->day.end) {
    troubles_.emplace(plan_, site_, plan_.ZoneOf(site_).DayOf(instant));
  }
  return *troubles_;
}

std::string_view SiteRequests::PathOf(const Request& request) {
  const RouteInfo& route = Info(request.route);
  if (route.id == 0) return route.before;
  path_ = route.before;
  path_ += route.id == 's' ? site_identifier_ : DeviceName(request.device);
  path_ += route.after;
  return path_;
}

int64_t SiteRequests::LatencyUs(const Request& request) {
  // Who waits for an answer that does not come waits five seconds.
  if (request.status == 504) {
    return kTimeoutUs + request.bits % 40'000;
  }
  const SiteTroubles& troubles = TroublesAt(request.at);
  const int64_t minute = std::min<int64_t>(
      (request.at - troubles.day.begin).count() / (60 * kMicrosPerSecond),
      1440);
  const int64_t load = PlainLoadQ16(plan_.ScheduleOf(troubles.day.day), minute);
  int64_t latency =
      Info(request.route).median_us * LogNormalQ16(request.bits, 380) >> 16;
  latency += latency / 2 * load >> 16;
  if (troubles.HasIncident(request.at)) {
    latency = latency * (3 + request.bits % 4);
  }
  return std::min(latency, kTimeoutUs - 1);
}

ApiRequestLogRow SiteRequests::Row(const Request& request,
                                   const Caller& caller) {
  const RouteInfo& route = Info(request.route);
  ApiRequestLogRow row;
  row.timestamp = request.at;
  row.endpoint = PathOf(request);
  row.method = route.method;
  row.status_code = request.status == 0 ? route.status : request.status;
  row.response_time_ms = static_cast<double>(LatencyUs(request)) / 1000.0;
  if (!caller.user_id.empty()) row.user_id = caller.user_id;
  row.ip_address = caller.ip;
  row.user_agent = caller.user_agent;
  const auto spread = static_cast<int32_t>(request.bits % 32);
  row.request_size_bytes =
      route.request_bytes == 0 ? 0 : route.request_bytes + spread;
  row.response_size_bytes = route.response_bytes + spread;
  if (row.status_code >= 400) {
    error_.clear();
    fmt::format_to(std::back_inserter(error_), "HTTP {}: {}", row.status_code,
                   request.error);
    row.error_message = error_;
    row.response_size_bytes = 24 + static_cast<int32_t>(request.error.size());
  }
  return row;
}

}  // namespace tillstorm
