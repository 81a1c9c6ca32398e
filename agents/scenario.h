// Scenario: every parameter that shapes a dataset, as one value. With the seed
// it determines every event; its canonical text and hash stand in the manifest.
//
// Threads: a value.
#ifndef TILLSTORM_AGENTS_SCENARIO_H_
#define TILLSTORM_AGENTS_SCENARIO_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/instant.h"
#include "harness/core/status.h"

namespace tillstorm {

// Bumped whenever the same seed and scenario would give other data.
inline constexpr int kStreamVersion = 1;

// A place where a site can stand; sites take them in turn.
struct Place {
  std::string city;
  std::string time_zone;    // POSIX rule
  int32_t latitude_e4 = 0;  // degrees * 10'000
  int32_t longitude_e4 = 0;
};

// One weekday of the operating schedule, local time in minutes after midnight.
struct ScheduleDay {
  int32_t open = 0;
  int32_t close = 0;
  int32_t peak_start = 0;
  int32_t peak_end = 0;
  int32_t transactions = 0;  // expected of a whole site on that day
  bool maintenance = false;
};

struct Scenario {
  int32_t sites = 3;     // [1, 100'000]
  int32_t devices = 12;  // in total, [sites, 100'000]
  // Distance of two health checks of a device. [1 s, 1 h], whole seconds.
  Micros interval{5'000'000};
  // Device faults with precursors: expected per 1,000 days of a device of
  // average frailty. [0, 1000]
  int32_t device_faults_per_1000_days = 80;
  // Network outages: expected per 1,000 days of a site. [0, 1000]
  int32_t site_outages_per_1000_days = 40;
  // Single failed checks without a fault: expected per 1,000 days of a device.
  // [0, 20'000]
  int32_t glitches_per_1000_days = 1500;
  std::vector<Place> places;          // not empty
  std::vector<ScheduleDay> schedule;  // seven, Monday first

  // One sentence naming flag or key, bound and value, or ok.
  [[nodiscard]] Status Validate() const;
  // JSON with fixed order and spacing: equal scenarios, equal text.
  [[nodiscard]] std::string CanonicalJson() const;
  // XXH3-128 of the canonical text, hex.
  [[nodiscard]] std::string Hash() const;
  [[nodiscard]] static Result<Scenario> FromCanonicalJson(
      std::string_view text);
};

// The fleet that everything starts from: 12 devices on 3 sites.
[[nodiscard]] Scenario StandardScenario();

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_SCENARIO_H_
