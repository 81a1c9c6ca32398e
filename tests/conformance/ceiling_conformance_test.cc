// What every engine's ceiling is asked for: that it counts what it wrote, stops
// when told to, and leaves nothing behind.
#include "storage/engine_ceiling.h"
#include "storage/postgres/postgres_scratch.h"
#include "tests/conformance/subject.h"

namespace tillstorm {
namespace {

constexpr std::chrono::hours kNoLimit{1};

std::unique_ptr<Subject> EveryEngine() {
  const std::string name =
      GENERATE("sqlite process", "sqlite power", "sqlite relaxed",
               "sqlite bulk", "postgres process", "postgres power",
               "postgres insert", "postgres bulk", "postgres bulk insert");
  return MakeSubject(name);
}

// A fleet, then checks and readings, and a device that changes twice.
class Load {
 public:
  explicit Load(int rounds = 10) {
    AddFleet(&fleet_);
    opening_.push_back(fleet_.MakeBatch(0));
    DeviceRow before = MakeDevice(1, "dev-1");
    for (int i = 0; i < rounds; ++i) {
      const Instant at = kMonday + Micros{1'000 * i};
      events_.Insert(MakeHealthCheck(1, at)).Insert(MakeMetrics(2, at));
      DeviceRow after = before;
      after.status = i % 2 == 0 ? "offline" : "online";
      events_.Update(before, after);
      before = after;
    }
    batch_ = events_.MakeBatch(1);
  }
  [[nodiscard]] CeilingRows rows() const { return {opening_, batch_.events}; }

 private:
  EventList fleet_;
  EventList events_;
  std::vector<Batch> opening_;
  Batch batch_;
};

std::unique_ptr<EngineCeiling> OpenCeiling(Subject& subject,
                                           const std::atomic<bool>& stop,
                                           uint32_t batch_rows = 10) {
  EngineCeilingOptions options;
  options.durability = subject.options.durability;
  options.indexes = subject.options.indexes;
  options.load = subject.options.load;
  options.batch_rows = batch_rows;
  auto ceiling = subject.backend->OpenCeiling(options, stop);
  INFO(ceiling.status().message());
  REQUIRE(ceiling.ok());
  REQUIRE(*ceiling != nullptr);
  return std::move(*ceiling);
}

// Everything at the place of the subject.
std::vector<std::string> WhatIsThere(const Subject& subject) {
  if (subject.database == nullptr) return subject.directory.List();
  std::vector<std::string> names;
  for (const auto& row : subject.database->Sql(
           "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' UNION ALL "
           "SELECT relname FROM pg_class JOIN pg_namespace n ON "
           "n.oid=relnamespace WHERE nspname !~ '^pg_' AND "
           "nspname<>'information_schema' ORDER BY 1")) {
    names.push_back(row[0]);
  }
  return names;
}

TEST_CASE("A loop counts updates as rows, the engine what is there at the end",
          "[ceiling]") {
  const auto subject = EveryEngine();
  CAPTURE(subject->name);
  const std::atomic<bool> stop{false};
  const auto ceiling = OpenCeiling(*subject, stop);
  const Load load;
  const auto loop = ceiling->TimeLoop(load.rows(), kNoLimit);
  INFO(loop.status().message());
  REQUIRE(loop.ok());
  CHECK(loop->rows == 30);
  CHECK(loop->time.count() > 0);
  const bool says_insert = loop->how.find("INSERT") != std::string::npos;
  const bool is_insert = subject->options.load == LoadPath::kInsert ||
                         subject->database == nullptr;
  CHECK(says_insert == is_insert);

  const auto engine = ceiling->TimeEngine();
  INFO(engine.status().message());
  REQUIRE(engine.ok());
  // SQLite copies the whole file, with the five rows of the fleet.
  const bool is_sqlite = subject->database == nullptr;
  CHECK(engine->rows == (is_sqlite ? 25 : 20));
  CHECK(engine->time.count() > 0);

  const auto copy = ceiling->TimeRawCopy();
  INFO(copy.status().message());
  REQUIRE(copy.ok());
  CHECK(copy->has_value() == is_sqlite);
  if (is_sqlite) CHECK((*copy)->rows == 25);
}

TEST_CASE("A ceiling leaves nothing behind and touches no dataset",
          "[ceiling]") {
  const auto subject = EveryEngine();
  CAPTURE(subject->name);
  if (subject->is_bulk()) subject->options.durability = Durability::kProcess;
  {
    EventList fleet;
    AddFleet(&fleet);
    auto session = subject->backend->Create(subject->options, MakeManifest(),
                                            fleet.MakeBatch(0));
    REQUIRE(session.ok());
    REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  }
  const std::vector<std::string> before = WhatIsThere(*subject);
  const auto digest = [&] {
    return ScanDigest(**subject->backend->OpenReader());
  };
  const Digest dataset = digest();
  const std::atomic<bool> stop{false};
  {
    const auto ceiling = OpenCeiling(*subject, stop);
    const Load load;
    REQUIRE(ceiling->TimeLoop(load.rows(), kNoLimit).ok());
    REQUIRE(ceiling->TimeEngine().ok());
    REQUIRE(ceiling->TimeRawCopy().ok());
    // Once more, as after a trial.
    REQUIRE(ceiling->TimeLoop(load.rows(), kNoLimit).ok());
  }
  CHECK(WhatIsThere(*subject) == before);
  CHECK(digest() == dataset);
}

TEST_CASE("A loop ends with the commit in which its time is over",
          "[ceiling]") {
  const auto subject = EveryEngine();
  CAPTURE(subject->name);
  const std::atomic<bool> stop{false};
  const auto ceiling = OpenCeiling(*subject, stop, 7);
  const Load load;
  const auto loop = ceiling->TimeLoop(load.rows(), std::chrono::nanoseconds(1));
  REQUIRE(loop.ok());
  CHECK(loop->rows == 7);
}

TEST_CASE("A stop ends a ceiling, which still cleans up", "[ceiling]") {
  const auto subject = EveryEngine();
  CAPTURE(subject->name);
  const std::vector<std::string> before = WhatIsThere(*subject);
  std::atomic<bool> stop{false};
  {
    const auto ceiling = OpenCeiling(*subject, stop);
    const Load load;
    REQUIRE(ceiling->TimeLoop(load.rows(), kNoLimit).ok());
    stop = true;
    CHECK(ceiling->TimeEngine().status().code() == StatusCode::kInterrupted);
    CHECK(ceiling->TimeLoop(load.rows(), kNoLimit).status().code() ==
          StatusCode::kInterrupted);
  }
  CHECK(WhatIsThere(*subject) == before);
}

TEST_CASE("A loop that updates a row which is not there is no measurement",
          "[ceiling]") {
  const auto subject = EveryEngine();
  CAPTURE(subject->name);
  const std::atomic<bool> stop{false};
  const auto ceiling = OpenCeiling(*subject, stop);
  const DeviceRow before = MakeDevice(77, "nobody");
  DeviceRow after = before;
  after.status = "offline";
  EventList events;
  const Batch batch = events.Update(before, after).MakeBatch(1);
  const auto loop = ceiling->TimeLoop({{}, batch.events}, kNoLimit);
  CHECK(loop.status().code() == StatusCode::kIntegrity);
}

TEST_CASE("A backend that stores nothing has no ceiling", "[ceiling]") {
  const auto subject = MakeSubject("null");
  const std::atomic<bool> stop{false};
  const auto ceiling = subject->backend->OpenCeiling({}, stop);
  REQUIRE(ceiling.ok());
  CHECK(*ceiling == nullptr);
}

TEST_CASE("What a killed ceiling left in a database goes with the next one",
          "[ceiling]") {
  const auto subject = MakeSubject("postgres process");
  const std::vector<std::string> before = WhatIsThere(*subject);
  subject->database->Sql(
      "CREATE SCHEMA tillstorm_ceiling_abandoned; "
      "CREATE TABLE tillstorm_ceiling_abandoned.jobs(id int)");
  const std::atomic<bool> stop{false};
  const Load load;
  REQUIRE(OpenCeiling(*subject, stop)->TimeLoop(load.rows(), kNoLimit).ok());
  CHECK(WhatIsThere(*subject) == before);
}

TEST_CASE("Two ceilings of one database do not get in each other's way",
          "[ceiling]") {
  const auto subject = MakeSubject("postgres process");
  const auto connect = [&] {
    return PostgresScratch::Create(
        {subject->database->conninfo(), "test", "test"}, nullptr);
  };
  const auto first = connect();
  REQUIRE(first.ok());
  REQUIRE((*first)->connection()->Run("CREATE TABLE mine(id int)", "").ok());
  const auto second = connect();
  REQUIRE(second.ok());
  const auto count =
      (*first)->connection()->Ask("SELECT count(*) FROM mine", "");
  REQUIRE(count.ok());
  CHECK(*count == "0");
}

TEST_CASE("A folder that cannot be written has no ceiling", "[ceiling]") {
  const auto location = ParseLocation("/nonexistent/folder/dataset.db");
  const auto backend = OpenBackend(*location);
  const std::atomic<bool> stop{false};
  const auto ceiling = (*backend)->OpenCeiling({}, stop);
  REQUIRE(ceiling.ok());
  const Load load;
  const auto loop = (*ceiling)->TimeLoop(load.rows(), kNoLimit);
  CHECK(loop.status().code() == StatusCode::kCannotCreate);
  CHECK(loop.status().message().find("/nonexistent/folder") !=
        std::string::npos);
}

}  // namespace
}  // namespace tillstorm
