#include "agents/fleet.h"

#include <array>
#include <map>
#include <set>

#include "agents/fleet_rows.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

Scenario FleetOf(int32_t sites, int32_t devices) {
  Scenario scenario = StandardScenario();
  scenario.sites = sites;
  scenario.devices = devices;
  return scenario;
}

TEST_CASE("the standard fleet has 5, 3 and 4 terminals, as upstream's seed",
          "[agents][fleet]") {
  const Fleet fleet(42, StandardScenario());
  CHECK(fleet.FirstDevice(0) == 0);
  CHECK(fleet.FirstDevice(1) == 5);
  CHECK(fleet.FirstDevice(2) == 8);
  CHECK(fleet.FirstDevice(3) == 12);
}

TEST_CASE("every device belongs to exactly one site and no site is empty",
          "[agents][fleet]") {
  for (const auto& [sites, devices] :
       std::vector<std::pair<int32_t, int32_t>>{{1, 1},
                                                {3, 3},
                                                {3, 12},
                                                {7, 8},
                                                {25, 300},
                                                {10, 99},
                                                {3, 5},
                                                {100, 4000}}) {
    INFO(sites << " sites, " << devices << " devices");
    const Fleet fleet(1, FleetOf(sites, devices));
    REQUIRE(fleet.FirstDevice(0) == 0);
    REQUIRE(fleet.FirstDevice(fleet.sites()) == fleet.devices());
    for (uint32_t site = 0; site < fleet.sites(); ++site) {
      REQUIRE(fleet.FirstDevice(site) < fleet.FirstDevice(site + 1));
      for (uint32_t device = fleet.FirstDevice(site);
           device < fleet.FirstDevice(site + 1); ++device) {
        REQUIRE(fleet.SiteOf(device) == site);
      }
    }
  }
}

TEST_CASE("devices differ from each other for good", "[agents][fleet]") {
  const Fleet fleet(42, FleetOf(50, 1000));
  std::map<Os, int> systems;
  std::map<int, int> models;
  std::set<int64_t> idle;
  for (uint32_t device = 0; device < fleet.devices(); ++device) {
    const DeviceFacts facts = fleet.Device(device);
    ++systems[facts.os];
    ++models[facts.model];
    idle.insert(facts.cpu_idle_centi);
    CHECK(fleet.Device(device).cpu_idle_centi == facts.cpu_idle_centi);
    REQUIRE(facts.age_months >= 1);
    REQUIRE(facts.age_months <= 72);
    REQUIRE(facts.rotation_days >= 7);
    REQUIRE(facts.check_phase_us >= 0);
    REQUIRE(facts.check_phase_us < 3'750'000);  // 3/4 of 5 s
  }
  // Weights 40 : 25 : 15 : 10 : 5 : 5 and 45 : 25 : 20 : 10 of 1000; bounds are
  // more than four standard deviations wide.
  CHECK(std::abs(systems[Os::kLinux] - 400) < 65);
  CHECK(std::abs(systems[Os::kWeb] - 50) < 30);
  CHECK(std::abs(models[0] - 450) < 65);
  CHECK(std::abs(models[3] - 100) < 40);
  CHECK(idle.size() > 500);
}

TEST_CASE(
    "fleet rows refer to rows that exist and have ids from 1 without gaps",
    "[agents][fleet]") {
  const Plan plan(9, FleetOf(5, 23), *ParseIsoDateTime("2026-01-05"));
  testing::Recorder recorder;
  EventSink sink(recorder);
  EmitFleet(
      plan,
      [&plan](EntityId) {
        return AgentSpan{plan.start(), plan.start(), plan.start()};
      },
      sink);
  std::array<int64_t, kTableCount> rows{};
  for (const Event* event : recorder.events()) {
    const TableInfo& table = Table(event->table);
    const auto values = DecodeRow(table, event->payload());
    REQUIRE(values[static_cast<size_t>(table.id_column)].integer ==
            ++rows[Index(event->table)]);
  }
  CHECK(rows[Index(TableId::kSites)] == 5);
  CHECK(rows[Index(TableId::kDevices)] == 23);
  CHECK(rows[Index(TableId::kSiteOperatingSchedules)] == 35);
  CHECK(rows[Index(TableId::kDeviceCredentials)] == 23);
  for (const Event* event : recorder.events()) {
    const TableInfo& table = Table(event->table);
    const auto values = DecodeRow(table, event->payload());
    for (size_t i = 0; i < values.size(); ++i) {
      const std::string_view target = table.columns[i].references;
      if (target.empty() || values[i].is_null()) continue;
      INFO(table.name << "." << table.columns[i].name);
      REQUIRE(values[i].integer >= 1);
      REQUIRE(values[i].integer <= rows[Index(FindTable(target)->id)]);
    }
  }
}

}  // namespace
}  // namespace tillstorm
