// LocalBackend: a dataset on a PostgreSQL server of our own, which is started
// when it is first needed and stopped by Close(), or when the backend goes.
//
// Threads: as PostgresBackend.
// Errors: those of LocalServer, else those of PostgresBackend.
// Ownership: the backend must outlive its sessions and readers.
#ifndef TILLSTORM_STORAGE_POSTGRES_LOCAL_BACKEND_H_
#define TILLSTORM_STORAGE_POSTGRES_LOCAL_BACKEND_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "storage/backend.h"
#include "storage/postgres/local_server.h"
#include "storage/postgres/postgres_backend.h"
#include "storage/postgres/server_settings.h"

namespace tillstorm {

class LocalBackend : public Backend {
 public:
  // `directory` is absolute, or empty for a throw-away server.
  LocalBackend(std::string directory, ServerSettings settings);

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override;
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override;
  Result<bool> Exists() override;
  Result<std::unique_ptr<Reader>> OpenReader() override;
  Result<std::unique_ptr<QuerySession>> OpenQueries() override;
  void Interrupt() override { stop_ = true; }
  Status Close(const std::atomic<bool>& stop, const Notice& say) override;
  Result<std::unique_ptr<EngineCeiling>> OpenCeiling(
      const EngineCeilingOptions& options,
      const std::atomic<bool>& stop) override;
  [[nodiscard]] std::optional<int> server_process() const override;
  [[nodiscard]] int max_lanes() const override { return kLanesMax; }
  [[nodiscard]] std::string name() const override;

 private:
  // Starts the server, which is made if that is allowed; the backend on it is
  // ours.
  [[nodiscard]] Result<PostgresBackend*> Start(bool may_make);

  std::string directory_;
  ServerSettings settings_;
  std::atomic<bool> stop_{false};
  std::shared_ptr<LocalServer> server_;  // outlives the connections
  std::unique_ptr<PostgresBackend> backend_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_LOCAL_BACKEND_H_
