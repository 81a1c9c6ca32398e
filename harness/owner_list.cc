#include "harness/owner_list.h"

namespace tillstorm {

std::vector<OwnerInstant> OwnerList::Of(std::span<const Event* const> events) {
  std::vector<OwnerInstant> owners;
  ++list_;
  for (const Event* event : events) {
    // Most follow one of the same owner.
    const uint32_t owner = event->entity.value;
    if (!owners.empty() && owners.back().owner == owner) {
      owners.back().instant = event->instant;
      continue;
    }
    auto& of_kind = seen_.at(static_cast<size_t>(event->entity.kind()));
    const uint32_t number = event->entity.index();
    if (number >= of_kind.size()) of_kind.resize(number + 1);
    Seen& seen = of_kind[number];
    if (seen.list == list_) {
      owners[seen.at].instant = event->instant;
    } else {
      seen = {list_, static_cast<uint32_t>(owners.size())};
      owners.push_back({owner, event->instant});
    }
  }
  return owners;
}

}  // namespace tillstorm
