// DevicePayload: the JSON texts of one device, with upstream's keys and
// spacing.
//
//   response_data  of health_checks: status, config_version, last_restart,
//                  response_time_ms, device_info, services, metrics, and the
//                  shapes system, app_metrics, network that upstream's site
//                  aggregates read; error when a check failed
//   extra_metrics  of device_metrics: uptime_seconds, services, device_info
//   extra_data     of device_state_history: response_time_ms, health_status
//
// Threads: one owner; texts are valid until the next call.
#ifndef TILLSTORM_AGENTS_DEVICE_PAYLOAD_H_
#define TILLSTORM_AGENTS_DEVICE_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "agents/device_day.h"
#include "agents/device_reading.h"
#include "agents/fleet.h"
#include "agents/text_buffer.h"
#include "harness/core/instant.h"

namespace tillstorm {

// The text of a failed check.
[[nodiscard]] std::string_view ErrorText(const DeviceCondition& condition);

class DevicePayload {
 public:
  explicit DevicePayload(const DeviceFacts& facts);

  [[nodiscard]] std::string_view ResponseData(const DeviceReading& reading,
                                              const DeviceCondition& condition,
                                              Instant last_restart);
  [[nodiscard]] std::string_view ExtraMetrics(const DeviceReading& reading,
                                              const DeviceCondition& condition);
  [[nodiscard]] std::string_view ExtraData(const DeviceReading& reading,
                                           const DeviceCondition& condition);

 private:
  using Text = TextBuffer<2048>;

  // Makes the texts that name versions those of the reading.
  void ShowVersions(const DeviceReading& reading);
  void AppendDeviceInfo(const DeviceReading& reading, Text* text) const;
  void AppendMetrics(const DeviceReading& reading, Text* text) const;
  void AppendSystem(const DeviceReading& reading, Text* text) const;

  DeviceFacts facts_;
  int32_t config_shown_ = -1;
  std::string config_text_;
  int32_t firmware_shown_ = -1;
  std::string device_info_;  // up to the value of uptime_hours
  Instant restart_shown_{};
  std::string restart_text_;
  Text text_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_PAYLOAD_H_
