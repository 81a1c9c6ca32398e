#include "harness/invariants.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "harness/device_history.h"
#include "harness/invariant_list.h"

namespace tillstorm {
namespace {

// An invariant that one SELECT decides: `broken` is the condition under which
// a row of `from` breaks it, `key` what names the row.
struct RowRule {
  std::string_view name;
  std::string_view table;
  std::string_view joined;  // another table that is asked, or empty
  std::string from;
  std::string key;
  std::string broken;
  std::string_view says;
};
Status Check(InvariantList& list, const RowRule& rule) {
  Invariant result;
  result.name = rule.name;
  const auto there = rule.joined.empty()
                         ? list.CanAsk({rule.table})
                         : list.CanAsk({rule.table, rule.joined});
  if (!there.ok()) return there.status();
  if (*there) {
    std::string first;
    TS_RETURN_IF_ERROR(list.database().Query(
        fmt::format("SELECT count(*), sum(CASE WHEN {0} THEN 1 ELSE 0 END), "
                    "min(CASE WHEN {0} THEN {1} END) FROM {2}",
                    rule.broken, rule.key, rule.from),
        [&](QueryRow row) {
          result.checked = row[0].integer;
          result.broken = row[1].integer;
          if (row[2].kind == QueryValue::Kind::kInteger) {
            first = fmt::format("{}", row[2].integer);
          } else {
            first = row[2].text;
          }
          return false;
        }));
    if (result.broken > 0) {
      result.message =
          fmt::format("{} row {} {}", rule.table, first, rule.says);
    }
  }
  list.Add(std::move(result));
  return Status::Ok();
}

Status CheckPushLatency(InvariantList& list) {
  InvariantCounter counter;
  counter.result.name = "push latency is received - sent";
  const auto there = list.CanAsk({"push_notification_logs"});
  if (!there.ok()) return there.status();
  if (*there) {
    TS_RETURN_IF_ERROR(list.database().Query(
        fmt::format("SELECT id, {}, {}, latency_ms FROM push_notification_logs "
                    "WHERE received_at IS NOT NULL",
                    list.database().InstantText("sent_at"),
                    list.database().InstantText("received_at")),
        [&](QueryRow row) {
          Instant sent;
          Instant received;
          const bool holds =
              ParseSqlDateTime(row[1].text, &sent) &&
              ParseSqlDateTime(row[2].text, &received) && sent <= received &&
              !row[3].is_null() &&
              std::abs((received - sent).count() / 1000 - row[3].integer) <= 1;
          counter.Count(holds, fmt::format("push_notification_logs row {} says "
                                           "another latency",
                                           row[0].integer));
          return true;
        }));
  }
  list.Add(std::move(counter.result));
  return Status::Ok();
}

// How many schedules each site has for each weekday that must have one: of a
// fleet that we made all seven, of others those that are there.
// A site is named by its id, or in older databases by a text.
using Schedules = std::map<std::pair<std::string, int64_t>, int64_t>;
Result<Schedules> CountSchedules(InvariantList& list) {
  Schedules schedules;
  if (list.facts().has_own_fleet) {
    TS_RETURN_IF_ERROR(
        list.database().Query("SELECT id FROM sites", [&](QueryRow row) {
          for (int64_t day = 0; day < 7; ++day) {
            schedules[{fmt::format("{}", row[0].integer), day}] = 0;
          }
          return true;
        }));
  }
  TS_RETURN_IF_ERROR(list.database().Query(
      "SELECT site_id, day_of_week, count(*) FROM site_operating_schedules "
      "GROUP BY site_id, day_of_week",
      [&](QueryRow row) {
        const bool is_text = row[0].kind == QueryValue::Kind::kString;
        const std::string site = is_text ? std::string(row[0].text)
                                         : fmt::format("{}", row[0].integer);
        schedules[{site, row[1].integer}] += row[2].integer;
        return true;
      }));
  return schedules;
}

Status CheckSchedules(InvariantList& list) {
  InvariantCounter counter;
  counter.result.name = "one schedule per site and weekday";
  const auto schedules = CountSchedules(list);
  if (!schedules.ok()) return schedules.status();
  for (const auto& [day, count] : *schedules) {
    counter.Count(count == 1,
                  fmt::format("site {} has {} schedules for weekday {}",
                              day.first, count, day.second));
  }
  list.Add(std::move(counter.result));
  return Status::Ok();
}

Status CheckRules(InvariantList& list) {
  const std::array<RowRule, 7> rules = {{
      {"jobs: created <= started <= completed", "jobs", "", "jobs", "id",
       "(started_at IS NOT NULL AND started_at < created_at) OR "
       "(completed_at IS NOT NULL AND (started_at IS NULL OR completed_at < "
       "started_at))",
       "is out of order"},
      {"jobs end with their outcome", "jobs", "job_outcomes",
       "jobs LEFT JOIN (SELECT DISTINCT job_id AS outcome_of, timestamp AS "
       "outcome_at FROM job_outcomes WHERE device_id IS NULL) AS o ON "
       "o.outcome_of = jobs.job_id AND o.outcome_at = jobs.completed_at",
       "jobs.id", "jobs.completed_at IS NOT NULL AND o.outcome_of IS NULL",
       "has no outcome at its completion"},
      {"messages: sent <= received, delivered iff received",
       "push_notification_logs", "", "push_notification_logs", "id",
       "(received_at IS NOT NULL AND received_at < sent_at) OR "
       "(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END) <> "
       "(CASE WHEN received_at IS NULL THEN 0 ELSE 1 END)",
       "is out of order"},
      {"percentages lie in 0 to 100", "device_metrics", "", "device_metrics",
       "id",
       "cpu_percent < 0 OR cpu_percent > 100 OR memory_percent < 0 OR "
       "memory_percent > 100 OR disk_percent < 0 OR disk_percent > 100",
       "does not"},
      {"health checks: 200 iff healthy", "health_checks", "", "health_checks",
       "id",
       "(CASE WHEN is_healthy THEN 1 ELSE 0 END) <> "
       "(CASE WHEN status_code = 200 THEN 1 ELSE 0 END)",
       "has another status code"},
      {"errors: resolved iff resolved_at", "error_logs", "", "error_logs", "id",
       "(CASE WHEN resolved THEN 1 ELSE 0 END) <> "
       "(CASE WHEN resolved_at IS NULL THEN 0 ELSE 1 END) OR resolved_at < "
       "timestamp",
       "is not"},
      {"alerts: resolved iff resolved_at", "alerts", "", "alerts", "id",
       "(CASE WHEN status = 'resolved' THEN 1 ELSE 0 END) <> "
       "(CASE WHEN resolved_at IS NULL THEN 0 ELSE 1 END) OR resolved_at < "
       "timestamp",
       "is not"},
  }};
  for (const RowRule& rule : rules) TS_RETURN_IF_ERROR(Check(list, rule));
  return Status::Ok();
}

}  // namespace

Result<std::vector<Invariant>> CheckInvariants(QuerySession& database,
                                               const DatasetFacts& facts) {
  InvariantList list(database, facts);
  TS_RETURN_IF_ERROR(CheckRules(list));
  TS_RETURN_IF_ERROR(CheckPushLatency(list));
  TS_RETURN_IF_ERROR(CheckSchedules(list));
  TS_RETURN_IF_ERROR(DeviceHistory(list).Check());
  return std::move(list.found());
}

}  // namespace tillstorm
