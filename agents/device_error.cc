#include "agents/device_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <tuple>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

// Places of a day: errors of the fault that began in it, of the one that began
// the day before, of glitches.
constexpr uint32_t kPerFault = 24;
constexpr uint32_t kOfDayBefore = kPerFault;
constexpr uint32_t kOfGlitches = 2 * kPerFault;
static_assert(kOfGlitches + 8 <= kDeviceErrorsMax);

struct ErrorInfo {
  std::string_view category;
  std::string_view code;
  std::string_view exception;
};

// By FaultKind; those of devices only.
constexpr std::array<ErrorInfo, 6> kInfos = {{
    {"external_service", "PAY001", "PaymentTimeoutError"},
    {"database", "DB001", "DatabaseConnectionError"},
    {"device", "DSK001", "DiskSpaceError"},
    {"device", "MEM001", "OutOfMemoryError"},
    {"device", "CPU001", "ThermalThrottlingError"},
    {"api", "NET001", "ConnectionError"},
}};

// `count` errors, evenly spread over [from, to) but for chance.
void Spread(const Stream& stream, const DeviceError& first, Instant from,
            Instant to, uint32_t count, std::vector<DeviceError>* errors) {
  const int64_t length = (to - from).count();
  if (length < count) return;
  for (uint32_t i = 0; i < count; ++i) {
    DeviceError error = first;
    error.j += i;
    const int64_t begin = length * i / count;
    const int64_t end = length * (i + 1) / count;
    error.reported =
        from + Micros{UniformBetween(stream.At(first.day, error.j).u64(0),
                                     begin, end - 1)};
    errors->push_back(error);
  }
}

// The first check that fails for that glitch and no other reason.
std::optional<Instant> FirstFailedCheck(const DeviceDay& day,
                                        const Glitch& glitch) {
  for (int64_t check = day.FirstCheckFrom(glitch.from); check < day.checks();
       ++check) {
    const Instant at = day.CheckInstant(check);
    if (at >= glitch.to) break;
    const DeviceCondition condition = day.ConditionAt(at);
    const bool faulty =
        condition.fault != nullptr && condition.fault->Fails(at);
    if (condition.status == DeviceStatus::kError && !faulty) return at;
  }
  return std::nullopt;
}

}  // namespace

std::vector<DeviceError> ErrorsOf(const Plan& plan, uint32_t device,
                                  const DeviceDay& day) {
  const Stream stream =
      plan.StreamFor({EntityKind::kDevice, device}, Purpose::kDeviceError);
  const DaySpan& span = day.span();
  std::vector<DeviceError> errors;
  for (const Fault& fault : day.faults()) {
    const bool today = fault.onset >= span.begin;
    const LocalDay onset_day = today ? span.day : span.day - 1;
    const Draw draw = stream.At(onset_day, kDeviceErrorsMax);
    DeviceError error;
    error.kind = fault.kind;
    error.day = onset_day;  // draws are the fault's, whatever day they meet
    error.resolved = fault.end + Micros{UniformBetween(draw.u64(0), 60'000'000,
                                                       600'000'000)};
    const auto warnings =
        static_cast<uint32_t>(UniformBetween(draw.u64(1), 4, 7));
    Spread(stream, error, fault.first_sign, fault.failing_from, warnings,
           &errors);
    error.failing = true;
    error.j = warnings;
    Spread(stream, error, fault.failing_from, fault.restart,
           static_cast<uint32_t>(UniformBetween(draw.u64(2), 10, 16)), &errors);
  }
  for (DeviceError& error : errors) {
    if (error.day != span.day) error.j += kOfDayBefore;
    error.day = span.day;
  }
  for (size_t i = 0; i < day.glitches().size(); ++i) {
    const Glitch& glitch = day.glitches()[i];
    const auto noticed = FirstFailedCheck(day, glitch);
    if (!noticed) continue;
    DeviceError error;
    error.reported = *noticed;
    error.resolved = glitch.to + Micros{300 * kMicrosPerSecond};
    error.kind = glitch.looks_like;
    error.failing = true;
    error.day = span.day;
    error.j = kOfGlitches + static_cast<uint32_t>(i);
    errors.push_back(error);
  }
  // A device that cannot be reached reports nothing.
  std::erase_if(errors, [&](const DeviceError& error) {
    return error.reported < span.begin || error.reported >= span.end ||
           day.ConditionAt(error.reported).status == DeviceStatus::kOffline;
  });
  std::sort(errors.begin(), errors.end(),
            [](const DeviceError& a, const DeviceError& b) {
              return std::tie(a.reported, a.j) < std::tie(b.reported, b.j);
            });
  return errors;
}

ErrorLogRow RowOf(const Plan& plan, uint32_t device, const DeviceError& error,
                  Instant as_of, ErrorTexts* texts) {
  const ErrorInfo& info = kInfos[static_cast<size_t>(error.kind)];
  ErrorLogRow row;
  row.id = plan.ids().Id(TableId::kErrorLogs, {EntityKind::kDevice, device},
                         error.day, error.j);
  row.timestamp = error.reported;
  row.category = info.category;
  row.severity = error.failing ? "critical" : "warning";
  row.error_code = info.code;
  texts->message = fmt::format("{}{}", ErrorMessage(error.kind),
                               error.failing ? "" : ", retried");
  row.error_message = texts->message;
  if (error.failing) row.stack_trace = info.exception;
  row.endpoint = "/api/v1/agent/logs";
  const std::string identifier = plan.fleet().DeviceIdentifier(device);
  // Readers of HOMEPOT look for one key, its API writes the other.
  texts->context =
      fmt::format(R"({{"original_device_id": "{}", "device_id": "{}", )"
                  R"("exception_type": "{}"}})",
                  identifier, identifier, info.exception);
  row.context = Json{texts->context};
  row.resolved = false;
  row.provenance = "simulated";
  if (error.resolved < as_of) {
    row.resolved = true;
    row.resolved_at = error.resolved;
  }
  return row;
}

}  // namespace tillstorm
