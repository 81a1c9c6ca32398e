// DeviceHistory: the invariants about what happened to devices: that states
// follow from each other and have their health checks, that alerts follow from
// failed checks, that a device's row says what came last.
//
// Where collecting resumed after a gap, a state says so without a check beside
// it, and what led to an alert may lie in the gap.
//
// Threads: one owner.
// Memory: grows with the number of devices, state changes and failed checks.
#ifndef TILLSTORM_HARNESS_DEVICE_HISTORY_H_
#define TILLSTORM_HARNESS_DEVICE_HISTORY_H_

#include <cstdint>
#include <map>
#include <vector>

#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "harness/invariant_list.h"

namespace tillstorm {

class DeviceHistory {
 public:
  // Borrows.
  explicit DeviceHistory(InvariantList& list) : list_(list) {}

  // Adds what it finds to the list.
  [[nodiscard]] Status Check();

 private:
  struct Device {
    Instant first_check = kNever;
    Instant last_heard{};         // by a check or a change of state
    std::vector<Instant> failed;  // in no order
  };
  struct StateRow {
    int64_t id = 0;
    Instant at;
    bool has_neighbour = false;
    bool resumed = false;  // said when collecting resumed, without a check
  };

  Status CheckStateChain();
  // Looks at every health check once, for all that need them.
  Status ReadHealthChecks();
  void CheckStateNeighbours();
  Status CheckAlerts();
  Status CheckDevices();
  [[nodiscard]] bool IsOpening(Instant instant) const;
  // Whether the checks that led to an alert lie in collected time.
  [[nodiscard]] bool CouldBeSeen(Instant alert, Instant first_check) const;

  InvariantList& list_;
  bool has_checks_ = false;  // health_checks can be asked
  std::map<int64_t, Device> devices_;
  std::map<int64_t, std::vector<StateRow>> states_;  // by device, in order
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_DEVICE_HISTORY_H_
