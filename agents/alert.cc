#include "agents/alert.h"

#include <fmt/format.h>

#include <algorithm>

#include "agents/known_users.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

std::string_view CategoryOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kLowDisk:
    case FaultKind::kMemoryLeak:
    case FaultKind::kOverheating:
      return "hardware";
    case FaultKind::kNetworkOutage:
      return "network";
    case FaultKind::kPaymentGateway:
    case FaultKind::kDatabaseConnection:
    case FaultKind::kDatabaseIncident:
    case FaultKind::kBadConfig:
      break;
  }
  return "software";
}

// Day and place of an alert that is the n-th of its site's things that fail. A
// fault that begins late in the day may raise its alert in the next one.
void PlaceInDay(const Plan& plan, uint32_t n, Alert* alert) {
  const TimeZone& zone = plan.ZoneOf(alert->site);
  alert->day = zone.DayOf(alert->raised);
  alert->j = 2 * n + (zone.DayOf(alert->fault.onset) == alert->day ? 0 : 1);
}

void Answer(const Plan& plan, EntityId entity, Alert* alert) {
  const LocalDay day = plan.ZoneOf(alert->site).DayOf(alert->fault.onset);
  const Draw draw = plan.StreamFor(entity, Purpose::kAlert).At(day, 0);
  alert->resolved =
      alert->fault.end +
      Micros{UniformBetween(draw.u64(1), 30'000'000, 300'000'000)};
  const Instant taken_up =
      alert->raised +
      Micros{UniformBetween(draw.u64(2), 60'000'000, 900'000'000)};
  if (Chance(draw.u64(3), 60, 100) && taken_up < alert->resolved) {
    alert->acknowledged = taken_up;
  }
}

}  // namespace

Alert DeviceAlert(const Plan& plan, uint32_t device, const Fault& fault) {
  Alert alert;
  alert.fault = fault;
  alert.device = device;
  alert.site = plan.fleet().SiteOf(device);
  // At least four checks fail, and the device goes down after that.
  alert.raised = fault.failing_from + plan.scenario().interval * 7 / 2;
  PlaceInDay(plan, device - plan.fleet().FirstDevice(alert.site), &alert);
  Answer(plan, {EntityKind::kDevice, device}, &alert);
  return alert;
}

std::optional<Alert> OutageAlert(const Plan& plan, uint32_t site,
                                 const Fault& outage) {
  Alert alert;
  alert.fault = outage;
  alert.site = site;
  alert.raised = outage.onset + std::max(Micros{75 * kMicrosPerSecond},
                                         plan.scenario().interval * 5 / 2);
  if (alert.raised >= outage.end) return std::nullopt;
  const uint32_t devices =
      plan.fleet().FirstDevice(site + 1) - plan.fleet().FirstDevice(site);
  PlaceInDay(plan, devices, &alert);
  Answer(plan, {EntityKind::kSite, site}, &alert);
  return alert;
}

AlertRow RowOf(const Plan& plan, const Alert& alert, Instant as_of,
               AlertTexts* texts) {
  AlertRow row;
  row.id = plan.ids().Id(TableId::kAlerts, {EntityKind::kSite, alert.site},
                         alert.day, alert.j);
  row.timestamp = alert.raised;
  row.site_id = plan.fleet().SiteId(alert.site);
  const std::string_view what = ErrorMessage(alert.fault.kind);
  if (alert.device) {
    texts->device_id = plan.fleet().DeviceIdentifier(*alert.device);
    row.device_id = texts->device_id;
    texts->title =
        fmt::format("{} on {}", what, plan.fleet().DeviceName(*alert.device));
    texts->description =
        "Three health checks in a row failed; customers cannot pay reliably.";
  } else {
    texts->title =
        fmt::format("{} at {}", what, plan.fleet().SiteName(alert.site));
    texts->description = "No terminal of the site answers its health checks.";
  }
  row.title = texts->title;
  row.description = texts->description;
  row.severity = alert.fault.severity_milli >= 800 ? "critical" : "warning";
  row.category = CategoryOf(alert.fault.kind);
  row.status = "active";
  if (alert.acknowledged && *alert.acknowledged < as_of) {
    row.status = "acknowledged";
  }
  if (alert.resolved < as_of) {
    row.status = "resolved";
    row.resolved_at = alert.resolved;
    texts->resolved_by =
        alert.acknowledged ? ManagerEmail(plan, alert.site) : "system";
    row.resolved_by = texts->resolved_by;
    row.resolution_notes = alert.acknowledged
                               ? "Checked on site, back to normal"
                               : "Checks pass again";
  }
  return row;
}

}  // namespace tillstorm
