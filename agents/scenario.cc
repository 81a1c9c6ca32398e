#include "agents/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "agents/time_zone.h"
#include "harness/core/check.h"
#include "harness/core/digest.h"

namespace tillstorm {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kSecond = kMicrosPerSecond;

Status OutOfRange(std::string_view name, int64_t value, int64_t low,
                  int64_t high) {
  return {StatusCode::kUsage, fmt::format("{} is {}; it must lie in [{}, {}]",
                                          name, value, low, high)};
}

Status CheckRange(std::string_view name, int64_t value, int64_t low,
                  int64_t high) {
  if (value >= low && value <= high) return Status::Ok();
  return OutOfRange(name, value, low, high);
}

Status ValidateDay(const ScheduleDay& day) {
  TS_RETURN_IF_ERROR(CheckRange("schedule.open", day.open, 0, 1439));
  TS_RETURN_IF_ERROR(
      CheckRange("schedule.close", day.close, day.open + 1, 1440));
  TS_RETURN_IF_ERROR(CheckRange("schedule.peak_start", day.peak_start, day.open,
                                day.close - 1));
  TS_RETURN_IF_ERROR(CheckRange("schedule.peak_end", day.peak_end,
                                day.peak_start + 1, day.close));
  return CheckRange("schedule.transactions", day.transactions, 0, 1'000'000);
}

Status ValidatePlace(const Place& place) {
  TS_RETURN_IF_ERROR(
      CheckRange("place.latitude_e4", place.latitude_e4, -900'000, 900'000));
  TS_RETURN_IF_ERROR(CheckRange("place.longitude_e4", place.longitude_e4,
                                -1'800'000, 1'800'000));
  if (place.city.empty() || place.city.size() > 100) {
    return {StatusCode::kUsage, "place.city must have 1 to 100 bytes"};
  }
  const Status zone = TimeZone::Parse(place.time_zone).status();
  return zone.ok() ? zone : Status(StatusCode::kUsage, zone.message());
}

Json ToJson(const Place& place) {
  return {{"city", place.city},
          {"time_zone", place.time_zone},
          {"latitude_e4", place.latitude_e4},
          {"longitude_e4", place.longitude_e4}};
}

Json ToJson(const ScheduleDay& day) {
  return {{"open", day.open},
          {"close", day.close},
          {"peak_start", day.peak_start},
          {"peak_end", day.peak_end},
          {"transactions", day.transactions},
          {"maintenance", day.maintenance}};
}

Json ToJson(const Rates& rates) {
  return {{"activities", rates.activities},
          {"probes", rates.probes},
          {"site_query_permille", rates.site_query_permille},
          {"device_query_permille", rates.device_query_permille},
          {"errors", rates.errors},
          {"site_jobs", rates.site_jobs},
          {"outcomes_per_device", rates.outcomes_per_device},
          {"config_posts", rates.config_posts},
          {"acknowledged_permille", rates.acknowledged_permille},
          {"page_requests", rates.page_requests}};
}

Rates RatesFrom(const Json& json) {
  Rates rates;
  rates.activities = json.at("activities");
  rates.probes = json.at("probes");
  rates.site_query_permille = json.at("site_query_permille");
  rates.device_query_permille = json.at("device_query_permille");
  rates.errors = json.at("errors");
  rates.site_jobs = json.at("site_jobs");
  rates.outcomes_per_device = json.at("outcomes_per_device");
  rates.config_posts = json.at("config_posts");
  rates.acknowledged_permille = json.at("acknowledged_permille");
  rates.page_requests = json.at("page_requests");
  return rates;
}

Status ValidateRates(const Rates& rates) {
  TS_RETURN_IF_ERROR(
      CheckRange("rates.activities", rates.activities, 0, 200'000));
  TS_RETURN_IF_ERROR(CheckRange("rates.probes", rates.probes, 0, 200'000));
  TS_RETURN_IF_ERROR(CheckRange("rates.site_query_permille",
                                rates.site_query_permille, 0, 1000));
  TS_RETURN_IF_ERROR(CheckRange("rates.device_query_permille",
                                rates.device_query_permille, 0, 1000));
  TS_RETURN_IF_ERROR(CheckRange("rates.errors", rates.errors, 0, 50'000));
  TS_RETURN_IF_ERROR(CheckRange("rates.site_jobs", rates.site_jobs, 0, 10'000));
  TS_RETURN_IF_ERROR(CheckRange("rates.outcomes_per_device",
                                rates.outcomes_per_device, 0, 10'000));
  TS_RETURN_IF_ERROR(
      CheckRange("rates.config_posts", rates.config_posts, 0, 20'000));
  return CheckRange("rates.acknowledged_permille", rates.acknowledged_permille,
                    0, 1000);
}

// Distinct event tables in the order of the schema.
Status ValidateLeftOut(const std::vector<std::string>& left_out) {
  int before = -1;
  for (const std::string& name : left_out) {
    const TableInfo* table = FindTable(name);
    if (table == nullptr || !table->is_event()) {
      return {StatusCode::kUsage,
              fmt::format("'{}' is not an event table", name)};
    }
    const auto place = static_cast<int>(Index(table->id));
    if (place <= before) {
      return {StatusCode::kUsage,
              "left_out must be in the order of the schema, each table once"};
    }
    before = place;
  }
  return Status::Ok();
}

Place PlaceFrom(const Json& json) {
  return {json.at("city"), json.at("time_zone"), json.at("latitude_e4"),
          json.at("longitude_e4")};
}

ScheduleDay DayFrom(const Json& json) {
  return {json.at("open"),     json.at("close"),        json.at("peak_start"),
          json.at("peak_end"), json.at("transactions"), json.at("maintenance")};
}

Json ToJson(const AdoptedFleet& fleet) {
  Json json = {{"sites", Json::array()},
               {"devices", Json::array()},
               {"users", Json::array()}};
  for (const AdoptedSite& site : fleet.sites) {
    json["sites"].push_back({{"id", site.id},
                             {"site_id", site.identifier},
                             {"name", site.name},
                             {"place", site.place}});
  }
  for (const AdoptedDevice& device : fleet.devices) {
    json["devices"].push_back({{"id", device.id},
                               {"site", device.site},
                               {"device_id", device.identifier},
                               {"name", device.name},
                               {"os", device.os}});
  }
  for (const AdoptedUser& user : fleet.users) {
    json["users"].push_back({{"id", user.id}, {"email", user.email}});
  }
  return json;
}

AdoptedFleet AdoptedFrom(const Json& json) {
  AdoptedFleet fleet;
  for (const Json& site : json.at("sites")) {
    fleet.sites.push_back(
        {site.at("id"), site.at("site_id"), site.at("name"), site.at("place")});
  }
  for (const Json& device : json.at("devices")) {
    fleet.devices.push_back({device.at("id"), device.at("site"),
                             device.at("device_id"), device.at("name"),
                             device.at("os")});
  }
  for (const Json& user : json.at("users")) {
    fleet.users.push_back({user.at("id"), user.at("email")});
  }
  return fleet;
}

Status ValidateAdopted(const Scenario& scenario) {
  const AdoptedFleet& fleet = *scenario.adopted;
  if (std::cmp_not_equal(fleet.sites.size(), scenario.sites) ||
      std::cmp_not_equal(fleet.devices.size(), scenario.devices)) {
    return {StatusCode::kBadInput,
            "the adopted fleet does not have the scenario's sites and devices"};
  }
  return fleet.Validate(scenario.places.size());
}

}  // namespace

Rates DocumentRates() {
  Rates rates;
  rates.activities = 7200;
  rates.probes = 25'200;
  rates.site_query_permille = 300;
  rates.device_query_permille = 100;
  rates.errors = 460;
  rates.site_jobs = 160;
  rates.outcomes_per_device = 600;
  rates.config_posts = 24;
  rates.acknowledged_permille = 1000;
  rates.page_requests = true;
  return rates;
}

Rates CodeRates() {
  Rates rates;
  rates.activities = 5760;
  rates.probes = 23'040;
  rates.site_query_permille = 300;
  rates.device_query_permille = 100;
  rates.errors = 3456;
  rates.config_posts = 6912;
  rates.acknowledged_permille = 185;
  rates.page_requests = false;
  return rates;
}

bool Scenario::Keeps(TableId table) const {
  return left_out.empty() || std::find(left_out.begin(), left_out.end(),
                                       Table(table).name) == left_out.end();
}

TableSet Scenario::LeftOut() const {
  TableSet tables;
  for (const std::string& name : left_out) {
    const TableInfo* table = FindTable(name);
    TS_CHECK(table != nullptr);
    tables.set(Index(table->id));
  }
  return tables;
}

Status Scenario::Validate() const {
  TS_RETURN_IF_ERROR(CheckRange("--sites", sites, 0, 100'000));
  TS_RETURN_IF_ERROR(CheckRange("--devices", devices, 1, 100'000));
  if (devices < sites) {
    return {StatusCode::kUsage,
            fmt::format("--devices is {} for --sites {}; every site needs at "
                        "least one device",
                        devices, sites)};
  }
  TS_RETURN_IF_ERROR(CheckRange("--traffic", traffic, 1, 100'000));
  TS_RETURN_IF_ERROR(ValidateRates(rates));
  if (job_success != "completed" && job_success != "success") {
    return {StatusCode::kUsage,
            fmt::format("--job-success is '{}'; it must be completed or "
                        "success",
                        job_success)};
  }
  TS_RETURN_IF_ERROR(ValidateLeftOut(left_out));
  if (interval.count() < kSecond || interval.count() > 3600 * kSecond ||
      interval.count() % kSecond != 0) {
    return {StatusCode::kUsage,
            fmt::format("--interval is {}; it must be whole seconds in "
                        "[1s, 1h]",
                        FormatDuration(interval))};
  }
  TS_RETURN_IF_ERROR(CheckRange("device_faults_per_1000_days",
                                device_faults_per_1000_days, 0, 1000));
  TS_RETURN_IF_ERROR(CheckRange("site_outages_per_1000_days",
                                site_outages_per_1000_days, 0, 1000));
  TS_RETURN_IF_ERROR(CheckRange("site_incidents_per_1000_days",
                                site_incidents_per_1000_days, 0, 1000));
  TS_RETURN_IF_ERROR(
      CheckRange("glitches_per_1000_days", glitches_per_1000_days, 0, 20'000));
  if (places.empty() || places.size() > 1000) {
    return {StatusCode::kUsage, "places must have 1 to 1000 entries"};
  }
  for (const Place& place : places) TS_RETURN_IF_ERROR(ValidatePlace(place));
  if (schedule.size() != 7) {
    return {StatusCode::kUsage, "schedule must have 7 days, Monday first"};
  }
  for (const ScheduleDay& day : schedule) TS_RETURN_IF_ERROR(ValidateDay(day));
  return adopted ? ValidateAdopted(*this) : Status::Ok();
}

std::string Scenario::CanonicalJson() const {
  Json json;
  json["sites"] = sites;
  json["devices"] = devices;
  json["traffic"] = traffic;
  json["rates"] = ToJson(rates);
  json["job_success"] = job_success;
  json["left_out"] = left_out;
  json["interval_us"] = interval.count();
  json["device_faults_per_1000_days"] = device_faults_per_1000_days;
  json["site_outages_per_1000_days"] = site_outages_per_1000_days;
  json["site_incidents_per_1000_days"] = site_incidents_per_1000_days;
  json["glitches_per_1000_days"] = glitches_per_1000_days;
  json["places"] = Json::array();
  for (const Place& place : places) json["places"].push_back(ToJson(place));
  json["schedule"] = Json::array();
  for (const ScheduleDay& day : schedule) {
    json["schedule"].push_back(ToJson(day));
  }
  if (adopted) json["adopted"] = ToJson(*adopted);
  return json.dump();
}

std::string Scenario::Hash() const {
  const std::string text = CanonicalJson();
  return Hex(HashBytes(std::as_bytes(std::span(text))));
}

Result<Scenario> Scenario::FromCanonicalJson(std::string_view text) {
  Scenario scenario;
  try {
    const Json json = Json::parse(text);
    scenario.sites = json.at("sites");
    scenario.devices = json.at("devices");
    scenario.traffic = json.at("traffic");
    scenario.rates = RatesFrom(json.at("rates"));
    scenario.job_success = json.at("job_success");
    for (const Json& table : json.at("left_out")) {
      scenario.left_out.push_back(table);
    }
    scenario.interval = Micros{json.at("interval_us").get<int64_t>()};
    scenario.device_faults_per_1000_days =
        json.at("device_faults_per_1000_days");
    scenario.site_outages_per_1000_days = json.at("site_outages_per_1000_days");
    scenario.site_incidents_per_1000_days =
        json.at("site_incidents_per_1000_days");
    scenario.glitches_per_1000_days = json.at("glitches_per_1000_days");
    for (const Json& place : json.at("places")) {
      scenario.places.push_back(PlaceFrom(place));
    }
    for (const Json& day : json.at("schedule")) {
      scenario.schedule.push_back(DayFrom(day));
    }
    if (json.contains("adopted")) {
      scenario.adopted =
          std::make_shared<AdoptedFleet>(AdoptedFrom(json.at("adopted")));
    }
  } catch (const nlohmann::json::exception& error) {
    return Status(
        StatusCode::kBadInput,
        fmt::format("the scenario is not one of ours: {}", error.what()));
  }
  if (Status status = scenario.Validate(); !status.ok()) {
    return Status(StatusCode::kBadInput, "scenario: " + status.message());
  }
  // Whatever the text had beyond these keys would have been lost here.
  if (scenario.CanonicalJson() != text) {
    return Status(StatusCode::kBadInput,
                  "the scenario is not in canonical form");
  }
  return scenario;
}

Scenario StandardScenario() {
  Scenario scenario;
  // Rules of 2026, from the IANA time zone database.
  scenario.places = {
      {"New York", "EST5EDT,M3.2.0,M11.1.0", 407'128, -740'060},
      {"London", "GMT0BST,M3.5.0/1,M10.5.0", 515'074, -1'278},
      {"Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3", -338'688, 1'512'093},
      {"Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", 525'200, 134'050},
      {"Los Angeles", "PST8PDT,M3.2.0,M11.1.0", 340'522, -1'182'437},
      {"Singapore", "SGT-8", 13'521, 1'038'198},
      {"Mumbai", "IST-5:30", 190'760, 728'777},
      {"Sao Paulo", "BRT3", -235'505, -466'333},
  };
  constexpr auto kHour = 60;
  scenario.schedule = {
      {8 * kHour, 22 * kHour, 12 * kHour, 14 * kHour, 500, false},
      {8 * kHour, 22 * kHour, 12 * kHour, 14 * kHour, 450, false},
      {8 * kHour, 22 * kHour, 12 * kHour, 14 * kHour, 420, true},
      {8 * kHour, 23 * kHour, 17 * kHour, 20 * kHour, 550, false},
      {8 * kHour, 23 * kHour + 30, 16 * kHour, 21 * kHour, 700, false},
      {9 * kHour, 23 * kHour, 11 * kHour, 16 * kHour, 650, false},
      {10 * kHour, 18 * kHour, 12 * kHour, 14 * kHour, 200, true},
  };
  return scenario;
}

}  // namespace tillstorm
