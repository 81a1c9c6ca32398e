#include "harness/batch_writer.h"

#include "harness/core/check.h"

namespace tillstorm {

BatchWriter::BatchWriter(Session& session, const BatchWriterOptions& options,
                         int32_t first_batch)
    : session_(session), options_(options), next_batch_(first_batch) {}

Status BatchWriter::Add(const Event& event) {
  if (!pending_.empty()) {
    const Event& last = *pending_.back();
    TS_DCHECK(Before(last, event));
    const bool full =
        pending_.size() >= options_.rows || pending_bytes_ >= options_.bytes;
    if (full && last.instant != event.instant) TS_RETURN_IF_ERROR(Flush());
  }
  pending_.push_back(&event);
  pending_bytes_ += event.payload_size;
  return Status::Ok();
}

Status BatchWriter::Flush() {
  if (pending_.empty()) return Status::Ok();
  Batch batch;
  batch.events = pending_;
  batch.ledger.batch = next_batch_;
  batch.ledger.owners = {{kAllOwners, pending_.back()->instant}};
  for (const Event* event : pending_) {
    AddToDigest(*event, &batch.ledger.delta);
  }
  TS_RETURN_IF_ERROR(session_.Apply(batch));
  ++next_batch_;
  digest_.Add(batch.ledger.delta);
  bytes_ += static_cast<int64_t>(pending_bytes_);
  last_instant_ = pending_.back()->instant;
  pending_.clear();
  pending_bytes_ = 0;
  return Status::Ok();
}

}  // namespace tillstorm
