// JobRows: the rows of a job's chain at one site, each as it is at any instant.
//
//   jobs                   the job; its status, start, end and result change
//   push_notification_logs one per device; changes when refused and settled
//   device_commands        of a restart, from the delivery to the execution
//   job_outcomes           one per device, one of the job (device_id NULL)
//   audit_logs             created, ended, applied, commanded
//
// What a job changes on a device has rows of its own: config_rows.h.
//
// A function with `as_of` gives the row after every change before that instant.
// Rows borrow from the object until the next call for the same table; two at a
// time may be held of a row that lives (before and after a change).
//
// Threads: one owner.
#ifndef TILLSTORM_AGENTS_JOB_ROWS_H_
#define TILLSTORM_AGENTS_JOB_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "agents/config_rows.h"
#include "agents/job.h"
#include "agents/job_run.h"
#include "agents/plan.h"
#include "agents/row_texts.h"
#include "agents/site_cards.h"
#include "agents/site_day.h"
#include "harness/core/rows_operations.h"

namespace tillstorm {

// What came of a job as a whole. It went well when two thirds of its devices
// did: one that is out of order does not fail a store.
struct JobResult {
  Instant completed;
  uint32_t completed_runs = 0;
  uint32_t delivered = 0;
  bool success = false;
};

class JobRows {
 public:
  // Borrows.
  JobRows(const Plan& plan, uint32_t site, const JobPlan& jobs, SiteDays& days);

  [[nodiscard]] JobRun Run(const Job& job, uint32_t device);
  [[nodiscard]] JobResult Result(const Job& job);
  // When a queued command is handed to the device; it is executed at
  // run.finished.
  [[nodiscard]] Instant CommandSent(const JobRun& run) const;

  [[nodiscard]] JobRow Of(const Job& job, Instant as_of);
  [[nodiscard]] PushNotificationLogRow Push(const Job& job, const JobRun& run,
                                            Instant as_of);
  [[nodiscard]] DeviceCommandRow Command(const Job& job, const JobRun& run,
                                         Instant as_of);
  [[nodiscard]] JobOutcomeRow RunOutcome(const Job& job, const JobRun& run);
  [[nodiscard]] JobOutcomeRow Outcome(const Job& job, const JobResult& result);

  [[nodiscard]] AuditLogRow CreatedAudit(const Job& job);
  [[nodiscard]] AuditLogRow EndedAudit(const Job& job, const JobResult& result);
  [[nodiscard]] AuditLogRow AppliedAudit(const Job& job, const JobRun& run);
  [[nodiscard]] AuditLogRow CommandAudit(const Job& job, const JobRun& run);

  [[nodiscard]] ConfigRows& configs() { return configs_; }
  [[nodiscard]] std::string_view DeviceName(uint32_t device) const {
    return cards_.Of(device).identifier;
  }

 private:
  [[nodiscard]] int32_t JobId(const Job& job) const;
  [[nodiscard]] uint32_t Number(const JobRun& run) const {
    return run.device - cards_.first_device();
  }
  [[nodiscard]] AuditLogRow Audit(const Job& job, std::string_view event_type,
                                  Instant at);
  [[nodiscard]] std::string ResultJson(const Job& job, const JobResult& result);

  const Plan& plan_;
  const uint32_t site_;
  const JobPlan& jobs_;
  SiteDays& days_;
  std::string manager_email_;
  SiteCards cards_;
  ConfigRows configs_;
  RowTexts texts_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_JOB_ROWS_H_
