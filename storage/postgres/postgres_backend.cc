#include "storage/postgres/postgres_backend.h"

#include <utility>

#include "storage/postgres/postgres_ceiling.h"
#include "storage/postgres/postgres_lock.h"
#include "storage/postgres/postgres_open.h"
#include "storage/postgres/postgres_query.h"
#include "storage/postgres/postgres_reader.h"
#include "storage/postgres/postgres_writer.h"

namespace tillstorm {
namespace {

constexpr const char* kReaderName = "tillstorm reader";

}  // namespace

PostgresBackend::PostgresBackend(PostgresTarget target)
    : target_(std::move(target)) {}

Result<std::unique_ptr<Session>> PostgresBackend::Create(
    const CreateOptions& options, const Manifest& manifest,
    const Batch& fleet) {
  auto session =
      std::make_unique<PostgresSession>(Connect(WriterName()), options);
  TS_RETURN_IF_ERROR(session->Begin(manifest, fleet));
  return std::unique_ptr<Session>(std::move(session));
}

Result<std::unique_ptr<Session>> PostgresBackend::Continue(
    const ContinueOptions& options) {
  auto session =
      std::make_unique<PostgresSession>(Connect(WriterName()), options);
  TS_RETURN_IF_ERROR(session->GoOn());
  return std::unique_ptr<Session>(std::move(session));
}

Result<bool> PostgresBackend::Exists() {
  Result<PostgresConnection> connection =
      PostgresConnection::Open(Connect(kReaderName), nullptr);
  if (!connection.ok()) return connection.status();
  const Result<PostgresContent> content = FindContent(&*connection);
  if (!content.ok()) return content.status();
  return *content != PostgresContent::kNothing;
}

Result<std::unique_ptr<Reader>> PostgresBackend::OpenReader() {
  return OpenPostgresReader(Connect(kReaderName));
}

Result<std::unique_ptr<QuerySession>> PostgresBackend::OpenQueries() {
  return OpenPostgresQueries(Connect(kReaderName));
}

Result<std::unique_ptr<EngineCeiling>> PostgresBackend::OpenCeiling(
    const EngineCeilingOptions& options, const std::atomic<bool>& stop) {
  return std::unique_ptr<EngineCeiling>(std::make_unique<PostgresCeiling>(
      Connect("tillstorm ceiling"), options, stop));
}

std::optional<int> PostgresBackend::server_process() const {
  const Result<PostgresConnection> connection =
      PostgresConnection::Open(Connect(kReaderName), nullptr);
  return connection.ok() ? connection->server_on_host() : std::nullopt;
}

}  // namespace tillstorm
