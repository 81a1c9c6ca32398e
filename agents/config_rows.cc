#include "agents/config_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "agents/versions.h"

namespace tillstorm {
namespace {

constexpr std::string_view kProvenance = "simulated";
constexpr std::string_view kConfigParameter = "config_version";
constexpr std::string_view kFirmwareParameter = "firmware_version";
constexpr std::string_view kFirmwareUrl =
    "https://firmware.example.com/pos.bin";

}  // namespace

AppliedChange ChangeBy(const Plan& plan, const Job& job, const JobRun& run) {
  AppliedChange change;
  change.applied = run.finished;
  change.measured = MeasuredAfter(plan, run.finished);
  change.rolled_back = UndoneAt(plan, job);
  if (change.rolled_back) {
    change.rollback_measured = MeasuredAfter(plan, *change.rolled_back);
  }
  return change;
}

Instant ErrorResolved(const Job& job, const JobRun& run) {
  return run.finished +
         Micros{(30 + (job.slot + run.device) % 60) * 60 * kMicrosPerSecond};
}

ConfigRows::ConfigRows(const Plan& plan, uint32_t site, const JobPlan& jobs,
                       SiteCards& cards)
    : plan_(plan), site_(site), jobs_(jobs), cards_(cards) {
  constexpr uint32_t kMeasuredDays = 16;
  measured_.resize(std::min(cards.devices(), kMeasuredDays));
}

uint32_t ConfigRows::ChangeNumber(const Job& job) const {
  const JobSlots& slots = jobs_.slots();
  // Firmware comes after the configurations, one of each device.
  if (job.kind == JobKind::kFirmwareUpdate) return slots.config_slots();
  return job.slot - (slots.site_slots() - slots.config_slots());
}

const DeviceDay& ConfigRows::DayOf(uint32_t device, LocalDay day) {
  MeasuredDay& entry = measured_[device % measured_.size()];
  if (entry.day == nullptr || entry.device != device ||
      entry.day->span().day != day) {
    const DeviceFacts facts = plan_.fleet().Device(device);
    entry.device = device;
    entry.day = std::make_unique<DeviceDay>(plan_, device, facts, day);
    entry.readings = std::make_unique<ReadingModel>(plan_, device, facts);
  }
  return *entry.day;
}

ConfigRows::Measurement ConfigRows::Measure(uint32_t device, Instant before) {
  LocalDay date = plan_.ZoneOf(site_).DayOf(before);
  const DeviceDay* day = &DayOf(device, date);
  int64_t check = day->FirstCheckFrom(before) - 1;
  if (check < 0) {
    day = &DayOf(device, --date);
    check = day->checks() - 1;
  }
  const Instant instant = day->CheckInstant(check);
  const DeviceCondition condition = day->ConditionAt(instant);
  ReadingModel& readings = *measured_[device % measured_.size()].readings;
  return {!condition.failure,
          readings.At(*day, check, instant, condition).response_ms};
}

std::string ConfigRows::MeasuredJson(uint32_t device, Instant before) {
  const Measurement measured = Measure(device, before);
  return fmt::format(R"({{"status": "{}", "response_time_ms": {}}})",
                     measured.healthy ? "healthy" : "unhealthy",
                     measured.response_ms);
}

std::string ConfigRows::VersionBefore(const Job& job, const JobRun& run) {
  const Instant before = run.finished - Micros{1};
  const DeviceDay& day = DayOf(run.device, plan_.ZoneOf(site_).DayOf(before));
  return job.kind == JobKind::kFirmwareUpdate
             ? FirmwareText(cards_.Of(run.device).model, day.FirmwareAt(before))
             : ConfigText(day.ConfigAt(before));
}

std::string ConfigRows::VersionAfter(const Job& job, const JobRun& run) {
  if (IsConfig(job.kind)) return ConfigText(job.config);
  const DeviceDay& day = DayOf(run.device, job.day);
  return FirmwareText(cards_.Of(run.device).model,
                      day.FirmwareAt(day.span().begin) + 1);
}

ConfigurationHistoryRow ConfigRows::OfSite(const Job& job) {
  RowTexts::Texts& texts = texts_.Next();
  ConfigurationHistoryRow row;
  row.id =
      plan_.ids().Id(TableId::kConfigurationHistory, {EntityKind::kSite, site_},
                     job.day, ChangeNumber(job));
  row.timestamp = job.created;
  row.entity_type = "site";
  row.entity_id = cards_.site_identifier();
  row.parameter_name = "config_update_job";
  row.new_value =
      Json{SetText(&texts[0],
                   R"({{"job_id": "{}", "action": "{}", "config_url": "{}", )"
                   R"("config_version": "{}"}})",
                   cards_.JobIdentifier(job), Info(job.kind).action, kConfigUrl,
                   ConfigText(job.config))};
  row.changed_by = job.posted ? "api_user" : "scheduler";
  row.change_reason = Info(job.kind).description;
  row.change_type = job.posted ? "manual" : "automated";
  row.was_rolled_back = false;
  row.provenance = kProvenance;
  return row;
}

ConfigurationHistoryRow ConfigRows::OfDevice(const Job& job, const JobRun& run,
                                             Instant as_of) {
  RowTexts::Texts& texts = texts_.Next();
  const bool firmware = job.kind == JobKind::kFirmwareUpdate;
  const uint32_t configs = jobs_.slots().config_slots();
  const AppliedChange change = ChangeBy(plan_, job, run);
  ConfigurationHistoryRow row;
  row.id = plan_.ids().Id(
      TableId::kConfigurationHistory, {EntityKind::kSite, site_}, job.day,
      configs + ChangeNumber(job) * cards_.devices() + Number(run));
  row.timestamp = run.finished;
  row.entity_type = "device";
  row.entity_id = cards_.Of(run.device).identifier;
  row.parameter_name = firmware ? kFirmwareParameter : kConfigParameter;
  row.old_value = Json{
      SetText(&texts[0], R"({{"version": "{}"}})", VersionBefore(job, run))};
  row.new_value = Json{SetText(&texts[1], R"({{"version": "{}", "url": "{}"}})",
                               VersionAfter(job, run),
                               firmware ? kFirmwareUrl : kConfigUrl)};
  row.changed_by = "system";
  row.change_reason = "Push notification config update";
  row.change_type = "automated";
  row.performance_before =
      Json{texts[2] = MeasuredJson(run.device, run.finished)};
  row.was_rolled_back = false;
  row.provenance = kProvenance;
  if (change.measured < as_of) {
    row.performance_after =
        Json{texts[3] = MeasuredJson(run.device, change.measured)};
    row.was_successful =
        !change.rolled_back && Measure(run.device, change.measured).healthy;
  }
  if (!change.rolled_back) return row;
  if (*change.rolled_back < as_of) {
    row.was_rolled_back = true;
    row.rollback_reason = "Response time regressed";
    row.rolled_back_at = *change.rolled_back;
  }
  if (change.rollback_measured < as_of) {
    row.rollback_performance =
        Json{texts[4] = MeasuredJson(run.device, change.rollback_measured)};
    row.rollback_success =
        Measure(run.device, change.rollback_measured).healthy;
  }
  return row;
}

ErrorLogRow ConfigRows::Error(const Job& job, const JobRun& run,
                              Instant as_of) {
  RowTexts::Texts& texts = texts_.Next();
  const bool firmware = job.kind == JobKind::kFirmwareUpdate;
  ErrorLogRow row;
  row.id =
      plan_.ids().Id(TableId::kErrorLogs, {EntityKind::kSite, site_}, job.day,
                     ChangeNumber(job) * cards_.devices() + Number(run));
  row.timestamp = run.finished;
  row.category = "external_service";
  row.severity = "error";
  row.error_code = run.error_code;
  row.error_message = firmware ? "Failed to update the firmware"
                               : "Failed to download configuration";
  row.stack_trace =
      firmware ? "FirmwareUpdater.apply: UpdateError: no answer from the device"
               : "ConfigClient.download: TimeoutError: no answer in time";
  row.context = Json{SetText(
      &texts[0],
      R"({{"job_id": "{}", "config_url": "{}", "exception_type": "{}", )"
      R"("original_device_id": "{}", "device_id": "{}"}})",
      cards_.JobIdentifier(job), kConfigUrl,
      firmware ? "UpdateError" : "TimeoutError",
      cards_.Of(run.device).identifier, cards_.Of(run.device).identifier)};
  row.resolved = false;
  row.provenance = kProvenance;
  const Instant resolved = ErrorResolved(job, run);
  if (resolved < as_of) {
    row.resolved = true;
    row.resolved_at = resolved;
  }
  return row;
}

}  // namespace tillstorm
