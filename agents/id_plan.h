// IdPlan: ids of rows that can be updated or referred to, as pure functions of
// what the row is.
//
//   id = 1 + day * R + offset(entity) + j
//
// `day` is the local day in which the row's chain began, counted from the day
// of the dataset's start; `j` is the row's place among those of its entity and
// day, as the plan gives it; each entity has a hard daily cap, `offset` is the
// sum of the caps before it (sites, then devices, then traffic sources), R the
// sum of all.
//
// Threads: immutable.
#ifndef TILLSTORM_AGENTS_ID_PLAN_H_
#define TILLSTORM_AGENTS_ID_PLAN_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "agents/fleet.h"
#include "agents/scenario.h"
#include "agents/time_zone.h"
#include "harness/core/event.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"

namespace tillstorm {

// Error rows of a device on one day at most.
inline constexpr uint32_t kDeviceErrorsMax = 64;

// Rows per local day at most.
struct IdCaps {
  int64_t site = 0;         // of a site
  int64_t site_device = 0;  // of a site, for each of its devices
  int64_t device = 0;       // of a device
  int64_t source = 0;       // of a traffic source
};

class IdPlan {
 public:
  IdPlan(const Scenario& scenario, const Fleet& fleet, Instant start);

  // REQUIRES: a table with pure ids that is no fleet table; j below the cap of
  // the entity: a site, a device or (kind traffic) a source.
  [[nodiscard]] int32_t Id(TableId table, EntityId entity, LocalDay day,
                           uint32_t j) const;
  // The same number from 0, for things with ids of their own kind.
  [[nodiscard]] uint64_t Number(TableId table, EntityId entity, LocalDay day,
                                uint32_t j) const;

  // The local day of the site in which the dataset starts.
  [[nodiscard]] LocalDay FirstDayOf(uint32_t site) const {
    return first_days_[fleet_.PlaceOf(site)];
  }

  [[nodiscard]] const IdCaps& caps(TableId table) const {
    return caps_[Slot(table)];
  }
  // R: ids that a day takes.
  [[nodiscard]] int64_t per_day(TableId table) const;
  // kUsage with a sentence when an id could pass 2^31 - 1 before `end`; of the
  // tables whose ids follow those of jobs too. Tables that are left out have no
  // say.
  [[nodiscard]] Status Check(Instant end) const;
  // R and the caps of every table, as the manifest has them.
  [[nodiscard]] std::string Json() const;

 private:
  static constexpr std::array<TableId, 6> kTables = {
      TableId::kJobs,
      TableId::kDeviceCommands,
      TableId::kPushNotificationLogs,
      TableId::kConfigurationHistory,
      TableId::kAlerts,
      TableId::kErrorLogs};
  [[nodiscard]] static size_t Slot(TableId table);

  Fleet fleet_;
  TableSet left_out_;
  Instant start_;
  std::vector<LocalDay> first_days_;  // by place
  std::array<IdCaps, kTables.size()> caps_{};
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_ID_PLAN_H_
