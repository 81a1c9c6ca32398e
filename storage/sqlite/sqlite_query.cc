#include "storage/sqlite/sqlite_query.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>
#include <vector>

#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_open.h"

namespace tillstorm {
namespace {

QueryValue ValueOf(sqlite3_stmt* row, int column) {
  QueryValue value;
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
      break;
    case SQLITE_INTEGER:
      value.kind = QueryValue::Kind::kInteger;
      value.integer = sqlite3_column_int64(row, column);
      break;
    case SQLITE_FLOAT:
      value.kind = QueryValue::Kind::kDouble;
      value.real = sqlite3_column_double(row, column);
      break;
    default: {
      value.kind = QueryValue::Kind::kString;
      const auto* text =
          reinterpret_cast<const char*>(sqlite3_column_text(row, column));
      const auto size = static_cast<size_t>(sqlite3_column_bytes(row, column));
      if (text != nullptr) value.text = {text, size};
      break;
    }
  }
  return value;
}

class SqliteQueries : public QuerySession {
 public:
  explicit SqliteQueries(SqliteDb db) : db_(std::move(db)) {}

  Status Query(const std::string& sql,
               const std::function<bool(QueryRow)>& visit) override {
    TS_RETURN_IF_ERROR(CheckStop());
    Result<SqliteStatement> statement = db_.Prepare(sql);
    if (!statement.ok()) return statement.status();
    sqlite3_stmt* const row = statement->get();
    std::vector<QueryValue> values(
        static_cast<size_t>(sqlite3_column_count(row)));
    int code = SQLITE_OK;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = ValueOf(row, static_cast<int>(i));
      }
      if (!visit(values)) return Status::Ok();
    }
    if (code == SQLITE_DONE) return Status::Ok();
    TS_RETURN_IF_ERROR(CheckStop());
    return db_.Error(code, "reading it");
  }

  Result<bool> HasTable(std::string_view table) override {
    return Counts(
        fmt::format("SELECT count(*) FROM sqlite_schema WHERE "
                    "type='table' AND rootpage>0 AND name='{}'",
                    table));
  }
  Result<bool> HasColumn(std::string_view table,
                         std::string_view column) override {
    return Counts(fmt::format(
        "SELECT count(*) FROM pragma_table_info('{}') WHERE name='{}'", table,
        column));
  }

  [[nodiscard]] std::string InstantText(
      std::string_view column) const override {
    return std::string(column);
  }

  void Interrupt() override {
    stop_ = true;
    db_.Interrupt();
  }

 private:
  [[nodiscard]] Status CheckStop() const {
    if (!stop_) return Status::Ok();
    return {StatusCode::kInterrupted,
            fmt::format("{}: stopped while reading", db_.shown())};
  }

  Result<bool> Counts(const std::string& sql) {
    TS_RETURN_IF_ERROR(CheckStop());
    const Result<std::string> found = db_.Ask(sql);
    if (!found.ok()) return found.status();
    return *found != "0";
  }

  SqliteDb db_;
  std::atomic<bool> stop_{false};
};

}  // namespace

Result<std::unique_ptr<QuerySession>> OpenSqliteQueries(
    const std::string& path) {
  Result<SqliteDb> db = OpenForeign(path);
  if (!db.ok()) return db.status();
  return std::unique_ptr<QuerySession>(
      std::make_unique<SqliteQueries>(std::move(*db)));
}

}  // namespace tillstorm
