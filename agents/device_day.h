// DeviceDay: one device through one local day (its epoch), computed at once
// from the plan: load, faults, outages, restarts, transactions. From it the
// state of the device at any instant of the day is a constant-time look-up.
//
// A day reads the draws of itself, of the two days before and, of outages, of
// the day after; no others.
//
// Threads: immutable after construction.
#ifndef TILLSTORM_AGENTS_DEVICE_DAY_H_
#define TILLSTORM_AGENTS_DEVICE_DAY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "agents/device_changes.h"
#include "agents/fault.h"
#include "agents/inline_list.h"
#include "agents/load_curve.h"
#include "agents/plan.h"
#include "agents/troubles.h"

namespace tillstorm {

// devices.status as this fleet uses it.
enum class DeviceStatus : uint8_t { kOnline, kError, kOffline, kMaintenance };
[[nodiscard]] std::string_view Name(DeviceStatus status);

// The state of a device at one instant.
struct DeviceCondition {
  DeviceStatus status = DeviceStatus::kOnline;
  const Fault* fault = nullptr;  // under way, precursors included
  // Set when a check at that instant fails.
  std::optional<FaultKind> failure;
};

class DeviceDay {
 public:
  // REQUIRES: `facts` are those of that device.
  DeviceDay(const Plan& plan, uint32_t device, const DeviceFacts& facts,
            LocalDay day);

  [[nodiscard]] const DaySpan& span() const { return span_; }
  [[nodiscard]] const LoadCurve& load() const { return load_; }

  // The grid of checks: [0, checks()). Check i lies within interval i after
  // midnight, so that instants grow strictly, also from day to day.
  [[nodiscard]] int64_t checks() const { return checks_; }
  [[nodiscard]] Instant CheckInstant(int64_t check) const;
  // The first check at or after that instant, checks() if none.
  [[nodiscard]] int64_t FirstCheckFrom(Instant instant) const;

  // REQUIRES for all: the instant lies in the day.
  [[nodiscard]] DeviceCondition ConditionAt(Instant instant) const;
  [[nodiscard]] Instant LastRestart(Instant instant) const;
  // Transactions since local midnight; never falls within a day.
  [[nodiscard]] int64_t TransactionsAt(Instant instant) const;

  // What it runs; see versions.h.
  [[nodiscard]] int32_t ConfigAt(Instant instant) const {
    return changes_.ConfigAt(instant);
  }
  [[nodiscard]] int32_t FirmwareAt(Instant instant) const {
    return changes_.FirmwareAt(instant);
  }

  // Faults whose onset lies in this day or the day before.
  [[nodiscard]] const DeviceFaults& faults() const { return faults_; }
  [[nodiscard]] const InlineList<Glitch, 8>& glitches() const {
    return glitches_;
  }

 private:
  // The device is down: no check between the first in it and the first after.
  struct DownSpan {
    Instant from;
    Instant to;
    DeviceStatus status{};
  };
  // A stretch in which a share of the customers can pay.
  struct SalesSpan {
    int64_t from_us = 0;       // offset after midnight
    int64_t keep_q16 = 65536;  // share of the usual sales
    int64_t integral_before = 0;
  };

  void AddNight(const Plan& plan, uint32_t device, const DaySpan& day);
  void AddFaults();
  void AddChanges(const Plan& plan, uint32_t device, const DeviceFacts& facts);
  void AddGlitches(const Plan& plan, uint32_t device);
  void BuildSales();
  [[nodiscard]] int64_t KeepQ16(int64_t offset_us) const;

  DaySpan span_;
  int64_t interval_us_;
  int64_t phase_us_;
  int64_t checks_;
  Stream jitter_;
  int64_t jitter_max_us_;
  LoadCurve load_;
  int64_t sales_q60_ = 0;  // thousandths of a transaction per unit of integral
  SiteTroubles site_troubles_;
  DeviceFaults faults_;
  DeviceChanges changes_;
  InlineList<DownSpan, 8> downs_;
  InlineList<Glitch, 8> glitches_;
  InlineList<Instant, 8> restarts_;  // ends of restarts
  InlineList<SalesSpan, 20> sales_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DEVICE_DAY_H_
