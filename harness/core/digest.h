// Digest: an order-free fingerprint of what a dataset holds.
//
// Per table: the number of rows, and the sum modulo 2^128 of the XXH3-128 hash
// (seed 0) of each row's canonical encoding (row_codec.h). An insert adds its
// hash, an update adds (after - before). Of the whole dataset: XXH3-128 of one
// line `<table> <rows> <sum as 32 hex digits>\n` per table of the digest, in
// TableId order, tables without rows included.
//
// A sum, not an XOR: XOR would cancel duplicates.
//
// Threads: values; one owner each. Merge with Add().
#ifndef TILLSTORM_HARNESS_CORE_DIGEST_H_
#define TILLSTORM_HARNESS_CORE_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/schema.h"

namespace tillstorm {

// 128 bits with arithmetic modulo 2^128.
struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;
  Hash128& operator+=(const Hash128& other) {
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
    return *this;
  }
  Hash128& operator-=(const Hash128& other) {
    high -= other.high + (low < other.low ? 1 : 0);
    low -= other.low;
    return *this;
  }
};

[[nodiscard]] Hash128 HashBytes(std::span<const std::byte> bytes);
// 32 lower-case hex digits, most significant first.
[[nodiscard]] std::string Hex(const Hash128& hash);
[[nodiscard]] bool ParseHex(std::string_view text, Hash128* hash);

struct TableDigest {
  int64_t rows = 0;  // may be negative in a delta
  Hash128 sum;
  friend bool operator==(const TableDigest&, const TableDigest&) = default;
};

class Digest {
 public:
  void AddInsert(TableId table, const Hash128& hash) {
    TableDigest& entry = tables_[Index(table)];
    ++entry.rows;
    entry.sum += hash;
  }
  void AddUpdate(TableId table, const Hash128& before, const Hash128& after) {
    TableDigest& entry = tables_[Index(table)];
    entry.sum += after;
    entry.sum -= before;
  }
  void Add(const Digest& delta);

  [[nodiscard]] const TableDigest& table(TableId id) const {
    return tables_[Index(id)];
  }
  // Rows of all tables of the digest.
  [[nodiscard]] int64_t rows() const;
  // The fingerprint of the whole dataset.
  [[nodiscard]] Hash128 Total() const;
  // Changed tables as a JSON object: {"devices": {"rows": 1, "sum": "<hex>"}}.
  [[nodiscard]] std::string Json() const;

  friend bool operator==(const Digest&, const Digest&) = default;

 private:
  std::array<TableDigest, kTableCount> tables_{};
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_DIGEST_H_
