// PostgresInsert: rows of one table, one INSERT each, through a prepared
// statement: the plain way, beside which COPY is measured.
//
// Threads: as the connection.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_INSERT_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_INSERT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/schema.h"
#include "harness/core/status.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/postgres/postgres_copy.h"

namespace tillstorm {

class PostgresInsert {
 public:
  // Prepares the statement. The connection is borrowed.
  [[nodiscard]] static Result<PostgresInsert> Prepare(
      const TableInfo& table, PostgresConnection* connection);

  // `payload` and `id` as for CopyRow::Encode().
  Status Execute(Bytes payload, int32_t id, std::string_view doing);
  // `row`: as CopyRow::Encode() makes it. Returns its end.
  [[nodiscard]] Result<const char*> ExecuteEncoded(const char* row,
                                                   std::string_view doing);

 private:
  PostgresInsert(const TableInfo& table, PostgresConnection* connection);

  PostgresConnection* connection_;
  CopyRow row_;
  std::string name_;  // of the statement
  std::vector<char> encoded_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_INSERT_H_
