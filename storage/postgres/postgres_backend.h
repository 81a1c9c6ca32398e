// PostgresBackend: a dataset in the first schema of the search_path of a
// PostgreSQL database, of version 12 or later.
//
// Threads: one; the sessions and readers that it gives have their own rules.
// Errors: kUnavailable when the server does not answer or lacks the database,
// kPermission when it refuses the role or its password. No message holds a
// password: none is in what it is given.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_BACKEND_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_BACKEND_H_

#include <memory>
#include <string>

#include "storage/backend.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/postgres/postgres_target.h"

namespace tillstorm {

class PostgresBackend : public Backend {
 public:
  // Touches nothing yet.
  explicit PostgresBackend(PostgresTarget target);

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override;
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override;
  Result<bool> Exists() override;
  Result<std::unique_ptr<Reader>> OpenReader() override;
  Result<std::unique_ptr<QuerySession>> OpenQueries() override;
  Result<std::unique_ptr<EngineCeiling>> OpenCeiling(
      const EngineCeilingOptions& options,
      const std::atomic<bool>& stop) override;
  [[nodiscard]] std::optional<int> server_process() const override;
  [[nodiscard]] int max_lanes() const override { return kLanesMax; }
  [[nodiscard]] std::string name() const override {
    return target_.display_name;
  }

 private:
  [[nodiscard]] PostgresConnectOptions Connect(std::string role) const {
    return {target_.conninfo, target_.display_name, std::move(role)};
  }

  const PostgresTarget target_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_BACKEND_H_
