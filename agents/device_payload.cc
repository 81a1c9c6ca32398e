#include "agents/device_payload.h"

#include <fmt/format.h>

#include "agents/versions.h"

namespace tillstorm {
namespace {

std::string_view HealthStatus(const DeviceCondition& condition) {
  return condition.failure ? "unhealthy" : "healthy";
}

// The object `services`, by what fails.
std::string_view Services(const DeviceCondition& condition) {
  if (!condition.failure) {
    return R"({"pos_app": "running", "payment_gateway": "connected", )"
           R"("database": "online", "network": "connected"})";
  }
  switch (*condition.failure) {
    case FaultKind::kPaymentGateway:
      return R"({"pos_app": "running", "payment_gateway": "disconnected", )"
             R"("database": "online", "network": "connected"})";
    case FaultKind::kDatabaseConnection:
      return R"({"pos_app": "error", "payment_gateway": "connected", )"
             R"("database": "offline", "network": "connected"})";
    case FaultKind::kNetworkOutage:
      return R"({"pos_app": "running", "payment_gateway": "disconnected", )"
             R"("database": "offline", "network": "disconnected"})";
    case FaultKind::kLowDisk:
    case FaultKind::kMemoryLeak:
    case FaultKind::kOverheating:
    case FaultKind::kDatabaseIncident:
    case FaultKind::kBadConfig:
      break;
  }
  return R"({"pos_app": "error", "payment_gateway": "connected", )"
         R"("database": "online", "network": "connected"})";
}

// Errors among today's transactions, at the current rate.
int64_t ErrorCount(const DeviceReading& reading) {
  return reading.transactions * reading.error_ppm / 1'000'000;
}

}  // namespace

std::string_view ErrorText(const DeviceCondition& condition) {
  // A device that restarts after a fault is as unreachable as in an outage.
  return condition.failure ? ErrorMessage(*condition.failure) : "";
}

DevicePayload::DevicePayload(const DeviceFacts& facts) : facts_(facts) {}

void DevicePayload::ShowVersions(const DeviceReading& reading) {
  if (reading.config != config_shown_) {
    config_shown_ = reading.config;
    config_text_ = ConfigText(reading.config);
  }
  if (reading.firmware == firmware_shown_) return;
  firmware_shown_ = reading.firmware;
  device_info_ = fmt::format(
      R"("device_info": {{"model": "{}", "firmware": "{}", "os": "{}", )"
      R"("memory_mb": {}, "storage_gb": {}, "uptime_hours": )",
      Model(facts_.model).name, FirmwareText(facts_.model, reading.firmware),
      Info(facts_.os).details, Model(facts_.model).memory_mb,
      Model(facts_.model).storage_gb);
}

void DevicePayload::AppendDeviceInfo(const DeviceReading& reading,
                                     Text* text) const {
  *text << device_info_ << reading.uptime_s / 3600 << "}";
}

void DevicePayload::AppendMetrics(const DeviceReading& reading,
                                  Text* text) const {
  *text << R"("metrics": {"cpu_usage_percent": )";
  text->Fixed(reading.cpu_centi, 2) << R"(, "memory_usage_percent": )";
  text->Fixed(reading.memory_centi, 2) << R"(, "disk_usage_percent": )";
  text->Fixed(reading.disk_centi, 2)
      << R"(, "transactions_today": )" << reading.transactions
      << R"(, "uptime_seconds": )" << reading.uptime_s
      << R"(, "network_latency_ms": )";
  text->Fixed(reading.latency_centi, 2) << R"(, "transaction_volume": )";
  text->Fixed(reading.volume_centi, 2) << R"(, "error_rate": )";
  text->Fixed(reading.error_ppm, 6)
      << R"(, "active_connections": )" << reading.connections
      << R"(, "queue_depth": )" << reading.queue << "}";
}

void DevicePayload::AppendSystem(const DeviceReading& reading,
                                 Text* text) const {
  const ModelInfo& model = Model(facts_.model);
  *text << R"("system": {"cpu_percent": )";
  text->Fixed(reading.cpu_centi, 2) << R"(, "memory_percent": )";
  text->Fixed(reading.memory_centi, 2)
      << R"(, "memory_used_mb": )"
      << model.memory_mb * reading.memory_centi / 10'000
      << R"(, "memory_total_mb": )" << model.memory_mb
      << R"(, "disk_percent": )";
  text->Fixed(reading.disk_centi, 2)
      << R"(, "disk_used_gb": )"
      << model.storage_gb * reading.disk_centi / 10'000
      << R"(, "disk_total_gb": )" << model.storage_gb
      << R"(, "uptime_seconds": )" << reading.uptime_s
      << R"(}, "app_metrics": {"app_version": ")" << config_text_
      << R"(", "transactions_count": )" << reading.transactions
      << R"(, "errors_count": )" << ErrorCount(reading)
      << R"(, "warnings_count": )" << 2 * ErrorCount(reading) + reading.queue
      << R"(, "avg_response_time_ms": )" << reading.response_ms
      << R"(}, "network": {"latency_ms": )";
  // Counters since the restart: idle chatter and what each sale costs.
  text->Fixed(reading.latency_centi, 2)
      << R"(, "rx_bytes": )"
      << reading.uptime_s * 1800 + reading.transactions * 4200
      << R"(, "tx_bytes": )"
      << reading.uptime_s * 900 + reading.transactions * 6100 << "}";
}

std::string_view DevicePayload::ResponseData(const DeviceReading& reading,
                                             const DeviceCondition& condition,
                                             Instant last_restart) {
  ShowVersions(reading);
  if (last_restart != restart_shown_ || restart_text_.empty()) {
    restart_shown_ = last_restart;
    restart_text_ = SqlDateTime(last_restart);
    restart_text_[10] = 'T';
  }
  text_.Clear();
  text_ << R"({"status": ")" << HealthStatus(condition)
        << R"(", "config_version": ")" << config_text_
        << R"(", "last_restart": ")" << restart_text_
        << R"(", "response_time_ms": )" << reading.response_ms << ", ";
  AppendDeviceInfo(reading, &text_);
  text_ << R"(, "services": )" << Services(condition) << ", ";
  AppendMetrics(reading, &text_);
  text_ << ", ";
  AppendSystem(reading, &text_);
  if (condition.failure) {
    text_ << R"(, "error": ")" << ErrorText(condition) << R"(")";
  }
  text_ << "}";
  return text_.view();
}

std::string_view DevicePayload::ExtraMetrics(const DeviceReading& reading,
                                             const DeviceCondition& condition) {
  ShowVersions(reading);
  text_.Clear();
  text_ << R"({"uptime_seconds": )" << reading.uptime_s << R"(, "services": )"
        << Services(condition) << ", ";
  AppendDeviceInfo(reading, &text_);
  text_ << "}";
  return text_.view();
}

std::string_view DevicePayload::ExtraData(const DeviceReading& reading,
                                          const DeviceCondition& condition) {
  text_.Clear();
  text_ << R"({"response_time_ms": )" << reading.response_ms
        << R"(, "health_status": ")" << HealthStatus(condition) << R"("})";
  return text_.view();
}

}  // namespace tillstorm
