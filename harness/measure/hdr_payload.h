// A histogram as HdrHistogram writes it (its encoding "V2, compressed, base64",
// which begins with HISTF): what a histogram log holds and other programs read.
//
// All numbers big-endian. Compressed: cookie 0x1c849314, length, a zlib stream
// of: cookie 0x1c849313, payload length, offset 0, digits (32 bits
// each), lowest, highest (64 bits each), 1.0 (a double), and the payload: the
// count of each bucket from the first to the last that is not zero, a run of
// zeros as its negated length, each a zigzag LEB128 of at most 9 bytes.
//
// The format holds neither what was out of range nor the exact maximum; a
// histogram log adds them (hdr_log.h).
//
// Threads: pure functions.
// Errors: kBadInput; the sentence completes "<where> ...".
#ifndef TILLSTORM_HARNESS_MEASURE_HDR_PAYLOAD_H_
#define TILLSTORM_HARNESS_MEASURE_HDR_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/histogram.h"
#include "harness/core/status.h"

namespace tillstorm {

struct HdrCounts {
  HistogramLayout layout;
  std::vector<int64_t> counts;  // by bucket, without the zeros at the end
};

[[nodiscard]] std::string EncodeHdrPayload(const Histogram& histogram);
// Takes layouts that HistogramLayout takes: 1 to 5 digits.
[[nodiscard]] Result<HdrCounts> DecodeHdrPayload(std::string_view base64);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_HDR_PAYLOAD_H_
