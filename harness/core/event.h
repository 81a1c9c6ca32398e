// Event: one row that an agent emitted, or the change of one, as it lies in an
// event block: this header, then `payload_size` bytes of payload.
//
//   insert  payload: the canonical encoding of the whole row; hash_after its
//           hash, hash_before zero
//   update  payload: id and every column that can change (row_codec.h); the
//           hashes are those of the whole row before and after, so that the
//           writer never reads the row
//
// Order: events are totally ordered by (instant, table, entity, position);
// `position` counts an entity's events at that instant. The key is a pure
// function of the event, never of the thread that made it.
//
// Ownership: an Event lives in its block; pointers to it are borrowed from
// there. It is trivially copyable but means nothing without its payload.
#ifndef TILLSTORM_HARNESS_CORE_EVENT_H_
#define TILLSTORM_HARNESS_CORE_EVENT_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/core/digest.h"
#include "harness/core/instant.h"
#include "harness/core/schema.h"

namespace tillstorm {

// Whose event it is. Kinds are numbered so that at one instant a site comes
// before its devices and they before its users.
enum class EntityKind : uint8_t {
  kFleet = 0,
  kSite = 1,
  kDevice = 2,
  kTraffic = 3
};

struct EntityId {
  uint32_t value = 0;

  constexpr EntityId() = default;
  // REQUIRES: index < 2^28.
  constexpr EntityId(EntityKind kind, uint32_t index)
      : value(static_cast<uint32_t>(kind) << 28 | index) {}

  [[nodiscard]] constexpr EntityKind kind() const {
    return static_cast<EntityKind>(value >> 28);
  }
  [[nodiscard]] constexpr uint32_t index() const {
    return value & 0x0fff'ffffU;
  }
  friend constexpr auto operator<=>(EntityId, EntityId) = default;
};

enum class EventOp : uint8_t { kInsert, kUpdate };

struct Event {
  Instant instant{};
  Hash128 hash_before;
  Hash128 hash_after;
  EntityId entity;
  uint32_t payload_size = 0;
  TableId table{};
  EventOp op{};
  uint16_t position = 0;

  [[nodiscard]] std::span<const std::byte> payload() const {
    return {reinterpret_cast<const std::byte*>(this + 1), payload_size};
  }
};

// The total order of events.
[[nodiscard]] inline bool Before(const Event& a, const Event& b) {
  if (a.instant != b.instant) return a.instant < b.instant;
  if (a.table != b.table) return a.table < b.table;
  if (a.entity != b.entity) return a.entity < b.entity;
  return a.position < b.position;
}

// What a committed event does to a digest.
inline void AddToDigest(const Event& event, Digest* digest) {
  if (event.op == EventOp::kInsert) {
    digest->AddInsert(event.table, event.hash_after);
  } else {
    digest->AddUpdate(event.table, event.hash_before, event.hash_after);
  }
}

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_EVENT_H_
