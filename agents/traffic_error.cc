#include "agents/traffic_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "agents/day_slots.h"
#include "harness/core/fixed_math.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr std::array<TrafficErrorInfo, 5> kInfos = {{
    {"api", "error", "NET001", "Connection timeout", 504, "Gateway timeout"},
    {"validation", "warning", "VAL001", "Invalid input format", 422,
     "Unprocessable entity"},
    {"device", "critical", "DEV002", "Sensor malfunction", 0, ""},
    {"auth", "error", "AUTH003", "Token expired", 401, "Token expired"},
    {"database", "error", "DB001", "Database timeout", 500,
     "Internal server error"},
}};

// One error in six comes in a burst: two bursts a day.
constexpr int32_t kEvenSixths = 5;
constexpr int64_t kBurstLength = 300 * kMicrosPerSecond;

// Requests that fail.
constexpr std::array<Route, 4> kFailing = {Route::kSync, Route::kSiteStats,
                                           Route::kPostActivity,
                                           Route::kSiteDashboard};

Stream ErrorStream(const Plan& plan, uint32_t source) {
  return plan.StreamFor({EntityKind::kTraffic, source}, Purpose::kTrafficError);
}

// What is drawn of every error.
TrafficError MakeError(const Plan& plan, uint32_t source, LocalDay day,
                       uint32_t slot) {
  const Draw draw = ErrorStream(plan, source).At(day, uint64_t{slot} * 2 + 1);
  TrafficError error;
  error.source = source;
  error.day = day;
  error.slot = slot;
  error.route = kFailing[UniformBelow(draw.u64(0), kFailing.size())];
  error.user =
      static_cast<uint32_t>(UniformBelow(draw.u64(1), kUsersPerSource));
  error.bits = draw.u32(4);
  error.retries = 1 + draw.u32(5) % 3;
  return error;
}

// 70 % are resolved, after two minutes to four hours.
void Resolve(const Plan& plan, TrafficError* error) {
  const Draw draw = ErrorStream(plan, error->source)
                        .At(error->day, uint64_t{error->slot} * 2 + 1);
  if (draw.u32(6) % 100 >= 70) return;
  error->resolved =
      error->at + Micros{120 * kMicrosPerSecond +
                         int64_t{draw.u32(7) % 14'280} * kMicrosPerSecond};
}

// Draws of the bursts lie beyond those of the errors.
Draw BurstDraw(const Plan& plan, const ErrorSlots& slots, uint32_t source,
               LocalDay day, uint32_t burst) {
  return ErrorStream(plan, source)
      .At(day, uint64_t{slots.slots()} * 2 + 2 + burst);
}

// The incident that begins in that day, if any: the first burst meets it.
const Fault* IncidentOf(const SiteDay& day, uint32_t burst) {
  if (burst != 0) return nullptr;
  for (const Fault& incident : day.troubles().incidents) {
    if (incident.onset >= day.span().begin && incident.onset < day.span().end) {
      return &incident;
    }
  }
  return nullptr;
}

}  // namespace

const TrafficErrorInfo& Info(TrafficErrorKind kind) {
  return kInfos[static_cast<size_t>(kind)];
}

ErrorSlots::ErrorSlots(const Rates& rates, uint32_t share) {
  const int64_t even = int64_t{rates.errors} * kEvenSixths;
  const int64_t per = int64_t{6} * share;  // of `even` to a source's day
  even_ = static_cast<uint32_t>((even * 10 / 9 + per - 1) / per);
  even_chance_ =
      even_ == 0 ? 0 : static_cast<uint32_t>(MulDiv(even, 65536, per * even_));
  burst_mean_ = static_cast<uint32_t>(rates.errors / (12 * int64_t{share}));
}

std::optional<TrafficError> EvenErrorOf(const Plan& plan,
                                        const ErrorSlots& slots,
                                        uint32_t source, const DaySpan& day,
                                        uint32_t slot) {
  const Draw draw = ErrorStream(plan, source).At(day.day, uint64_t{slot} * 2);
  if ((draw.u32(0) >> 16) >= slots.even_chance()) return std::nullopt;
  TrafficError error = MakeError(plan, source, day.day, slot);
  error.at = InstantInSlot(day, slot, slots.even(), draw.u64(1));
  // The generator's four kinds, evenly.
  error.kind = static_cast<TrafficErrorKind>(UniformBelow(draw.u64(2), 4));
  Resolve(plan, &error);
  return error;
}

uint32_t BurstSize(const Plan& plan, const ErrorSlots& slots, uint32_t source,
                   const SiteDay& day, uint32_t burst) {
  const Draw draw = BurstDraw(plan, slots, source, day.span().day, burst);
  if (IncidentOf(day, burst) == nullptr && (draw.u32(0) & 1) == 0) return 0;
  const int64_t mean = slots.burst_mean();
  return static_cast<uint32_t>(
      UniformBetween(draw.u64(1), mean / 2, mean + mean / 2));
}

TrafficError BurstErrorOf(const Plan& plan, const ErrorSlots& slots,
                          uint32_t source, const SiteDay& day, uint32_t burst,
                          uint32_t i) {
  const DaySpan& span = day.span();
  const Draw draw = BurstDraw(plan, slots, source, span.day, burst);
  const Fault* incident = IncidentOf(day, burst);
  const int64_t part = (span.end - span.begin).count() / ErrorSlots::kBursts;
  const Instant begin =
      incident != nullptr
          ? incident->onset
          : span.begin +
                Micros{part * burst +
                       UniformBetween(draw.u64(2), 0, part - kBurstLength - 1)};
  // All in the day that the ids are of: one that meets an incident just before
  // midnight is the shorter for it.
  const int64_t length = std::min(kBurstLength, (span.end - begin).count());
  TrafficError error = MakeError(plan, source, span.day,
                                 slots.even() + burst * slots.burst_max() + i);
  const Draw own =
      ErrorStream(plan, source).At(span.day, uint64_t{error.slot} * 2);
  error.at = begin + Micros{UniformBetween(own.u64(0), 0, length - 1)};
  if (incident != nullptr) {
    error.kind = TrafficErrorKind::kDatabase;
  } else {
    error.kind = (draw.u32(7) & 1) != 0 ? TrafficErrorKind::kApi
                                        : TrafficErrorKind::kValidation;
  }
  Resolve(plan, &error);
  return error;
}

ErrorLogRow RowOf(const Plan& plan, const TrafficError& error,
                  std::string_view endpoint, std::string_view user_id,
                  std::string_view site, Instant as_of, std::string* context) {
  const TrafficErrorInfo& info = Info(error.kind);
  ErrorLogRow row;
  row.id =
      plan.ids().Id(TableId::kErrorLogs, {EntityKind::kTraffic, error.source},
                    error.day, error.slot);
  row.timestamp = error.at;
  row.category = info.category;
  row.severity = info.severity;
  row.error_code = info.code;
  row.error_message = info.message;
  if (error.kind == TrafficErrorKind::kDatabase) {
    row.stack_trace = "Session.execute: OperationalError: statement timeout";
  }
  row.endpoint = endpoint;
  row.user_id = user_id;
  context->clear();
  fmt::format_to(std::back_inserter(*context),
                 R"({{"site_id": "{}", "endpoint": "{}", "retry_count": {}}})",
                 site, endpoint, error.retries);
  row.context = Json{*context};
  row.resolved = false;
  row.provenance = "simulated";
  if (error.resolved && *error.resolved < as_of) {
    row.resolved = true;
    row.resolved_at = *error.resolved;
  }
  return row;
}

}  // namespace tillstorm
