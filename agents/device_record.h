// DeviceRecord: the row of `devices` of one device. Some of its columns change
// while it runs (status, heartbeat, configuration, firmware); their values at
// any instant are closed-form (device_states.h), so that a row can be written
// as it is at the opening (live) or at the end (bulk).
//
// Threads: immutable.
#ifndef TILLSTORM_AGENTS_DEVICE_RECORD_H_
#define TILLSTORM_AGENTS_DEVICE_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "agents/device_day.h"
#include "agents/plan.h"
#include "harness/core/rows_fleet.h"

namespace tillstorm {

// The columns of a device row that change.
struct DeviceState {
  bool seen = true;  // false: it has not reported yet
  DeviceStatus status = DeviceStatus::kOnline;
  bool warning = false;  // a fault is under way and to be seen
  int32_t config = 0;    // versions.h
  int32_t firmware = 0;
  Instant last_seen{};
  Instant updated_at{};
  friend bool operator==(const DeviceState&, const DeviceState&) = default;
};

// Texts that a row borrows.
struct DeviceTexts {
  std::string config;
  std::string firmware;
};

// When the device was enrolled.
[[nodiscard]] Instant DeviceCreated(const Plan& plan, uint32_t device);
// What the device's own requests come from.
[[nodiscard]] std::string DeviceIp(const Plan& plan, uint32_t device);
// Hex digits that are the hash of nothing.
[[nodiscard]] std::string SecretHex(uint64_t seed, EntityId entity,
                                    uint64_t index);

class DeviceRecord {
 public:
  DeviceRecord(const Plan& plan, uint32_t device);

  // The row in that state; borrows from the record and from `texts`. Of a fleet
  // that HOMEPOT made only `id` and the current state are filled: the rest is
  // not ours to know or to write.
  [[nodiscard]] DeviceRow Row(const DeviceState& state,
                              DeviceTexts* texts) const;
  [[nodiscard]] const std::string& identifier() const { return identifier_; }

 private:
  // `id` and the columns that are current state (schema.h).
  void FillState(const DeviceState& state, DeviceRow* row) const;
  // All others.
  void FillOwn(const DeviceState& state, DeviceTexts* texts,
               DeviceRow* row) const;

  int32_t id_;
  bool is_adopted_;
  int32_t site_id_;
  Os os_;
  uint8_t model_;
  std::string identifier_;
  std::string name_;
  std::string ip_;
  std::string wan_ip_;
  std::string mac_;
  std::string config_;  // up to the version
  std::string push_token_;
  std::string api_key_hash_;
  Instant created_at_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_RECORD_H_
