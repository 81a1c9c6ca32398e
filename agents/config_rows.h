// ConfigRows: the rows about a change of configuration or firmware at one site,
// each as it is at any instant.
//
//   configuration_history  one of the site when the job is created, one of each
//                          device that applied it: measured, rolled back
//   error_logs             when a roll-out or a firmware update fails
//
// A function with `as_of` gives the row after every change before that instant.
// Rows borrow from the object; two at a time may be held.
//
// Threads: one owner.
// Memory: the days of sixteen devices, those measured last.
#ifndef TILLSTORM_AGENTS_CONFIG_ROWS_H_
#define TILLSTORM_AGENTS_CONFIG_ROWS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agents/device_day.h"
#include "agents/device_reading.h"
#include "agents/job.h"
#include "agents/job_run.h"
#include "agents/plan.h"
#include "agents/row_texts.h"
#include "agents/site_cards.h"
#include "harness/core/rows_operations.h"

namespace tillstorm {

// Where configurations come from: jobs.config_url.
inline constexpr std::string_view kConfigUrl =
    "https://config.example.com/v2.json";

// A change of configuration or firmware on one device.
struct AppliedChange {
  Instant applied;
  Instant measured;
  std::optional<Instant> rolled_back;
  Instant rollback_measured;
};
// REQUIRES: a completed run of a job that changes or re-applies something.
[[nodiscard]] AppliedChange ChangeBy(const Plan& plan, const Job& job,
                                     const JobRun& run);
// When the error of a failed change is resolved.
[[nodiscard]] Instant ErrorResolved(const Job& job, const JobRun& run);

class ConfigRows {
 public:
  // Borrows.
  ConfigRows(const Plan& plan, uint32_t site, const JobPlan& jobs,
             SiteCards& cards);

  [[nodiscard]] ConfigurationHistoryRow OfSite(const Job& job);
  [[nodiscard]] ConfigurationHistoryRow OfDevice(const Job& job,
                                                 const JobRun& run,
                                                 Instant as_of);
  [[nodiscard]] ErrorLogRow Error(const Job& job, const JobRun& run,
                                  Instant as_of);
  // What the device runs just before and just after a completed run.
  [[nodiscard]] std::string VersionBefore(const Job& job, const JobRun& run);
  [[nodiscard]] std::string VersionAfter(const Job& job, const JobRun& run);

 private:
  // The state of a device at its last check before an instant.
  struct Measurement {
    bool healthy = false;
    int64_t response_ms = 0;
  };
  struct MeasuredDay {
    uint32_t device = 0;
    std::unique_ptr<DeviceDay> day;
    std::unique_ptr<ReadingModel> readings;
  };

  [[nodiscard]] uint32_t Number(const JobRun& run) const {
    return run.device - cards_.first_device();
  }
  // The place of a change among those of its day.
  [[nodiscard]] uint32_t ChangeNumber(const Job& job) const;
  [[nodiscard]] const DeviceDay& DayOf(uint32_t device, LocalDay day);
  [[nodiscard]] Measurement Measure(uint32_t device, Instant before);
  [[nodiscard]] std::string MeasuredJson(uint32_t device, Instant before);

  const Plan& plan_;
  const uint32_t site_;
  const JobPlan& jobs_;
  SiteCards& cards_;
  std::vector<MeasuredDay> measured_;
  RowTexts texts_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_CONFIG_ROWS_H_
