// SiteRequests: rows of api_request_logs for the API that one site uses. Paths
// carry ids, as upstream logs them. Latency is log-normal per route, rises with
// the load of the hour and more so while the database behind has an incident.
//
// Threads: one owner. A row borrows from the object until the next call.
// Memory: constant, whatever the site.
#ifndef TILLSTORM_AGENTS_REQUESTS_H_
#define TILLSTORM_AGENTS_REQUESTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agents/plan.h"
#include "agents/troubles.h"
#include "agents/users.h"
#include "harness/core/rows_operations.h"

namespace tillstorm {

enum class Route : uint8_t {
  kLogin,
  kMe,
  kLogout,
  kHealth,
  kPulse,
  kAnomalies,
  kSummary,
  kDashboardMetrics,
  kSites,
  kSite,
  kSiteStats,
  kSiteDashboard,
  kDevices,
  kDevice,
  kDeviceMetrics,
  kDeviceAlerts,
  kDeviceErrors,
  kPostActivity,
  kPostError,
  kPostJob,
  kPostAck,
  kSync,
  kSignUp,
  kPostSite,
  kPostDevice,
};

struct Request {
  Route route{};
  Instant at;
  uint32_t bits = 0;            // random, for latency and sizes
  uint32_t device = 0;          // of routes that name one
  int32_t status = 0;           // 0: what the route gives when all is well
  std::string_view error = {};  // after `HTTP <status>: `
};

class SiteRequests {
 public:
  // Borrows the plan.
  SiteRequests(const Plan& plan, uint32_t site);

  [[nodiscard]] ApiRequestLogRow Row(const Request& request,
                                     const Caller& caller);
  [[nodiscard]] const std::string& site_identifier() const {
    return site_identifier_;
  }
  // Good until the next call.
  [[nodiscard]] const std::string& DeviceName(uint32_t device);

 private:
  [[nodiscard]] std::string_view PathOf(const Request& request);
  // Of the local day around it.
  [[nodiscard]] const SiteTroubles& TroublesAt(Instant instant);
  [[nodiscard]] int64_t LatencyUs(const Request& request);

  const Plan& plan_;
  const uint32_t site_;
  std::string site_identifier_;
  std::optional<SiteTroubles> troubles_;  // of the day asked for last
  std::string device_name_;
  std::string path_;
  std::string error_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_REQUESTS_H_
