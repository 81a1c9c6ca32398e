#include "agents/device_agent.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "agents/device_states.h"
#include "agents/truth.h"
#include "harness/core/rows_telemetry.h"

namespace tillstorm {
namespace {

constexpr std::string_view kProvenance = "simulated";
constexpr std::string_view kEndpoint = "/health";

bool KeepsTelemetry(const Plan& plan) {
  const Scenario& scenario = plan.scenario();
  return scenario.Keeps(TableId::kHealthChecks) ||
         scenario.Keeps(TableId::kDeviceMetrics) ||
         scenario.Keeps(TableId::kDeviceStateHistory);
}

double Centi(int64_t value) { return static_cast<double>(value) / 100.0; }

}  // namespace

DeviceAgent::DeviceAgent(const Plan& plan, uint32_t device,
                         const AgentSpan& span)
    : plan_(plan),
      device_(device),
      span_(span.From(plan.ready())),
      facts_(plan.fleet().Device(device)),
      readings_(plan, device, facts_),
      payload_(facts_),
      day_(plan, device, facts_, plan.ZoneOf(facts_.site).DayOf(span_.from)),
      truth_from_(span_.from),
      emits_checks_(span.mode == EmitMode::kChanges || KeepsTelemetry(plan)) {
  check_ = day_.FirstCheckFrom(span_.from);
  FindCheckBefore();
  if (span.mode == EmitMode::kChanges) {
    record_ = std::make_unique<DeviceRecord>(plan, device);
    state_ = StateBefore(plan, device, span_.from, span_);
  }
  if (emits_checks_) {
    resumption_ = NextResumption(plan, device, span_.from, span_);
  }
  FindTruth();
  FindErrors(ErrorsOf(plan, device,
                      DeviceDay(plan, device, facts_, day_.span().day - 1)));
  SeekCheck();
  Schedule();
}

void DeviceAgent::FindErrors(const std::vector<DeviceError>& yesterday) {
  errors_ = ErrorsOf(plan_, device_, day_);
  // Some of the day before may still be due: they come first.
  error_steps_.erase(
      error_steps_.begin(),
      error_steps_.begin() + static_cast<ptrdiff_t>(error_step_));
  error_step_ = 0;
  const auto first = static_cast<ptrdiff_t>(error_steps_.size());
  const auto add = [this](Instant at, bool resolves, const DeviceError& error) {
    const DaySpan& day = day_.span();
    const bool due = at >= span_.from && at < span_.end && at >= day.begin &&
                     at < day.end && span_.Collects(error.reported);
    if (due) error_steps_.push_back({at, resolves, error});
  };
  for (const auto* errors : {&yesterday, &std::as_const(errors_)}) {
    for (const DeviceError& error : *errors) {
      add(error.reported, false, error);
      if (span_.mode == EmitMode::kChanges) add(error.resolved, true, error);
    }
  }
  std::sort(error_steps_.begin() + first, error_steps_.end(),
            [](const ErrorStep& a, const ErrorStep& b) {
              return std::tuple(a.at, a.resolves, a.error.day, a.error.j) <
                     std::tuple(b.at, b.resolves, b.error.day, b.error.j);
            });
}

void DeviceAgent::FindTruth() {
  truth_instant_ = kNever;
  for (const Fault& fault : day_.faults()) {
    const auto instant = span_.FirstTouch(fault.onset, fault.end);
    if (instant && *instant < span_.end && *instant >= truth_from_ &&
        *instant < truth_instant_) {
      truth_instant_ = *instant;
      truth_ = fault;
    }
  }
}

void DeviceAgent::NextDay() {
  LocalDay next = day_.span().day + 1;
  // A day without collected time leaves nothing to the day after.
  const Instant collected = span_.NextCollected(day_.span().begin);
  if (collected >= day_.span().end && collected < span_.end) {
    next = std::max(next, plan_.ZoneOf(facts_.site).DayOf(collected));
  }
  day_ = DeviceDay(plan_, device_, facts_, next);
  check_ = 0;
  if (truth_instant_ == kNever) FindTruth();
  const std::vector<DeviceError> yesterday = std::move(errors_);
  FindErrors(yesterday);
}

void DeviceAgent::SeekCheck() {
  if (!emits_checks_) {
    const auto idle = [this] {
      return truth_instant_ == kNever && error_step_ == error_steps_.size();
    };
    while (idle() && day_.span().end < span_.end) NextDay();
    return;
  }
  bool after_gap = false;
  for (;;) {
    while (check_ >= day_.checks()) {
      if (day_.span().end >= span_.end) {
        check_instant_ = kNever;
        return;
      }
      NextDay();
    }
    check_instant_ = day_.CheckInstant(check_);
    if (check_instant_ >= span_.end) {
      check_instant_ = kNever;
      return;
    }
    const Instant collected = span_.NextCollected(check_instant_);
    if (collected > check_instant_) {
      const bool today = collected < day_.span().end;
      check_ = today ? day_.FirstCheckFrom(collected) : day_.checks();
      after_gap = true;
      continue;
    }
    if (after_gap) FindCheckBefore();
    after_gap = false;
    condition_ = day_.ConditionAt(check_instant_);
    if (IsEmitted(status_before_, condition_.status)) return;
    instant_before_ = check_instant_;
    status_before_ = condition_.status;
    ++check_;
  }
}

// The check of the grid before check_, emitted or not.
void DeviceAgent::FindCheckBefore() {
  if (check_ > 0) {
    instant_before_ = day_.CheckInstant(check_ - 1);
    status_before_ = day_.ConditionAt(instant_before_).status;
    return;
  }
  const DeviceDay yesterday(plan_, device_, facts_, day_.span().day - 1);
  instant_before_ = yesterday.CheckInstant(yesterday.checks() - 1);
  status_before_ = yesterday.ConditionAt(instant_before_).status;
}

void DeviceAgent::Schedule() {
  next_ = std::min(check_instant_, truth_instant_);
  if (resumption_) next_ = std::min(next_, resumption_->opening);
  if (error_step_ < error_steps_.size()) {
    next_ = std::min(next_, error_steps_[error_step_].at);
  }
}

void DeviceAgent::Step(EventSink& sink) {
  const Instant now = next_;
  const bool check_due = check_instant_ == now;
  if (resumption_ && resumption_->opening == now) EmitResumption(sink);
  if (check_due) EmitCheck(sink);
  if (truth_instant_ == now) {
    EmitTruth(truth_, now, {"device", plan_.fleet().DeviceIdentifier(device_)},
              sink);
    truth_from_ = now + Micros{1};
    FindTruth();
  }
  while (error_step_ < error_steps_.size() &&
         error_steps_[error_step_].at == now) {
    EmitError(error_steps_[error_step_++], sink);
  }
  if (check_due) {
    instant_before_ = check_instant_;
    status_before_ = condition_.status;
    ++check_;
  }
  if (check_due || !emits_checks_) SeekCheck();
  Schedule();
}

void DeviceAgent::EmitResumption(EventSink& sink) {
  DeviceStateHistoryRow row;
  row.timestamp = resumption_->opening;
  row.device_id = plan_.fleet().DeviceId(device_);
  row.previous_state = Name(resumption_->before);
  row.new_state = Name(resumption_->state.status);
  row.changed_by = "system";
  row.reason = kResumedReason;
  row.provenance = kProvenance;
  sink.Insert(row);
  if (record_ != nullptr) EmitUpdate(resumption_->state, sink);
  resumption_ =
      NextResumption(plan_, device_, resumption_->opening + Micros{1}, span_);
}

void DeviceAgent::EmitError(const ErrorStep& step, EventSink& sink) {
  ErrorTexts texts;
  if (!step.resolves) {
    const Instant as_of =
        span_.mode == EmitMode::kChanges ? step.at : span_.end;
    sink.Insert(RowOf(plan_, device_, step.error, as_of, &texts));
    return;
  }
  ErrorTexts texts_after;
  sink.Update(
      RowOf(plan_, device_, step.error, step.at, &texts),
      RowOf(plan_, device_, step.error, step.at + Micros{1}, &texts_after));
}

void DeviceAgent::EmitCheck(EventSink& sink) {
  const DeviceReading reading =
      readings_.At(day_, check_, check_instant_, condition_);
  const Instant last_restart = day_.LastRestart(check_instant_);
  const bool healthy = !condition_.failure;

  HealthCheckRow check;
  check.device_id = plan_.fleet().DeviceId(device_);
  check.is_healthy = healthy;
  check.response_time_ms = static_cast<int32_t>(reading.response_ms);
  check.status_code = healthy ? 200 : 500;
  check.endpoint = kEndpoint;
  check.response_data =
      Json{payload_.ResponseData(reading, condition_, last_restart)};
  if (!healthy) check.error_message = ErrorText(condition_);
  check.timestamp = check_instant_;
  sink.Insert(check);

  // Nobody can read the metrics of a device that cannot be reached.
  if (condition_.status != DeviceStatus::kOffline) {
    DeviceMetricsRow metrics;
    metrics.timestamp = check_instant_;
    metrics.device_id = check.device_id;
    metrics.cpu_percent = Centi(reading.cpu_centi);
    metrics.memory_percent = Centi(reading.memory_centi);
    metrics.disk_percent = Centi(reading.disk_centi);
    metrics.network_latency_ms = Centi(reading.latency_centi);
    metrics.transaction_count = static_cast<int32_t>(reading.transactions);
    metrics.transaction_volume = Centi(reading.volume_centi);
    metrics.error_rate = static_cast<double>(reading.error_ppm) / 1'000'000.0;
    metrics.active_connections = static_cast<int32_t>(reading.connections);
    metrics.queue_depth = static_cast<int32_t>(reading.queue);
    metrics.extra_metrics = Json{payload_.ExtraMetrics(reading, condition_)};
    metrics.provenance = kProvenance;
    metrics.collection_interval_seconds = static_cast<int32_t>(
        plan_.scenario().interval.count() / kMicrosPerSecond);
    sink.Insert(metrics);
  }
  if (condition_.status != status_before_) EmitState(reading, sink);
  if (record_ != nullptr &&
      (UpdatesRow(instant_before_, status_before_, check_instant_,
                  condition_.status) ||
       span_.ResumesBetween(instant_before_, check_instant_))) {
    EmitUpdate(StateAfter(day_, instant_before_, check_instant_, condition_),
               sink);
  }
}

void DeviceAgent::EmitState(const DeviceReading& reading, EventSink& sink) {
  DeviceStateHistoryRow row;
  row.timestamp = check_instant_;
  row.device_id = plan_.fleet().DeviceId(device_);
  row.previous_state = Name(status_before_);
  row.new_state = Name(condition_.status);
  row.changed_by = "system";
  TextBuffer<128> reason;
  if (condition_.status == DeviceStatus::kMaintenance) {
    reason << "Scheduled restart";
  } else if (condition_.failure) {
    reason << "Health check: " << ErrorText(condition_);
  } else {
    reason << "Health check: healthy";
  }
  row.reason = reason.view();
  row.extra_data = Json{payload_.ExtraData(reading, condition_)};
  row.provenance = kProvenance;
  sink.Insert(row);
}

void DeviceAgent::EmitUpdate(const DeviceState& after, EventSink& sink) {
  sink.Update(record_->Row(state_, &texts_before_),
              record_->Row(after, &texts_after_));
  state_ = after;
}

}  // namespace tillstorm
