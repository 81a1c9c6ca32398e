// Backends that are dishonest in one way each, around an honest one, to see
// that a measurement finds it.
#ifndef TILLSTORM_TESTS_SUPPORT_LYING_BACKEND_H_
#define TILLSTORM_TESTS_SUPPORT_LYING_BACKEND_H_

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/backend.h"
#include "storage/forwarding_session.h"

namespace tillstorm::testing {

// Wraps each session that it makes.
class LyingBackend final : public Backend {
 public:
  using Wrap =
      std::function<std::unique_ptr<Session>(std::unique_ptr<Session>)>;
  LyingBackend(Backend& honest, Wrap wrap)
      : honest_(honest), wrap_(std::move(wrap)) {}

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override {
    auto session = honest_.Create(options, manifest, fleet);
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
  [[nodiscard]] std::string name() const override { return honest_.name(); }

 private:
  Backend& honest_;
  const Wrap wrap_;
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

// Acknowledges a batch when it is given and commits it with the next one. What
// it is given it must keep: blocks go back when they are acknowledged.
class EarlyAcknowledger final : public ForwardingSession {
 public:
  using ForwardingSession::ForwardingSession;
  Status Apply(const Batch& batch) override {
    const Status status = Settle();
    Keep(batch);
    return status;
  }
  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override {
    const Status status = Settle();
    return status.ok() ? ForwardingSession::Finish(manifest, progress) : status;
  }

 private:
  void Keep(const Batch& batch) {
    events_.clear();
    memory_.clear();
    for (const Event* event : batch.events) {
      const size_t size = sizeof(Event) + event->payload_size;
      memory_.push_back(std::make_unique<Event[]>(1 + size / sizeof(Event)));
      std::memcpy(static_cast<void*>(memory_.back().get()), event, size);
      events_.push_back(memory_.back().get());
    }
    kept_ = Batch{events_, batch.ledger};
    has_kept_ = true;
  }
  Status Settle() {
    if (!std::exchange(has_kept_, false)) return Status::Ok();
    return ForwardingSession::Apply(kept_);
  }

  std::vector<std::unique_ptr<Event[]>> memory_;
  std::vector<const Event*> events_;
  Batch kept_;
  bool has_kept_ = false;
};

// Says of its durability what it likes.
class SettingsLiar final : public ForwardingSession {
 public:
  using ForwardingSession::ForwardingSession;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    auto settings = ForwardingSession::Settings();
    for (auto& [name, value] : settings) {
      if (name == "synchronous") value = "0";
    }
    return settings;
  }
};

}  // namespace tillstorm::testing

#endif  // TILLSTORM_TESTS_SUPPORT_LYING_BACKEND_H_
