#include "agents/scenario.h"

#include <string>

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

TEST_CASE("rates, job success and left-out tables survive it too",
          "[agents][scenario]") {
  Scenario scenario = StandardScenario();
  scenario.sites = 0;
  scenario.traffic = 77;
  scenario.job_success = "success";
  scenario.left_out = {"jobs", "health_checks", "user_activities"};
  scenario.rates = {1, 2, 3, 4, 5, 6, 7, 8, 9, false};
  const std::string text = scenario.CanonicalJson();
  CHECK_THAT(text, HoldsText(R"("sites":0,)") && HoldsText(R"("traffic":77,)"));
  CHECK_THAT(text, HoldsText(R"("job_success":"success",)"));
  CHECK_THAT(
      text,
      HoldsText(R"("left_out":["jobs","health_checks","user_activities"],)"));
  CHECK_THAT(text,
             HoldsText(R"("rates":{"activities":1,"probes":2,)"
                       R"("site_query_permille":3,"device_query_permille":4,)"
                       R"("errors":5,"site_jobs":6,"outcomes_per_device":7,)"
                       R"("config_posts":8,"acknowledged_permille":9,)"
                       R"("page_requests":false},)"));
  const auto back = Scenario::FromCanonicalJson(text);
  INFO(back.status().message());
  REQUIRE(back.ok());
  CHECK(back->sites == 0);
  CHECK(back->traffic == 77);
  CHECK(back->job_success == "success");
  CHECK(back->left_out == scenario.left_out);
  CHECK(back->rates == scenario.rates);
}

TEST_CASE("the two profiles are within bounds and differ",
          "[agents][scenario]") {
  CHECK(StandardScenario().rates == DocumentRates());
  CHECK_FALSE(DocumentRates() == CodeRates());
  Scenario scenario = StandardScenario();
  CHECK(scenario.Validate().ok());
  scenario.rates = CodeRates();
  CHECK(scenario.Validate().ok());
}

TEST_CASE("left-out tables are a set for the sink", "[agents][scenario]") {
  Scenario scenario = StandardScenario();
  CHECK(scenario.LeftOut().none());
  CHECK(scenario.Keeps(TableId::kAlerts));
  scenario.left_out = {"jobs", "alerts"};
  CHECK(scenario.LeftOut().count() == 2);
  for (const TableInfo& table : AllTables()) {
    INFO(table.name);
    const bool left_out =
        table.id == TableId::kJobs || table.id == TableId::kAlerts;
    CHECK(scenario.LeftOut()[Index(table.id)] == left_out);
    CHECK(scenario.Keeps(table.id) == !left_out);
  }
}

TEST_CASE("no sites means one in the end", "[agents][scenario]") {
  Scenario scenario = StandardScenario();
  CHECK(scenario.site_count() == 3);
  scenario.sites = 0;
  scenario.devices = 1;
  scenario.traffic = 1;
  CHECK(scenario.site_count() == 1);
  CHECK(scenario.Validate().ok());
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
  CHECK(changed([](Scenario& s) { s.traffic = 4; }));
  CHECK(changed([](Scenario& s) { s.job_success = "success"; }));
  CHECK(changed([](Scenario& s) { s.left_out = {"alerts"}; }));
  CHECK(changed([](Scenario& s) { s.rates = CodeRates(); }));
  CHECK(changed([](Scenario& s) { ++s.rates.activities; }));
  CHECK(changed([](Scenario& s) { ++s.rates.probes; }));
  CHECK(changed([](Scenario& s) { ++s.rates.site_query_permille; }));
  CHECK(changed([](Scenario& s) { ++s.rates.device_query_permille; }));
  CHECK(changed([](Scenario& s) { ++s.rates.errors; }));
  CHECK(changed([](Scenario& s) { ++s.rates.site_jobs; }));
  CHECK(changed([](Scenario& s) { ++s.rates.outcomes_per_device; }));
  CHECK(changed([](Scenario& s) { ++s.rates.config_posts; }));
  CHECK(changed([](Scenario& s) { --s.rates.acknowledged_permille; }));
  CHECK(changed([](Scenario& s) { s.rates.page_requests = false; }));
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
  CHECK_THAT(message([](Scenario& s) { s.sites = -1; }),
             HoldsText("--sites is -1") && HoldsText("[0, 100000]"));
  CHECK_THAT(message([](Scenario& s) { s.devices = 2; }),
             HoldsText("--devices is 2 for --sites 3"));
  CHECK_THAT(message([](Scenario& s) { s.sites = 0, s.devices = 0; }),
             HoldsText("--devices is 0") && HoldsText("[1, 100000]"));
  CHECK_THAT(message([](Scenario& s) { s.traffic = 0; }),
             HoldsText("--traffic is 0") && HoldsText("[1, 100000]"));
  CHECK_THAT(message([](Scenario& s) { s.traffic = 100'001; }),
             HoldsText("--traffic is 100001"));
  CHECK_THAT(message([](Scenario& s) { s.job_success = "done"; }),
             HoldsText("--job-success is 'done'") &&
                 HoldsText("completed or success"));
  CHECK_THAT(message([](Scenario& s) { s.left_out = {"users"}; }),
             HoldsText("'users' is not an event table"));
  CHECK_THAT(message([](Scenario& s) { s.left_out = {"tillstorm_truth"}; }),
             HoldsText("'tillstorm_truth' is not an event table"));
  CHECK_THAT(message([](Scenario& s) { s.left_out = {"tills"}; }),
             HoldsText("'tills' is not an event table"));
  CHECK_THAT(message([](Scenario& s) {
               s.left_out = {"alerts", "jobs"};
             }),
             HoldsText("order of the schema"));
  CHECK_THAT(message([](Scenario& s) {
               s.left_out = {"jobs", "jobs"};
             }),
             HoldsText("each table once"));
  CHECK_THAT(message([](Scenario& s) { s.interval = Micros{500'000}; }),
             HoldsText("--interval is 500ms"));
  CHECK_THAT(message([](Scenario& s) { s.schedule[0].close = 1; }),
             HoldsText("schedule.close"));
  CHECK_THAT(message([](Scenario& s) { s.places[0].time_zone = "Mars"; }),
             HoldsText("Mars"));
}

TEST_CASE("rates are bounded on both sides", "[agents][scenario]") {
  struct Bound {
    int32_t Rates::*rate;
    std::string name;
    int32_t high;
  };
  const auto bound = GENERATE(
      Bound{&Rates::activities, "activities", 200'000},
      Bound{&Rates::probes, "probes", 200'000},
      Bound{&Rates::site_query_permille, "site_query_permille", 1000},
      Bound{&Rates::device_query_permille, "device_query_permille", 1000},
      Bound{&Rates::errors, "errors", 50'000},
      Bound{&Rates::site_jobs, "site_jobs", 10'000},
      Bound{&Rates::outcomes_per_device, "outcomes_per_device", 10'000},
      Bound{&Rates::config_posts, "config_posts", 20'000},
      Bound{&Rates::acknowledged_permille, "acknowledged_permille", 1000});
  const auto status = [&bound](int32_t value) {
    Scenario scenario = StandardScenario();
    scenario.rates.*bound.rate = value;
    return scenario.Validate();
  };
  const std::string high = std::to_string(bound.high);
  CHECK(status(0).ok());
  CHECK(status(bound.high).ok());
  CHECK(status(-1).code() == StatusCode::kUsage);
  CHECK(status(bound.high + 1).message() ==
        "rates." + bound.name + " is " + std::to_string(bound.high + 1) +
            "; it must lie in [0, " + high + "]");
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
  const auto with = [&good](const std::string& part, const std::string& other) {
    std::string text = good;
    return text.replace(text.find(part), part.size(), other);
  };
  CHECK(refused(with(R"("traffic":3,)", "")));
  CHECK(refused(with(R"("traffic":3,)", R"("traffic":0,)")));
  CHECK(refused(with(R"("left_out":[])", R"("left_out":["users"])")));
  CHECK(refused(with(R"("left_out":[])", R"("left_out":[1])")));
  CHECK(refused(with(R"("errors":)", R"("errors":-)")));
  CHECK(refused(with("completed", "done")));
  std::string negative = good;
  negative.replace(negative.find("\"sites\":3"), 9, "\"sites\":-");
  CHECK(refused(negative));
}

}  // namespace
}  // namespace tillstorm
