// A real PostgreSQL server for the tests of one program: a throw-away one,
// started by the first test that needs it and stopped when the program ends,
// whatever came of the tests. What a killed program left is cleared away by the
// next one.
//
// Each test takes a TestDatabase, which nobody else sees.
#ifndef TILLSTORM_TESTS_SUPPORT_POSTGRES_SERVER_H_
#define TILLSTORM_TESTS_SUPPORT_POSTGRES_SERVER_H_

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/postgres/local_server.h"
#include "storage/postgres/postgres_target.h"
#include "tests/support/catch.h"

namespace tillstorm {

inline LocalServer& TestServer() {
  static const std::shared_ptr<LocalServer> server = [] {
    LocalServer::StopAbandoned();
    auto opened = LocalServer::OpenThrowAway(*MakeServerSettings({}));
    INFO(opened.status().message());
    REQUIRE(opened.ok());
    return *opened;
  }();
  return *server;
}

// The rows of a result, NULL as "NULL".
using TextRows = std::vector<std::vector<std::string>>;

// A connection of its own, for looking at a database from outside.
class TestConnection {
 public:
  explicit TestConnection(const std::string& conninfo)
      : connection_(PQconnectdb(conninfo.c_str()), &PQfinish) {
    INFO(PQerrorMessage(connection_.get()));
    REQUIRE(PQstatus(connection_.get()) == CONNECTION_OK);
  }

  // Whether a statement went through.
  bool Try(const std::string& statement) {
    return IsDone(Execute(statement).get());
  }
  // One or several statements; the rows of the last one.
  TextRows Sql(const std::string& statements) {
    const RowSet result = Execute(statements);
    INFO(statements << ": " << PQerrorMessage(connection_.get()));
    REQUIRE(IsDone(result.get()));
    TextRows rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      rows.emplace_back();
      for (int column = 0; column < PQnfields(result.get()); ++column) {
        rows.back().push_back(PQgetisnull(result.get(), row, column) != 0
                                  ? "NULL"
                                  : PQgetvalue(result.get(), row, column));
      }
    }
    return rows;
  }
  // The first column of the first row.
  std::string Value(const std::string& statement) {
    const TextRows rows = Sql(statement);
    REQUIRE(!rows.empty());
    return rows[0][0];
  }

  [[nodiscard]] PGconn* get() { return connection_.get(); }

 private:
  using RowSet = std::unique_ptr<PGresult, decltype(&PQclear)>;
  RowSet Execute(const std::string& statements) {
    return {PQexec(connection_.get(), statements.c_str()), &PQclear};
  }
  static bool IsDone(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

// An empty database on TestServer(), dropped at the end with whoever is still
// connected to it.
class TestDatabase {
 public:
  TestDatabase() {
    static int made = 0;
    name_ = "test_" + std::to_string(++made);
    TestConnection(TestServer().conninfo()).Sql("CREATE DATABASE " + name_);
  }
  ~TestDatabase() {
    TestConnection connection(TestServer().conninfo());
    // Each time the server waits 5 s for those that it disconnects.
    int tries_left = 12;
    while (!connection.Try("DROP DATABASE " + name_ + " WITH (FORCE)") &&
           --tries_left > 0) {
    }
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  // A later setting wins over an earlier one.
  [[nodiscard]] std::string conninfo() const {
    return TestServer().conninfo() + " dbname=" + name_;
  }
  [[nodiscard]] PostgresTarget target(const std::string& more = {}) const {
    return {conninfo() + more, "postgresql:///" + name_};
  }
  TextRows Sql(const std::string& statements) const {
    return TestConnection(conninfo()).Sql(statements);
  }
  [[nodiscard]] std::string Value(const std::string& statement) const {
    return TestConnection(conninfo()).Value(statement);
  }

 private:
  std::string name_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_POSTGRES_SERVER_H_
