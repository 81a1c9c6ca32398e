#include "agents/fault.h"

#include <algorithm>
#include <array>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;

// Lengths in minutes.
struct KindInfo {
  std::string_view name;
  std::string_view error;
  uint64_t weight;
  int64_t lead_min;
  int64_t lead_max;
  int64_t failing_min;
  int64_t failing_max;
};

// Weights and messages follow upstream's three kinds (homepot: 8, 4 and 3 %).
constexpr std::array<KindInfo, 8> kKinds = {{
    {"payment_gateway_timeout", "Payment gateway timeout", 35, 10, 45, 4, 40},
    {"database_connection", "Database connection failed", 20, 15, 90, 4, 45},
    {"low_disk", "Low disk space warning", 15, 240, 960, 10, 120},
    {"memory_leak", "Out of memory", 20, 180, 900, 5, 60},
    {"overheating", "CPU thermal throttling", 10, 60, 240, 5, 60},
    {"network_outage", "Network unreachable", 0, 0, 0, 2, 45},
    {"database_incident", "Database timeout", 0, 0, 0, 5, 20},
    {"bad_config", "Configuration regression", 0, 0, 0, 0, 0},
}};

// Onsets lie between the nightly restart and the late evening; a fault is over
// this long after the midnight before it, ahead of the next nightly restart
// also on a day of 23 hours.
constexpr int64_t kOnsetFirst = 280 * kMinuteUs;
constexpr int64_t kOnsetLast = 1350 * kMinuteUs;
constexpr int64_t kEndLast = 1585 * kMinuteUs;

const AliasTable& KindWeights() {
  static const AliasTable kTable{kKinds[0].weight, kKinds[1].weight,
                                 kKinds[2].weight, kKinds[3].weight,
                                 kKinds[4].weight};
  return kTable;
}

// A fault of a whole site: it begins at any time of the day, at once and
// without precursors.
std::optional<Fault> SiteFault(FaultKind fault_kind, int32_t per_1000_days,
                               const Stream& stream, const DaySpan& day) {
  const Draw draw = stream.At(day.day, 0);
  if (!Chance(draw.u64(0), static_cast<uint64_t>(per_1000_days), 1000)) {
    return std::nullopt;
  }
  const KindInfo& kind = kKinds[static_cast<size_t>(fault_kind)];
  const auto length = [&kind](uint64_t bits) {
    return UniformBetween(bits, kind.failing_min * kMinuteUs,
                          kind.failing_max * kMinuteUs);
  };
  Fault fault;
  fault.kind = fault_kind;
  fault.onset =
      day.begin +
      Micros{UniformBetween(draw.u64(1), 0, (day.end - day.begin).count() - 1)};
  fault.first_sign = fault.failing_from = fault.onset;
  // Short ones are more common: the smaller of two draws.
  fault.end =
      fault.onset + Micros{std::min(length(draw.u64(2)), length(draw.u64(3)))};
  fault.restart = fault.end;
  fault.severity_milli = 1000;
  return fault;
}

}  // namespace

std::string_view Name(FaultKind kind) {
  return kKinds[static_cast<size_t>(kind)].name;
}

std::string_view ErrorMessage(FaultKind kind) {
  return kKinds[static_cast<size_t>(kind)].error;
}

int64_t Fault::EffectQ16(Instant instant) const {
  if (instant < onset || instant >= restart) return 0;
  const int64_t full = severity_milli * 65536 / 1000;
  if (instant >= failing_from) return full;
  return full * (instant - onset).count() / (failing_from - onset).count();
}

DaySpan SpanOf(const TimeZone& zone, LocalDay day) {
  return {day, zone.Midnight(day), zone.Midnight(day + 1)};
}

std::optional<Fault> DeviceFault(uint64_t seed, const Scenario& scenario,
                                 uint32_t device, int64_t frailty_q16,
                                 const DaySpan& day) {
  const Stream stream =
      StreamOf(seed, {EntityKind::kDevice, device}, Purpose::kDeviceFault);
  const Draw draw = stream.At(day.day, 0);
  const auto chance_q16 = static_cast<uint64_t>(
      scenario.device_faults_per_1000_days * frailty_q16 / 1000);
  // However frail: at least every second day is a good one.
  if (!Chance(draw.u64(0), std::min<uint64_t>(chance_q16, 32768), 65536)) {
    return std::nullopt;
  }
  const Draw more = stream.At(day.day, 1);
  Fault fault;
  fault.kind = static_cast<FaultKind>(KindWeights().Sample(draw.u64(1)));
  const KindInfo& kind = kKinds[static_cast<size_t>(fault.kind)];
  // At least four checks fail, however far apart they are.
  const int64_t failing =
      std::max(UniformBetween(draw.u64(2), kind.failing_min * kMinuteUs,
                              kind.failing_max * kMinuteUs),
               4 * scenario.interval.count());
  const int64_t down = UniformBetween(more.u64(0), 30 * kMicrosPerSecond,
                                      120 * kMicrosPerSecond);
  const int64_t lead =
      std::min(UniformBetween(draw.u64(3), kind.lead_min * kMinuteUs,
                              kind.lead_max * kMinuteUs),
               kEndLast - kOnsetFirst - failing - down);
  const int64_t onset =
      UniformBetween(more.u64(1), kOnsetFirst,
                     std::min(kOnsetLast, kEndLast - lead - failing - down));
  fault.onset = day.begin + Micros{onset};
  fault.first_sign = fault.onset + Micros{lead / 4};
  fault.failing_from = fault.onset + Micros{lead};
  fault.restart = fault.failing_from + Micros{failing};
  fault.end = fault.restart + Micros{down};
  fault.severity_milli = UniformBetween(more.u64(2), 650, 1000);
  return fault;
}

std::optional<Fault> SiteOutage(uint64_t seed, const Scenario& scenario,
                                uint32_t site, const DaySpan& day) {
  return SiteFault(
      FaultKind::kNetworkOutage, scenario.site_outages_per_1000_days,
      StreamOf(seed, {EntityKind::kSite, site}, Purpose::kSiteOutage), day);
}

std::optional<Fault> SiteIncident(uint64_t seed, const Scenario& scenario,
                                  uint32_t site, const DaySpan& day) {
  return SiteFault(
      FaultKind::kDatabaseIncident, scenario.site_incidents_per_1000_days,
      StreamOf(seed, {EntityKind::kSite, site}, Purpose::kSiteIncident), day);
}

}  // namespace tillstorm
