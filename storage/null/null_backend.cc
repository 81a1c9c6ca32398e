#include "storage/null/null_backend.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace tillstorm {
namespace {

class NullSession : public Session {
 public:
  // Looks at no event: whatever it did to them would lower the ceiling.
  Status Apply(const Batch& batch) override {
    TS_RETURN_IF_ERROR(CheckOpen());
    const auto [lane, is_new] =
        last_batch_.try_emplace(batch.ledger.lane, batch.ledger.batch);
    if (is_new) return Status::Ok();
    if (batch.ledger.batch <= lane->second) {
      return {StatusCode::kIntegrity,
              fmt::format("null: batch {} of lane {} comes after batch {}",
                          batch.ledger.batch, batch.ledger.lane, lane->second)};
    }
    lane->second = batch.ledger.batch;
    return Status::Ok();
  }

  Result<bool> ResolveDoubt(int32_t lane, int32_t batch) override {
    TS_RETURN_IF_ERROR(CheckNotFinished());
    const auto last = last_batch_.find(lane);
    return last != last_batch_.end() && batch <= last->second;
  }

  // Each lane has its own: nothing is shared where nothing is stored.
  Result<std::unique_ptr<Session>> OpenLane() override {
    TS_RETURN_IF_ERROR(CheckOpen());
    return std::unique_ptr<Session>(std::make_unique<NullSession>());
  }

  Status SetManifest(const Manifest& /*manifest*/) override {
    return CheckOpen();
  }

  Status Finish(const Manifest& /*manifest*/,
                const FinishProgress& progress) override {
    TS_RETURN_IF_ERROR(CheckOpen());
    if (progress.report) progress.report("sync", 1, 1);
    finished_ = true;
    return Status::Ok();
  }

  void Interrupt() override { stop_ = true; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return {{"null", "nothing is stored"}};
  }

 private:
  [[nodiscard]] Status CheckOpen() const {
    if (stop_) return {StatusCode::kInterrupted, "null: stopped"};
    return CheckNotFinished();
  }
  [[nodiscard]] Status CheckNotFinished() const {
    if (!finished_) return Status::Ok();
    return {StatusCode::kIntegrity, "null: the dataset is finished already"};
  }

  std::map<int32_t, int32_t> last_batch_;  // by lane
  bool finished_ = false;
  std::atomic<bool> stop_{false};
};

}  // namespace

Result<std::unique_ptr<Session>> NullBackend::Create(
    const CreateOptions& /*options*/, const Manifest& /*manifest*/,
    const Batch& fleet) {
  auto session = std::make_unique<NullSession>();
  TS_RETURN_IF_ERROR(session->Apply(fleet));
  return std::unique_ptr<Session>(std::move(session));
}

Result<std::unique_ptr<Session>> NullBackend::Continue(
    const ContinueOptions& /*options*/) {
  return Status(StatusCode::kBadInput,
                "null: stores nothing, so there is nothing to go on with; give "
                "the path of a dataset");
}

Result<std::unique_ptr<Reader>> NullBackend::OpenReader() {
  return Status(StatusCode::kBadInput,
                "null: stores nothing, so there is nothing to read; give the "
                "path of a dataset");
}

}  // namespace tillstorm
