// BatchWriter: cuts an ordered stream of events into batches and commits them
// through one storage Session, each with its ledger row. It decides when events
// are committed; the Session decides how.
//
// A batch ends at the first instant boundary at or after `rows` or `bytes`, so
// that a Step is never split over two batches, and so that batches depend on
// the events alone.
//
// Threads: one owner, that of the Session.
// Errors: a batch is all or nothing; the first error is final.
#ifndef TILLSTORM_HARNESS_BATCH_WRITER_H_
#define TILLSTORM_HARNESS_BATCH_WRITER_H_

#include <cstdint>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "harness/core/status.h"
#include "harness/lane.h"
#include "storage/backend.h"

namespace tillstorm {

struct BatchWriterOptions {
  uint32_t rows = 10'000;
  uint64_t bytes = 64ULL << 20;  // of payloads
};

class BatchWriter {
 public:
  // Borrows the session.
  BatchWriter(Session& session, const BatchWriterOptions& options,
              const LaneOptions& lane);

  // Takes one event; may commit those before it. The event is borrowed until it
  // is committed. REQUIRES: events come in total order.
  Status Add(const Event& event);
  // Commits what is left.
  Status Flush();

  // Of committed batches.
  [[nodiscard]] const Digest& digest() const { return lane_.digest(); }
  [[nodiscard]] int64_t rows() const { return digest().rows(); }
  [[nodiscard]] int64_t bytes() const { return bytes_; }
  [[nodiscard]] int32_t next_batch() const { return lane_.next_batch(); }
  [[nodiscard]] Instant last_instant() const { return last_instant_; }

 private:
  Session& session_;
  const BatchWriterOptions options_;
  Lane lane_;
  std::vector<const Event*> pending_;
  uint64_t pending_bytes_ = 0;
  int64_t bytes_ = 0;
  Instant last_instant_{};
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_BATCH_WRITER_H_
