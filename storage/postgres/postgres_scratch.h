// PostgresScratch: a schema of our own in a database, with a connection whose
// search_path is that schema. It is dropped at the end; what a killed program
// left is dropped by the next one that makes one there.
//
// Its name cannot be anybody's: `tillstorm_ceiling_`, then random letters. An
// advisory lock says that it is in use, so long as its connection lives.
//
// Threads: one. Errors: kPermission when the role may not create schemas.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_SCRATCH_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_SCRATCH_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "harness/core/status.h"
#include "storage/postgres/postgres_connection.h"

namespace tillstorm {

class PostgresScratch {
 public:
  // `stop` as for PostgresConnection::Open().
  [[nodiscard]] static Result<std::unique_ptr<PostgresScratch>> Create(
      const PostgresConnectOptions& connect, const std::atomic<bool>* stop);
  ~PostgresScratch();
  PostgresScratch(const PostgresScratch&) = delete;
  PostgresScratch& operator=(const PostgresScratch&) = delete;

  [[nodiscard]] PostgresConnection* connection() { return &connection_; }

 private:
  PostgresScratch(PostgresConnectOptions connect, PostgresConnection connection)
      : connect_(std::move(connect)), connection_(std::move(connection)) {}
  Status RemoveLeftOver();
  Status Make();

  const PostgresConnectOptions connect_;
  PostgresConnection connection_;
  std::string schema_;  // empty until it is there
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_SCRATCH_H_
