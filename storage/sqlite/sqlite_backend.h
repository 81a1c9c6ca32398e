// SqliteBackend: a dataset in one SQLite file, or in a throw-away file that
// goes with the backend.
//
// Threads: one; the sessions and readers that it gives have their own rules.
// Ownership: of a throw-away dataset the backend must outlive its sessions and
// readers; otherwise they are independent.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_BACKEND_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_BACKEND_H_

#include <memory>
#include <string>

#include "storage/backend.h"
#include "storage/sqlite/sqlite_file.h"
#include "storage/sqlite/sqlite_setup.h"

namespace tillstorm {

// Of the library that runs, not of the headers it was built with.
[[nodiscard]] std::string SqliteVersion();

class SqliteBackend : public Backend {
 public:
  // `path` is absolute, or empty for a throw-away file. Touches nothing yet.
  SqliteBackend(std::string path, const SqliteOptions& options);

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override;
  Result<std::unique_ptr<Session>> Adopt(const AdoptOptions& options,
                                         const MakeAdoption& make) override;
  Result<std::unique_ptr<Reader>> OpenAdoptable() override;
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override;
  Result<bool> Exists() override;
  Result<std::unique_ptr<Reader>> OpenReader() override;
  Result<std::unique_ptr<QuerySession>> OpenQueries() override;
  Result<std::unique_ptr<EngineCeiling>> OpenCeiling(
      const EngineCeilingOptions& options,
      const std::atomic<bool>& stop) override;
  [[nodiscard]] std::string name() const override;

 private:
  Result<std::unique_ptr<Session>> GoOn(std::unique_ptr<DatasetFile> file,
                                        Durability durability);
  // Where the dataset is; kBadInput for a throw-away one that was not made.
  [[nodiscard]] Result<std::string> DatasetPath() const;

  std::string path_;
  SqliteOptions options_;
  std::unique_ptr<ThrowAwayDirectory> throw_away_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_BACKEND_H_
