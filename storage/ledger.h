// LedgerEntry: the row of tillstorm_ledger that commits with each batch and so
// proves that the batch is there.
//
//   lane, batch     primary key; batches of a lane are numbered from 1, and
//                   batch 0 of lane 0 is the opening (fleet and manifest)
//   run             which run on this dataset wrote it, counted from 1
//   rows            rows inserted by the batch
//   owners          how far each owner has come: 12 bytes per owner, EntityId
//                   then the instant of its last Step in microseconds, both
//                   little-endian; owner 0xffffffff stands for all of the lane
//                   (generate, and levelling, which has one lane)
//   digest_delta    Digest::Json() of the batch
//
// The last two let a run go on where the last one stopped and let a reader
// count rows without scanning. `digest` never trusts them.
#ifndef TILLSTORM_STORAGE_LEDGER_H_
#define TILLSTORM_STORAGE_LEDGER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "harness/core/rows_dataset.h"
#include "harness/core/status.h"

namespace tillstorm {

class Reader;

// Lanes that write one dataset at once, at most, whatever the engine.
inline constexpr int kLanesMax = 64;

struct OwnerInstant {
  uint32_t owner = 0;  // EntityId::value, or kAllOwners
  Instant instant{};   // of its last Step in the batch
};
inline constexpr uint32_t kAllOwners = 0xffff'ffff;
// Bytes of one owner in the column `owners`.
inline constexpr size_t kOwnerBytes = 12;

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
  std::vector<std::byte> owners(entry.owners.size() * kOwnerBytes);
  for (size_t i = 0; i < entry.owners.size(); ++i) {
    const int64_t micros = MicrosSinceEpoch(entry.owners[i].instant);
    std::byte* const owner = owners.data() + i * kOwnerBytes;
    std::memcpy(owner, &entry.owners[i].owner, 4);
    std::memcpy(owner + 4, &micros, 8);
  }
  const std::string delta = entry.delta.Json();
  return use(LedgerRow{entry.lane, entry.batch, entry.run,
                       static_cast<int32_t>(entry.delta.rows()), owners,
                       Json{delta}});
}

// What the ledger of a dataset says all in all.
struct LedgerState {
  int32_t last_run = 0;
  // By lane: the number of its next batch. Lanes that wrote nothing yet are
  // left out after the last one that did; theirs is 1.
  std::vector<int32_t> next_batches;
  int64_t batches = 0;  // of all lanes
  Digest total;         // sum of all deltas: rows and sums per table
  // How far the owners came in the last run, each once, kAllOwners included;
  // ordered by owner.
  std::vector<OwnerInstant> owners;

  [[nodiscard]] int32_t NextBatch(int32_t lane) const {
    const auto index = static_cast<size_t>(lane);
    return index < next_batches.size() ? next_batches[index] : 1;
  }
};

// Adds up the ledger of a dataset that anybody may have made or damaged.
// Threads: one.
// Errors: kBadInput, with a sentence about the row.
class LedgerSum {
 public:
  // Adds a row of tillstorm_ledger, in any order of rows; an error unless it is
  // what WithLedgerRow() writes, to the byte. REQUIRES: `encoding` is the whole
  // encoding of a row, as a Reader gives it.
  Status Add(Bytes encoding);
  // The state after all rows; an error unless each lane has every batch up to
  // its last one. Call it once, last.
  [[nodiscard]] Result<LedgerState> Take();

 private:
  void AddOwners(int32_t run, std::string_view blob);

  LedgerState state_;
  std::array<int64_t, kLanesMax> batches_{};  // by lane
  std::array<TableDigest, kTableCount> tables_{};
  std::unordered_map<uint32_t, int64_t> owners_;  // microseconds since 1970
};

// Reads the ledger of the dataset.
[[nodiscard]] Result<LedgerState> ReadLedger(Reader& reader);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_LEDGER_H_
