// Adopting a fleet that HOMEPOT set up: who takes part, where and when, and
// that what is collected on it is what the manifest says.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

#include "agents/known_places.h"
#include "harness/adoptable_fleet.h"
#include "harness/collect.h"
#include "harness/commands/commands.h"
#include "harness/run_options.h"
#include "harness/verify.h"
#include "storage/sqlite/sqlite_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/homepot_database.h"

namespace tillstorm {
namespace {

using Texts = std::vector<std::string>;

const Instant kStart = *ParseIsoDateTime("2026-03-02T10:00:00Z");
constexpr Micros kMinute{60 * kMicrosPerSecond};
const std::atomic<bool> kGoOn{false};

struct HomepotFile {
  explicit HomepotFile(const std::string& changes = {}) {
    MakeHomepotDatabase(path, changes);
  }
  TestDirectory directory;
  std::string path = directory / "homepot.db";
  SqliteBackend backend{path, {}};
};

Result<AdoptableFleet> FleetIn(HomepotFile& file) {
  const auto reader = file.backend.OpenAdoptable();
  REQUIRE(reader.ok());
  return ReadAdoptableFleet(**reader, "homepot.db", 42);
}

std::string FleetMessage(const std::string& changes) {
  HomepotFile file(changes);
  const auto fleet = FleetIn(file);
  if (fleet.ok()) return "(accepted)";
  CHECK(fleet.status().code() == StatusCode::kBadInput);
  return fleet.status().message();
}

CollectOptions Adopting(Micros span) {
  CollectOptions options;
  options.seed = 42;
  options.adopt = [](Reader& database) -> Result<Scenario> {
    const auto fleet = ReadAdoptableFleet(database, "homepot.db", 42);
    return fleet.ok() ? ReadScenarioOf({{}, {}}, *fleet) : fleet.status();
  };
  options.opening = [](std::optional<Instant> close) {
    return Result<Instant>(close ? *close + kMinute : kStart);
  };
  options.now = [] { return kStart; };
  options.span = span;
  options.speed.max = true;
  options.workers = 2;
  options.linger = Micros{2'000};
  return options;
}

VerifyReport VerifyReportOf(HomepotFile& file) {
  const auto reader = file.backend.OpenReader();
  INFO(reader.status().message());
  REQUIRE(reader.ok());
  VerifyProgress progress;
  auto report = Verify(**reader, 1, &progress, kGoOn);
  INFO(report.status().message());
  REQUIRE(report.ok());
  return *report;
}

// What `doctor --adopt` ends with; its lines go nowhere.
int DoctorCode(const std::string& path) {
  std::fflush(stdout);
  const int output = dup(STDOUT_FILENO);
  const int nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, STDOUT_FILENO);
  const Status status = DoctorCommand().run({{{"adopt", ""}}, {path}});
  std::fflush(stdout);
  dup2(output, STDOUT_FILENO);
  close(output);
  close(nothing);
  return status.exit_code();
}

TEST_CASE("doctor says what an adoption would meet", "[adopt]") {
  HomepotFile file;
  CHECK(DoctorCode(file.path) == 0);
  CHECK(DoctorCode(file.directory / "missing.db") == 65);
  HomepotFile empty("UPDATE devices SET device_type = 'gateway'");
  CHECK(DoctorCode(empty.path) == 65);
  CHECK(DoctorCode("null:") == 2);
  Collection collection(Adopting(kMinute), file.backend);
  REQUIRE(collection.Run().ok());
  CHECK(DoctorCode(file.path) == 0);  // the same command goes on
}

TEST_CASE("Who takes part follows from the rows", "[adopt]") {
  HomepotFile file;
  const auto read = FleetIn(file);
  REQUIRE(read.ok());
  const AdoptedFleet& fleet = *read->fleet;
  CHECK(fleet.sites ==
        std::vector<AdoptedSite>{
            {2, "SITE-BAZAAR", "Bazaar", 0},
            {5, "SITE-HIGH-ST", "Caf\xc3\xa9 in the High Street", 1},
            {14, "site-014", "Kiosk", 2}});
  CHECK(fleet.devices == std::vector<AdoptedDevice>{
                             {8, 0, "scale-08", "Scale", ""},
                             {17, 0, "DEVICE-STALL", "Stall", "android"},
                             {31, 1, "DEVICE-TILL-2", "Till 2", "windows"},
                             {40, 1, "DEVICE-TILL-1", "Till 1", "linux"},
                             {3, 2, "kiosk-3", "Kiosk", ""}});
  CHECK(fleet.users == std::vector<AdoptedUser>{{7, "root@corner.example"},
                                                {3, "ana@corner.example"},
                                                {20, "ben@corner.example"}});
  // 77.2 degrees east are five hours; London is known; the kiosk's is drawn.
  REQUIRE(read->places.size() == 3);
  CHECK(read->places[0].time_zone == "UTC-5");
  CHECK(read->places[1].time_zone == "GMT0BST,M3.5.0/1,M10.5.0");
  CHECK(IdleText(*read) ==
        "of the database take no part in the simulation: sites: 2, devices: 5, "
        "users: 1");
}

TEST_CASE("A fleet that cannot be simulated is refused in a sentence",
          "[adopt]") {
  CHECK(FleetMessage("UPDATE devices SET device_type = 'gateway'") ==
        "homepot.db: there is no device to simulate; it takes an active one of "
        "type pos_terminal or iot_sensor on an active site");
  CHECK(FleetMessage("UPDATE users SET is_active = 0") ==
        "homepot.db: there is no active user, and jobs must have been made by "
        "one");
  CHECK(FleetMessage("UPDATE devices SET site_id = 77 WHERE id = 50") ==
        "homepot.db: device 50 is on site 77, which does not exist; repair the "
        "database");
  CHECK(FleetMessage("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + "
                     "1 FROM n WHERE i < 100100) INSERT INTO devices (id, "
                     "device_id, name, device_type, lifecycle_state, site_id) "
                     "SELECT i, 'd-' || i, 'd', 'pos_terminal', 'active', 5 "
                     "FROM n") ==
        "homepot.db: it has 100006 devices to simulate, more than 100000");
}

TEST_CASE("Flags about the fleet do not go with --adopt", "[adopt]") {
  HomepotFile file;
  const auto fleet = FleetIn(file);
  REQUIRE(fleet.ok());
  const auto sites = ReadScenarioOf({{{"sites", "3"}}, {}}, *fleet);
  CHECK(sites.status().code() == StatusCode::kUsage);
  CHECK(sites.status().message() ==
        "--sites is given beside --adopt, which takes the sites that are in "
        "the database: leave one of the two out");
  CHECK_FALSE(ReadScenarioOf({{{"devices", "5"}}, {}}, *fleet).ok());
  const auto traffic = ReadScenarioOf({{{"traffic", "7"}}, {}}, *fleet);
  REQUIRE(traffic.ok());
  CHECK(traffic->traffic == 7);
  CHECK(traffic->sites == 3);
  CHECK(traffic->devices == 5);
}

TEST_CASE("An adopted scenario survives its canonical text", "[adopt]") {
  HomepotFile file;
  const auto fleet = FleetIn(file);
  REQUIRE(fleet.ok());
  const auto scenario = ReadScenarioOf({{}, {}}, *fleet);
  REQUIRE(scenario.ok());
  const auto again = Scenario::FromCanonicalJson(scenario->CanonicalJson());
  INFO(again.status().message());
  REQUIRE(again.ok());
  REQUIRE(again->adopted != nullptr);
  CHECK(*again->adopted == *scenario->adopted);
  CHECK(again->Hash() == scenario->Hash());

  Scenario broken = *scenario;
  AdoptedFleet other = *scenario->adopted;
  SECTION("devices out of order") {
    std::swap(other.devices[0], other.devices[1]);
  }
  SECTION("a site without devices") { other.devices.pop_back(); }
  SECTION("no users") { other.users.clear(); }
  SECTION("a device id that would end a JSON text") {
    other.devices[0].identifier = "a\"b";
  }
  SECTION("a place that is not there") { other.sites[0].place = 3; }
  broken.adopted = std::make_shared<AdoptedFleet>(other);
  CHECK(broken.Validate().code() == StatusCode::kBadInput);
}

TEST_CASE("What is collected on an adopted fleet is what its manifest says",
          "[adopt]") {
  HomepotFile file;
  const Texts before = HomepotRows(file.path);
  Digest total;
  {
    Collection collection(Adopting(kMinute * 90), file.backend);
    const Status status = collection.Run();
    INFO(status.message());
    REQUIRE(status.ok());
    total = collection.summary().total;
    CHECK(total.table(TableId::kDevices).rows == 5);
    CHECK(total.table(TableId::kSites).rows == 0);
  }
  CHECK(VerifyReportOf(file).differences.empty());
  CHECK(VerifyReportOf(file).found.Total() == total.Total());

  // And once more, after a pause.
  CollectOptions more = Adopting(kMinute * 30);
  more.adopt = nullptr;
  Collection collection(more, file.backend);
  REQUIRE(collection.Run().ok());
  CHECK(VerifyReportOf(file).differences.empty());
  CHECK(VerifyReportOf(file).found.Total() ==
        collection.summary().total.Total());
  CHECK(HomepotRows(file.path) == before);
  CHECK(RunSql(file.path, "PRAGMA foreign_key_check").empty());
  CHECK(RunSql(file.path,
               "SELECT DISTINCT device_id FROM health_checks ORDER BY 1") ==
        Texts{"3", "8", "17", "31", "40"});
}

TEST_CASE("Verify sees the state of devices, not what HOMEPOT wrote",
          "[adopt]") {
  HomepotFile file;
  {
    Collection collection(Adopting(kMinute * 10), file.backend);
    REQUIRE(collection.Run().ok());
  }
  RunSql(file.path,
         "UPDATE devices SET name = 'Till One' WHERE id = 40;"
         "UPDATE sites SET description = 'moved' WHERE id = 5;"
         "INSERT INTO users (id, username, email, hashed_password) VALUES "
         "(21, 'eve', 'eve@corner.example', 'x');"
         "UPDATE devices SET status = 'online' WHERE id = 50");
  CHECK(VerifyReportOf(file).differences.empty());
  RunSql(file.path, "UPDATE devices SET status = 'lost' WHERE id = 40");
  const VerifyReport changed = VerifyReportOf(file);
  REQUIRE(changed.differences.size() == 1);
  CHECK(changed.differences[0].table == TableId::kDevices);
  CHECK(changed.differences[0].first_row.find(
            "status is 'lost', expected 'online'") != std::string::npos);
  RunSql(file.path, "UPDATE devices SET status = 'online' WHERE id = 40");
  CHECK(VerifyReportOf(file).differences.empty());
  RunSql(file.path, "DELETE FROM devices WHERE id = 3");
  CHECK(VerifyReportOf(file).differences.size() == 1);
}

TEST_CASE("A city in a location gives the time zone", "[adopt]") {
  CHECK(PlaceOfLocation("12 High Street, LONDON, UK")->city == "London");
  CHECK(PlaceOfLocation("Paris")->time_zone == "CET-1CEST,M3.5.0,M10.5.0/3");
  // The first of two, and whole words only.
  CHECK(PlaceOfLocation("New York, not London")->city == "New York");
  CHECK_FALSE(PlaceOfLocation("Londonderry").has_value());
  CHECK_FALSE(PlaceOfLocation("Comparison").has_value());
  CHECK_FALSE(PlaceOfLocation("").has_value());
}

TEST_CASE("A longitude gives a nautical zone", "[adopt]") {
  // West of Greenwich POSIX counts up.
  CHECK(PlaceOfLongitude(0).time_zone == "UTC0");
  CHECK(PlaceOfLongitude(7.4).time_zone == "UTC0");
  CHECK(PlaceOfLongitude(7.6).time_zone == "UTC-1");
  CHECK(PlaceOfLongitude(-74).time_zone == "UTC5");
  CHECK(PlaceOfLongitude(180).time_zone == "UTC-12");
  CHECK(PlaceOfLongitude(-180).time_zone == "UTC12");
  for (int longitude = -180; longitude <= 180; longitude += 15) {
    CHECK(TimeZone::Parse(PlaceOfLongitude(longitude).time_zone).ok());
  }
}

}  // namespace
}  // namespace tillstorm
