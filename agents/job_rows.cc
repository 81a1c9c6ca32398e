#include "agents/job_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "agents/identifiers.h"
#include "agents/known_users.h"
#include "agents/users.h"
#include "agents/versions.h"

namespace tillstorm {
namespace {

constexpr std::string_view kProvenance = "simulated";
constexpr std::string_view kScheduler = "tillstorm-scheduler/1.0";
// The devices that a job's result lists: the first of a large site.
constexpr uint32_t kListedDevices = 50;

int32_t Millis(Micros duration) {
  return static_cast<int32_t>(duration.count() / 1000);
}

// ISO text inside JSON.
std::string JsonTime(Instant instant) {
  std::string text = SqlDateTime(instant);
  text[10] = 'T';
  return text;
}

std::string_view PushErrorText(std::string_view code) {
  if (code == "DEVICE_OFFLINE") return "The provider cannot reach the device";
  if (code == "INVALID_TOKEN") return "The push token is not valid";
  if (code == "NETWORK_ERROR") return "Network error at the provider";
  if (code == "SERVICE_UNAVAILABLE") return "The provider is unavailable";
  if (code == "QUOTA_EXCEEDED") return "The provider's quota is exceeded";
  return "The payload is too large";
}

std::string_view RunErrorText(const JobRun& run) {
  if (run.fate != PushFate::kDelivered) return "Failed to send push";
  if (run.error_code == "E_TIMEOUT") return "The device did not finish in time";
  if (run.error_code == "E_CANCEL") return "Cancelled on the device";
  return "The device did not respond";
}

}  // namespace

JobRows::JobRows(const Plan& plan, uint32_t site, const JobPlan& jobs,
                 SiteDays& days)
    : plan_(plan),
      site_(site),
      jobs_(jobs),
      days_(days),
      manager_email_(ManagerEmail(plan, site)),
      cards_(plan, site),
      configs_(plan, site, jobs, cards_) {}

JobRun JobRows::Run(const Job& job, uint32_t device) {
  return RunOf(plan_, job, device, days_.Of(job.day).TroublesOf(device));
}

JobResult JobRows::Result(const Job& job) {
  JobResult result;
  Instant last = job.started;
  for (uint32_t i = 0; i < job.devices; ++i) {
    const JobRun run = Run(job, job.first_device + i);
    last = std::max(last, run.finished);
    result.completed_runs += run.completed() ? 1 : 0;
    result.delivered += run.fate == PushFate::kDelivered ? 1 : 0;
  }
  result.completed = last + Micros{50'000 + job.slot % 200 * 1000};
  result.success = 3 * result.completed_runs >= 2 * job.devices;
  return result;
}

Instant JobRows::CommandSent(const JobRun& run) const {
  return run.settled + (run.finished - run.settled) / 8;
}

int32_t JobRows::JobId(const Job& job) const {
  return plan_.ids().Id(TableId::kJobs, {EntityKind::kSite, site_}, job.day,
                        job.slot);
}

// --- jobs ---

std::string JobRows::ResultJson(const Job& job, const JobResult& result) {
  std::string json = fmt::format(
      R"({{"total_devices": {}, "successful_pushes": {}, )"
      R"("failed_pushes": {}, "devices": [)",
      job.devices, result.delivered, job.devices - result.delivered);
  for (uint32_t i = 0; i < std::min(job.devices, kListedDevices); ++i) {
    const JobRun run = Run(job, job.first_device + i);
    PutText(&json,
            R"({}{{"device_id": "{}", "status": "{}", "timestamp": "{}"}})",
            i == 0 ? "" : ", ", cards_.Of(run.device).identifier,
            run.fate == PushFate::kDelivered ? "push_sent" : "push_failed",
            JsonTime(run.settled));
  }
  PutText(&json, R"(], "push_payload": {{"ttl_sec": {}, "priority": "{}"}}}})",
          kMessageLifeSeconds, Info(job.kind).priority);
  return json;
}

JobRow JobRows::Of(const Job& job, Instant as_of) {
  RowTexts::Texts& texts = texts_.Next();
  const JobKindInfo& kind = Info(job.kind);
  JobRow row;
  row.id = JobId(job);
  row.job_id = cards_.JobIdentifier(job);
  row.action = kind.action;
  row.description = kind.description;
  row.priority = kind.priority;
  row.status = "queued";
  row.site_id = plan_.fleet().SiteId(site_);
  if (!job.whole_site) {
    row.device_id = plan_.fleet().DeviceId(job.first_device);
  } else {
    row.segment = "pos-terminals";
  }
  row.payload = Json{SetText(
      &texts[0],
      R"({{"action": "{}", "site_id": "{}", "device_id": {}, "segment": {}, )"
      R"("config_type": {}, "restart_required": {}}})",
      kind.action, cards_.site_identifier(),
      job.whole_site
          ? "null"
          : fmt::format("\"{}\"", cards_.Of(job.first_device).identifier),
      job.whole_site ? "\"pos-terminals\"" : "null",
      IsConfig(job.kind) ? "\"payment_gateway\"" : "null",
      IsConfig(job.kind) || job.kind == JobKind::kFirmwareUpdate)};
  if (IsConfig(job.kind)) {
    row.config_url = kConfigUrl;
    row.config_version = texts[1] = ConfigText(job.config);
    row.collapse_key =
        SetText(&texts[2], "pos-gateway-{}", cards_.site_identifier());
  }
  row.ttl_seconds = kMessageLifeSeconds;
  row.created_by = job.posted ? ManagerId(plan_, site_) : AdminId(plan_);
  row.created_at = job.created;
  row.updated_at = job.created;
  if (job.started < as_of) {
    row.status = "sent";
    row.started_at = job.started;
    row.updated_at = job.started;
    const JobResult result = Result(job);
    if (result.completed < as_of) {
      row.status = result.success ? "completed" : "failed";
      row.completed_at = result.completed;
      row.updated_at = result.completed;
      row.result = Json{texts[3] = ResultJson(job, result)};
      if (!result.success) {
        row.error_message =
            SetText(&texts[4], "Failed on {}/{} devices",
                    job.devices - result.completed_runs, job.devices);
      }
    }
  }
  return row;
}

// --- push_notification_logs, device_commands ---

PushNotificationLogRow JobRows::Push(const Job& job, const JobRun& run,
                                     Instant as_of) {
  RowTexts::Texts& texts = texts_.Next();
  const JobKindInfo& kind = Info(job.kind);
  const uint32_t sites = jobs_.slots().site_slots();
  const uint32_t j = job.slot < sites
                         ? job.slot * cards_.devices() + Number(run)
                         : sites * cards_.devices() + (job.slot - sites);
  const EntityId site(EntityKind::kSite, site_);
  PushNotificationLogRow row;
  row.id = plan_.ids().Id(TableId::kPushNotificationLogs, site, job.day, j);
  row.message_id = texts[0] = Uuid(
      plan_.seed(), IdFamily::kMessage,
      plan_.ids().Number(TableId::kPushNotificationLogs, site, job.day, j));
  row.device_id = cards_.Of(run.device).identifier;
  if (plan_.scenario().Keeps(TableId::kJobs))
    row.job_id = cards_.JobIdentifier(job);
  row.provider = cards_.Of(run.device).provider;
  row.payload =
      Json{SetText(&texts[1],
                   R"({{"action": "{}", "job_id": "{}", "priority": "{}", )"
                   R"("ttl_sec": {}}})",
                   kind.action, cards_.JobIdentifier(job), kind.priority,
                   kMessageLifeSeconds)};
  row.sent_at = run.sent;
  row.status = "sent";
  if (run.refused && *run.refused < as_of) {
    row.error_code = run.refusal;
    row.error_message = PushErrorText(run.refusal);
  }
  if (run.settled >= as_of) return row;
  switch (run.fate) {
    case PushFate::kDelivered:
      row.status = "delivered";
      row.received_at = run.settled;
      row.latency_ms = Millis(run.settled - run.sent);
      row.error_code = std::nullopt;
      row.error_message = std::nullopt;
      break;
    case PushFate::kFailed:
      row.status = "failed";
      break;
    case PushFate::kExpired:
      row.status = "expired";
      row.error_code = "TTL_EXPIRED";
      row.error_message = "The device stayed offline";
      break;
  }
  return row;
}

DeviceCommandRow JobRows::Command(const Job& job, const JobRun& run,
                                  Instant as_of) {
  RowTexts::Texts& texts = texts_.Next();
  const EntityId site(EntityKind::kSite, site_);
  DeviceCommandRow row;
  row.id = plan_.ids().Id(TableId::kDeviceCommands, site, job.day, Number(run));
  row.command_id = texts[0] = Uuid(
      plan_.seed(), IdFamily::kCommand,
      plan_.ids().Number(TableId::kDeviceCommands, site, job.day, Number(run)));
  row.device_id = plan_.fleet().DeviceId(run.device);
  row.command_type = "restart";
  row.payload = Json{
      SetText(&texts[1], R"({{"job_id": "{}"}})", cards_.JobIdentifier(job))};
  row.status = "pending";
  row.created_at = run.settled;
  if (CommandSent(run) < as_of) {
    row.status = "sent";
    row.sent_at = CommandSent(run);
  }
  if (run.finished < as_of) {
    row.status = run.completed()                     ? "completed"
                 : run.status == RunStatus::kTimeout ? "expired"
                                                     : "failed";
    if (run.completed()) {
      row.executed_at = run.finished;
      row.result = Json{R"({"restarted": true})"};
    } else {
      row.result =
          Json{SetText(&texts[2], R"({{"error": "{}"}})", run.error_code)};
    }
  }
  return row;
}

// --- job_outcomes ---

JobOutcomeRow JobRows::RunOutcome(const Job& job, const JobRun& run) {
  RowTexts::Texts& texts = texts_.Next();
  JobOutcomeRow row;
  row.timestamp = run.finished;
  row.job_id = cards_.JobIdentifier(job);
  row.job_type = Info(job.kind).action;
  row.device_id = cards_.Of(run.device).identifier;
  switch (run.status) {
    case RunStatus::kCompleted:
      row.status = plan_.scenario().job_success;
      break;
    case RunStatus::kFailed:
      row.status = "failed";
      break;
    case RunStatus::kTimeout:
      row.status = "timeout";
      break;
    case RunStatus::kCancelled:
      row.status = "cancelled";
      break;
  }
  row.duration_ms = Millis(run.finished - run.sent);
  if (!run.completed()) {
    row.error_code = run.error_code;
    row.error_message = RunErrorText(run);
  }
  row.retry_count = run.retries();
  row.initiated_by = "orchestrator";
  row.extra_data = Json{
      SetText(&texts[0], R"({{"site_id": {}, "provider": "{}"}})",
              plan_.fleet().SiteId(site_), cards_.Of(run.device).provider)};
  row.provenance = kProvenance;
  return row;
}

JobOutcomeRow JobRows::Outcome(const Job& job, const JobResult& result) {
  RowTexts::Texts& texts = texts_.Next();
  JobOutcomeRow row;
  row.timestamp = result.completed;
  row.job_id = cards_.JobIdentifier(job);
  row.job_type = Info(job.kind).action;
  row.status = result.success ? std::string_view(plan_.scenario().job_success)
                              : std::string_view("failed");
  row.duration_ms = Millis(result.completed - job.created);
  if (!result.success) {
    row.error_message =
        SetText(&texts[0], "Failed on {}/{} devices",
                job.devices - result.completed_runs, job.devices);
  }
  row.retry_count = 0;
  row.initiated_by = "orchestrator";
  row.extra_data =
      Json{SetText(&texts[1],
                   R"({{"total_devices": {}, "successful_pushes": {}, )"
                   R"("failed_pushes": {}, "site_id": {}, "segment": {}}})",
                   job.devices, result.delivered,
                   job.devices - result.delivered, plan_.fleet().SiteId(site_),
                   job.whole_site ? "\"pos-terminals\"" : "null")};
  row.provenance = kProvenance;
  return row;
}

// --- audit_logs ---

AuditLogRow JobRows::Audit(const Job& job, std::string_view event_type,
                           Instant at) {
  AuditLogRow row;
  row.event_type = event_type;
  row.user_id = job.posted ? ManagerId(plan_, site_) : AdminId(plan_);
  if (plan_.scenario().Keeps(TableId::kJobs)) row.job_id = JobId(job);
  if (!job.whole_site) {
    row.device_id = plan_.fleet().DeviceId(job.first_device);
  }
  row.site_id = plan_.fleet().SiteId(site_);
  row.ip_address = kLocalIp;
  row.user_agent = job.posted ? kClientAgent : kScheduler;
  row.created_at = at;
  return row;
}

AuditLogRow JobRows::CreatedAudit(const Job& job) {
  RowTexts::Texts& texts = texts_.Next();
  AuditLogRow row = Audit(job, "job_created", job.created);
  row.description = SetText(&texts[0], "Job {} created: {}",
                            cards_.JobIdentifier(job), Info(job.kind).action);
  row.new_values =
      Json{SetText(&texts[1], R"({{"status": "queued", "priority": "{}"}})",
                   Info(job.kind).priority)};
  if (job.posted) {
    row.event_metadata =
        Json{SetText(&texts[2], R"({{"created_by": "{}"}})", manager_email_)};
  }
  return row;
}

AuditLogRow JobRows::EndedAudit(const Job& job, const JobResult& result) {
  RowTexts::Texts& texts = texts_.Next();
  AuditLogRow row = Audit(job, result.success ? "job_completed" : "job_failed",
                          result.completed);
  row.description = SetText(
      &texts[0], "Job {} {} on {} of {} devices", cards_.JobIdentifier(job),
      result.success ? "completed" : "failed",
      result.success ? result.completed_runs
                     : job.devices - result.completed_runs,
      job.devices);
  row.old_values = Json{R"({"status": "sent"})"};
  row.new_values = Json{result.success ? R"({"status": "completed"})"
                                       : R"({"status": "failed"})"};
  return row;
}

AuditLogRow JobRows::AppliedAudit(const Job& job, const JobRun& run) {
  RowTexts::Texts& texts = texts_.Next();
  AuditLogRow row = Audit(job, "config_update_applied", run.finished);
  row.device_id = plan_.fleet().DeviceId(run.device);
  row.description =
      SetText(&texts[0], "{} applied {}", cards_.Of(run.device).identifier,
              configs_.VersionAfter(job, run));
  row.old_values = Json{SetText(&texts[1], R"({{"version": "{}"}})",
                                configs_.VersionBefore(job, run))};
  row.new_values = Json{SetText(&texts[2], R"({{"version": "{}"}})",
                                configs_.VersionAfter(job, run))};
  return row;
}

AuditLogRow JobRows::CommandAudit(const Job& job, const JobRun& run) {
  RowTexts::Texts& texts = texts_.Next();
  AuditLogRow row = Audit(job, "command_queued", run.settled);
  row.description = SetText(&texts[0], "Restart queued for {}",
                            cards_.Of(run.device).identifier);
  return row;
}

}  // namespace tillstorm
