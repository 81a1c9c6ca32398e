// The text of run.json: a record, the checksums of the raw files beside it, and
// last its own, which is XXH3-128 of every line above it. So
//
//   head -n -2 run.json | xxh128sum
//
// prints what the line before the last one holds.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_SEALED_JSON_H_
#define TILLSTORM_HARNESS_MEASURE_SEALED_JSON_H_

#include <map>
#include <string>
#include <string_view>

#include "harness/core/status.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

// Name of a file to 32 hex digits of its text.
using FileChecksums = std::map<std::string, std::string>;

[[nodiscard]] std::string ChecksumOf(std::string_view text);

struct SealedText {
  std::string text;
  std::string checksum;
};
[[nodiscard]] SealedText Seal(const RunRecord& record,
                              const FileChecksums& files);

struct OpenedSeal {
  RunRecord record;
  FileChecksums files;
  std::string checksum;  // as it is written; empty without one
  bool is_intact = false;
};
// kBadInput for what is no record; a checksum that does not fit is no error
// here. `shown` is what messages call the file.
[[nodiscard]] Result<OpenedSeal> OpenSeal(std::string_view text,
                                          std::string_view shown);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_SEALED_JSON_H_
