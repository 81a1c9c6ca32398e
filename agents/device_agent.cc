#include "agents/device_agent.h"

#include <algorithm>

#include "agents/device_states.h"
#include "agents/identifiers.h"
#include "agents/truth.h"
#include "harness/core/rows_telemetry.h"

namespace tillstorm {
namespace {

constexpr std::string_view kProvenance = "simulated";
constexpr std::string_view kEndpoint = "/health";

double Centi(int64_t value) { return static_cast<double>(value) / 100.0; }

}  // namespace

DeviceAgent::DeviceAgent(const Plan& plan, uint32_t device,
                         const AgentSpan& span)
    : plan_(plan),
      device_(device),
      span_(span),
      facts_(plan.fleet().Device(device)),
      readings_(plan, device, facts_),
      payload_(facts_),
      day_(plan, device, facts_, plan.ZoneOf(facts_.site).DayOf(span.from)),
      truth_from_(span.from) {
  check_ = day_.FirstCheckFrom(span.from);
  if (check_ > 0) {
    instant_before_ = day_.CheckInstant(check_ - 1);
    status_before_ = day_.ConditionAt(instant_before_).status;
  } else {
    const DeviceDay yesterday(plan, device, facts_, day_.span().day - 1);
    instant_before_ = yesterday.CheckInstant(yesterday.checks() - 1);
    status_before_ = yesterday.ConditionAt(instant_before_).status;
  }
  if (span.mode == EmitMode::kChanges) {
    record_ = std::make_unique<DeviceRecord>(plan, device);
    state_ = StateBefore(plan, device, span.from);
  }
  FindTruth();
  SeekCheck();
  Schedule();
}

void DeviceAgent::FindTruth() {
  truth_instant_ = kNever;
  for (const Fault& fault : day_.faults()) {
    const Instant instant = std::max(fault.onset, span_.opening);
    const bool touches = fault.end > span_.opening && instant < span_.end;
    if (touches && instant >= truth_from_ && instant < truth_instant_) {
      truth_instant_ = instant;
      truth_ = fault;
    }
  }
}

void DeviceAgent::NextDay() {
  day_ = DeviceDay(plan_, device_, facts_, day_.span().day + 1);
  check_ = 0;
  if (truth_instant_ == kNever) FindTruth();
}

void DeviceAgent::SeekCheck() {
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
    condition_ = day_.ConditionAt(check_instant_);
    if (IsEmitted(status_before_, condition_.status)) return;
    instant_before_ = check_instant_;
    status_before_ = condition_.status;
    ++check_;
  }
}

void DeviceAgent::Schedule() {
  next_ = std::min(check_instant_, truth_instant_);
}

void DeviceAgent::Step(EventSink& sink) {
  const Instant now = next_;
  const bool check_due = check_instant_ == now;
  if (check_due) EmitCheck(sink);
  if (truth_instant_ == now) {
    EmitTruth(truth_, now, {"device", DeviceIdentifier(plan_.seed(), device_)},
              sink);
    truth_from_ = now + Micros{1};
    FindTruth();
  }
  if (check_due) {
    instant_before_ = check_instant_;
    status_before_ = condition_.status;
    ++check_;
    SeekCheck();
  }
  Schedule();
}

void DeviceAgent::EmitCheck(EventSink& sink) {
  const DeviceReading reading =
      readings_.At(day_, check_, check_instant_, condition_);
  const Instant last_restart = day_.LastRestart(check_instant_);
  const bool healthy = !condition_.failure;

  HealthCheckRow check;
  check.device_id = static_cast<int32_t>(device_) + 1;
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
  if (record_ != nullptr && UpdatesRow(instant_before_, status_before_,
                                       check_instant_, condition_.status)) {
    EmitUpdate(sink);
  }
}

void DeviceAgent::EmitState(const DeviceReading& reading, EventSink& sink) {
  DeviceStateHistoryRow row;
  row.timestamp = check_instant_;
  row.device_id = static_cast<int32_t>(device_) + 1;
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

void DeviceAgent::EmitUpdate(EventSink& sink) {
  const DeviceState after =
      StateAfter(instant_before_, check_instant_, condition_);
  sink.Update(record_->Row(state_), record_->Row(after));
  state_ = after;
}

}  // namespace tillstorm
