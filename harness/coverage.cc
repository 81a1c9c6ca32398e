#include "harness/coverage.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "harness/core/schema.h"
#include "harness/progress_line.h"

namespace tillstorm {
namespace {

// What of HOMEPOT's four layers a table or column feeds.
struct LayerPart {
  std::string_view table;
  std::string_view column;  // that must not be NULL; empty: any row
};
struct Layer {
  std::string_view name;
  std::array<LayerPart, 4> parts;
};
constexpr std::array<Layer, 4> kLayers = {{
    {"device",
     {{{"device_metrics", "cpu_percent"},
       {"device_metrics", "disk_percent"},
       {"health_checks", ""},
       {"device_state_history", ""}}}},
    {"network",
     {{{"device_metrics", "network_latency_ms"},
       {"device_metrics", "active_connections"},
       {"push_notification_logs", ""},
       {"push_notification_logs", "latency_ms"}}}},
    {"application",
     {{{"api_request_logs", ""},
       {"error_logs", ""},
       {"configuration_history", ""},
       {"user_activities", ""}}}},
    {"business",
     {{{"device_metrics", "transaction_count"},
       {"jobs", ""},
       {"job_outcomes", ""},
       {"site_operating_schedules", ""}}}},
}};

// Rows of the table, or of those in which the column is not NULL; none when the
// table is not there.
Result<int64_t> CountRows(QuerySession& database, std::string_view table,
                          std::string_view column, bool at_least_one) {
  const auto there = database.HasTable(table);
  if (!there.ok()) return there.status();
  if (!*there) return int64_t{0};
  const std::string where =
      column.empty() ? "" : fmt::format(" WHERE {} IS NOT NULL", column);
  int64_t rows = 0;
  TS_RETURN_IF_ERROR(database.Query(
      at_least_one ? fmt::format("SELECT 1 FROM {}{} LIMIT 1", table, where)
                   : fmt::format("SELECT count(*) FROM {}{}", table, where),
      [&rows](QueryRow row) {
        rows = row[0].integer;
        return false;
      }));
  return rows;
}

}  // namespace

Result<std::vector<Coverage>> FindCoverage(QuerySession& database) {
  std::vector<Coverage> found;
  const auto add = [&found](std::string name, int64_t rows,
                            std::string message) {
    found.push_back({std::move(name),
                     rows > 0 ? CheckStatus::kPassed : CheckStatus::kWarning,
                     rows, std::move(message)});
  };
  for (const Layer& layer : kLayers) {
    int64_t filled = 0;
    std::vector<std::string> empty;
    for (const LayerPart& part : layer.parts) {
      const auto rows = CountRows(database, part.table, part.column, true);
      if (!rows.ok()) return rows.status();
      filled += *rows > 0 ? 1 : 0;
      if (*rows > 0) continue;
      empty.push_back(part.column.empty()
                          ? std::string(part.table)
                          : fmt::format("{}.{}", part.table, part.column));
    }
    add(fmt::format("layer {}", layer.name), empty.empty() ? filled : 0,
        empty.empty() ? fmt::format("{} of {} sources have rows", filled,
                                    layer.parts.size())
                      : fmt::format("no rows in {}", fmt::join(empty, ", ")));
  }
  for (const TableInfo& table : AllTables()) {
    if (table.is_ours()) continue;
    const auto rows = CountRows(database, table.name, {}, false);
    if (!rows.ok()) return rows.status();
    add(fmt::format("table {}", table.name), *rows,
        fmt::format("{} rows", GroupedCount(*rows)));
  }
  return found;
}

Result<std::vector<Invariant>> CheckReferences(QuerySession& database,
                                               const DatasetFacts& facts) {
  std::vector<Invariant> found;
  for (const TableInfo& table : AllTables()) {
    for (const ColumnInfo& column : table.columns) {
      if (column.references.empty()) continue;
      Invariant result;
      result.name = fmt::format("{}.{} -> {}", table.name, column.name,
                                column.references);
      const auto there = database.HasColumn(table.name, column.name);
      if (!there.ok()) return there.status();
      const auto parent = database.HasTable(column.references);
      if (!parent.ok()) return parent.status();
      if (!*there || !*parent) continue;
      TS_RETURN_IF_ERROR(database.Query(
          fmt::format(
              "SELECT count(c.{1}), sum(CASE WHEN c.{1} IS NOT NULL "
              "AND p.id IS NULL THEN 1 ELSE 0 END), min(CASE WHEN c.{1} "
              "IS NOT NULL AND p.id IS NULL THEN c.{1} END) FROM {0} AS "
              "c LEFT JOIN {2} AS p ON p.id = c.{1}",
              table.name, column.name, column.references),
          [&](QueryRow row) {
            result.checked = row[0].integer;
            result.broken = row[1].integer;
            if (result.broken > 0) {
              result.message = fmt::format("{} has no row {}",
                                           column.references, row[2].integer);
            }
            return false;
          }));
      if (result.broken > 0) {
        result.status = facts.broken();
      } else {
        result.message = fmt::format("{} rows", GroupedCount(result.checked));
      }
      found.push_back(std::move(result));
    }
  }
  return found;
}

}  // namespace tillstorm
