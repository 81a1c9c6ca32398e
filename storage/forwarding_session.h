// ForwardingSession: a Session that passes everything on to another one. What
// slows or breaks a session for a test or a measurement derives from it and
// overrides the one call that it is about.
//
// Threads, errors: those of the session behind it.
#ifndef TILLSTORM_STORAGE_FORWARDING_SESSION_H_
#define TILLSTORM_STORAGE_FORWARDING_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/backend.h"

namespace tillstorm {

class ForwardingSession : public Session {
 public:
  // REQUIRES: session != nullptr.
  explicit ForwardingSession(std::unique_ptr<Session> session)
      : session_(std::move(session)) {}

  Status Apply(const Batch& batch) override { return session_->Apply(batch); }
  Result<bool> ResolveDoubt(int32_t lane, int32_t batch) override {
    return session_->ResolveDoubt(lane, batch);
  }
  Result<std::unique_ptr<Session>> OpenLane() override {
    return session_->OpenLane();
  }
  Status SetManifest(const Manifest& manifest) override {
    return session_->SetManifest(manifest);
  }
  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override {
    return session_->Finish(manifest, progress);
  }
  void Interrupt() override { session_->Interrupt(); }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return session_->Settings();
  }
  [[nodiscard]] ApplyTimes last_apply() const override {
    return session_->last_apply();
  }
  [[nodiscard]] int64_t log_bytes() const override {
    return session_->log_bytes();
  }

 private:
  std::unique_ptr<Session> session_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_FORWARDING_SESSION_H_
