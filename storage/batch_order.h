// The order in which a batch is applied, the same for every engine: table by
// table in foreign-key order, inserts before updates, and of several updates of
// one row the last one only.
//
// Threads: values; one owner each. Events are borrowed.
#ifndef TILLSTORM_STORAGE_BATCH_ORDER_H_
#define TILLSTORM_STORAGE_BATCH_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/event.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"

namespace tillstorm {

using EventSpan = std::span<const Event* const>;

// The id that a payload begins with. REQUIRES: an update, or an insert into a
// table with pure ids.
[[nodiscard]] int64_t PureIdOf(const Event& event);

// Events of one table and kind, in the order of their batch.
struct EventGroup {
  TableId table{};
  EventOp op{};
  EventSpan events;
};

class BatchOrder {
 public:
  // Calls `apply` with each group that has events; the first error ends it.
  Status ForEachGroup(EventSpan events,
                      const std::function<Status(const EventGroup&)>& apply);

 private:
  std::vector<const Event*> sorted_;
};

// What a row becomes.
struct RowUpdate {
  int64_t id = 0;
  const Event* event = nullptr;
};

class UpdateFolder {
 public:
  // One update per row, by id: the last of those in `updates`, which are all of
  // one table. kIntegrity, naming `shown`, unless each follows from the one
  // before. The result is valid until the next call.
  [[nodiscard]] Result<std::span<const RowUpdate>> Fold(
      EventSpan updates, const std::string& shown);

 private:
  struct Placed {
    int64_t id = 0;
    size_t place = 0;  // in the order of the batch
    const Event* event = nullptr;
  };
  std::vector<Placed> placed_;
  std::vector<RowUpdate> folded_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_BATCH_ORDER_H_
