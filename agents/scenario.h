// Scenario: every parameter that shapes a dataset, as one value. With the seed
// it determines every event; its canonical text and hash stand in the manifest.
//
// Threads: a value.
#ifndef TILLSTORM_AGENTS_SCENARIO_H_
#define TILLSTORM_AGENTS_SCENARIO_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agents/adopted_fleet.h"
#include "harness/core/instant.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"

namespace tillstorm {

// Bumped whenever the same seed and scenario would give other data.
inline constexpr int kStreamVersion = 2;

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

// How much people and services do: means over a week, per site and local day
// unless a name says otherwise. Rates of traffic are shared by all the traffic
// agents of a site; none but jobs, and what acknowledges their messages, grows
// with the devices.
struct Rates {
  int32_t activities = 0;  // rows of user_activities. [0, 200'000]
  // Rounds of the monitoring client, each asking for the health, and what else
  // it asks for, in thousandths of its rounds. [0, 200'000], [0, 1000]
  int32_t probes = 0;
  int32_t site_query_permille = 0;
  int32_t device_query_permille = 0;
  int32_t errors = 0;  // that traffic reports, bursts included. [0, 50'000]
  // Light jobs (health check, data sync, log rotation, backup) for the whole
  // site. [0, 10'000]
  int32_t site_jobs = 0;
  // Rows of job_outcomes per device: light jobs of single devices fill up what
  // the other jobs leave. [0, 10'000]
  int32_t outcomes_per_device = 0;
  // "Update POS payment config" as people post it. [0, 20'000]
  int32_t config_posts = 0;
  // Of 1,000 delivered messages so many are acknowledged by POST /push/ack: the
  // requests that grow with the devices. [0, 1000]
  int32_t acknowledged_permille = 0;
  // Whether the requests of a page view, log-ins and polls are logged too.
  bool page_requests = true;
  friend bool operator==(const Rates&, const Rates&) = default;
};
// The figures of the suite's reference document: 15 user activities, 5 job
// outcomes, 1 error and 125 requests a minute for 12 devices on 3 sites.
[[nodiscard]] Rates DocumentRates();
// What the probabilities of the suite's traffic generator come to at its 48
// rounds a minute for 3 sites. No light jobs: of jobs there are the
// configurations that people post, and roll-outs, firmware updates and restarts
// as ever.
[[nodiscard]] Rates CodeRates();

struct Scenario {
  // 0: one site, made by the first traffic agent. [0, 100'000]
  int32_t sites = 3;
  int32_t devices = 12;  // in total, [max(sites, 1), 100'000]
  int32_t traffic = 3;   // traffic agents, [1, 100'000]
  Rates rates = DocumentRates();
  // How a job that went well is stored: `completed` as HOMEPOT's models count
  // it, or `success` as its orchestrator writes it.
  std::string job_success = "completed";
  // Event tables that are left out, in the order of the schema. A nullable
  // reference to one of them is NULL.
  std::vector<std::string> left_out;
  // Distance of two health checks of a device. [1 s, 1 h], whole seconds.
  Micros interval{5'000'000};
  // Device faults with precursors: expected per 1,000 days of a device of
  // average frailty. [0, 1000]
  int32_t device_faults_per_1000_days = 80;
  // Network outages: expected per 1,000 days of a site. [0, 1000]
  int32_t site_outages_per_1000_days = 40;
  // Incidents of the database behind a site: expected per 1,000 days. [0, 1000]
  int32_t site_incidents_per_1000_days = 300;
  // Single failed checks without a fault: expected per 1,000 days of a device.
  // [0, 20'000]
  int32_t glitches_per_1000_days = 1500;
  std::vector<Place> places;          // not empty
  std::vector<ScheduleDay> schedule;  // seven, Monday first
  // The fleet that HOMEPOT set up, with as many sites and devices as above;
  // null: it is made from the seed.
  std::shared_ptr<const AdoptedFleet> adopted;

  // Sites that there are in the end.
  [[nodiscard]] int32_t site_count() const { return sites == 0 ? 1 : sites; }
  // Whether rows of that event table are kept.
  [[nodiscard]] bool Keeps(TableId table) const;
  // `left_out` as a set, for EventSink. REQUIRES: Validate() is ok.
  [[nodiscard]] TableSet LeftOut() const;

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
