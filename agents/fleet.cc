#include "agents/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agents/identifiers.h"
#include "harness/core/check.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr std::array<OsInfo, 6> kOs = {{
    {"linux", "Linux ARM 6.1", "fcm", "fcm"},
    {"windows", "Windows 10 IoT Enterprise", "wns", "wns"},
    {"android", "Android 13", "fcm_android", "fcm"},
    {"embedded", "Embedded RTOS 4.2", "mqtt", "mqtt"},
    {"macos", "macOS 14", "apns", "apns"},
    {"web", "Web kiosk, Chromium", "web_push", "web_push"},
}};

constexpr std::array<ModelInfo, 4> kModels = {{
    {"POS-Terminal-X1", "2.4.1", 2048, 16, 100, 100},
    {"POS-Terminal-X1 Plus", "2.4.1", 4096, 32, 80, 85},
    {"POS-Terminal-S2", "3.1.0", 4096, 64, 65, 70},
    {"Generic-Device-X1", "2.2.7", 1024, 8, 130, 150},
}};

const AliasTable& OsWeights() {
  static const AliasTable kTable{40, 25, 15, 10, 5, 5};
  return kTable;
}

const AliasTable& ModelWeights() {
  static const AliasTable kTable{45, 25, 20, 10};
  return kTable;
}

// How far the devices of the sites before it run ahead of an even spread. Of
// three sites in a row the first has one device more and the second one less:
// upstream's own seed has 5, 3 and 4.
uint32_t Unevenness(uint32_t site, uint32_t sites, uint32_t per_site) {
  const bool in_full_triple = site / 3 * 3 + 3 <= sites;
  return per_site >= 2 && in_full_triple && site % 3 == 1 ? 1 : 0;
}

}  // namespace

const OsInfo& Info(Os os) { return kOs[static_cast<size_t>(os)]; }
std::optional<Os> OsOfName(std::string_view name) {
  for (size_t i = 0; i < kOs.size(); ++i) {
    if (kOs[i].name == name) return static_cast<Os>(i);
  }
  return std::nullopt;
}

const ModelInfo& Model(uint8_t model) { return kModels[model]; }

Fleet::Fleet(uint64_t seed, const Scenario& scenario)
    : seed_(seed),
      sites_(static_cast<uint32_t>(scenario.site_count())),
      devices_(static_cast<uint32_t>(scenario.devices)),
      traffic_(static_cast<uint32_t>(scenario.traffic)),
      interval_us_(scenario.interval.count()),
      adopted_(scenario.adopted) {
  for (const Place& place : scenario.places) {
    Result<TimeZone> zone = TimeZone::Parse(place.time_zone);
    TS_CHECK(zone.ok());
    zones_.push_back(*zone);
  }
  if (adopted_ == nullptr) return;
  first_devices_.resize(sites_ + 1);
  for (const AdoptedDevice& device : adopted_->devices) {
    ++first_devices_[device.site + 1];
  }
  for (uint32_t i = 0; i < sites_; ++i) {
    first_devices_[i + 1] += first_devices_[i];
  }
}

uint32_t Fleet::FirstDevice(uint32_t site) const {
  if (adopted_) return first_devices_[site];
  const uint32_t per_site = devices_ / sites_;
  const uint32_t left_over = devices_ % sites_;
  return site * per_site + std::min(site, left_over) +
         Unevenness(site, sites_, per_site);
}

uint32_t Fleet::SiteOf(uint32_t device) const {
  if (adopted_) return adopted_->devices[device].site;
  // An even spread is at most one site off.
  auto site =
      static_cast<uint32_t>(static_cast<uint64_t>(device) * sites_ / devices_);
  while (FirstDevice(site) > device) --site;
  while (site + 1 < sites_ && FirstDevice(site + 1) <= device) ++site;
  return site;
}

int32_t Fleet::SiteId(uint32_t site) const {
  return adopted_ ? adopted_->sites[site].id : static_cast<int32_t>(site) + 1;
}

int32_t Fleet::DeviceId(uint32_t device) const {
  return adopted_ ? adopted_->devices[device].id
                  : static_cast<int32_t>(device) + 1;
}

std::string Fleet::SiteIdentifier(uint32_t site) const {
  return adopted_ ? adopted_->sites[site].identifier
                  : tillstorm::SiteIdentifier(seed_, site);
}

std::string Fleet::DeviceIdentifier(uint32_t device) const {
  return adopted_ ? adopted_->devices[device].identifier
                  : tillstorm::DeviceIdentifier(seed_, device);
}

std::string Fleet::SiteName(uint32_t site) const {
  return adopted_ ? adopted_->sites[site].name
                  : fmt::format("store {}", site + 1);
}

std::string Fleet::DeviceName(uint32_t device) const {
  if (adopted_) return adopted_->devices[device].name;
  const uint32_t site = SiteOf(device);
  return fmt::format("POS Terminal {}-{}", site + 1,
                     device - FirstDevice(site) + 1);
}

SiteFacts Fleet::Site(uint32_t site) const {
  const Draw draw =
      StreamOf(seed_, {EntityKind::kSite, site}, Purpose::kSiteFacts).At(0, 0);
  SiteFacts facts;
  facts.place = PlaceOf(site);
  facts.size_q16 = LogNormalQ16(draw.u32(0), 250);
  facts.latency_centi = 1800 * LogNormalQ16(draw.u32(1), 350) >> 16;
  return facts;
}

DeviceFacts Fleet::Device(uint32_t device) const {
  const Stream stream =
      StreamOf(seed_, {EntityKind::kDevice, device}, Purpose::kDeviceFacts);
  const Draw kind = stream.At(0, 0);
  const Draw body = stream.At(0, 1);
  const Draw more = stream.At(0, 2);
  DeviceFacts facts;
  facts.site = SiteOf(device);
  facts.number = device - FirstDevice(facts.site) + 1;
  facts.os = static_cast<Os>(OsWeights().Sample(kind.u64(0)));
  if (adopted_) {
    facts.os = OsOfName(adopted_->devices[device].os).value_or(facts.os);
  }
  facts.model = static_cast<uint8_t>(ModelWeights().Sample(kind.u64(1)));
  facts.age_months = static_cast<int32_t>(UniformBetween(kind.u64(2), 1, 72));
  const ModelInfo& model = Model(facts.model);
  // Old devices of frail models fail more often; the rest is chance.
  facts.frailty_q16 = LogNormalQ16(kind.u32(6), 500) * model.frailty_percent *
                      (60 + facts.age_months) / (100 * 96);
  facts.share_weight = LogNormalQ16(kind.u32(7), 300);
  facts.check_phase_us =
      UniformBetween(body.u64(0), 0, interval_us_ / 4 * 3 - 1);
  facts.cpu_idle_centi =
      Normal(body.u32(2), 1400, 250) * model.cpu_percent / 100 +
      2 * facts.age_months;
  facts.cpu_busy_centi =
      Normal(body.u32(3), 4200, 450) * (50 + model.cpu_percent / 2) / 100;
  facts.memory_idle_centi = Normal(body.u32(4), 4000, 400);
  facts.memory_busy_centi = Normal(body.u32(5), 1300, 200);
  facts.disk_centi = UniformBetween32(body.u32(6), 2800, 5200);
  facts.disk_growth_centi = UniformBetween32(body.u32(7), 40, 160);
  facts.rotation_days =
      static_cast<int32_t>(UniformBetween32(more.u32(0), 7, 14));
  facts.rotation_phase =
      static_cast<int32_t>(UniformBetween32(more.u32(1), 0, 13));
  facts.latency_q16 = LogNormalQ16(more.u32(2), 200);
  facts.response_ms = 60 + (90 * LogNormalQ16(more.u32(3), 300) >> 16);
  facts.error_ppm = 1500 * LogNormalQ16(more.u32(4), 500) >> 16;
  facts.ticket_cents = UniformBetween32(more.u32(5), 1000, 5000);
  return facts;
}

}  // namespace tillstorm
