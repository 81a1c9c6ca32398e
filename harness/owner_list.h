// OwnerList: how far each owner has come in a batch, for its ledger entry.
//
// Threads: one owner.
// Memory: 8 bytes per entity up to the highest number that occurred.
#ifndef TILLSTORM_HARNESS_OWNER_LIST_H_
#define TILLSTORM_HARNESS_OWNER_LIST_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/event.h"
#include "storage/ledger.h"

namespace tillstorm {

class OwnerList {
 public:
  // Each owner once, with the instant of its last event. REQUIRES: the events
  // of an owner are in order.
  [[nodiscard]] std::vector<OwnerInstant> Of(
      std::span<const Event* const> events);

 private:
  // In which list an owner was seen last, and where in that.
  struct Seen {
    uint32_t list = 0;
    uint32_t at = 0;
  };
  uint32_t list_ = 0;
  std::array<std::vector<Seen>, 4> seen_;  // by kind and number
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_OWNER_LIST_H_
