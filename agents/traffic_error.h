// TrafficError: an error that the users of a source run into and report: a
// request that fails, the report, a row of error_logs. They come one by one,
// evenly spread, and in bursts of up to five minutes; the first burst of a day
// meets the database's incident if its site has one. They name site and
// endpoint, never a device.
//
// An error happens in the local day that it is numbered in, so that whoever
// looks at a stretch of time need look at the days that it touches only.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_TRAFFIC_ERROR_H_
#define TILLSTORM_AGENTS_TRAFFIC_ERROR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agents/plan.h"
#include "agents/requests.h"
#include "agents/site_day.h"
#include "harness/core/rows_operations.h"

namespace tillstorm {

enum class TrafficErrorKind : uint8_t {
  kApi,
  kValidation,
  kDevice,
  kAuth,
  kDatabase,  // while the database has an incident
};

struct TrafficErrorInfo {
  std::string_view category;
  std::string_view severity;
  std::string_view code;
  std::string_view message;
  int32_t status;           // of the request that fails; 0: none does
  std::string_view reason;  // of that status
};
[[nodiscard]] const TrafficErrorInfo& Info(TrafficErrorKind kind);

// How the errors of a source's day are numbered: the even ones first.
class ErrorSlots {
 public:
  // A day has room for four bursts; every second one happens.
  static constexpr uint32_t kBursts = 4;

  // `share` sources share the errors of a site.
  ErrorSlots(const Rates& rates, uint32_t share);

  [[nodiscard]] uint32_t even() const { return even_; }
  [[nodiscard]] uint32_t even_chance() const { return even_chance_; }
  // Errors of a burst: from half of the mean to one and a half.
  [[nodiscard]] uint32_t burst_mean() const { return burst_mean_; }
  [[nodiscard]] uint32_t burst_max() const { return burst_mean_ * 3 / 2 + 1; }
  [[nodiscard]] uint32_t slots() const { return even_ + kBursts * burst_max(); }

 private:
  uint32_t even_;
  uint32_t even_chance_;  // of 65536
  uint32_t burst_mean_;
};

struct TrafficError {
  uint32_t source = 0;
  LocalDay day = 0;
  uint32_t slot = 0;  // j of its id
  TrafficErrorKind kind{};
  Route route{};  // that failed
  uint32_t user = 0;
  Instant at;
  std::optional<Instant> resolved;
  uint32_t retries = 0;
  uint32_t bits = 0;  // random
};

// The error of an even slot, if there is one.
[[nodiscard]] std::optional<TrafficError> EvenErrorOf(const Plan& plan,
                                                      const ErrorSlots& slots,
                                                      uint32_t source,
                                                      const DaySpan& day,
                                                      uint32_t slot);
// The errors of a burst: how many (0 if it does not happen), and each.
[[nodiscard]] uint32_t BurstSize(const Plan& plan, const ErrorSlots& slots,
                                 uint32_t source, const SiteDay& day,
                                 uint32_t burst);
[[nodiscard]] TrafficError BurstErrorOf(const Plan& plan,
                                        const ErrorSlots& slots,
                                        uint32_t source, const SiteDay& day,
                                        uint32_t burst, uint32_t i);

// The row after every change before `as_of`; `context` owns a text of it.
// `user_id` and `site` are borrowed too.
[[nodiscard]] ErrorLogRow RowOf(const Plan& plan, const TrafficError& error,
                                std::string_view endpoint,
                                std::string_view user_id, std::string_view site,
                                Instant as_of, std::string* context);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TRAFFIC_ERROR_H_
