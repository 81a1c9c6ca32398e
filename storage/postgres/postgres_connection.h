// PostgresConnection: one connection of libpq, which shows what libpqxx hides:
// SQLSTATE, the command tag, the state of the transaction and COPY.
//
// Threads: one; a PostgresCanceller may be used from any.
// Errors: a Status as postgres_errors.h judges it, with one sentence that names
// the database, what was being done and what the server said.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_CONNECTION_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/status.h"
#include "storage/postgres/server_on_host.h"

namespace tillstorm {

// The rows of a statement. Texts are valid as long as it is.
class PostgresRowSet {
 public:
  explicit PostgresRowSet(PGresult* result) : result_(result, &PQclear) {}

  [[nodiscard]] int rows() const { return PQntuples(get()); }
  [[nodiscard]] bool is_null(int row, int column) const {
    return PQgetisnull(get(), row, column) == 1;
  }
  [[nodiscard]] std::string_view text(int row, int column) const {
    return {PQgetvalue(get(), row, column),
            static_cast<size_t>(PQgetlength(get(), row, column))};
  }
  // Rows that an INSERT, UPDATE or COPY touched.
  [[nodiscard]] int64_t touched() const;
  [[nodiscard]] PGresult* get() const { return result_.get(); }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

// Parameters of a prepared statement, in binary form.
struct PostgresParameters {
  std::span<const char* const> values;  // nullptr: NULL
  std::span<const int> lengths;
  std::span<const int> formats;  // 1 each
};

// Asks the server to end what a connection is doing. Any thread.
class PostgresCanceller {
 public:
  PostgresCanceller() = default;
  explicit PostgresCanceller(PGconn* connection)
      : cancel_(PQgetCancel(connection), &PQfreeCancel) {}
  void Cancel() const;

 private:
  std::shared_ptr<PGcancel> cancel_;
};

struct PostgresConnectOptions {
  std::string conninfo;          // of libpq, without a password
  std::string shown;             // how messages name the database
  std::string application_name;  // what others see in pg_stat_activity
};

// The server's side of a connection: the number of its process and when that
// started, which together name it for good.
struct PostgresProcess {
  int id = 0;
  std::string start;
};

class PostgresConnection {
 public:
  // `stop` turning true ends the attempt with kInterrupted; it may be null.
  [[nodiscard]] static Result<PostgresConnection> Open(
      const PostgresConnectOptions& options, const std::atomic<bool>* stop);
  // The same, again and again for at most half a minute, while the server says
  // that it may take the connection later or does not answer.
  [[nodiscard]] static Result<PostgresConnection> OpenPatiently(
      const PostgresConnectOptions& options, const std::atomic<bool>* stop);

  // `doing` completes `NAME: ...` in a message, such as `creating the tables`.
  Status Run(const std::string& sql, std::string_view doing);
  [[nodiscard]] Result<PostgresRowSet> Query(const std::string& sql,
                                             std::string_view doing);
  // Likewise, of one statement, with values in binary form.
  [[nodiscard]] Result<PostgresRowSet> QueryBinary(const std::string& sql,
                                                   std::string_view doing);
  // The first column of the first row; empty for NULL or without a row.
  [[nodiscard]] Result<std::string> Ask(const std::string& sql,
                                        std::string_view doing);

  Status Prepare(const std::string& name, const std::string& sql);
  Status RunPrepared(const std::string& name,
                     const PostgresParameters& parameters,
                     std::string_view doing);

  // COPY ... FROM STDIN: begin, put any number of times, end. An error of any
  // of them ends it.
  Status BeginCopy(const std::string& sql, std::string_view doing);
  Status PutCopy(std::string_view data, std::string_view doing);
  Status EndCopy(std::string_view doing);

  // Ends the transaction: an error unless the server says COMMIT.
  Status Commit();
  // Whatever state it is in. Errors show in what comes next.
  void Rollback();

  [[nodiscard]] bool in_transaction() const {
    return PQtransactionStatus(get()) == PQTRANS_INTRANS;
  }
  // SQLSTATE of the last error; empty when it had none.
  [[nodiscard]] const std::string& last_sqlstate() const { return sqlstate_; }
  [[nodiscard]] const std::string& shown() const { return shown_; }
  [[nodiscard]] PostgresCanceller canceller() const {
    return PostgresCanceller(get());
  }
  // Known after the connection is lost too.
  [[nodiscard]] const PostgresProcess& backend() const { return backend_; }
  // The server's topmost process; see server_on_host.h.
  [[nodiscard]] std::optional<int> server_on_host() const {
    return FindServerOnHost(PQsocket(get()), backend_.id);
  }

 private:
  PostgresConnection(PGconn* connection, std::string shown)
      : connection_(connection, &PQfinish), shown_(std::move(shown)) {}

  [[nodiscard]] PGconn* get() const { return connection_.get(); }
  Status SetUp();
  Status Error(const PGresult* result, std::string_view doing);
  [[nodiscard]] Result<PostgresRowSet> Take(PGresult* result,
                                            std::string_view doing);

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::string shown_;
  PostgresProcess backend_;
  std::string sqlstate_;
};

// A text as an SQL literal.
[[nodiscard]] std::string QuoteLiteral(std::string_view text);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_CONNECTION_H_
