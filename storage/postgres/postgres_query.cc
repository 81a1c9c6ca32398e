#include "storage/postgres/postgres_query.h"

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/postgres/postgres_errors.h"
#include "storage/postgres/postgres_open.h"
#include "storage/postgres/pqxx_version.h"

namespace tillstorm {
namespace {

constexpr const char* kBegin =
    "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
constexpr int kRowsAtOnce = 1000;
// Has no rows to read with a cursor; it is for read-only transactions, too.
constexpr std::string_view kCheckpoint = "CHECKPOINT";

// Type numbers of the catalog, which never change.
QueryValue::Kind KindOf(pqxx::oid type) {
  switch (type) {
    case 16:  // bool, as 0 or 1
    case 20:
    case 21:
    case 23:
      return QueryValue::Kind::kInteger;
    case 700:
    case 701:
    case 1700:  // numeric: sums and averages of integers
      return QueryValue::Kind::kDouble;
    default:
      return QueryValue::Kind::kString;
  }
}

QueryValue ValueOf(const pqxx::field& field, QueryValue::Kind kind) {
  QueryValue value;
  if (field.is_null()) return value;
  value.kind = kind;
  const std::string_view text(field.c_str(), field.size());
  if (kind == QueryValue::Kind::kDouble) {
    value.real = std::strtod(field.c_str(), nullptr);
  } else if (kind == QueryValue::Kind::kString) {
    value.text = text;
  } else if (text == "t" || text == "f") {
    value.integer = text == "t" ? 1 : 0;
  } else {
    std::from_chars(text.data(), text.data() + text.size(), value.integer);
  }
  return value;
}

// One line of what the server said, without its `ERROR:  `.
std::string FirstLine(std::string_view text) {
  constexpr std::string_view kError = "ERROR:  ";
  if (text.starts_with(kError)) text.remove_prefix(kError.size());
  return std::string(text.substr(0, text.find('\n')));
}

class PostgresQueries : public QuerySession {
 public:
  PostgresQueries(const PostgresConnectOptions& options)
      : shown_(options.shown),
        connection_(options.conninfo),
        transaction_(connection_) {
    ForbidReconnecting(connection_);
    transaction_.exec(fmt::format(
        "SET application_name={}; SET TimeZone='UTC'; SET DateStyle='ISO'; "
        "SET client_min_messages='error'",
        QuoteLiteral(options.application_name)));
    transaction_.exec(kBegin);
  }

  Status Query(const std::string& sql,
               const std::function<bool(QueryRow)>& visit) override {
    return Guarded([&] {
      if (sql == kCheckpoint) {
        transaction_.exec(sql);
        return;
      }
      transaction_.exec("DECLARE answer NO SCROLL CURSOR FOR " + sql);
      while (VisitPortion(visit)) {
      }
      transaction_.exec("CLOSE answer");
    });
  }

  Result<bool> HasTable(std::string_view table) override {
    return IsThere(fmt::format(
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND "
        "relname={} AND relnamespace=(SELECT oid FROM pg_namespace WHERE "
        "nspname=current_schema())",
        QuoteLiteral(table)));
  }
  Result<bool> HasColumn(std::string_view table,
                         std::string_view column) override {
    return IsThere(fmt::format(
        "SELECT count(*) FROM information_schema.columns WHERE "
        "table_schema=current_schema() AND table_name={} AND column_name={}",
        QuoteLiteral(table), QuoteLiteral(column)));
  }

  [[nodiscard]] std::string InstantText(
      std::string_view column) const override {
    return fmt::format("to_char({}, 'YYYY-MM-DD HH24:MI:SS.US')", column);
  }

  void Interrupt() override {
    stop_ = true;
    try {
      connection_.cancel_query();
    } catch (const std::exception&) {
      // It has ended by itself, or the next look at stop_ ends it.
    }
  }

 private:
  [[nodiscard]] Status CheckStop() const {
    if (!stop_) return Status::Ok();
    return {StatusCode::kInterrupted,
            fmt::format("{}: stopped while reading", shown_)};
  }

  // Runs `work`; an exception becomes a Status, after which another query may
  // follow.
  template <class Work>
  Status Guarded(Work&& work) {
    TS_RETURN_IF_ERROR(CheckStop());
    Status status;
    try {
      work();
    } catch (const pqxx::sql_error& error) {
      status = Failed(error.what(), error.sqlstate(), false);
    } catch (const std::exception& error) {
      status = Failed(error.what(), {}, true);
    }
    if (!status.ok()) BeginAgain();
    if (stop_) return CheckStop();
    return status;
  }

  // The remedies of a writer are none of a reader's.
  Status Failed(std::string_view what, std::string_view sqlstate,
                bool is_lost) const {
    return {JudgeStatement(sqlstate, is_lost).code,
            fmt::format("{}: reading it: {}", shown_, FirstLine(what))};
  }

  void BeginAgain() {
    try {
      transaction_.exec("ROLLBACK");
      transaction_.exec(kBegin);
    } catch (const std::exception&) {
      // The next query says why.
    }
  }

  // False: there is no more, or the visitor has seen enough.
  bool VisitPortion(const std::function<bool(QueryRow)>& visit) {
    const pqxx::result rows =
        transaction_.exec(fmt::format("FETCH {} FROM answer", kRowsAtOnce));
    std::vector<QueryValue> values(static_cast<size_t>(rows.columns()));
    for (PqxxSize row = 0; row < rows.size(); ++row) {
      for (PqxxColumn column = 0; column < rows.columns(); ++column) {
        values[static_cast<size_t>(column)] =
            ValueOf(rows[row][column], KindOf(rows.column_type(column)));
      }
      if (!visit(values)) return false;
    }
    return rows.size() == kRowsAtOnce;
  }

  Result<bool> IsThere(const std::string& sql) {
    bool is_there = false;
    TS_RETURN_IF_ERROR(Query(sql, [&is_there](QueryRow row) {
      is_there = row[0].integer != 0;
      return true;
    }));
    return is_there;
  }

  const std::string shown_;
  pqxx::connection connection_;
  pqxx::nontransaction transaction_;
  std::atomic<bool> stop_{false};
};

}  // namespace

Result<std::unique_ptr<QuerySession>> OpenPostgresQueries(
    const PostgresConnectOptions& options) {
  // libpqxx tells neither SQLSTATE nor the need of a password.
  Result<PostgresConnection> first = PostgresConnection::Open(options, nullptr);
  if (!first.ok()) return first.status();
  TS_RETURN_IF_ERROR(RefuseLoading(&*first));
  try {
    return std::unique_ptr<QuerySession>(
        std::make_unique<PostgresQueries>(options));
  } catch (const std::exception& error) {
    return Status(StatusCode::kUnavailable,
                  fmt::format("{}: cannot connect: {}", options.shown,
                              FirstLine(error.what())));
  }
}

}  // namespace tillstorm
