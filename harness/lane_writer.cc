#include "harness/lane_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/measuring.h"
#include "harness/wall_clock.h"

namespace tillstorm {
namespace {

// Items of one bulk dequeue.
constexpr size_t kItemsPerTake = 256;
// The doubling of waits ends here.
constexpr uint32_t kDoublingsMax = 6;

int64_t Ns(std::chrono::nanoseconds duration) { return duration.count(); }

uint32_t BlocksOf(const QueuedBlock* item) {
  uint32_t blocks = 0;
  for (; item != nullptr; item = item->rest) ++blocks;
  return blocks;
}

uint64_t EventsOf(const QueuedBlock* item) {
  uint64_t events = 0;
  for (; item != nullptr; item = item->rest) events += item->events.events();
  return events;
}

// What failed, and why it stays open what became of the batch.
Status InDoubt(const Status& error, const Status& why) {
  return {StatusCode::kInDoubt,
          fmt::format("{}; {}", error.message(), why.message())};
}

}  // namespace

LaneWriter::LaneWriter(Session& session, EventQueue& queue, BlockPool& pool,
                       const LaneWriterOptions& options, BatchObserver observer,
                       TimesObserver times)
    : session_(session),
      queue_(queue),
      pool_(pool),
      options_(options),
      blocks_max_(std::max(1U, pool.total() / 2)),
      observer_(std::move(observer)),
      times_observer_(std::move(times)),
      lane_(options.lane),
      busy_(Clock::now()),
      queue_wait_(LaneLatencyLayout()),
      batch_wait_(LaneLatencyLayout()),
      execute_(LaneLatencyLayout()),
      commit_(LaneLatencyLayout()) {
  TS_CHECK(options.rows > 0 && options.bytes > 0);
}

Status LaneWriter::Run() {
  Status status;
  try {
    status = Drain();
  } catch (const std::bad_alloc&) {
    status = {StatusCode::kSystemLimit, "out of memory in the writer"};
  }
  pool_.Close();
  return status;
}

Status LaneWriter::Drain() {
  bool flush = false;
  taken_at_ = Clock::now();
  for (;;) {
    if (drop_.load()) return Drop();
    TS_RETURN_IF_ERROR(Fill());
    is_full_ = cut_ > 0;
    if (!is_full_ && flush) cut_ = pending_.size();
    if (cut_ > 0) {
      flush = false;
      const Status status = CommitBatch();
      const bool is_undone = status.remedy() == Remedy::kRetryBatch ||
                             status.code() == StatusCode::kInterrupted;
      if (!status.ok() && drop_.load() && is_undone) return Drop();
      TS_RETURN_IF_ERROR(status);
      continue;
    }
    switch (Gather()) {
      case Gathered::kMore:
        break;
      case Gathered::kAll:
        flush = true;
        break;
      case Gathered::kEnd:
        return CheckEmpty();
    }
  }
}

LaneWriter::Gathered LaneWriter::Gather() {
  QueueWake wake = QueueWake::kDemand;
  if (pending_.empty()) {
    const bool has_waited = queue_.depth().rows > 0;
    wake = queue_.Await({});
    batch_began_ = has_waited ? taken_at_ : Clock::now();
  }
  if (wake == QueueWake::kDemand) {
    wake = queue_.Await(Missing(), batch_began_ + options_.linger);
  }
  if (!TakeQueued() && pending_.empty()) {
    return wake == QueueWake::kClosed ? Gathered::kEnd : Gathered::kMore;
  }
  return wake == QueueWake::kDemand ? Gathered::kMore : Gathered::kAll;
}

QueueDemand LaneWriter::Missing() const {
  // How full blocks are is known only when they are here: look as soon as there
  // may be enough.
  const uint64_t bytes_left = options_.bytes - scanned_bytes_;
  const uint64_t blocks_left = std::min<uint64_t>(
      blocks_max_ - blocks_, 1 + bytes_left / pool_.block_bytes());
  return {options_.rows - pending_.size(), blocks_left};
}

bool LaneWriter::TakeQueued() {
  const size_t enough =
      options_.rows - std::min<size_t>(options_.rows, pending_.size());
  uint64_t events = 0;
  size_t count = 0;
  do {
    std::array<QueuedBlock*, kItemsPerTake> items;
    count = queue_.Take(items);
    taken_.insert(taken_.end(), items.begin(), items.begin() + count);
    for (size_t i = 0; i < count; ++i) events += EventsOf(items[i]);
  } while (count == kItemsPerTake && events < enough);
  taken_at_ = Clock::now();
  return !taken_.empty();
}

Status LaneWriter::Fill() {
  while (!FindCut() && taken_next_ < taken_.size()) {
    QueuedBlock* const item = taken_[taken_next_++];
    TS_RETURN_IF_ERROR(CheckSequence(*item));
    queue_wait_.Record(Ns(taken_at_ - item->handed_over));
    for (const QueuedBlock* block = item; block != nullptr;
         block = block->rest) {
      block->events.ForEach(
          [this](const Event& event) { pending_.push_back(&event); });
      ++blocks_;
    }
    held_.push_back({item, pending_.size()});
  }
  if (taken_next_ == taken_.size()) {
    taken_.clear();
    taken_next_ = 0;
  }
  return Status::Ok();
}

bool LaneWriter::FindCut() {
  const auto is_full = [this] {
    return scanned_ >= options_.rows || scanned_bytes_ >= options_.bytes;
  };
  for (; scanned_ < pending_.size(); ++scanned_) {
    const Event& event = *pending_[scanned_];
    // Position 0 begins a Step.
    if (event.position == 0 && is_full()) {
      cut_ = scanned_;
      return true;
    }
    scanned_bytes_ += event.payload_size;
  }
  // Items end with a Step.
  if (is_full() || blocks_ >= blocks_max_) cut_ = scanned_;
  return cut_ > 0;
}

Status LaneWriter::CheckSequence(const QueuedBlock& item) {
  if (item.producer >= expected_.size()) expected_.resize(item.producer + 1);
  uint64_t& expected = expected_[item.producer];
  if (item.sequence != expected) {
    return {StatusCode::kIntegrity,
            fmt::format("the queue gave block {} of producer {} where block {} "
                        "was due: what is committed so far is sound, the rest "
                        "is not trusted",
                        item.sequence, item.producer, expected)};
  }
  ++expected;
  return Status::Ok();
}

// Everything that was pushed must have come out.
Status LaneWriter::CheckEmpty() const {
  const QueueDepth left = queue_.depth();
  if (left.blocks == 0) return Status::Ok();
  return {StatusCode::kIntegrity,
          fmt::format("{} blocks with {} events went into the queue and did "
                      "not come out",
                      left.blocks, left.rows)};
}

Status LaneWriter::CommitBatch() {
  const std::span events = std::span(std::as_const(pending_)).first(cut_);
  std::vector<OwnerInstant> owners;  // only the ledger needs them
  if constexpr (kIsMeasuring) owners = owners_.Of(events);
  const Batch batch = lane_.NextBatch(events, std::move(owners));
  times_.applied = Clock::now();
  times_.ready = std::min(times_.applied, ReadyTime());
  batch_wait_.Record(Ns(times_.applied - batch_began_));
  bool acknowledged = false;
  const Status status = ApplyUntilKnown(batch, &acknowledged);
  if (acknowledged) {
    times_.acknowledged = Clock::now();
    if (times_observer_) ObserveTimes(batch);
    Acknowledge(batch);
  }
  return status;
}

LaneWriter::Clock::time_point LaneWriter::ReadyTime() const {
  Clock::time_point first = Clock::time_point::max();
  Clock::time_point last = Clock::time_point::min();
  size_t begin = 0;
  for (const Held& held : held_) {
    if (begin >= cut_) break;
    first = std::min(first, held.item->handed_over);
    last = std::max(last, held.item->handed_over);
    begin = held.end;
  }
  // One that fills up behind a busy writer may have lingered before it is full.
  const Clock::time_point lingered = first + options_.linger;
  return is_full_ ? std::min(last, lingered) : lingered;
}

void LaneWriter::ObserveTimes(const Batch& batch) {
  stepped_.clear();
  size_t at = 0;
  for (Held& held : held_) {
    const std::vector<StepStamp>& stamps = held.item->stamps;
    const size_t end = std::min(held.end, cut_);
    while (at < end && held.next_stamp < stamps.size()) {
      const StepStamp& stamp = stamps[held.next_stamp++];
      stepped_.push_back(
          {stamp.events, stamp.due, stamp.begun, held.item->handed_over});
      at += stamp.events;
    }
    if (at >= cut_) break;
  }
  times_observer_(batch, times_, stepped_);
}

// Applies the batch until it is known to be in the dataset, or it may not be
// tried again. After an I/O error nothing is tried again: what the system then
// says of later writes is not to be trusted.
Status LaneWriter::ApplyUntilKnown(const Batch& batch, bool* acknowledged) {
  bool was_in_doubt = false;
  uint32_t repeats = 0;
  for (;; retries_.fetch_add(1)) {
    const Status status = ApplyTimed(batch);
    const bool is_io = status.code() == StatusCode::kIo;
    *acknowledged = status.ok();
    if (status.remedy() == Remedy::kResolveDoubt) {
      const Result<bool> is_there =
          session_.ResolveDoubt(batch.ledger.lane, batch.ledger.batch);
      if (is_there.status().code() == StatusCode::kInDoubt) {
        return InDoubt(status, is_there.status());
      }
      if (!is_there.ok()) return is_there.status();
      *acknowledged = *is_there;
      if (is_io) return status;
      if (*is_there) return Status::Ok();
      if (was_in_doubt) return status;
      was_in_doubt = true;
    } else if (status.ok() || status.remedy() != Remedy::kRetryBatch ||
               repeats >= options_.retries_max || !WaitToRetry(repeats++)) {
      return status;
    }
  }
}

Status LaneWriter::ApplyTimed(const Batch& batch) {
  busy_.Begin(Clock::now());
  Status status = session_.Apply(batch);
  const std::chrono::nanoseconds took = busy_.End(Clock::now());
  if (!status.ok()) return status;
  ApplyTimes times = session_.last_apply();
  // An engine that does not tell them apart.
  if (times.execute + times.commit == times.execute.zero()) {
    times.execute = took;
  }
  execute_.Record(Ns(times.execute));
  commit_.Record(Ns(times.commit));
  times_.engine = times;
  return status;
}

bool LaneWriter::WaitToRetry(uint32_t repeats) {
  const auto until = Clock::now() + options_.retry_wait *
                                        (1 << std::min(repeats, kDoublingsMax));
  while (!drop_.load()) {
    const uint32_t seen = drop_word_.Load();
    if (drop_.load() || Clock::now() >= until) break;
    drop_word_.WaitUntil(seen, until);
  }
  return !drop_.load();
}

void LaneWriter::Acknowledge(const Batch& batch) {
  lane_.Acknowledge(batch);
  for (size_t i = 0; i < rows_.size(); ++i) {
    const int64_t rows = batch.ledger.delta.table(static_cast<TableId>(i)).rows;
    if (rows != 0) rows_[i].fetch_add(rows);
  }
  const auto events = static_cast<int64_t>(batch.events.size());
  events_.fetch_add(events);
  batches_.fetch_add(1);
  last_batch_events_.store(events);
  last_commit_us_.store(MicrosSinceEpoch(WallClockNow()));
  if (observer_) observer_(batch.events);

  // Blocks that are done with; the last one may go on in the next batch.
  const auto done = std::partition_point(
      held_.begin(), held_.end(),
      [this](const Held& held) { return held.end <= cut_; });
  returning_.clear();
  for (auto held = held_.begin(); held != done; ++held) {
    blocks_ -= BlocksOf(held->item);
    returning_.push_back(held->item);
  }
  held_.erase(held_.begin(), done);
  for (Held& held : held_) held.end -= cut_;
  pending_.erase(pending_.begin(),
                 pending_.begin() + static_cast<std::ptrdiff_t>(cut_));
  pool_.GiveBack(returning_);
  cut_ = 0;
  scanned_ = 0;
  scanned_bytes_ = 0;
  batch_began_ = taken_at_;
}

void LaneWriter::RequestDrop() {
  drop_.store(true);
  drop_word_.Add(1);
  drop_word_.WakeAll();
  queue_.Hurry();
}

Status LaneWriter::Drop() {
  uint64_t events = pending_.size();
  for (size_t i = taken_next_; i < taken_.size(); ++i) {
    events += EventsOf(taken_[i]);
  }
  dropped_events_.store(static_cast<int64_t>(events) + queue_.depth().rows);
  return Status::Ok();
}

LaneStats LaneWriter::stats() const {
  LaneStats stats;
  for (size_t i = 0; i < rows_.size(); ++i) stats.rows[i] = rows_[i].load();
  stats.events = events_.load();
  stats.batches = batches_.load();
  stats.last_batch_events = last_batch_events_.load();
  if (const int64_t us = last_commit_us_.load(); us != 0) {
    stats.last_commit = FromMicros(us);
  }
  stats.retries = retries_.load();
  stats.dropped_events = dropped_events_.load();
  stats.queue_wait = queue_wait_.Read();
  stats.batch_wait = batch_wait_.Read();
  stats.execute = execute_.Read();
  stats.commit = commit_.Read();
  stats.engine_busy = busy_.Share(Clock::now());
  return stats;
}

}  // namespace tillstorm
