#include "harness/core/schema.h"

#include <algorithm>
#include <tuple>

#include "harness/core/check.h"
#include "harness/core/column.h"
#include "harness/core/rows_dataset.h"
#include "harness/core/rows_fleet.h"
#include "harness/core/rows_operations.h"
#include "harness/core/rows_telemetry.h"

namespace tillstorm {
namespace {

// What the row struct does not say about its table.
struct TableTraits {
  std::string_view name;
  std::string_view time_column = {};
  std::vector<IndexInfo> composite_indexes = {};
  std::vector<std::string_view> primary_key = {"id"};
  bool in_digest = true;
};

template <class Row, class Value>
void AddColumn(const Column<Row, Value>& column, TableInfo* table) {
  TS_CHECK(Holds<Value>(column.spec.type));
  table->columns.push_back({column.name, column.spec.type, column.spec.length,
                            kIsOptional<Value>, column.spec.can_change,
                            column.spec.is_state, column.spec.references});
}

void AddColumn(const WriterId& id, TableInfo* table) {
  table->id_source = IdSource::kWriter;
  table->columns.push_back({id.name, id.spec.type});
}

template <class AnyColumn>
void AddIndex(const AnyColumn& column, TableInfo* table) {
  if (!column.spec.indexed) return;
  table->indexes.push_back(
      {"ix_" + std::string(table->name) + "_" + std::string(column.name),
       {column.name},
       column.spec.unique});
}

template <class Row>
TableInfo Describe(TableTraits traits) {
  TableInfo table;
  table.id = Row::kTable;
  table.name = traits.name;
  table.primary_key = std::move(traits.primary_key);
  table.in_digest = traits.in_digest;
  std::apply(
      [&table](const auto&... column) {
        (AddColumn(column, &table), ...);
        (AddIndex(column, &table), ...);
      },
      Row::Columns());
  for (IndexInfo& index : traits.composite_indexes) {
    table.indexes.push_back(std::move(index));
  }
  std::sort(table.indexes.begin(), table.indexes.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  table.id_column = table.Find("id");
  if (table.id_column >= 0 && table.id_source != IdSource::kWriter) {
    table.id_source = IdSource::kPure;
  }
  if (!traits.time_column.empty()) {
    table.time_column = table.Find(traits.time_column);
    TS_CHECK(table.time_column >= 0);
  }
  return table;
}

std::vector<TableInfo> DescribeAll() {
  std::vector<TableInfo> tables;
  tables.reserve(kTableCount);
  tables.push_back(Describe<TenantRow>({"tenants"}));
  tables.push_back(Describe<UserRow>({"users"}));
  tables.push_back(Describe<SiteRow>({"sites"}));
  tables.push_back(Describe<DeviceRow>({"devices"}));
  tables.push_back(Describe<LifecycleEpochRow>({"lifecycle_epochs"}));
  tables.push_back(Describe<TenantMembershipRow>({"tenant_memberships"}));
  tables.push_back(Describe<SiteMembershipRow>({"site_memberships"}));
  tables.push_back(Describe<SiteOperatingScheduleRow>(
      {"site_operating_schedules",
       {},
       {{"idx_site_day", {"site_id", "day_of_week"}}}}));
  tables.push_back(Describe<EnrolmentIntentRow>({"enrolment_intents"}));
  tables.push_back(Describe<DeviceCredentialRow>({"device_credentials"}));
  tables.push_back(Describe<DeviceAssignmentRow>({"device_assignments"}));
  tables.push_back(
      Describe<DeviceLifecycleEventRow>({"device_lifecycle_events"}));
  tables.push_back(Describe<JobRow>({"jobs", "created_at"}));
  tables.push_back(
      Describe<DeviceCommandRow>({"device_commands", "created_at"}));
  tables.push_back(Describe<PushNotificationLogRow>(
      {"push_notification_logs",
       "sent_at",
       {{"idx_push_device", {"device_id"}},
        {"idx_push_message_id", {"message_id"}},
        {"idx_push_status", {"status"}}}}));
  tables.push_back(Describe<AuditLogRow>({"audit_logs", "created_at"}));
  tables.push_back(Describe<ConfigurationHistoryRow>(
      {"configuration_history",
       "timestamp",
       {{"idx_change_type", {"change_type"}},
        {"idx_entity_timestamp", {"entity_type", "entity_id", "timestamp"}}}}));
  tables.push_back(Describe<AlertRow>(
      {"alerts",
       "timestamp",
       {{"idx_alert_device", {"device_id"}},
        {"idx_alert_status_severity", {"status", "severity"}}}}));
  tables.push_back(Describe<ErrorLogRow>(
      {"error_logs",
       "timestamp",
       {{"idx_category_severity", {"category", "severity"}},
        {"idx_timestamp_category", {"timestamp", "category"}}}}));
  tables.push_back(Describe<JobOutcomeRow>(
      {"job_outcomes",
       "timestamp",
       {{"idx_job_status", {"job_type", "status"}},
        {"idx_timestamp_status", {"timestamp", "status"}}}}));
  tables.push_back(Describe<HealthCheckRow>(
      {"health_checks", "timestamp", {}, {"id", "timestamp"}}));
  tables.push_back(Describe<DeviceMetricsRow>(
      {"device_metrics",
       "timestamp",
       {{"idx_device_metrics_device_timestamp", {"device_id", "timestamp"}},
        {"idx_device_metrics_timestamp", {"timestamp"}}}}));
  tables.push_back(Describe<DeviceStateHistoryRow>(
      {"device_state_history",
       "timestamp",
       {{"idx_device_timestamp", {"device_id", "timestamp"}}}}));
  tables.push_back(Describe<ApiRequestLogRow>(
      {"api_request_logs",
       "timestamp",
       {{"idx_status_code", {"status_code"}},
        {"idx_timestamp_endpoint", {"timestamp", "endpoint"}}}}));
  tables.push_back(Describe<UserActivityRow>(
      {"user_activities",
       "timestamp",
       {{"idx_activity_type", {"activity_type"}},
        {"idx_user_timestamp", {"user_id", "timestamp"}}}}));
  tables.push_back(Describe<TruthRow>({"tillstorm_truth", "timestamp"}));
  tables.push_back(
      Describe<ManifestRow>({"tillstorm_manifest", {}, {}, {"key"}, false}));
  tables.push_back(Describe<LedgerRow>(
      {"tillstorm_ledger", {}, {}, {"lane", "batch"}, false}));
  TS_CHECK(tables.size() == kTableCount);
  for (size_t i = 0; i < kTableCount; ++i) {
    TS_CHECK(Index(tables[i].id) == i);
  }
  return tables;
}

}  // namespace

int TableInfo::Find(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return static_cast<int>(i);
  }
  return -1;
}

std::span<const TableInfo> AllTables() {
  static const std::vector<TableInfo> kTables = DescribeAll();
  return kTables;
}

const TableInfo& Table(TableId id) { return AllTables()[Index(id)]; }

const TableInfo* FindTable(std::string_view name) {
  for (const TableInfo& table : AllTables()) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

}  // namespace tillstorm
