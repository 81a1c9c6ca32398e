// ModelBackend: a dataset in memory, as simple as it can be: the oracle that
// the real backends are compared with.
//
// It trusts nothing. Of each update it finds the row, checks that its hash is
// the update's hash before, and afterwards that the changed row has the hash
// after; so it proves that agents fold their rows as they should. A batch that
// breaks anything leaves no trace.
//
// Threads: one. The backend must outlive its sessions and readers.
// Memory: every row. Not for large datasets.
#ifndef TILLSTORM_STORAGE_MODEL_MODEL_BACKEND_H_
#define TILLSTORM_STORAGE_MODEL_MODEL_BACKEND_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/row_codec.h"
#include "storage/backend.h"

namespace tillstorm {

class ModelBackend : public Backend {
 public:
  // The encoding of a row.
  using Row = std::vector<std::byte>;
  // Rows by `id`; of a table without one by their number, from 1.
  using Rows = std::map<int64_t, Row>;

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override;
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override;
  Result<bool> Exists() override { return manifest_ && finished_; }
  Result<std::unique_ptr<Reader>> OpenReader() override;
  [[nodiscard]] std::string name() const override { return "the model"; }

  // What is there now, finished or not.
  [[nodiscard]] const Rows& rows(TableId table) const {
    return tables_[Index(table)];
  }
  // A row with its columns; texts point into the backend. nullopt if missing.
  [[nodiscard]] std::optional<std::vector<ValueView>> Find(TableId table,
                                                           int64_t id) const;
  // Counted from the rows.
  [[nodiscard]] Digest ComputeDigest() const;

 private:
  friend class ModelSession;

  std::array<Rows, kTableCount> tables_;
  std::optional<Manifest> manifest_;
  bool finished_ = false;  // at every level but bulk from the start
  bool written_ = false;   // by a session that is there
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_MODEL_MODEL_BACKEND_H_
