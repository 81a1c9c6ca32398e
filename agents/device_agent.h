// DeviceAgent: one point-of-sale terminal. Every check it emits a health check
// and, unless it cannot be reached, its metrics; a state row when its status
// changed; and, on live paths, the update of its own row once a minute and at
// every change. Errors it reports as they come. At the onset of a fault it
// emits the truth about it. Where collecting resumes after a gap and finds it
// in another status than it was left in, it says so.
//
// As upstream's agents it is idle between checks, checks its health, restarts
// (each night, and at the end of a fault) and is in error while checks fail:
// DeviceStatus is what the outside sees of that.
//
// Threads: one owner. Building one at any instant takes microseconds.
#ifndef TILLSTORM_AGENTS_DEVICE_AGENT_H_
#define TILLSTORM_AGENTS_DEVICE_AGENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "agents/agent.h"
#include "agents/device_day.h"
#include "agents/device_error.h"
#include "agents/device_payload.h"
#include "agents/device_reading.h"
#include "agents/device_record.h"
#include "agents/device_states.h"
#include "agents/plan.h"

namespace tillstorm {

class DeviceAgent final : public Agent {
 public:
  // Borrows the plan. REQUIRES: span.from <= span.end.
  DeviceAgent(const Plan& plan, uint32_t device, const AgentSpan& span);
  DeviceAgent(const DeviceAgent&) = delete;
  DeviceAgent& operator=(const DeviceAgent&) = delete;

  [[nodiscard]] EntityId entity() const override {
    return {EntityKind::kDevice, device_};
  }
  [[nodiscard]] Instant next() const override { return next_; }
  void Step(EventSink& sink) override;

 private:
  // A report or its resolution.
  struct ErrorStep {
    Instant at;
    bool resolves = false;
    DeviceError error;
  };

  // Moves to the first emitted check from check_ on, over as many days as it
  // takes, and finds the next onset on the way.
  void SeekCheck();
  void NextDay();
  void FindCheckBefore();
  void FindTruth();
  void FindErrors(const std::vector<DeviceError>& yesterday);
  void Schedule();
  void EmitCheck(EventSink& sink);
  void EmitState(const DeviceReading& reading, EventSink& sink);
  void EmitUpdate(const DeviceState& after, EventSink& sink);
  void EmitResumption(EventSink& sink);
  void EmitError(const ErrorStep& step, EventSink& sink);

  const Plan& plan_;
  const uint32_t device_;
  const AgentSpan span_;
  const DeviceFacts facts_;
  ReadingModel readings_;
  DevicePayload payload_;

  DeviceDay day_;
  int64_t check_ = 0;  // the next emitted one
  Instant check_instant_ = kNever;
  DeviceCondition condition_;  // at that check
  // At the check before it, emitted or not.
  Instant instant_before_{};
  DeviceStatus status_before_ = DeviceStatus::kOnline;

  std::optional<Resumption> resumption_;  // the next one

  Instant truth_from_;  // truth before this instant is emitted
  Instant truth_instant_ = kNever;
  Fault truth_;
  Instant next_ = kNever;

  std::vector<DeviceError> errors_;     // reported in the day
  std::vector<ErrorStep> error_steps_;  // in order of time
  size_t error_step_ = 0;
  bool emits_checks_;

  // Only where updates are emitted.
  std::unique_ptr<DeviceRecord> record_;
  DeviceTexts texts_before_;
  DeviceTexts texts_after_;
  DeviceState state_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_AGENT_H_
