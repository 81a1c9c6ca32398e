#include "storage/batch_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/core/check.h"

namespace tillstorm {
int64_t PureIdOf(const Event& event) {
  int64_t id = 0;
  TS_DCHECK(event.payload_size >= 9);
  std::memcpy(&id, event.payload().data() + 1, sizeof(id));
  return id;
}

Status BatchOrder::ForEachGroup(
    EventSpan events, const std::function<Status(const EventGroup&)>& apply) {
  // A counting sort by table and kind of event; 2 * table + 1 are its updates.
  const auto bucket_of = [](const Event* event) {
    return Index(event->table) * 2 + (event->op == EventOp::kUpdate ? 1 : 0);
  };
  std::array<size_t, 2 * kTableCount + 1> ends{};
  for (const Event* event : events) ++ends[bucket_of(event) + 1];
  for (size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  sorted_.resize(events.size());
  // Afterwards ends[b] is where bucket b ends.
  for (const Event* event : events) sorted_[ends[bucket_of(event)]++] = event;
  size_t begin = 0;
  for (size_t bucket = 0; bucket < 2 * kTableCount; ++bucket) {
    const EventSpan group(sorted_.data() + begin, ends[bucket] - begin);
    begin = ends[bucket];
    if (group.empty()) continue;
    TS_RETURN_IF_ERROR(
        apply({AllTables()[bucket / 2].id,
               bucket % 2 == 0 ? EventOp::kInsert : EventOp::kUpdate, group}));
  }
  return Status::Ok();
}

Result<std::span<const RowUpdate>> UpdateFolder::Fold(
    EventSpan updates, const std::string& shown) {
  placed_.clear();
  folded_.clear();
  for (size_t i = 0; i < updates.size(); ++i) {
    placed_.push_back({PureIdOf(*updates[i]), i, updates[i]});
  }
  std::sort(placed_.begin(), placed_.end(),
            [](const Placed& a, const Placed& b) {
              return a.id != b.id ? a.id < b.id : a.place < b.place;
            });
  for (const Placed& update : placed_) {
    if (folded_.empty() || folded_.back().id != update.id) {
      folded_.push_back({update.id, update.event});
      continue;
    }
    if (update.event->hash_before != folded_.back().event->hash_after) {
      return Status(
          StatusCode::kIntegrity,
          fmt::format("{}: an update of {} row {} does not follow from the one "
                      "before",
                      shown, Table(update.event->table).name, update.id));
    }
    folded_.back().event = update.event;
  }
  return std::span<const RowUpdate>(folded_);
}

}  // namespace tillstorm
