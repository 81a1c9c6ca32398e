// What every backend is asked for promises with: each backend at each level, in
// a place of its own.
#ifndef TILLSTORM_TESTS_CONFORMANCE_SUBJECT_H_
#define TILLSTORM_TESTS_CONFORMANCE_SUBJECT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/location.h"
#include "storage/model/model_backend.h"
#include "storage/postgres/postgres_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {

// A backend at one durability level, in a place of its own.
struct Subject {
  std::string name;
  TestDirectory directory;
  std::unique_ptr<TestDatabase> database;  // of PostgreSQL
  std::unique_ptr<Backend> backend;
  CreateOptions options;
  bool stores = true;

  [[nodiscard]] bool is_bulk() const {
    return options.durability == Durability::kBulk;
  }
};

inline std::unique_ptr<Subject> MakeSubject(const std::string& name) {
  auto subject = std::make_unique<Subject>();
  subject->name = name;
  if (name.find("model") != std::string::npos) {
    subject->backend = std::make_unique<ModelBackend>();
  } else if (name.find("postgres") != std::string::npos) {
    subject->database = std::make_unique<TestDatabase>();
    subject->backend =
        std::make_unique<PostgresBackend>(subject->database->target());
  } else {
    auto location = ParseLocation(
        name == "null" ? "null:" : subject->directory / "dataset.db");
    auto backend = OpenBackend(*location);
    subject->backend = std::move(*backend);
    subject->stores = location->stores();
  }
  if (name.find("bulk") != std::string::npos) {
    subject->options = {Durability::kBulk, IndexMode::kDeferred};
  } else if (name.find("power") != std::string::npos) {
    subject->options.durability = Durability::kPower;
  } else if (name.find("relaxed") != std::string::npos) {
    subject->options.durability = Durability::kRelaxed;
  }
  if (name.find("insert") != std::string::npos) {
    subject->options.load = LoadPath::kInsert;
  }
  return subject;
}

inline std::unique_ptr<Subject> EverySubject() {
  const std::string name = GENERATE(
      "model", "model bulk", "sqlite process", "sqlite power", "sqlite relaxed",
      "sqlite bulk", "postgres process", "postgres power", "postgres insert",
      "postgres bulk", "postgres bulk insert");
  return MakeSubject(name);
}

// For promises that take no rows to keep.
inline std::unique_ptr<Subject> EverySubjectAndNull() {
  const std::string name =
      GENERATE("model", "model bulk", "sqlite process", "sqlite power",
               "sqlite relaxed", "sqlite bulk", "postgres process",
               "postgres power", "postgres bulk", "null");
  return MakeSubject(name);
}

inline std::unique_ptr<Session> CreateWithFleet(Subject& subject) {
  EventList fleet;
  AddFleet(&fleet);
  auto session = subject.backend->Create(subject.options, MakeManifest(),
                                         fleet.MakeBatch(0));
  INFO(session.status().message());
  REQUIRE(session.ok());
  return std::move(*session);
}

inline void FinishNow(Session& session) {
  Manifest manifest = MakeManifest();
  manifest.intervals[0].close = kMonday + Micros(kMicrosPerDay);
  const Status status = session.Finish(manifest, {});
  INFO(status.message());
  REQUIRE(status.ok());
}

inline std::unique_ptr<Reader> ReaderOf(Subject& subject) {
  auto reader = subject.backend->OpenReader();
  INFO(reader.status().message());
  REQUIRE(reader.ok());
  return std::move(*reader);
}

// Nothing of a batch that failed may remain. At `bulk` the whole dataset goes.
inline void CheckNothingRemains(Subject& subject,
                                std::unique_ptr<Session> session) {
  if (subject.is_bulk() || !subject.stores) {
    session.reset();
    CHECK(subject.backend->OpenReader().status().code() ==
          StatusCode::kBadInput);
    return;
  }
  const auto reader = ReaderOf(subject);
  CHECK(Scan(*reader, TableId::kDeviceMetrics).empty());
  CHECK(Scan(*reader, TableId::kLedger).size() == 1);
  CHECK(Scan(*reader, TableId::kDevices) ==
        std::vector<ScannedRow>{{1, EncodingOf(MakeDevice(1, "dev-1"))},
                                {2, EncodingOf(MakeDevice(2, "dev-2"))}});
}

inline std::unique_ptr<Subject> EveryLiveSubject() {
  const std::string name =
      GENERATE("model", "sqlite process", "sqlite power", "sqlite relaxed",
               "postgres process", "postgres power", "postgres insert");
  return MakeSubject(name);
}

inline std::unique_ptr<Session> ContinueIt(Subject& subject) {
  auto session = subject.backend->Continue(
      {subject.options.durability, subject.options.load});
  INFO(session.status().message());
  REQUIRE(session.ok());
  return std::move(*session);
}

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_CONFORMANCE_SUBJECT_H_
