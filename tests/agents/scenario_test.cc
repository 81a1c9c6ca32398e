#include "agents/scenario.h"

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

TEST_CASE("a scenario survives its canonical text", "[agents][scenario]") {
  Scenario scenario = StandardScenario();
  scenario.devices = 77;
  scenario.interval = Micros{30'000'000};
  const std::string text = scenario.CanonicalJson();
  const auto back = Scenario::FromCanonicalJson(text);
  REQUIRE(back.ok());
  CHECK(back->CanonicalJson() == text);
  CHECK(back->Hash() == scenario.Hash());
  CHECK(back->devices == 77);
  CHECK(back->interval == Micros{30'000'000});
  CHECK(back->schedule.size() == 7);
}

TEST_CASE("every parameter changes the hash", "[agents][scenario]") {
  const std::string hash = StandardScenario().Hash();
  const auto changed = [&hash](auto change) {
    Scenario scenario = StandardScenario();
    change(scenario);
    return scenario.Hash() != hash;
  };
  CHECK(changed([](Scenario& s) { s.sites = 4; }));
  CHECK(changed([](Scenario& s) { s.devices = 13; }));
  CHECK(changed([](Scenario& s) { s.interval = Micros{1'000'000}; }));
  CHECK(changed([](Scenario& s) { s.device_faults_per_1000_days = 1; }));
  CHECK(changed([](Scenario& s) { s.site_outages_per_1000_days = 1; }));
  CHECK(changed([](Scenario& s) { s.glitches_per_1000_days = 1; }));
  CHECK(changed([](Scenario& s) { s.places.pop_back(); }));
  CHECK(changed([](Scenario& s) { s.schedule[3].open = 1; }));
  CHECK(changed([](Scenario& s) { s.schedule[3].maintenance = true; }));
}

TEST_CASE("bad scenarios are refused with the name and the bound",
          "[agents][scenario]") {
  const auto message = [](auto change) {
    Scenario scenario = StandardScenario();
    change(scenario);
    const Status status = scenario.Validate();
    CHECK(status.code() == StatusCode::kUsage);
    return status.message();
  };
  CHECK_THAT(message([](Scenario& s) { s.sites = 0; }),
             HoldsText("--sites is 0") && HoldsText("[1, 100000]"));
  CHECK_THAT(message([](Scenario& s) { s.devices = 2; }),
             HoldsText("--devices is 2 for --sites 3"));
  CHECK_THAT(message([](Scenario& s) { s.interval = Micros{500'000}; }),
             HoldsText("--interval is 500ms"));
  CHECK_THAT(message([](Scenario& s) { s.schedule[0].close = 1; }),
             HoldsText("schedule.close"));
  CHECK_THAT(message([](Scenario& s) { s.places[0].time_zone = "Mars"; }),
             HoldsText("Mars"));
}

TEST_CASE("a text that is not a scenario of ours is bad input",
          "[agents][scenario]") {
  const std::string good = StandardScenario().CanonicalJson();
  const auto refused = [](const std::string& text) {
    const auto scenario = Scenario::FromCanonicalJson(text);
    return !scenario.ok() && scenario.status().code() == StatusCode::kBadInput;
  };
  CHECK(refused(""));
  CHECK(refused("{}"));
  CHECK(refused("[1, 2]"));
  CHECK(refused(good.substr(0, good.size() / 2)));
  CHECK(refused(" " + good));  // not canonical
  CHECK(refused(R"({"more": 1, )" + good.substr(1)));
  std::string negative = good;
  negative.replace(negative.find("\"sites\":3"), 9, "\"sites\":-");
  CHECK(refused(negative));
}

}  // namespace
}  // namespace tillstorm
