// ModelBackend: a dataset in memory, as simple as it can be: the oracle that
// the real backends are compared with.
//
// It trusts nothing. Of each update it finds the row, checks that its hash is
// the update's hash before, and afterwards that the changed row has the hash
// after; so it proves that agents fold their rows as they should. A batch that
// breaks anything leaves no trace. Nor does it take a row whose parent is not
// there, so that lanes that overtake each other are found out.
//
// Threads: those of its sessions may apply batches at the same time, one after
// the other. Everything that reads is for one thread, while nobody writes. The
// backend must outlive its sessions and readers.
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
#include "harness/core/mutex.h"
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
  [[nodiscard]] int max_lanes() const override { return kLanesMax; }
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

  Mutex mutex_;  // held by a session while it changes anything
  std::array<Rows, kTableCount> tables_;
  std::optional<Manifest> manifest_;
  std::array<int64_t, kTableCount> next_ids_{};  // that the writer gives
  bool finished_ = false;  // visible: only `bulk` in one lane waits for that
  int sessions_ = 0;       // that are there: one writer and its lanes
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_MODEL_MODEL_BACKEND_H_
