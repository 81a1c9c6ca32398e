#include "agents/id_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "agents/job.h"
#include "agents/traffic_error.h"
#include "harness/core/check.h"

namespace tillstorm {

size_t IdPlan::Slot(TableId table) {
  const auto at = std::find(kTables.begin(), kTables.end(), table);
  TS_DCHECK(at != kTables.end());
  return static_cast<size_t>(at - kTables.begin());
}

IdPlan::IdPlan(const Scenario& scenario, const Fleet& fleet, Instant start)
    : fleet_(fleet), left_out_(scenario.LeftOut()), start_(start) {
  for (size_t place = 0; place < scenario.places.size(); ++place) {
    first_days_.push_back(
        fleet_.Zone(static_cast<uint32_t>(place)).DayOf(start));
  }
  const JobSlots slots(scenario.rates, 1);
  const int64_t configs = slots.config_slots();
  const auto set = [this](TableId table, const IdCaps& caps) {
    caps_[Slot(table)] = caps;
  };
  set(TableId::kJobs, {slots.site_slots(), slots.device_slots(), 0, 0});
  set(TableId::kDeviceCommands, {0, 1, 0, 0});
  set(TableId::kPushNotificationLogs,
      {0, int64_t{slots.site_slots()} + slots.device_slots(), 0, 0});
  // A row of the site per configuration job, one per device that applied it,
  // and one per firmware update.
  set(TableId::kConfigurationHistory, {configs, configs + 1, 0, 0});
  set(TableId::kAlerts, {4, 2, 0, 0});
  set(TableId::kErrorLogs, {0, configs + 1, kDeviceErrorsMax,
                            ErrorSlots(scenario.rates, 1).slots()});
}

int64_t IdPlan::per_day(TableId table) const {
  const IdCaps& caps = caps_[Slot(table)];
  return caps.site * fleet_.sites() +
         (caps.site_device + caps.device) * fleet_.devices() +
         caps.source * fleet_.sources();
}

uint64_t IdPlan::Number(TableId table, EntityId entity, LocalDay day,
                        uint32_t j) const {
  const IdCaps& caps = caps_[Slot(table)];
  const int64_t index = entity.index();
  int64_t offset = j;
  uint32_t site = 0;
  switch (entity.kind()) {
    case EntityKind::kFleet:
      TS_CHECK(false && "the fleet has ids of its own");
      break;
    case EntityKind::kSite:
      site = entity.index();
      offset += caps.site * index + caps.site_device * fleet_.FirstDevice(site);
      break;
    case EntityKind::kDevice:
      site = fleet_.SiteOf(entity.index());
      offset += caps.site * fleet_.sites() +
                caps.site_device * fleet_.devices() + caps.device * index;
      break;
    case EntityKind::kTraffic:
      site = entity.index() % fleet_.sites();
      offset += caps.site * fleet_.sites() +
                (caps.site_device + caps.device) * fleet_.devices() +
                caps.source * index;
      break;
  }
  const LocalDay first = FirstDayOf(site);
  TS_DCHECK(day >= first);
  return static_cast<uint64_t>((day - first) * per_day(table) + offset);
}

int32_t IdPlan::Id(TableId table, EntityId entity, LocalDay day,
                   uint32_t j) const {
  return static_cast<int32_t>(Number(table, entity, day, j)) + 1;
}

Status IdPlan::Check(Instant end) const {
  constexpr int64_t kIdMax = 2'147'483'647;
  // Two more days: the ones that start and end cut.
  const int64_t days = (end - start_).count() / kMicrosPerDay + 2;
  const auto check = [&](TableId table, int64_t rows) {
    if (left_out_[Index(table)] || rows <= kIdMax / days) return Status::Ok();
    return Status(
        StatusCode::kUsage,
        fmt::format("--devices {} on --sites {} take up to {} ids of {} a day "
                    "and {} days of them pass {}: give fewer --devices, a "
                    "shorter --span or --tables without it",
                    fleet_.devices(), fleet_.sites(), rows, Table(table).name,
                    days, kIdMax));
  };
  for (const TableId table : kTables) {
    TS_RETURN_IF_ERROR(check(table, per_day(table)));
  }
  // An outcome for each message and one for each job; two lines of audit for
  // each job and one for what a device applied or was told.
  const int64_t jobs = per_day(TableId::kJobs);
  TS_RETURN_IF_ERROR(check(TableId::kJobOutcomes,
                           jobs + per_day(TableId::kPushNotificationLogs)));
  return check(TableId::kAuditLogs,
               2 * jobs + per_day(TableId::kConfigurationHistory) +
                   per_day(TableId::kDeviceCommands));
}

std::string IdPlan::Json() const {
  std::string json;
  for (const TableId table : kTables) {
    const IdCaps& caps = caps_[Slot(table)];
    json += fmt::format(
        R"({}"{}": {{"R": {}, "site": {}, "site_device": {}, "device": {}, )"
        R"("source": {}}})",
        json.empty() ? "{" : ", ", Table(table).name, per_day(table), caps.site,
        caps.site_device, caps.device, caps.source);
  }
  return json + "}";
}

}  // namespace tillstorm
