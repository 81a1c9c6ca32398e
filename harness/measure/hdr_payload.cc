#include "harness/measure/hdr_payload.h"

#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "harness/core/check.h"
#include "harness/measure/base64.h"

namespace tillstorm {
namespace {

constexpr uint32_t kCookie = 0x1c849313;
constexpr uint32_t kCompressedCookie = 0x1c849314;
// The low digit of a cookie's second byte is the size of a count's word, which
// does not matter here.
constexpr uint32_t kCookieMask = ~uint32_t{0xf0};
constexpr size_t kHeaderSize = 40;
constexpr size_t kInflatedMax = size_t{64} << 20;

Status Bad(std::string what) {
  return {StatusCode::kBadInput, std::move(what)};
}

void PutBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = bytes - 1; i >= 0; --i) {
    *out += static_cast<char>(value >> (8 * i) & 0xff);
  }
}

uint64_t GetBigEndian(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (const char c : bytes.substr(at, size)) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

void PutZigZag(int64_t value, std::string* out) {
  uint64_t bits =
      static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
  for (int i = 0; i < 8 && bits >= 0x80; ++i) {
    *out += static_cast<char>(0x80 | (bits & 0x7f));
    bits >>= 7;
  }
  *out += static_cast<char>(bits);  // a ninth byte has all its eight bits
}

// Takes a number off the front of `bytes`; nothing when it is cut off.
std::optional<int64_t> TakeZigZag(std::string_view* bytes) {
  uint64_t bits = 0;
  for (int i = 0; i < 9; ++i) {
    if (bytes->empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(bytes->front());
    bytes->remove_prefix(1);
    if (i == 8 || byte < 0x80) {
      bits |= uint64_t{byte} << (7 * i);
      break;
    }
    bits |= uint64_t{byte & 0x7fU} << (7 * i);
  }
  return static_cast<int64_t>(bits >> 1 ^ (~(bits & 1) + 1));
}

std::string CountsPayload(std::span<const int64_t> counts) {
  while (!counts.empty() && counts.back() == 0) {
    counts = counts.first(counts.size() - 1);
  }
  std::string payload;
  int64_t zeros = 0;
  for (const int64_t count : counts) {
    if (count == 0) {
      ++zeros;
      continue;
    }
    // A single zero is a count like any other.
    if (zeros > 0) PutZigZag(zeros == 1 ? 0 : -zeros, &payload);
    zeros = 0;
    PutZigZag(count, &payload);
  }
  return payload;
}

std::string Deflate(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string compressed(size, '\0');
  const int code =
      compress(reinterpret_cast<Bytef*>(compressed.data()), &size,
               reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  TS_CHECK(code == Z_OK);  // it has room; what is left is no memory
  compressed.resize(size);
  return compressed;
}

std::optional<std::string> Inflate(std::string_view bytes) {
  z_stream stream = {};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int code = Z_OK;
  while (code == Z_OK && out.size() < kInflatedMax) {
    constexpr size_t kStep = size_t{64} << 10;
    const size_t before = out.size();
    out.resize(before + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = kStep;
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + kStep - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return std::nullopt;
  return out;
}

Result<std::string> Uncompressed(std::string_view base64) {
  const std::optional<std::string> bytes = DecodeBase64(base64);
  if (!bytes) return Bad("is no base64");
  if (bytes->size() < 8 || (GetBigEndian(*bytes, 0, 4) & kCookieMask) !=
                               (kCompressedCookie & kCookieMask)) {
    return Bad("is no compressed histogram of HdrHistogram V2");
  }
  const uint64_t size = GetBigEndian(*bytes, 4, 4);
  if (size != bytes->size() - 8) {
    return Bad(fmt::format("says that it has {} compressed bytes, and has {}",
                           size, bytes->size() - 8));
  }
  std::optional<std::string> inflated =
      Inflate(std::string_view(*bytes).substr(8));
  if (!inflated) return Bad("is no zlib stream that can be read");
  if (inflated->size() < kHeaderSize ||
      (GetBigEndian(*inflated, 0, 4) & kCookieMask) !=
          (kCookie & kCookieMask)) {
    return Bad("holds no histogram of HdrHistogram V2");
  }
  return std::move(*inflated);
}

Result<HistogramLayout> ReadLayout(std::string_view header) {
  constexpr int64_t kHighestMax = int64_t{1} << 61;
  // The offset at 8 moves no count of the payload: hdr-histogram-js writes 1,
  // all others 0.
  const uint64_t digits = GetBigEndian(header, 12, 4);
  const auto lowest = static_cast<int64_t>(GetBigEndian(header, 16, 8));
  const auto highest = static_cast<int64_t>(GetBigEndian(header, 24, 8));
  // A resolution of 2^40 leaves room for 18 bits of digits.
  if (digits < 1 || digits > 5 || lowest < 1 || lowest >= int64_t{1} << 40 ||
      highest / 2 < lowest || highest > kHighestMax) {
    return Bad(fmt::format(
        "has values from {} to {} with {} digits; 1 to 5 digits of values "
        "from at least 1 to at least twice that are right",
        lowest, highest, digits));
  }
  return HistogramLayout(lowest, highest, static_cast<int>(digits));
}

// The counts, as far as their sum is a number.
Status ReadCounts(std::string_view payload, size_t buckets,
                  std::vector<int64_t>* counts) {
  int64_t sum = 0;
  while (!payload.empty()) {
    const std::optional<int64_t> value = TakeZigZag(&payload);
    if (!value) return Bad("ends inside a count");
    const auto left = static_cast<int64_t>(buckets - counts->size());
    if (*value < -left || left == 0) {
      return Bad("has more counts than its range has buckets");
    }
    if (*value < 0) {
      counts->resize(counts->size() + static_cast<size_t>(-*value));
      continue;
    }
    if (*value > std::numeric_limits<int64_t>::max() / 2 - sum) {
      return Bad("counts more than anybody can record");
    }
    sum += *value;
    counts->push_back(*value);
  }
  return Status::Ok();
}

}  // namespace

std::string EncodeHdrPayload(const Histogram& histogram) {
  const HistogramLayout& layout = histogram.layout();
  const std::string payload = CountsPayload(histogram.counts());
  std::string bytes;
  PutBigEndian(kCookie, 4, &bytes);
  PutBigEndian(payload.size(), 4, &bytes);
  PutBigEndian(0, 4, &bytes);
  PutBigEndian(static_cast<uint64_t>(layout.digits()), 4, &bytes);
  PutBigEndian(static_cast<uint64_t>(layout.lowest()), 8, &bytes);
  PutBigEndian(static_cast<uint64_t>(layout.highest()), 8, &bytes);
  PutBigEndian(std::bit_cast<uint64_t>(1.0), 8, &bytes);
  const std::string compressed = Deflate(bytes + payload);
  std::string envelope;
  PutBigEndian(kCompressedCookie, 4, &envelope);
  PutBigEndian(compressed.size(), 4, &envelope);
  return EncodeBase64(envelope + compressed);
}

Result<HdrCounts> DecodeHdrPayload(std::string_view base64) {
  const Result<std::string> bytes = Uncompressed(base64);
  if (!bytes.ok()) return bytes.status();
  const Result<HistogramLayout> layout = ReadLayout(*bytes);
  if (!layout.ok()) return layout.status();
  const std::string_view payload = std::string_view(*bytes).substr(kHeaderSize);
  const uint64_t size = GetBigEndian(*bytes, 4, 4);
  if (size != payload.size()) {
    return Bad(
        fmt::format("says that its counts take {} bytes, and they take "
                    "{}",
                    size, payload.size()));
  }
  HdrCounts histogram{*layout, {}};
  TS_RETURN_IF_ERROR(ReadCounts(payload, layout->buckets(), &histogram.counts));
  return histogram;
}

}  // namespace tillstorm
