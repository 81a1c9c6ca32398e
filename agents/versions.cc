#include "agents/versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr int32_t kFirstConfig = 10;
constexpr int64_t kFirmwareDays = 31;

constexpr int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// The newest configuration at that midnight, good or not.
int32_t NewestConfig(const Plan& plan, uint32_t site, LocalDay day) {
  // Three in two days; every second site is half a step ahead.
  const int64_t days = day - plan.FirstDayOf(site);
  return static_cast<int32_t>(
      std::max<int64_t>(kFirstConfig + FloorDiv(days * 3 + site % 2, 2), 0));
}

}  // namespace

ConfigEffect EffectOfConfig(const Plan& plan, int32_t version) {
  const Draw draw =
      plan.StreamFor({EntityKind::kFleet, 0}, Purpose::kConfigVersion)
          .At(0, static_cast<uint64_t>(version));
  ConfigEffect effect;
  effect.regresses = version % 2 == 1 && Chance(draw.u64(0), 30, 100);
  if (effect.regresses) {
    effect.response_permille = UniformBetween(draw.u64(1), 1500, 2100);
    effect.error_ppm = UniformBetween(draw.u64(2), 15'000, 40'000);
  } else {
    effect.response_permille = UniformBetween(draw.u64(1), 880, 1060);
  }
  return effect;
}

int32_t FirstRollout(const Plan& plan, uint32_t site, LocalDay day) {
  return NewestConfig(plan, site, day) + 1;
}

uint32_t RolloutsOf(const Plan& plan, uint32_t site, LocalDay day) {
  return static_cast<uint32_t>(NewestConfig(plan, site, day + 1) -
                               NewestConfig(plan, site, day));
}

int32_t LastGoodConfig(const Plan& plan, int32_t version) {
  return EffectOfConfig(plan, version).regresses ? version - 1 : version;
}

int32_t ConfigAtMidnight(const Plan& plan, uint32_t site, LocalDay day) {
  return LastGoodConfig(plan, NewestConfig(plan, site, day));
}

Instant MeasuredAfter(const Plan& plan, Instant change) {
  return change +
         std::max(Micros{300 * kMicrosPerSecond}, 2 * plan.scenario().interval);
}

int32_t FirmwareAtMidnight(const Plan& plan, uint32_t device, LocalDay day) {
  const Draw draw =
      plan.StreamFor({EntityKind::kDevice, device}, Purpose::kDeviceFacts)
          .At(0, 4);
  const int64_t phase = UniformBetween(draw.u64(0), 0, kFirmwareDays - 1);
  const int64_t days = day - plan.FirstDayOf(plan.fleet().SiteOf(device));
  return static_cast<int32_t>(
      std::max<int64_t>(FloorDiv(days + phase, kFirmwareDays), 0));
}

bool HasFirmwareUpdate(const Plan& plan, uint32_t device, LocalDay day) {
  return FirmwareAtMidnight(plan, device, day + 1) !=
         FirmwareAtMidnight(plan, device, day);
}

std::string ConfigText(int32_t version) {
  return fmt::format("{}.{}.{}", 2 + version / 100, version / 10 % 10,
                     version % 10);
}

std::string FirmwareText(uint8_t model, int32_t steps) {
  const std::string_view first = Model(model).firmware;
  const size_t dot = first.rfind('.');
  int32_t last = 0;
  std::from_chars(first.data() + dot + 1, first.data() + first.size(), last);
  return fmt::format("{}.{}", first.substr(0, dot), last + steps);
}

}  // namespace tillstorm
