#include "harness/batch_writer.h"

#include "harness/core/check.h"

namespace tillstorm {

BatchWriter::BatchWriter(Session& session, const BatchWriterOptions& options,
                         const LaneOptions& lane)
    : session_(session), options_(options), lane_(lane) {}

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
  const Instant last = pending_.back()->instant;
  const Batch batch = lane_.NextBatch(pending_, {{kAllOwners, last}});
  TS_RETURN_IF_ERROR(session_.Apply(batch));
  lane_.Acknowledge(batch);
  bytes_ += static_cast<int64_t>(pending_bytes_);
  last_instant_ = last;
  pending_.clear();
  pending_bytes_ = 0;
  return Status::Ok();
}

}  // namespace tillstorm
