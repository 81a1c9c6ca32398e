// QuerySession: questions in SQL to any database, ours or not, read-only. What
// engines spell differently is answered here; everything else is the common SQL
// of SQLite and PostgreSQL.
//
// Threads: one; Interrupt() from any.
// Errors: kBadInput for a database that is damaged or lacks what is asked for.
#ifndef TILLSTORM_STORAGE_QUERY_H_
#define TILLSTORM_STORAGE_QUERY_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/status.h"

namespace tillstorm {

// A value of a row; a text is valid during its visit.
struct QueryValue {
  enum class Kind : uint8_t { kNone, kInteger, kDouble, kString };
  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double real = 0;
  std::string_view text;

  [[nodiscard]] bool is_null() const { return kind == Kind::kNone; }
  // Any number as a double; 0 for a text.
  [[nodiscard]] double number() const {
    return kind == Kind::kInteger ? static_cast<double>(integer) : real;
  }
};

using QueryRow = std::span<const QueryValue>;

class QuerySession {
 public:
  virtual ~QuerySession() = default;

  // Visits the rows of a SELECT; `visit` returning false ends it. PostgreSQL
  // also takes CHECKPOINT, which has none.
  virtual Status Query(const std::string& sql,
                       const std::function<bool(QueryRow)>& visit) = 0;
  [[nodiscard]] virtual Result<bool> HasTable(std::string_view table) = 0;
  [[nodiscard]] virtual Result<bool> HasColumn(std::string_view table,
                                               std::string_view column) = 0;
  // An expression that gives an instant as `YYYY-MM-DD HH:MM:SS.ffffff`.
  [[nodiscard]] virtual std::string InstantText(
      std::string_view column) const = 0;
  virtual void Interrupt() = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_QUERY_H_
