#include "storage/postgres/local_backend.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "storage/engine_ceiling.h"

namespace tillstorm {

LocalBackend::LocalBackend(std::string directory, ServerSettings settings)
    : directory_(std::move(directory)), settings_(std::move(settings)) {}

Result<PostgresBackend*> LocalBackend::Start(bool may_make) {
  if (backend_ != nullptr) return backend_.get();
  if (directory_.empty() && !may_make) {
    return Status(StatusCode::kBadInput,
                  "postgres: names a new throw-away server, which has no "
                  "dataset; give the directory of one, postgres:DIR");
  }
  Result<std::shared_ptr<LocalServer>> server =
      directory_.empty()
          ? LocalServer::OpenThrowAway(settings_, &stop_)
          : LocalServer::Open(directory_, may_make, settings_, &stop_);
  if (!server.ok()) return server.status();
  server_ = std::move(*server);
  backend_ = std::make_unique<PostgresBackend>(
      PostgresTarget{server_->conninfo(), name()});
  return backend_.get();
}

Result<std::unique_ptr<Session>> LocalBackend::Create(
    const CreateOptions& options, const Manifest& manifest,
    const Batch& fleet) {
  const Result<PostgresBackend*> backend = Start(true);
  if (!backend.ok()) return backend.status();
  return (*backend)->Create(options, manifest, fleet);
}

Result<std::unique_ptr<Session>> LocalBackend::Continue(
    const ContinueOptions& options) {
  const Result<PostgresBackend*> backend = Start(false);
  if (!backend.ok()) return backend.status();
  return (*backend)->Continue(options);
}

Result<bool> LocalBackend::Exists() {
  if (backend_ == nullptr && !ServerDirectory::IsOurs(directory_)) {
    // Create() judges what else may stand there.
    std::error_code error;
    return !directory_.empty() && std::filesystem::exists(directory_, error) &&
           !std::filesystem::is_empty(directory_, error);
  }
  const Result<PostgresBackend*> backend = Start(false);
  if (!backend.ok()) return backend.status();
  return (*backend)->Exists();
}

Result<std::unique_ptr<Reader>> LocalBackend::OpenReader() {
  const Result<PostgresBackend*> backend = Start(false);
  if (!backend.ok()) return backend.status();
  return (*backend)->OpenReader();
}

Result<std::unique_ptr<QuerySession>> LocalBackend::OpenQueries() {
  const Result<PostgresBackend*> backend = Start(false);
  if (!backend.ok()) return backend.status();
  return (*backend)->OpenQueries();
}

Status LocalBackend::Close(const std::atomic<bool>& stop, const Notice& say) {
  backend_.reset();
  const std::shared_ptr<LocalServer> server = std::move(server_);
  // Whoever else in this process uses it stops it.
  if (server == nullptr || server.use_count() > 1) return Status::Ok();
  return server->Stop(&stop, say);
}

Result<std::unique_ptr<EngineCeiling>> LocalBackend::OpenCeiling(
    const EngineCeilingOptions& options, const std::atomic<bool>& stop) {
  const Result<PostgresBackend*> backend = Start(true);
  if (!backend.ok()) return backend.status();
  return (*backend)->OpenCeiling(options, stop);
}

std::optional<int> LocalBackend::server_process() const {
  return server_ == nullptr ? std::nullopt : std::optional(server_->process());
}

std::string LocalBackend::name() const {
  return directory_.empty() ? "a throw-away PostgreSQL server"
                            : "postgres:" + directory_;
}

}  // namespace tillstorm
