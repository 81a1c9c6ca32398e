// LedgerEntry: the row of tillstorm_ledger that commits with each batch and so
// proves that the batch is there.
//
//   lane, batch     primary key; batches of a lane are numbered from 0, 0 being
//                   the opening (fleet and manifest)
//   run             which run on this dataset wrote it, counted from 1
//   rows            rows inserted by the batch
//   owners          how far each owner has come: 12 bytes per owner, EntityId
//                   then the instant of its last Step in microseconds, both
//                   little-endian; owner 0xffffffff stands for all (generate)
//   digest_delta    Digest::Json() of the batch
//
// The last two let a run go on where the last one stopped and let a reader
// count rows without scanning. `digest` never trusts them.
#ifndef TILLSTORM_STORAGE_LEDGER_H_
#define TILLSTORM_STORAGE_LEDGER_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "harness/core/rows_dataset.h"

namespace tillstorm {

struct OwnerInstant {
  uint32_t owner = 0;  // EntityId::value, or kAllOwners
  Instant instant{};   // of its last Step in the batch
};
inline constexpr uint32_t kAllOwners = 0xffff'ffff;

struct LedgerEntry {
  int32_t lane = 0;
  int32_t batch = 0;
  int32_t run = 1;
  std::vector<OwnerInstant> owners;
  Digest delta;
};

// Calls `use` with the row of the entry; the row borrows from the call.
template <class Use>
auto WithLedgerRow(const LedgerEntry& entry, Use&& use) {
  std::vector<std::byte> owners(entry.owners.size() * 12);
  for (size_t i = 0; i < entry.owners.size(); ++i) {
    const int64_t micros = MicrosSinceEpoch(entry.owners[i].instant);
    std::memcpy(owners.data() + i * 12, &entry.owners[i].owner, 4);
    std::memcpy(owners.data() + i * 12 + 4, &micros, 8);
  }
  const std::string delta = entry.delta.Json();
  return use(LedgerRow{entry.lane, entry.batch, entry.run,
                       static_cast<int32_t>(entry.delta.rows()), owners,
                       Json{delta}});
}

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_LEDGER_H_
