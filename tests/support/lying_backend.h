// Backends that are dishonest in one way each, around an honest one, to see
// that a measurement finds it.
#ifndef TILLSTORM_TESTS_SUPPORT_LYING_BACKEND_H_
#define TILLSTORM_TESTS_SUPPORT_LYING_BACKEND_H_

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/backend.h"
#include "storage/engine_ceiling.h"
#include "storage/forwarding_session.h"

namespace tillstorm::testing {

// Wraps each session that it makes. All else is the honest one's.
class LyingBackend : public Backend {
 public:
  using Wrap =
      std::function<std::unique_ptr<Session>(std::unique_ptr<Session>)>;
  // `really` is the durability that it gives, whatever it is asked for.
  LyingBackend(Backend& honest, Wrap wrap,
               std::optional<Durability> really = std::nullopt)
      : honest_(honest), wrap_(std::move(wrap)), really_(really) {}

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override {
    CreateOptions other = options;
    if (really_) other.durability = *really_;
    auto session = honest_.Create(other, manifest, fleet);
    if (!session.ok()) return session;
    return wrap_(std::move(*session));
  }
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override {
    return honest_.Continue(options);
  }
  Result<bool> Exists() override { return honest_.Exists(); }
  Result<std::unique_ptr<Reader>> OpenReader() override {
    return honest_.OpenReader();
  }
  Result<std::unique_ptr<QuerySession>> OpenQueries() override {
    return honest_.OpenQueries();
  }
  void Interrupt() override { honest_.Interrupt(); }
  Status Close(const std::atomic<bool>& stop, const Notice& say) override {
    return honest_.Close(stop, say);
  }
  Result<std::unique_ptr<EngineCeiling>> OpenCeiling(
      const EngineCeilingOptions& options,
      const std::atomic<bool>& stop) override {
    return honest_.OpenCeiling(options, stop);
  }
  [[nodiscard]] std::optional<int> server_process() const override {
    return honest_.server_process();
  }
  [[nodiscard]] int max_lanes() const override { return honest_.max_lanes(); }
  [[nodiscard]] std::string name() const override { return honest_.name(); }

 private:
  Backend& honest_;
  const Wrap wrap_;
  const std::optional<Durability> really_;
};

// Leaves the last row of one batch out and says that it is there.
class RowDropper final : public ForwardingSession {
 public:
  using ForwardingSession::ForwardingSession;
  Status Apply(const Batch& batch) override {
    Batch less = batch;
    if (batch.ledger.batch == 2) {
      less.events = batch.events.first(batch.events.size() - 1);
    }
    return ForwardingSession::Apply(less);
  }
};

// A batch of its own: the blocks of one that was acknowledged go back.
class KeptBatch {
 public:
  explicit KeptBatch(const Batch& batch) : ledger_(batch.ledger) {
    for (const Event* event : batch.events) {
      const size_t size = sizeof(Event) + event->payload_size;
      memory_.push_back(std::make_unique<Event[]>(1 + size / sizeof(Event)));
      std::memcpy(static_cast<void*>(memory_.back().get()), event, size);
      events_.push_back(memory_.back().get());
    }
  }
  [[nodiscard]] Batch batch() const { return {events_, ledger_}; }

 private:
  LedgerEntry ledger_;
  std::vector<std::unique_ptr<Event[]>> memory_;
  std::vector<const Event*> events_;
};

// Acknowledges a batch when it is given and commits it with the next one.
class LateCommitter final : public ForwardingSession {
 public:
  using ForwardingSession::ForwardingSession;
  Status Apply(const Batch& batch) override {
    const Status status = Settle();
    kept_.emplace(batch);
    return status;
  }
  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override {
    TS_RETURN_IF_ERROR(Settle());
    return ForwardingSession::Finish(manifest, progress);
  }

 private:
  Status Settle() {
    if (!kept_) return Status::Ok();
    const Status status = ForwardingSession::Apply(kept_->batch());
    kept_.reset();
    return status;
  }

  std::optional<KeptBatch> kept_;
};

// Acknowledges a batch at once and commits it a moment later in a thread of its
// own; the session behind it belongs to one thread at a time.
class EarlyAcknowledger final : public ForwardingSession {
 public:
  using ForwardingSession::ForwardingSession;
  ~EarlyAcknowledger() override { (void)Settle(); }
  Status Apply(const Batch& batch) override {
    TS_RETURN_IF_ERROR(Settle());
    kept_.emplace(batch);
    committer_ = std::thread([this] {
      constexpr std::chrono::milliseconds kMoment{50};
      std::this_thread::sleep_for(kMoment);
      status_ = ForwardingSession::Apply(kept_->batch());
    });
    return Status::Ok();
  }
  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override {
    TS_RETURN_IF_ERROR(Settle());
    return ForwardingSession::Finish(manifest, progress);
  }
  [[nodiscard]] ApplyTimes last_apply() const override { return {}; }

 private:
  Status Settle() {
    if (committer_.joinable()) committer_.join();
    return status_;
  }

  std::optional<KeptBatch> kept_;
  Status status_;
  std::thread committer_;
};

}  // namespace tillstorm::testing

#endif  // TILLSTORM_TESTS_SUPPORT_LYING_BACKEND_H_
