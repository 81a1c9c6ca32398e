// Row structs of the tables of what people and services do.
// One struct per table, members in column order; see column.h for the rules and
// schema.h for what derives from them. Texts are borrowed: they must outlive
// the call that encodes the row.
#ifndef TILLSTORM_HARNESS_CORE_ROWS_OPERATIONS_H_
#define TILLSTORM_HARNESS_CORE_ROWS_OPERATIONS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "harness/core/column.h"
#include "harness/core/schema.h"

namespace tillstorm {

struct JobRow {
  static constexpr TableId kTable = TableId::kJobs;

  int32_t id = 0;
  std::string_view job_id{};
  std::string_view action{};
  std::optional<std::string_view> description;
  std::optional<std::string_view> priority;
  std::optional<std::string_view> status;
  int32_t site_id = 0;
  std::optional<int32_t> device_id;
  std::optional<std::string_view> segment;
  std::optional<Json> payload;
  std::optional<std::string_view> config_url;
  std::optional<std::string_view> config_version;
  std::optional<int32_t> ttl_seconds;
  std::optional<std::string_view> collapse_key;
  std::optional<Instant> scheduled_at;
  std::optional<Instant> started_at;
  std::optional<Instant> completed_at;
  std::optional<Json> result;
  std::optional<std::string_view> error_message;
  int32_t created_by = 0;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = JobRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("job_id", &R::job_id, Varchar(100).Unique()),
        Column("action", &R::action, Varchar(100)),
        Column("description", &R::description, kText),
        Column("priority", &R::priority, Varchar(20)),
        Column("status", &R::status, Varchar(20).Changes()),
        Column("site_id", &R::site_id, kInt.To("sites")),
        Column("device_id", &R::device_id, kInt.To("devices")),
        Column("segment", &R::segment, Varchar(100)),
        Column("payload", &R::payload, kJsonText),
        Column("config_url", &R::config_url, Varchar(500)),
        Column("config_version", &R::config_version, Varchar(50)),
        Column("ttl_seconds", &R::ttl_seconds, kInt),
        Column("collapse_key", &R::collapse_key, Varchar(100)),
        Column("scheduled_at", &R::scheduled_at, kZoned),
        Column("started_at", &R::started_at, kZoned.Changes()),
        Column("completed_at", &R::completed_at, kZoned.Changes()),
        Column("result", &R::result, kJsonText.Changes()),
        Column("error_message", &R::error_message, kText.Changes()),
        Column("created_by", &R::created_by, kInt.To("users")),
        Column("created_at", &R::created_at, kZoned),
        Column("updated_at", &R::updated_at, kZoned.Changes())};
  }
};

struct DeviceCommandRow {
  static constexpr TableId kTable = TableId::kDeviceCommands;

  int32_t id = 0;
  std::string_view command_id{};
  int32_t device_id = 0;
  std::string_view command_type{};
  std::optional<Json> payload;
  std::optional<std::string_view> status;
  std::optional<Json> result;
  std::optional<Instant> created_at;
  std::optional<Instant> sent_at;
  std::optional<Instant> executed_at;

  static constexpr auto Columns() {
    using R = DeviceCommandRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("command_id", &R::command_id, Varchar(50).Unique()),
        Column("device_id", &R::device_id, kInt.To("devices")),
        Column("command_type", &R::command_type, Varchar(50)),
        Column("payload", &R::payload, kJsonText),
        Column("status", &R::status, Varchar(20).Changes()),
        Column("result", &R::result, kJsonText.Changes()),
        Column("created_at", &R::created_at, kZoned),
        Column("sent_at", &R::sent_at, kZoned.Changes()),
        Column("executed_at", &R::executed_at, kZoned.Changes())};
  }
};

struct PushNotificationLogRow {
  static constexpr TableId kTable = TableId::kPushNotificationLogs;

  int32_t id = 0;
  std::string_view message_id{};
  std::optional<std::string_view> device_id;
  std::optional<std::string_view> job_id;
  std::string_view provider{};
  std::optional<Json> payload;
  Instant sent_at{};
  std::optional<Instant> received_at;
  std::optional<int32_t> latency_ms;
  std::optional<std::string_view> status;
  std::optional<std::string_view> error_code;
  std::optional<std::string_view> error_message;

  static constexpr auto Columns() {
    using R = PushNotificationLogRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("message_id", &R::message_id, Varchar(100).Unique()),
        Column("device_id", &R::device_id, Varchar(100).Index()),
        Column("job_id", &R::job_id, Varchar(100).Index()),
        Column("provider", &R::provider, Varchar(20)),
        Column("payload", &R::payload, kJsonText),
        Column("sent_at", &R::sent_at, kNaive),
        Column("received_at", &R::received_at, kNaive.Changes()),
        Column("latency_ms", &R::latency_ms, kInt.Changes()),
        Column("status", &R::status, Varchar(20).Changes()),
        Column("error_code", &R::error_code, Varchar(50).Changes()),
        Column("error_message", &R::error_message, kText.Changes())};
  }
};

struct AuditLogRow {
  static constexpr TableId kTable = TableId::kAuditLogs;

  std::string_view event_type{};
  std::string_view description{};
  std::optional<int32_t> user_id;
  std::optional<int32_t> job_id;
  std::optional<int32_t> device_id;
  std::optional<int32_t> site_id;
  std::optional<Json> old_values;
  std::optional<Json> new_values;
  std::optional<Json> event_metadata;
  std::optional<std::string_view> ip_address;
  std::optional<std::string_view> user_agent;
  std::optional<Instant> created_at;

  static constexpr auto Columns() {
    using R = AuditLogRow;
    return std::tuple{kWriterId,
                      Column("event_type", &R::event_type, Varchar(50)),
                      Column("description", &R::description, kText),
                      Column("user_id", &R::user_id, kInt.To("users")),
                      Column("job_id", &R::job_id, kInt.To("jobs")),
                      Column("device_id", &R::device_id, kInt.To("devices")),
                      Column("site_id", &R::site_id, kInt.To("sites")),
                      Column("old_values", &R::old_values, kJsonText),
                      Column("new_values", &R::new_values, kJsonText),
                      Column("event_metadata", &R::event_metadata, kJsonText),
                      Column("ip_address", &R::ip_address, Varchar(45)),
                      Column("user_agent", &R::user_agent, Varchar(500)),
                      Column("created_at", &R::created_at, kZoned)};
  }
};

struct ConfigurationHistoryRow {
  static constexpr TableId kTable = TableId::kConfigurationHistory;

  int32_t id = 0;
  Instant timestamp{};
  std::string_view entity_type{};
  std::string_view entity_id{};
  std::string_view parameter_name{};
  std::optional<Json> old_value;
  Json new_value{};
  std::string_view changed_by{};
  std::optional<std::string_view> change_reason;
  std::optional<std::string_view> change_type;
  std::optional<Json> performance_before;
  std::optional<Json> performance_after;
  std::optional<bool> was_successful;
  std::optional<bool> was_rolled_back;
  std::optional<std::string_view> rollback_reason;
  std::optional<Json> rollback_performance;
  std::optional<bool> rollback_success;
  std::optional<Instant> rolled_back_at;
  std::optional<std::string_view> provenance;

  static constexpr auto Columns() {
    using R = ConfigurationHistoryRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("entity_type", &R::entity_type, Varchar(50).Index()),
        Column("entity_id", &R::entity_id, Varchar(255).Index()),
        Column("parameter_name", &R::parameter_name, Varchar(255)),
        Column("old_value", &R::old_value, kJsonText),
        Column("new_value", &R::new_value, kJsonText),
        Column("changed_by", &R::changed_by, Varchar(255)),
        Column("change_reason", &R::change_reason, kText),
        Column("change_type", &R::change_type, Varchar(50)),
        Column("performance_before", &R::performance_before, kJsonText),
        Column("performance_after", &R::performance_after, kJsonText.Changes()),
        Column("was_successful", &R::was_successful, kBool.Changes()),
        Column("was_rolled_back", &R::was_rolled_back, kBool.Changes()),
        Column("rollback_reason", &R::rollback_reason, kText.Changes()),
        Column("rollback_performance", &R::rollback_performance,
               kJsonText.Changes()),
        Column("rollback_success", &R::rollback_success, kBool.Changes()),
        Column("rolled_back_at", &R::rolled_back_at, kNaive.Changes()),
        Column("provenance", &R::provenance, Varchar(20).Index())};
  }
};

struct AlertRow {
  static constexpr TableId kTable = TableId::kAlerts;

  int32_t id = 0;
  Instant timestamp{};
  std::optional<std::string_view> device_id;
  std::optional<int32_t> site_id;
  std::string_view title{};
  std::optional<std::string_view> description;
  std::string_view severity{};
  std::string_view category{};
  std::optional<std::string_view> status;
  std::optional<Instant> resolved_at;
  std::optional<std::string_view> resolved_by;
  std::optional<std::string_view> resolution_notes;
  std::optional<std::string_view> ai_recommendation;
  std::optional<double> ai_confidence;

  static constexpr auto Columns() {
    using R = AlertRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("device_id", &R::device_id, Varchar(50).Index()),
        Column("site_id", &R::site_id, kInt.Index()),
        Column("title", &R::title, Varchar(255)),
        Column("description", &R::description, kText),
        Column("severity", &R::severity, Varchar(20)),
        Column("category", &R::category, Varchar(50)),
        Column("status", &R::status, Varchar(20).Index().Changes()),
        Column("resolved_at", &R::resolved_at, kNaive.Changes()),
        Column("resolved_by", &R::resolved_by, Varchar(255).Changes()),
        Column("resolution_notes", &R::resolution_notes, kText.Changes()),
        Column("ai_recommendation", &R::ai_recommendation, kText),
        Column("ai_confidence", &R::ai_confidence, kReal)};
  }
};

struct ErrorLogRow {
  static constexpr TableId kTable = TableId::kErrorLogs;

  int32_t id = 0;
  Instant timestamp{};
  std::string_view category{};
  std::string_view severity{};
  std::optional<std::string_view> error_code;
  std::string_view error_message{};
  std::optional<std::string_view> stack_trace;
  std::optional<std::string_view> endpoint;
  std::optional<std::string_view> user_id;
  std::optional<Json> context;
  std::optional<bool> resolved;
  std::optional<Instant> resolved_at;
  std::optional<std::string_view> provenance;

  static constexpr auto Columns() {
    using R = ErrorLogRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("category", &R::category, Varchar(50).Index()),
        Column("severity", &R::severity, Varchar(20).Index()),
        Column("error_code", &R::error_code, Varchar(50).Index()),
        Column("error_message", &R::error_message, kText),
        Column("stack_trace", &R::stack_trace, kText),
        Column("endpoint", &R::endpoint, Varchar(255)),
        Column("user_id", &R::user_id, Varchar(255).Index()),
        Column("context", &R::context, kJsonText),
        Column("resolved", &R::resolved, kBool.Index().Changes()),
        Column("resolved_at", &R::resolved_at, kNaive.Changes()),
        Column("provenance", &R::provenance, Varchar(20).Index())};
  }
};

struct JobOutcomeRow {
  static constexpr TableId kTable = TableId::kJobOutcomes;

  Instant timestamp{};
  std::string_view job_id{};
  std::string_view job_type{};
  std::optional<std::string_view> device_id;
  std::string_view status{};
  std::optional<int32_t> duration_ms;
  std::optional<std::string_view> error_code;
  std::optional<std::string_view> error_message;
  std::optional<int32_t> retry_count;
  std::optional<std::string_view> initiated_by;
  std::optional<Json> extra_data;
  std::optional<std::string_view> provenance;

  static constexpr auto Columns() {
    using R = JobOutcomeRow;
    return std::tuple{
        kWriterId,
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("job_id", &R::job_id, Varchar(255).Index()),
        Column("job_type", &R::job_type, Varchar(100).Index()),
        Column("device_id", &R::device_id, Varchar(255).Index()),
        Column("status", &R::status, Varchar(50)),
        Column("duration_ms", &R::duration_ms, kInt),
        Column("error_code", &R::error_code, Varchar(50)),
        Column("error_message", &R::error_message, kText),
        Column("retry_count", &R::retry_count, kInt),
        Column("initiated_by", &R::initiated_by, Varchar(255)),
        Column("extra_data", &R::extra_data, kJsonText),
        Column("provenance", &R::provenance, Varchar(20).Index())};
  }
};

struct ApiRequestLogRow {
  static constexpr TableId kTable = TableId::kApiRequestLogs;

  Instant timestamp{};
  std::string_view endpoint{};
  std::string_view method{};
  int32_t status_code = 0;
  double response_time_ms = 0;
  std::optional<std::string_view> user_id;
  std::optional<std::string_view> ip_address;
  std::optional<std::string_view> user_agent;
  std::optional<std::string_view> error_message;
  std::optional<int32_t> request_size_bytes;
  std::optional<int32_t> response_size_bytes;

  static constexpr auto Columns() {
    using R = ApiRequestLogRow;
    return std::tuple{
        kWriterId,
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("endpoint", &R::endpoint, Varchar(255).Index()),
        Column("method", &R::method, Varchar(10)),
        Column("status_code", &R::status_code, kInt),
        Column("response_time_ms", &R::response_time_ms, kReal),
        Column("user_id", &R::user_id, Varchar(255).Index()),
        Column("ip_address", &R::ip_address, Varchar(45)),
        Column("user_agent", &R::user_agent, Varchar(500)),
        Column("error_message", &R::error_message, kText),
        Column("request_size_bytes", &R::request_size_bytes, kInt),
        Column("response_size_bytes", &R::response_size_bytes, kInt)};
  }
};

struct UserActivityRow {
  static constexpr TableId kTable = TableId::kUserActivities;

  Instant timestamp{};
  std::string_view user_id{};
  std::optional<std::string_view> session_id;
  std::string_view activity_type{};
  std::optional<std::string_view> page_url;
  std::optional<std::string_view> element_id;
  std::optional<std::string_view> search_query;
  std::optional<Json> extra_data;
  std::optional<int32_t> duration_ms;

  static constexpr auto Columns() {
    using R = UserActivityRow;
    return std::tuple{
        kWriterId,
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("user_id", &R::user_id, Varchar(255).Index()),
        Column("session_id", &R::session_id, Varchar(255).Index()),
        Column("activity_type", &R::activity_type, Varchar(50).Index()),
        Column("page_url", &R::page_url, Varchar(500)),
        Column("element_id", &R::element_id, Varchar(255)),
        Column("search_query", &R::search_query, kText),
        Column("extra_data", &R::extra_data, kJsonText),
        Column("duration_ms", &R::duration_ms, kInt)};
  }
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_ROWS_OPERATIONS_H_
