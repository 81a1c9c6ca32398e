// Fleet rows: everything that exists before the first agent starts, as events
// of the dataset's first instant: tenants, users, sites with their schedules,
// devices with epochs, credentials, assignments and lifecycle events.
//
// A device row has columns that change while it runs (status, heartbeat). Its
// value at any instant is closed-form, so the fleet can be written as it is at
// the opening (live) or at the end (bulk).
//
// All passwords are `password123`; the bcrypt hash is the same for every user.
// Key and token hashes are random hex: they are the hash of nothing.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_FLEET_ROWS_H_
#define TILLSTORM_AGENTS_FLEET_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agents/device_day.h"
#include "agents/plan.h"
#include "harness/core/event_sink.h"
#include "harness/core/rows_fleet.h"

namespace tillstorm {

// The columns of a device row that change.
struct DeviceState {
  DeviceStatus status = DeviceStatus::kOnline;
  bool warning = false;  // a fault is under way and to be seen
  Instant last_seen{};
  Instant updated_at{};
  friend bool operator==(const DeviceState&, const DeviceState&) = default;
};

// Owns the texts of one row of `devices`.
class DeviceRecord {
 public:
  DeviceRecord(const Plan& plan, uint32_t device);

  // The row in that state; borrows from the record.
  [[nodiscard]] DeviceRow Row(const DeviceState& state) const;
  [[nodiscard]] const std::string& identifier() const { return identifier_; }

 private:
  int32_t id_;
  int32_t site_id_;
  Os os_;
  std::string identifier_;
  std::string name_;
  std::string ip_;
  std::string wan_ip_;
  std::string mac_;
  std::string_view firmware_;
  std::string config_;
  std::string push_token_;
  std::string api_key_hash_;
  Instant created_at_;
};

// Emits the whole fleet, table by table in foreign-key order: the events are in
// total order. Device rows are as of just before `devices_as_of`.
void EmitFleet(const Plan& plan, Instant devices_as_of, EventSink& sink);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_FLEET_ROWS_H_
