// Digest and verify: what a dataset holds, and whether that is what it should.
//
// ReadDigest() reads every row of every table of the digest. Verify() makes the
// dataset again from its manifest and compares table by table; where a table
// differs it names the first row that does, in time order. Of an adopted
// dataset both see the rows that dataset_rows.h says: that HOMEPOT's own rows
// are as they were is no claim of ours.
//
// Threads: call from one thread; regeneration starts and joins its own.
// Memory: bounded, whatever the size of the dataset.
#ifndef TILLSTORM_HARNESS_VERIFY_H_
#define TILLSTORM_HARNESS_VERIFY_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

struct VerifyProgress {
  std::atomic<int64_t> rows_read{0};
  std::atomic<int64_t> rows_expected{0};
};

[[nodiscard]] Result<Digest> ReadDigest(Reader& reader,
                                        VerifyProgress* progress,
                                        const std::atomic<bool>& stop);

struct TableDifference {
  TableId table{};
  TableDigest expected;
  TableDigest found;
  std::string first_row;  // one sentence about the first row that differs
};

struct VerifyReport {
  Manifest manifest;
  Digest expected;
  Digest found;
  std::vector<TableDifference> differences;  // empty: the dataset is right
};

[[nodiscard]] Result<VerifyReport> Verify(Reader& reader, uint32_t threads,
                                          VerifyProgress* progress,
                                          const std::atomic<bool>& stop);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_VERIFY_H_
