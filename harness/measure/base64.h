// Base64 of RFC 4648, with padding and without line breaks.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_BASE64_H_
#define TILLSTORM_HARNESS_MEASURE_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace tillstorm {

[[nodiscard]] std::string EncodeBase64(std::string_view bytes);
// Nothing when `text` is not the encoding of any bytes.
[[nodiscard]] std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_BASE64_H_
