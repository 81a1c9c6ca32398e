#include "harness/lane_fan.h"

#include <algorithm>
#include <deque>
#include <new>
#include <thread>
#include <utility>

#include "harness/core/mutex.h"

namespace tillstorm {
namespace {

using EventPointers = std::vector<const Event*>;

constexpr size_t kQueuedMax = 8;   // windows that a lane may be behind
constexpr int64_t kHeldMax = 250;  // windows whose events a batch may hold

LaneOptions OptionsOf(size_t lane) {
  LaneOptions options;
  options.lane = static_cast<int32_t>(lane);
  return options;
}

}  // namespace

class LaneFan::Lane {
 public:
  Lane(Session& session, const BatchWriterOptions& options, size_t number)
      : writer_(session, options, OptionsOf(number)),
        thread_([this] { Work(); }) {}
  ~Lane() { [[maybe_unused]] const Status status = End(/*drop=*/true); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Status Add(EventPointers events) {
    const MutexLock lock(mutex_);
    while (queue_.size() >= kQueuedMax && status_.ok()) room_.Wait(mutex_);
    if (!status_.ok()) return status_;
    queue_.push_back(std::move(events));
    work_.NotifyOne();
    return Status::Ok();
  }

  // Ends the thread, after what is queued or without it.
  Status End(bool drop) {
    {
      const MutexLock lock(mutex_);
      ended_ = true;
      if (drop) queue_.clear();
      dropped_ = dropped_ || drop;
      work_.NotifyOne();
    }
    if (thread_.joinable()) thread_.join();
    const MutexLock lock(mutex_);
    return status_;
  }

  // What is committed.
  struct Progress {
    int64_t windows = 0;
    Digest digest;
    int64_t bytes = 0;
    int64_t batches = 0;
    Instant last_instant{};
  };
  [[nodiscard]] Progress progress() const {
    const MutexLock lock(mutex_);
    return progress_;
  }

 private:
  void Work() {
    int64_t number = 0;  // of the window
    EventPointers events;
    while (Next(&events)) {
      const Status status = Write(events, number);
      ++number;
      if (!status.ok()) return Fail(status);
    }
    const MutexLock lock(mutex_);
    if (dropped_ || !status_.ok()) return;
    status_ = writer_.Flush();
    if (status_.ok()) Show(number);
  }

  bool Next(EventPointers* events) {
    const MutexLock lock(mutex_);
    while (queue_.empty() && !ended_) work_.Wait(mutex_);
    if (queue_.empty()) return false;
    *events = std::move(queue_.front());
    queue_.pop_front();
    room_.NotifyOne();
    return true;
  }

  Status Write(const EventPointers& events, int64_t number) {
    try {
      return TryWrite(events, number);
    } catch (const std::bad_alloc&) {
      return {StatusCode::kSystemLimit, "no memory is left"};
    }
  }

  Status TryWrite(const EventPointers& events, int64_t number) {
    const int32_t before = writer_.next_batch();
    for (const Event* event : events) {
      TS_RETURN_IF_ERROR(writer_.Add(*event));
    }
    // A batch cut within this window holds all that came before it.
    if (writer_.next_batch() != before) held_from_ = number;
    if (number - held_from_ >= kHeldMax) {
      TS_RETURN_IF_ERROR(writer_.Flush());
      held_from_ = number + 1;
    }
    const MutexLock lock(mutex_);
    Show(held_from_);
    return Status::Ok();
  }

  void Show(int64_t windows) REQUIRES_LOCK(mutex_) {
    progress_ = {windows, writer_.digest(), writer_.bytes(),
                 writer_.next_batch() - 1, writer_.last_instant()};
  }

  void Fail(const Status& status) {
    const MutexLock lock(mutex_);
    status_ = status;
    room_.NotifyOne();
  }

  BatchWriter writer_;
  int64_t held_from_ = 0;  // windows before it are committed
  mutable Mutex mutex_;
  Condition work_;
  Condition room_;
  std::deque<EventPointers> queue_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
  bool dropped_ GUARDED_BY(mutex_) = false;
  Status status_ GUARDED_BY(mutex_);
  Progress progress_ GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

LaneFan::LaneFan(const std::vector<Session*>& sessions,
                 const BatchWriterOptions& options) {
  for (size_t i = 0; i < sessions.size(); ++i) {
    lanes_.push_back(std::make_unique<Lane>(*sessions[i], options, i));
  }
}

LaneFan::~LaneFan() = default;

Status LaneFan::Add(std::span<const Event* const> events) {
  std::vector<EventPointers> parts(lanes_.size());
  for (const Event* event : events) {
    parts[event->entity.index() % lanes_.size()].push_back(event);
  }
  for (size_t i = 0; i < lanes_.size(); ++i) {
    TS_RETURN_IF_ERROR(lanes_[i]->Add(std::move(parts[i])));
  }
  return Status::Ok();
}

Status LaneFan::Flush() {
  Status first;
  for (const auto& lane : lanes_) {
    const Status status = lane->End(/*drop=*/false);
    if (first.ok() && !status.ok()) first = status;
  }
  return first;
}

void LaneFan::Drop() {
  for (const auto& lane : lanes_) {
    [[maybe_unused]] const Status status = lane->End(/*drop=*/true);
  }
}

int64_t LaneFan::committed() const {
  int64_t least = lanes_.front()->progress().windows;
  for (const auto& lane : lanes_) {
    least = std::min(least, lane->progress().windows);
  }
  return least;
}

Digest LaneFan::digest() const {
  Digest digest;
  for (const auto& lane : lanes_) digest.Add(lane->progress().digest);
  return digest;
}

int64_t LaneFan::rows() const { return digest().rows(); }

int64_t LaneFan::bytes() const {
  int64_t bytes = 0;
  for (const auto& lane : lanes_) bytes += lane->progress().bytes;
  return bytes;
}

int64_t LaneFan::batches() const {
  int64_t batches = 0;
  for (const auto& lane : lanes_) batches += lane->progress().batches;
  return batches;
}

Instant LaneFan::last_instant() const {
  Instant least = lanes_.front()->progress().last_instant;
  for (const auto& lane : lanes_) {
    least = std::min(least, lane->progress().last_instant);
  }
  return least;
}

}  // namespace tillstorm
