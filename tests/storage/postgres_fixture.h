// What the tests of PostgreSQL share: a dataset in a database of its own.
#ifndef TILLSTORM_TESTS_STORAGE_POSTGRES_FIXTURE_H_
#define TILLSTORM_TESTS_STORAGE_POSTGRES_FIXTURE_H_

#include <memory>
#include <string>

#include "storage/postgres/postgres_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {

struct PostgresDataset {
  // `more` are further settings of libpq for the backend.
  explicit PostgresDataset(const std::string& more = {})
      : backend(database.target(more)) {}

  TestDatabase database;
  PostgresBackend backend;

  std::unique_ptr<Session> Create(const CreateOptions& options = {}) {
    EventList fleet;
    AddFleet(&fleet);
    auto session = backend.Create(options, MakeManifest(), fleet.MakeBatch(0));
    INFO(session.status().message());
    REQUIRE(session.ok());
    return std::move(*session);
  }
  [[nodiscard]] std::string Value(const std::string& sql) const {
    return database.Value(sql);
  }
};

// Ends the server's side of every session of ours that writes.
inline void TerminateWriters(const PostgresDataset& dataset) {
  dataset.database.Sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
      "datname=current_database() AND application_name LIKE 'tillstorm "
      "writer%'");
}

// Rows of device_metrics, one a microsecond.
class MetricsList : public EventList {
 public:
  MetricsList(int32_t first, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
      Insert(MakeMetrics(1 + i % 2, kMonday + Micros(first + i)));
    }
  }
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_STORAGE_POSTGRES_FIXTURE_H_
