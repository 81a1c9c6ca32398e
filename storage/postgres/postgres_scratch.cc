#include "storage/postgres/postgres_scratch.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cstdint>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

constexpr std::string_view kDoing = "making room for a measurement";
constexpr std::string_view kPrefix = "tillstorm_ceiling_";

// `tilc`, then the schema: the key of the lock.
std::string TryLockSql(std::string_view schema) {
  constexpr int kLockClass = 0x74696c63;
  return fmt::format("SELECT pg_try_advisory_lock({}, hashtext({}))",
                     kLockClass, QuoteLiteral(schema));
}

// Letters that need no quotes.
std::string RandomName() {
  std::array<uint8_t, 16> bytes{};
  TS_CHECK(getrandom(bytes.data(), bytes.size(), 0) ==
           static_cast<ssize_t>(bytes.size()));
  std::string name(kPrefix);
  for (const uint8_t byte : bytes) {
    name += static_cast<char>('a' + byte % 16);
    name += static_cast<char>('a' + byte / 16);
  }
  return name;
}

std::string DropSql(std::string_view schema) {
  return fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", schema);
}

}  // namespace

Result<std::unique_ptr<PostgresScratch>> PostgresScratch::Create(
    const PostgresConnectOptions& connect, const std::atomic<bool>* stop) {
  Result<PostgresConnection> connection =
      PostgresConnection::Open(connect, stop);
  if (!connection.ok()) return connection.status();
  std::unique_ptr<PostgresScratch> scratch(
      new PostgresScratch(connect, std::move(*connection)));
  TS_RETURN_IF_ERROR(scratch->RemoveLeftOver());
  TS_RETURN_IF_ERROR(scratch->Make());
  return scratch;
}

PostgresScratch::~PostgresScratch() {
  if (schema_.empty()) return;
  connection_.Rollback();
  if (connection_.Run(DropSql(schema_), kDoing).ok()) return;
  // Best effort: what stays is dropped by the next one.
  Result<PostgresConnection> fresh =
      PostgresConnection::Open(connect_, nullptr);
  if (fresh.ok()) (void)fresh->Run(DropSql(schema_), kDoing);
}

// Schemas of ours whose connection is gone, and the lock with it.
Status PostgresScratch::RemoveLeftOver() {
  const Result<PostgresRowSet> found =
      connection_.Query(fmt::format("SELECT nspname FROM pg_namespace WHERE "
                                    "starts_with(nspname, '{}') AND "
                                    "nspowner=current_user::regrole",
                                    kPrefix),
                        kDoing);
  if (!found.ok()) return found.status();
  for (int row = 0; row < found->rows(); ++row) {
    const std::string_view schema = found->text(row, 0);
    const Result<std::string> free =
        connection_.Ask(TryLockSql(schema), kDoing);
    if (!free.ok()) return free.status();
    if (*free != "t") continue;
    TS_RETURN_IF_ERROR(connection_.Run(DropSql(schema), kDoing));
  }
  return Status::Ok();
}

Status PostgresScratch::Make() {
  const std::string name = RandomName();
  const Result<std::string> locked = connection_.Ask(TryLockSql(name), kDoing);
  if (!locked.ok()) return locked.status();
  TS_RETURN_IF_ERROR(
      connection_.Run(fmt::format("CREATE SCHEMA {}", name), kDoing));
  schema_ = name;
  return connection_.Run(fmt::format("SET search_path TO {}", name), kDoing);
}

}  // namespace tillstorm
