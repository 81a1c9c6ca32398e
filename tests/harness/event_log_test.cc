#include "harness/event_log.h"

#include <memory>
#include <string>
#include <vector>

#include "harness/core/event_sink.h"
#include "harness/core/rows_dataset.h"
#include "harness/core/rows_operations.h"
#include "harness/core/rows_telemetry.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

constexpr Instant kMorning{Micros{1'767'600'000'000'000}};

// Events made by hand, and what the log says about them.
class Story {
 public:
  explicit Story(uint32_t lines_per_s = 20) : sink_(blocks_) {
    LogStreamOptions options;
    options.lines_per_s = lines_per_s;
    options.now = [this] { return now_; };
    log_ = std::move(*LogStream::Open(options));
    sink_.BeginStep({EntityKind::kSite, 6}, kMorning);
  }

  EventSink& sink() { return sink_; }

  std::vector<std::string> Tell(bool show_instants = false) {
    sink_.EndStep();
    EventLog events(*log_, {show_instants});
    events.Observe(blocks_.events());
    return Heard();
  }
  void WaitASecond() { now_ += std::chrono::seconds(1); }
  [[nodiscard]] std::vector<std::string> Heard() const {
    std::vector<std::string> lines;
    for (const LogLine& line : log_->Newest(100)) {
      lines.push_back((line.warning ? "! " : "") + line.text);
    }
    return lines;
  }

 private:
  Instant now_ = kMorning;
  testing::Recorder blocks_;
  EventSink sink_;
  std::unique_ptr<LogStream> log_;
};

JobRow SomeJob() {
  JobRow job;
  job.id = 1042;
  job.job_id = "job-1";
  job.action = "update_pos_payment_config";
  job.priority = "high";
  job.status = "queued";
  job.site_id = 7;
  job.created_by = 1;
  job.created_at = kMorning;
  return job;
}

using Lines = std::vector<std::string>;

TEST_CASE("A job is said to be created and how it ended", "[event_log]") {
  Story story;
  JobRow job = SomeJob();
  story.sink().Insert(job);
  JobRow before = job;
  job.status = "sent";
  story.sink().Update(before, job);
  before = job;
  job.status = "failed";
  job.error_message = "Failed on 2/4 devices";
  story.sink().Update(before, job);
  JobRow single = SomeJob();
  single.id = 1043;
  single.device_id = 12;
  single.priority = std::nullopt;
  story.sink().Insert(single);
  before = single;
  single.status = "completed";
  story.sink().Update(before, single);
  CHECK(story.Tell() ==
        Lines{"job 1042 created: update_pos_payment_config for site 7, "
              "priority high",
              "! job 1042 failed: Failed on 2/4 devices",
              "job 1043 created: update_pos_payment_config for device 12, "
              "priority normal",
              "job 1043 completed"});
}

TEST_CASE("A fault is said to begin", "[event_log]") {
  Story story;
  TruthRow truth;
  truth.timestamp = kMorning;
  truth.kind = "memory_leak";
  truth.entity_type = "device";
  truth.entity_id = "pos-0001";
  truth.planned_end = kMorning + std::chrono::minutes(40);
  truth.severity = 0.834;
  story.sink().Insert(truth);
  CHECK(story.Tell() ==
        Lines{"! fault begins: memory_leak on device pos-0001, severity 0.83, "
              "until 2026-01-05 08:40:00"});
}

TEST_CASE("An alert is said to be raised and resolved, not acknowledged",
          "[event_log]") {
  Story story;
  AlertRow alert;
  alert.id = 12;
  alert.timestamp = kMorning;
  alert.title = "Memory leak on POS Terminal 3-2";
  alert.severity = "critical";
  alert.category = "hardware";
  alert.status = "active";
  story.sink().Insert(alert);
  AlertRow before = alert;
  alert.status = "acknowledged";
  story.sink().Update(before, alert);
  before = alert;
  alert.status = "resolved";
  alert.resolved_by = "manager@example.com";
  story.sink().Update(before, alert);
  CHECK(story.Tell() ==
        Lines{"! alert 12 raised, critical: Memory leak on POS Terminal 3-2",
              "alert 12 resolved by manager@example.com"});
}

ApiRequestLogRow SomeLogin(int32_t status) {
  ApiRequestLogRow request;
  request.timestamp = kMorning;
  request.endpoint = "/api/v1/auth/login";
  request.method = "POST";
  request.status_code = status;
  request.user_id = "user-9";
  request.ip_address = "192.0.2.7";
  request.error_message = "HTTP 401: Invalid password";
  return request;
}

TEST_CASE("Only log-ins that were refused are said", "[event_log]") {
  Story story;
  story.sink().Insert(SomeLogin(200));
  story.sink().Insert(SomeLogin(401));
  ApiRequestLogRow other = SomeLogin(401);
  other.endpoint = "/api/v1/sites/";
  story.sink().Insert(other);
  CHECK(story.Tell() == Lines{"! log-in failed: user-9 from 192.0.2.7: "
                              "HTTP 401: Invalid password"});
}

TEST_CASE("What rows hold cannot steer the terminal", "[event_log]") {
  Story story;
  JobRow job = SomeJob();
  job.action = "\x1b]0;owned\a";
  story.sink().Insert(job);
  CHECK(story.Tell() ==
        Lines{"job 1042 created: \\x1b]0;owned\\x07 for site 7, priority "
              "high"});
}

TEST_CASE("Lines without room are counted, other tables are not",
          "[event_log]") {
  Story story(2);
  UserActivityRow activity;
  activity.timestamp = kMorning;
  activity.user_id = "user-9";
  activity.activity_type = "click";
  for (int i = 0; i < 10; ++i) {
    story.sink().Insert(SomeLogin(401));
    story.sink().Insert(SomeLogin(200));
    story.sink().Insert(activity);
  }
  CHECK(story.Tell().size() == 2);
  story.WaitASecond();
  CHECK(story.Heard().back() == "8 more lines");
}

TEST_CASE("Where time runs otherwise, lines bear the event's", "[event_log]") {
  Story story;
  story.sink().Insert(SomeLogin(401));
  CHECK(story.Tell(true) == Lines{"! 2026-01-05 08:00:00 log-in failed: user-9 "
                                  "from 192.0.2.7: HTTP 401: Invalid "
                                  "password"});
}

}  // namespace
}  // namespace tillstorm
