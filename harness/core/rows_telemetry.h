// Row structs of the tables that device agents fill.
// One struct per table, members in column order; see column.h for the rules and
// schema.h for what derives from them. Texts are borrowed: they must outlive
// the call that encodes the row.
#ifndef TILLSTORM_HARNESS_CORE_ROWS_TELEMETRY_H_
#define TILLSTORM_HARNESS_CORE_ROWS_TELEMETRY_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "harness/core/column.h"
#include "harness/core/schema.h"

namespace tillstorm {

struct HealthCheckRow {
  static constexpr TableId kTable = TableId::kHealthChecks;

  int32_t device_id = 0;
  bool is_healthy = false;
  std::optional<int32_t> response_time_ms;
  std::optional<int32_t> status_code;
  std::optional<std::string_view> endpoint;
  std::optional<Json> response_data;
  std::optional<std::string_view> error_message;
  Instant timestamp{};

  static constexpr auto Columns() {
    using R = HealthCheckRow;
    return std::tuple{kWriterIdNoIndex,
                      Column("device_id", &R::device_id, kInt.To("devices")),
                      Column("is_healthy", &R::is_healthy, kBool),
                      Column("response_time_ms", &R::response_time_ms, kInt),
                      Column("status_code", &R::status_code, kInt),
                      Column("endpoint", &R::endpoint, Varchar(200)),
                      Column("response_data", &R::response_data, kJsonText),
                      Column("error_message", &R::error_message, kText),
                      Column("timestamp", &R::timestamp, kZoned)};
  }
};

struct DeviceMetricsRow {
  static constexpr TableId kTable = TableId::kDeviceMetrics;

  Instant timestamp{};
  int32_t device_id = 0;
  std::optional<double> cpu_percent;
  std::optional<double> memory_percent;
  std::optional<double> disk_percent;
  std::optional<double> network_latency_ms;
  std::optional<int32_t> transaction_count;
  std::optional<double> transaction_volume;
  std::optional<double> error_rate;
  std::optional<int32_t> active_connections;
  std::optional<int32_t> queue_depth;
  std::optional<Json> extra_metrics;
  std::optional<std::string_view> provenance;
  std::optional<int32_t> collection_interval_seconds;

  static constexpr auto Columns() {
    using R = DeviceMetricsRow;
    return std::tuple{
        kWriterId,
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("device_id", &R::device_id, kInt.Index().To("devices")),
        Column("cpu_percent", &R::cpu_percent, kReal),
        Column("memory_percent", &R::memory_percent, kReal),
        Column("disk_percent", &R::disk_percent, kReal),
        Column("network_latency_ms", &R::network_latency_ms, kReal),
        Column("transaction_count", &R::transaction_count, kInt),
        Column("transaction_volume", &R::transaction_volume, kReal),
        Column("error_rate", &R::error_rate, kReal),
        Column("active_connections", &R::active_connections, kInt),
        Column("queue_depth", &R::queue_depth, kInt),
        Column("extra_metrics", &R::extra_metrics, kJsonText),
        Column("provenance", &R::provenance, Varchar(20).Index()),
        Column("collection_interval_seconds", &R::collection_interval_seconds,
               kInt)};
  }
};

struct DeviceStateHistoryRow {
  static constexpr TableId kTable = TableId::kDeviceStateHistory;

  Instant timestamp{};
  int32_t device_id = 0;
  std::optional<std::string_view> previous_state;
  std::string_view new_state{};
  std::optional<std::string_view> changed_by;
  std::optional<std::string_view> reason;
  std::optional<Json> extra_data;
  std::optional<std::string_view> provenance;

  static constexpr auto Columns() {
    using R = DeviceStateHistoryRow;
    return std::tuple{
        kWriterId,
        Column("timestamp", &R::timestamp, kNaive.Index()),
        Column("device_id", &R::device_id, kInt.Index().To("devices")),
        Column("previous_state", &R::previous_state, Varchar(50)),
        Column("new_state", &R::new_state, Varchar(50)),
        Column("changed_by", &R::changed_by, Varchar(255)),
        Column("reason", &R::reason, Varchar(500)),
        Column("extra_data", &R::extra_data, kJsonText),
        Column("provenance", &R::provenance, Varchar(20).Index())};
  }
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_ROWS_TELEMETRY_H_
