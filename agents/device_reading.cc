#include "agents/device_reading.h"

#include <algorithm>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr int64_t kDriftKnotUs = 300 * kMicrosPerSecond;

// a * b / 65536, for b in Q16.
constexpr int64_t MulQ16(int64_t a, int64_t b) { return a * b >> 16; }

// Moves `value` toward `limit` by that Q16 share.
constexpr int64_t Toward(int64_t value, int64_t limit, int64_t share_q16) {
  return value + MulQ16(limit - value, share_q16);
}

// What a fault does to the readings; `effect` and its square are Q16. The
// figures follow upstream's scenario simulator (high_cpu, low_memory,
// high_errors, degraded) at full effect.
void ApplyFault(FaultKind kind, int64_t effect, DeviceReading* reading) {
  const int64_t squared = MulQ16(effect, effect);
  switch (kind) {
    case FaultKind::kPaymentGateway:
      reading->latency_centi += MulQ16(reading->latency_centi * 5 / 2, effect);
      reading->error_ppm += MulQ16(180'000, squared);
      reading->queue += MulQ16(18, effect);
      reading->response_ms += MulQ16(1200, effect);
      break;
    case FaultKind::kDatabaseConnection:
      reading->latency_centi += MulQ16(reading->latency_centi * 6 / 5, effect);
      reading->error_ppm += MulQ16(150'000, squared);
      reading->connections += MulQ16(45, effect);
      reading->queue += MulQ16(25, effect);
      reading->response_ms += MulQ16(1500, effect);
      break;
    case FaultKind::kLowDisk:
      reading->disk_centi = Toward(reading->disk_centi, 9750, effect);
      reading->error_ppm += MulQ16(70'000, squared);
      reading->response_ms += MulQ16(400, effect);
      break;
    case FaultKind::kMemoryLeak:
      reading->memory_centi = Toward(reading->memory_centi, 9700, effect);
      reading->cpu_centi += MulQ16(1200, effect);
      reading->error_ppm += MulQ16(60'000, squared);
      reading->response_ms += MulQ16(500, effect);
      break;
    case FaultKind::kOverheating:
      reading->cpu_centi = Toward(reading->cpu_centi, 9750, effect);
      reading->latency_centi += MulQ16(reading->latency_centi / 2, effect);
      reading->error_ppm += MulQ16(50'000, squared);
      reading->response_ms += MulQ16(600, effect);
      break;
    case FaultKind::kNetworkOutage:
    case FaultKind::kDatabaseIncident:
    case FaultKind::kBadConfig:
      break;
  }
}

}  // namespace

ReadingModel::ReadingModel(const Plan& plan, uint32_t device,
                           const DeviceFacts& facts)
    : plan_(plan),
      facts_(facts),
      site_latency_centi_(plan.fleet().Site(facts.site).latency_centi),
      noise_(plan.StreamFor({EntityKind::kDevice, device}, Purpose::kCheck)),
      drift_(plan.StreamFor({EntityKind::kDevice, device}, Purpose::kDrift)),
      ticket_(plan.StreamFor({EntityKind::kDevice, device}, Purpose::kTicket)),
      drift_from_(drift_.At(0, 0)),
      drift_to_(drift_from_) {}

void ReadingModel::MoveDrift(LocalDay day, int64_t offset_us) {
  const int64_t knot = offset_us / kDriftKnotUs;
  if (day != drift_day_ || knot != drift_knot_) {
    drift_from_ = drift_.At(day, static_cast<uint64_t>(knot));
    drift_to_ = drift_.At(day, static_cast<uint64_t>(knot) + 1);
    drift_day_ = day;
    drift_knot_ = knot;
  }
  drift_into_q16_ = (offset_us % kDriftKnotUs) * 65536 / kDriftKnotUs;
}

int64_t ReadingModel::DriftQ16(unsigned lane) const {
  const auto at = [lane](const Draw& draw) {
    return static_cast<int64_t>(draw.u32(lane) >> 15) - 65536;
  };
  const int64_t from = at(drift_from_);
  return from + MulQ16(at(drift_to_) - from, drift_into_q16_);
}

const ConfigEffect& ReadingModel::EffectOf(int32_t version) {
  if (version != effect_version_) {
    effect_ = EffectOfConfig(plan_, version);
    effect_version_ = version;
  }
  return effect_;
}

int64_t ReadingModel::DiskCenti(LocalDay day, int64_t offset_us) const {
  const int64_t days = (day + facts_.rotation_phase) % facts_.rotation_days;
  return facts_.disk_centi + facts_.disk_growth_centi * days +
         facts_.disk_growth_centi * (offset_us / kMicrosPerSecond) / 86'400;
}

int64_t ReadingModel::VolumeCenti(LocalDay day, int64_t transactions) const {
  if (transactions == 0) return 0;
  // Amounts scatter, but the sum never falls: the wobble stays below a ticket.
  const auto ticket = static_cast<uint64_t>(facts_.ticket_cents);
  const uint64_t wobble = UniformBelow(
      ticket_.At(day, static_cast<uint64_t>(transactions)).u64(0), ticket);
  return (transactions - 1) * facts_.ticket_cents + facts_.ticket_cents / 2 +
         static_cast<int64_t>(wobble);
}

DeviceReading ReadingModel::At(const DeviceDay& day, int64_t check,
                               Instant instant,
                               const DeviceCondition& condition) {
  const LocalDay date = day.span().day;
  const int64_t offset = (instant - day.span().begin).count();
  const Draw a = noise_.At(date, static_cast<uint64_t>(check) * 2);
  const Draw b = noise_.At(date, static_cast<uint64_t>(check) * 2 + 1);
  MoveDrift(date, offset);
  const int64_t load = std::max<int64_t>(
      0, day.load().LoadQ16(offset) +
             MulQ16(day.load().LoadQ16(offset), DriftQ16(0) / 8));
  DeviceReading reading;
  reading.uptime_s =
      (instant - day.LastRestart(instant)).count() / kMicrosPerSecond;
  reading.cpu_centi = facts_.cpu_idle_centi +
                      MulQ16(facts_.cpu_busy_centi, load) +
                      MulQ16(250, DriftQ16(1)) + Normal(a.u32(0), 0, 140);
  reading.memory_centi = facts_.memory_idle_centi +
                         MulQ16(facts_.memory_busy_centi, load) +
                         reading.uptime_s / 260 + MulQ16(120, DriftQ16(2)) +
                         Normal(a.u32(1), 0, 35);
  reading.disk_centi = DiskCenti(date, offset);
  reading.latency_centi =
      MulQ16(MulQ16(site_latency_centi_, facts_.latency_q16) +
                 MulQ16(1500, load) + MulQ16(150, DriftQ16(3)),
             LogNormalQ16(a.u32(2), 180));
  reading.error_ppm = MulQ16(facts_.error_ppm + MulQ16(1500, load),
                             LogNormalQ16(a.u32(3), 450));
  reading.connections = 3 + MulQ16(22, load) + MulQ16(3, 65536 + DriftQ16(4)) +
                        UniformBetween32(a.u32(4), 0, 2);
  reading.queue =
      MulQ16(MulQ16(9, load), load) + UniformBetween32(a.u32(5), 0, 1);
  reading.config = day.ConfigAt(instant);
  reading.firmware = day.FirmwareAt(instant);
  const ConfigEffect& config = EffectOf(reading.config);
  reading.response_ms = MulQ16(facts_.response_ms + MulQ16(60, load),
                               LogNormalQ16(b.u32(0), 200)) *
                        config.response_permille / 1000;
  reading.error_ppm += config.error_ppm;
  if (condition.fault != nullptr) {
    ApplyFault(condition.fault->kind, condition.fault->EffectQ16(instant),
               &reading);
  }
  if (condition.failure) {
    reading.response_ms += UniformBetween32(b.u32(1), 1800, 3800);
    reading.error_ppm += UniformBetween32(b.u32(2), 30'000, 70'000);
  }
  reading.transactions = day.TransactionsAt(instant);
  reading.volume_centi = VolumeCenti(date, reading.transactions);
  reading.cpu_centi = std::clamp<int64_t>(reading.cpu_centi, 50, 9990);
  reading.memory_centi = std::clamp<int64_t>(reading.memory_centi, 500, 9900);
  reading.disk_centi = std::clamp<int64_t>(reading.disk_centi, 100, 9990);
  reading.latency_centi = std::max<int64_t>(reading.latency_centi, 100);
  reading.error_ppm = std::clamp<int64_t>(reading.error_ppm, 0, 1'000'000);
  reading.connections = std::max<int64_t>(reading.connections, 0);
  return reading;
}

}  // namespace tillstorm
