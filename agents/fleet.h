// Fleet: the facts about sites and devices that never change during a dataset.
// Each is a pure function of seed, scenario and index; nothing is stored, so a
// fleet of a million devices costs no memory.
//
// Indexes count from 0; the database id of a site or device is its index + 1,
// unless the fleet is adopted (adopted_fleet.h): then it has its own ids.
// Fixed-point units are in the names: _centi is 1/100, _q16 is 1/65536.
//
// Threads: immutable; any thread.
#ifndef TILLSTORM_AGENTS_FLEET_H_
#define TILLSTORM_AGENTS_FLEET_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agents/scenario.h"
#include "agents/time_zone.h"
#include "harness/core/stream.h"

namespace tillstorm {

// Purposes of streams, one per use; never renumber, or data changes.
enum class Purpose : uint16_t {
  kSiteFacts = 1,
  kDeviceFacts = 2,
  kSiteLoad = 3,      // (day, knot)
  kSiteOutage = 4,    // (day, 0)
  kDeviceFault = 5,   // (day, 0..1)
  kDeviceGlitch = 6,  // (day, 0..)
  kNightRestart = 7,  // (day, 0)
  kCheck = 8,         // (day, 2 * check + 0..1)
  kDrift = 9,         // (day, 5-minute knot)
  kTicket = 10,       // (day, transactions so far)
  kUserFacts = 11,
  kSecrets = 12,        // hashes of keys and tokens, such as they are
  kSiteIncident = 13,   // (day, 0)
  kJobArrival = 14,     // of a site, (day, slot)
  kJobRun = 15,         // of a device, (day, 2 * slot of its site + 0..1)
  kRunFollowUp = 26,    // of a device or a site, (day, slot of the site)
  kConfigVersion = 16,  // of the fleet, (0, version)
  kAlert = 17,          // of a site, (day, slot)
  kDeviceError = 18,    // (day, slot)
  kTrafficSource = 19,  // facts of users, (0, user)
  kSession = 20,        // of a source, (day, slot of a user)
  kProbe = 21,          // of a source, (day, round)
  kTrafficError = 22,   // of a source, (day, slot)
  kLogin = 23,          // of a source, (day, number)
  kRequest = 24,        // of a source, (day, a hash of what asks)
  kBootstrap = 25,      // of the first source, (0, step)
};

enum class Os : uint8_t { kLinux, kWindows, kAndroid, kEmbedded, kMacos, kWeb };

struct OsInfo {
  std::string_view name;           // config.os
  std::string_view details;        // devices.os_details
  std::string_view push_platform;  // config.push_platform
  std::string_view push_channel;   // devices.push_channel, a push provider
};
[[nodiscard]] const OsInfo& Info(Os os);
// The one that is called so (OsInfo::name), if there is one.
[[nodiscard]] std::optional<Os> OsOfName(std::string_view name);

struct ModelInfo {
  std::string_view name;
  std::string_view firmware;  // at the start
  int32_t memory_mb;
  int32_t storage_gb;
  int32_t cpu_percent;      // of the reference model's cpu per unit of work
  int32_t frailty_percent;  // of the reference model's fault rate
};
[[nodiscard]] const ModelInfo& Model(uint8_t model);

// A group of users who work on one site and belong to one traffic agent. There
// are as many sources as sites or traffic agents, whichever is more: source i
// belongs to site i modulo sites and to traffic agent i modulo agents.
inline constexpr uint32_t kUsersPerSource = 8;

struct SiteFacts {
  uint32_t place = 0;         // index into Scenario::places
  int64_t size_q16 = 0;       // scales the schedule's transactions
  int64_t latency_centi = 0;  // of its network, centi-milliseconds
};

struct DeviceFacts {
  uint32_t site = 0;
  uint32_t number = 0;  // within its site, from 1
  Os os{};
  uint8_t model = 0;
  int32_t age_months = 0;
  int64_t frailty_q16 = 0;     // scales the fault rate
  int64_t share_weight = 0;    // of the site's transactions; log-normal
  int64_t check_phase_us = 0;  // of the check grid, below the interval
  // Persistent effects on the metrics, percentages in hundredths.
  int64_t cpu_idle_centi = 0;
  int64_t cpu_busy_centi = 0;  // added at load 1
  int64_t memory_idle_centi = 0;
  int64_t memory_busy_centi = 0;
  int64_t disk_centi = 0;         // right after a log rotation
  int64_t disk_growth_centi = 0;  // per day
  int32_t rotation_days = 0;      // between two log rotations
  int32_t rotation_phase = 0;
  int64_t latency_q16 = 0;  // of the site's latency
  int64_t response_ms = 0;
  int64_t error_ppm = 0;
  int64_t ticket_cents = 0;  // mean amount of a transaction
};

// The mean of DeviceFacts::share_weight: e^(0.3^2 / 2) in Q16.
inline constexpr int64_t kMeanShareWeight = 68'552;

class Fleet {
 public:
  // REQUIRES: scenario.Validate() is ok.
  Fleet(uint64_t seed, const Scenario& scenario);

  [[nodiscard]] uint32_t sites() const { return sites_; }
  [[nodiscard]] uint32_t devices() const { return devices_; }
  [[nodiscard]] uint32_t traffic_agents() const { return traffic_; }
  [[nodiscard]] uint32_t sources() const { return std::max(sites_, traffic_); }
  // Devices of a site are consecutive: [FirstDevice(s), FirstDevice(s + 1)).
  [[nodiscard]] uint32_t FirstDevice(uint32_t site) const;
  [[nodiscard]] uint32_t SiteOf(uint32_t device) const;
  // Index into Scenario::places.
  [[nodiscard]] uint32_t PlaceOf(uint32_t site) const {
    return adopted_ ? adopted_->sites[site].place
                    : site % static_cast<uint32_t>(zones_.size());
  }
  // In the database: the `id` of its row and its string id.
  [[nodiscard]] int32_t SiteId(uint32_t site) const;
  [[nodiscard]] int32_t DeviceId(uint32_t device) const;
  [[nodiscard]] std::string SiteIdentifier(uint32_t site) const;
  [[nodiscard]] std::string DeviceIdentifier(uint32_t device) const;
  // As messages call them.
  [[nodiscard]] std::string SiteName(uint32_t site) const;
  [[nodiscard]] std::string DeviceName(uint32_t device) const;
  // The fleet that HOMEPOT set up; null for one that is made.
  [[nodiscard]] const AdoptedFleet* adopted() const { return adopted_.get(); }
  [[nodiscard]] SiteFacts Site(uint32_t site) const;
  [[nodiscard]] DeviceFacts Device(uint32_t device) const;
  [[nodiscard]] const TimeZone& Zone(uint32_t place) const {
    return zones_[place];
  }

 private:
  uint64_t seed_;
  uint32_t sites_;
  uint32_t devices_;
  uint32_t traffic_;
  int64_t interval_us_;
  std::vector<TimeZone> zones_;  // one per place
  std::shared_ptr<const AdoptedFleet> adopted_;
  std::vector<uint32_t> first_devices_;  // of an adopted fleet; one more
};

// The stream of an entity for one purpose, in the dataset phase.
[[nodiscard]] inline Stream StreamOf(uint64_t seed, EntityId entity,
                                     Purpose purpose) {
  return {seed, StreamPhase::kDataset, entity, static_cast<uint16_t>(purpose)};
}

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_FLEET_H_
