// Dataset rows: the rows of a database that are a dataset's, as its digest sees
// them. Of one that we made these are all. Of an adopted one HOMEPOT's rows of
// the fleet are not ours to know: there are only the devices that take part,
// and of each only `id` and its current state (AppendStateOnly).
//
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_DATASET_ROWS_H_
#define TILLSTORM_HARNESS_DATASET_ROWS_H_

#include <cstddef>
#include <functional>
#include <unordered_set>
#include <vector>

#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

class DatasetRows {
 public:
  // Of the dataset that the reader shows; borrows it.
  [[nodiscard]] static Result<DatasetRows> Open(Reader& reader);

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  // As Reader::ScanTable().
  Status ScanTable(const TableInfo& table,
                   const std::function<bool(const StoredRow&)>& visit);

 private:
  DatasetRows(Reader& reader, Manifest manifest)
      : reader_(&reader), manifest_(std::move(manifest)) {}

  Reader* reader_;
  Manifest manifest_;
  bool is_adopted_ = false;
  std::unordered_set<int64_t> devices_;  // that take part, if it is adopted
  std::vector<std::byte> state_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_DATASET_ROWS_H_
