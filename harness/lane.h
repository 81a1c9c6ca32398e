// Lane: the batches of one lane: numbers them, gives each its ledger entry with
// the digest delta, and counts those that were acknowledged. What all batching
// writers share; when a batch is cut and what follows an error is theirs.
//
//   Batch batch = lane.NextBatch(events, owners);
//   status = session.Apply(batch); if (status.ok()) lane.Acknowledge(batch);
//
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_LANE_H_
#define TILLSTORM_HARNESS_LANE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "storage/backend.h"

namespace tillstorm {

struct LaneOptions {
  int32_t lane = 0;
  int32_t run = 1;          // of this dataset, from 1
  int32_t first_batch = 1;  // batch 0 of a dataset is its opening
};

class Lane {
 public:
  explicit Lane(const LaneOptions& options)
      : options_(options), next_batch_(options.first_batch) {}

  // The events as the next batch. They are borrowed.
  [[nodiscard]] Batch NextBatch(std::span<const Event* const> events,
                                std::vector<OwnerInstant> owners) const;
  // The batch is in the dataset. REQUIRES: NextBatch() gave it, last.
  void Acknowledge(const Batch& batch);

  // Of acknowledged batches.
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] int32_t next_batch() const { return next_batch_; }

 private:
  const LaneOptions options_;
  int32_t next_batch_;
  Digest digest_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_LANE_H_
