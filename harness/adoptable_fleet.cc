#include "harness/adoptable_fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "agents/fleet.h"
#include "agents/known_places.h"
#include "harness/core/row_codec.h"
#include "harness/core/sampler.h"
#include "harness/run_options.h"
#include "harness/safe_text.h"

namespace tillstorm {
namespace {

constexpr std::array<std::string_view, 2> kServedTypes = {"pos_terminal",
                                                          "iot_sensor"};

// A row by the names of its columns; valid while it is visited.
class FleetRow {
 public:
  FleetRow(const TableInfo& table, const StoredRow& row)
      : table_(table), values_(DecodeRow(table, row.encoding)) {}

  // Nothing for NULL and for what does not have the declared type.
  [[nodiscard]] std::optional<std::string_view> Text(
      std::string_view column) const {
    const ValueView* value = Find(column);
    if (value == nullptr) return std::nullopt;
    return value->text;
  }
  [[nodiscard]] std::optional<double> Real(std::string_view column) const {
    const ValueView* value = Find(column);
    if (value == nullptr) return std::nullopt;
    return value->real;
  }
  [[nodiscard]] int64_t Integer(std::string_view column) const {
    const ValueView* value = Find(column);
    return value == nullptr ? 0 : value->integer;
  }
  // HOMEPOT's models: active unless told otherwise.
  [[nodiscard]] bool IsActive() const {
    const ValueView* value = Find("is_active");
    return value == nullptr || value->integer != 0;
  }
  // An id that the schema's columns can refer to, or 0.
  [[nodiscard]] int32_t Id() const {
    constexpr int64_t kIdMax = 2'147'483'647;
    const int64_t id = Integer("id");
    return id > 0 && id <= kIdMax ? static_cast<int32_t>(id) : 0;
  }

 private:
  [[nodiscard]] const ValueView* Find(std::string_view column) const {
    const auto at = static_cast<size_t>(table_.Find(column));
    const bool is_there = values_[at].state == ValueView::State::kValue;
    return is_there ? &values_[at] : nullptr;
  }

  const TableInfo& table_;
  const std::vector<ValueView> values_;
};

template <class Visit>
Status ForEachRow(Reader& database, TableId id, const Visit& visit) {
  const TableInfo& table = Table(id);
  return database.ScanTable(id, [&](const StoredRow& row) {
    visit(FleetRow(table, row));
    return true;
  });
}

// The name if it is a text that can be stored and shown, else the string id.
std::string NameOr(const FleetRow& row, const std::string& identifier) {
  constexpr size_t kNameMax = 400;
  const std::string_view name = row.Text("name").value_or("");
  const bool is_usable = !name.empty() && name.size() <= kNameMax &&
                         SafeText(name, kNameMax) == name;
  return is_usable ? std::string(name) : identifier;
}

std::string OsOf(const FleetRow& row) {
  const auto config = nlohmann::json::parse(row.Text("config").value_or(""),
                                            nullptr, /*exceptions=*/false);
  std::string told;
  if (config.is_object() && config.contains("os") && config["os"].is_string()) {
    told = config["os"].get<std::string>();
    if (OsOfName(told)) return told;
  }
  told += ' ';
  told += row.Text("os_details").value_or("");
  std::transform(told.begin(), told.end(), told.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  // Android calls itself a Linux too.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9>
      kSigns = {{{"android", "android"},
                 {"windows", "windows"},
                 {"macos", "macos"},
                 {"rtos", "embedded"},
                 {"embedded", "embedded"},
                 {"linux", "linux"},
                 {"debian", "linux"},
                 {"ubuntu", "linux"},
                 {"web", "web"}}};
  for (const auto& [sign, os] : kSigns) {
    if (told.find(sign) != std::string::npos) return std::string(os);
  }
  return {};
}

// Reads table after table, then keeps what takes part.
class FleetSelection {
 public:
  FleetSelection(Reader& database, const std::string& name, uint64_t seed)
      : database_(database), name_(name), seed_(seed) {}

  Result<AdoptableFleet> Run() {
    TS_RETURN_IF_ERROR(ReadSites());
    TS_RETURN_IF_ERROR(ReadDevices());
    TS_RETURN_IF_ERROR(ReadUsers());
    KeepSites();
    TS_RETURN_IF_ERROR(CheckSize());
    result_.fleet = std::make_shared<AdoptedFleet>(std::move(fleet_));
    return std::move(result_);
  }

 private:
  struct FoundSite {
    AdoptedSite site;
    bool takes_part = false;
    std::optional<Place> place;  // none: the seed draws it
    std::vector<AdoptedDevice> devices;
  };

  [[nodiscard]] Status Bad(std::string_view sentence) const {
    return {StatusCode::kBadInput, fmt::format("{}: {}", name_, sentence)};
  }

  Status ReadSites();
  Status ReadDevices();
  Status ReadUsers();
  void TakeSite(const FleetRow& row);
  // Why the row cannot be, or ok.
  Status TakeDevice(const FleetRow& row);
  void KeepSites();
  uint32_t PlaceIndex(const FoundSite& site);
  [[nodiscard]] Place DrawPlace(uint32_t site) const;
  [[nodiscard]] Status CheckSize() const;

  Reader& database_;
  const std::string& name_;
  const uint64_t seed_;
  std::map<int64_t, FoundSite> sites_;  // by id
  AdoptedFleet fleet_;
  AdoptableFleet result_;
};

Status FleetSelection::ReadSites() {
  return ForEachRow(database_, TableId::kSites,
                    [this](const FleetRow& row) { TakeSite(row); });
}

void FleetSelection::TakeSite(const FleetRow& row) {
  FoundSite found;
  found.site.id = row.Id();
  found.site.identifier = row.Text("site_id").value_or("");
  found.site.name = NameOr(row, found.site.identifier);
  found.takes_part = found.site.id > 0 && row.IsActive() &&
                     IsAdoptableIdentifier(found.site.identifier);
  found.place = PlaceOfLocation(row.Text("location").value_or(""));
  const std::optional<double> longitude = row.Real("longitude");
  if (!found.place && longitude && *longitude >= -180 && *longitude <= 180) {
    found.place = PlaceOfLongitude(*longitude);
  }
  sites_.emplace(row.Integer("id"), std::move(found));
}

Status FleetSelection::ReadDevices() {
  Status wrong;
  TS_RETURN_IF_ERROR(
      ForEachRow(database_, TableId::kDevices, [&](const FleetRow& row) {
        const Status status = TakeDevice(row);
        if (wrong.ok()) wrong = status;
      }));
  return wrong;
}

Status FleetSelection::TakeDevice(const FleetRow& row) {
  const auto site = sites_.find(row.Integer("site_id"));
  if (site == sites_.end()) {
    return Bad(fmt::format(
        "device {} is on site {}, which does not exist; repair the database",
        row.Integer("id"), row.Integer("site_id")));
  }
  AdoptedDevice device;
  device.id = row.Id();
  device.identifier = row.Text("device_id").value_or("");
  const std::string_view type = row.Text("device_type").value_or("");
  const std::string_view lifecycle = row.Text("lifecycle_state").value_or("");
  const bool takes_part =
      site->second.takes_part && device.id > 0 && row.IsActive() &&
      std::find(kServedTypes.begin(), kServedTypes.end(), type) !=
          kServedTypes.end() &&
      lifecycle != "suspended" && lifecycle != "unpaired" &&
      IsAdoptableIdentifier(device.identifier);
  if (!takes_part) {
    ++result_.idle_devices;
    return Status::Ok();
  }
  device.name = NameOr(row, device.identifier);
  device.os = OsOf(row);
  site->second.devices.push_back(std::move(device));
  return Status::Ok();
}

Status FleetSelection::ReadUsers() {
  std::vector<std::pair<bool, AdoptedUser>> users;
  TS_RETURN_IF_ERROR(
      ForEachRow(database_, TableId::kUsers, [&](const FleetRow& row) {
        const std::string email(row.Text("email").value_or(""));
        if (row.Id() == 0 || !row.IsActive() || !IsAdoptableEmail(email)) {
          ++result_.idle_users;
          return;
        }
        users.emplace_back(row.Integer("is_admin") != 0,
                           AdoptedUser{row.Id(), email});
      }));
  std::stable_sort(
      users.begin(), users.end(),
      [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [is_admin, user] : users) fleet_.users.push_back(std::move(user));
  return Status::Ok();
}

void FleetSelection::KeepSites() {
  for (auto& [id, found] : sites_) {
    if (found.devices.empty()) {
      ++result_.idle_sites;
      continue;
    }
    const auto index = static_cast<uint32_t>(fleet_.sites.size());
    found.site.place = PlaceIndex(found);
    fleet_.sites.push_back(std::move(found.site));
    for (AdoptedDevice& device : found.devices) {
      device.site = index;
      fleet_.devices.push_back(std::move(device));
    }
  }
}

uint32_t FleetSelection::PlaceIndex(const FoundSite& found) {
  const Place place = found.place.value_or(
      DrawPlace(static_cast<uint32_t>(fleet_.sites.size())));
  std::vector<Place>& places = result_.places;
  const auto at =
      std::find_if(places.begin(), places.end(), [&place](const Place& known) {
        return known.city == place.city && known.time_zone == place.time_zone;
      });
  const auto index = static_cast<uint32_t>(at - places.begin());
  if (at == places.end()) places.push_back(place);
  return index;
}

Place FleetSelection::DrawPlace(uint32_t site) const {
  static const std::vector<Place> kPlaces = StandardScenario().places;
  const Draw draw =
      StreamOf(seed_, {EntityKind::kSite, site}, Purpose::kSiteFacts).At(0, 2);
  Place place = kPlaces[UniformBelow(draw.u64(0), kPlaces.size())];
  place.latitude_e4 = 0;
  place.longitude_e4 = 0;
  return place;
}

Status FleetSelection::CheckSize() const {
  if (fleet_.devices.empty()) {
    return Bad(
        "there is no device to simulate; it takes an active one of type "
        "pos_terminal or iot_sensor on an active site");
  }
  if (fleet_.users.empty()) {
    return Bad("there is no active user, and jobs must have been made by one");
  }
  const auto check = [this](std::string_view what, size_t found, int64_t max) {
    if (std::cmp_less_equal(found, max)) return Status::Ok();
    return Bad(fmt::format("it has {} {} to simulate, more than {}", found,
                           what, max));
  };
  TS_RETURN_IF_ERROR(check("sites", fleet_.sites.size(), kSitesMax));
  return check("devices", fleet_.devices.size(), kDevicesMax);
}

}  // namespace

std::string IdleText(const AdoptableFleet& fleet) {
  if (fleet.idle_sites + fleet.idle_devices + fleet.idle_users == 0) return {};
  return fmt::format(
      "of the database take no part in the simulation: sites: {}, devices: {}, "
      "users: {}",
      fleet.idle_sites, fleet.idle_devices, fleet.idle_users);
}

Result<AdoptableFleet> ReadAdoptableFleet(Reader& database,
                                          const std::string& name,
                                          uint64_t seed) {
  return FleetSelection(database, name, seed).Run();
}

}  // namespace tillstorm
