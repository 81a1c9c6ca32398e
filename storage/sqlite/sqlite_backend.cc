#include "storage/sqlite/sqlite_backend.h"

#include <sqlite3.h>

#include <utility>

#include "harness/core/check.h"
#include "storage/sqlite/sqlite_adopt.h"
#include "storage/sqlite/sqlite_ceiling.h"
#include "storage/sqlite/sqlite_query.h"
#include "storage/sqlite/sqlite_reader.h"
#include "storage/sqlite/sqlite_writer.h"

namespace tillstorm {

std::string SqliteVersion() { return sqlite3_libversion(); }

SqliteBackend::SqliteBackend(std::string path, const SqliteOptions& options)
    : path_(std::move(path)), options_(options) {
  TS_CHECK(path_.empty() || path_[0] == '/');
}

Result<std::unique_ptr<Session>> SqliteBackend::Create(
    const CreateOptions& options, const Manifest& manifest,
    const Batch& fleet) {
  if (path_.empty() && throw_away_ == nullptr) {
    Result<std::unique_ptr<ThrowAwayDirectory>> made =
        ThrowAwayDirectory::Create();
    if (!made.ok()) return made.status();
    throw_away_ = std::move(*made);
  }
  Result<std::unique_ptr<DatasetFile>> file = DatasetFile::Create(
      path_.empty() ? throw_away_->path() : path_, options.replace);
  if (!file.ok()) return file.status();
  auto session =
      std::make_unique<SqliteSession>(std::move(*file), options, options_);
  TS_RETURN_IF_ERROR(session->Begin(manifest, fleet));
  return std::unique_ptr<Session>(std::move(session));
}

Result<std::unique_ptr<Session>> SqliteBackend::Adopt(
    const AdoptOptions& options, const MakeAdoption& make) {
  const Result<std::string> path = DatasetPath();
  if (!path.ok()) return path.status();
  Result<std::unique_ptr<DatasetFile>> file = DatasetFile::Open(*path);
  if (!file.ok()) return file.status();
  TS_RETURN_IF_ERROR(AdoptSqlite(**file, options.indexes, make));
  return GoOn(std::move(*file), options.durability);
}

Result<std::unique_ptr<Reader>> SqliteBackend::OpenAdoptable() {
  const Result<std::string> path = DatasetPath();
  if (!path.ok()) return path.status();
  return OpenSqliteAdoptable(*path);
}

Result<std::unique_ptr<Session>> SqliteBackend::Continue(
    const ContinueOptions& options) {
  const Result<std::string> path = DatasetPath();
  if (!path.ok()) return path.status();
  Result<std::unique_ptr<DatasetFile>> file = DatasetFile::Open(*path);
  if (!file.ok()) return file.status();
  return GoOn(std::move(*file), options.durability);
}

Result<std::unique_ptr<Session>> SqliteBackend::GoOn(
    std::unique_ptr<DatasetFile> file, Durability durability) {
  auto session = std::make_unique<SqliteSession>(std::move(file),
                                                 ContinueOptions{durability});
  TS_RETURN_IF_ERROR(session->GoOn());
  return std::unique_ptr<Session>(std::move(session));
}

Result<bool> SqliteBackend::Exists() {
  if (path_.empty() && throw_away_ == nullptr) return false;
  return DatasetFile::Exists(path_.empty() ? throw_away_->path() : path_);
}

Result<std::unique_ptr<Reader>> SqliteBackend::OpenReader() {
  const Result<std::string> path = DatasetPath();
  if (!path.ok()) return path.status();
  return OpenSqliteReader(*path);
}

Result<std::unique_ptr<QuerySession>> SqliteBackend::OpenQueries() {
  const Result<std::string> path = DatasetPath();
  if (!path.ok()) return path.status();
  return OpenSqliteQueries(*path);
}

// Throw-away places are where the dataset is, or will be.
Result<std::unique_ptr<EngineCeiling>> SqliteBackend::OpenCeiling(
    const EngineCeilingOptions& options, const std::atomic<bool>& stop) {
  const std::string folder = path_.substr(0, path_.rfind('/') + 1);
  return std::unique_ptr<EngineCeiling>(
      std::make_unique<SqliteCeiling>(folder, options_, options, stop));
}

Result<std::string> SqliteBackend::DatasetPath() const {
  if (!path_.empty()) return path_;
  if (throw_away_ != nullptr) return throw_away_->path();
  return Status(StatusCode::kBadInput,
                "sqlite: names a new throw-away file, which has no dataset; "
                "give the path of one");
}

std::string SqliteBackend::name() const {
  return path_.empty() ? "a throw-away SQLite file" : path_;
}

}  // namespace tillstorm
