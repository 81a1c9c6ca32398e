// DeviceReading: what the sensors and counters of a device say at one check.
// Load of the site, persistent effects of the device, slow drift, noise, and
// whatever fault is under way, added up in fixed point.
//
// Units are in the names: _centi is 1/100 (percent, milliseconds, currency),
// _ppm parts per million.
//
// Threads: a ReadingModel has one owner.
#ifndef TILLSTORM_AGENTS_DEVICE_READING_H_
#define TILLSTORM_AGENTS_DEVICE_READING_H_

#include <cstdint>

#include "agents/device_day.h"
#include "agents/fleet.h"
#include "agents/plan.h"
#include "agents/versions.h"
#include "harness/core/stream.h"

namespace tillstorm {

struct DeviceReading {
  int64_t cpu_centi = 0;
  int64_t memory_centi = 0;
  int64_t disk_centi = 0;
  int64_t latency_centi = 0;  // of the network
  int64_t transactions = 0;   // today
  int64_t volume_centi = 0;   // their amount
  int64_t error_ppm = 0;
  int64_t connections = 0;
  int64_t queue = 0;
  int64_t response_ms = 0;  // of the health check
  int64_t uptime_s = 0;
  int32_t config = 0;  // versions.h
  int32_t firmware = 0;
};

class ReadingModel {
 public:
  ReadingModel(const Plan& plan, uint32_t device, const DeviceFacts& facts);

  // A pure function of its arguments; the model only keeps the last drift.
  // REQUIRES: `check` is a check of `day`, `instant` its instant, `condition`
  // the device's condition there.
  [[nodiscard]] DeviceReading At(const DeviceDay& day, int64_t check,
                                 Instant instant,
                                 const DeviceCondition& condition);

 private:
  // Slow noise between two knots, lanes 0 to 7, roughly +-65536 Q16.
  [[nodiscard]] int64_t DriftQ16(unsigned lane) const;
  void MoveDrift(LocalDay day, int64_t offset_us);
  [[nodiscard]] const ConfigEffect& EffectOf(int32_t version);
  [[nodiscard]] int64_t DiskCenti(LocalDay day, int64_t offset_us) const;
  [[nodiscard]] int64_t VolumeCenti(LocalDay day, int64_t transactions) const;

  const Plan& plan_;
  DeviceFacts facts_;
  int64_t site_latency_centi_;
  Stream noise_;
  Stream drift_;
  Stream ticket_;
  LocalDay drift_day_ = 0;
  int64_t drift_knot_ = -1;
  int64_t drift_into_q16_ = 0;
  Draw drift_from_;
  Draw drift_to_;
  int32_t effect_version_ = -1;
  ConfigEffect effect_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_READING_H_
