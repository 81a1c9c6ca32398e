#include "harness/core/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>

namespace tillstorm {

Hash128 HashBytes(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

std::string Hex(const Hash128& hash) {
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

bool ParseHex(std::string_view text, Hash128* hash) {
  if (text.size() != 32) return false;
  const auto parse = [](std::string_view half, uint64_t* value) {
    const auto [end, error] =
        std::from_chars(half.data(), half.data() + half.size(), *value, 16);
    return error == std::errc{} && end == half.data() + half.size();
  };
  return parse(text.substr(0, 16), &hash->high) &&
         parse(text.substr(16), &hash->low);
}

void Digest::Add(const Digest& delta) {
  for (size_t i = 0; i < kTableCount; ++i) {
    tables_[i].rows += delta.tables_[i].rows;
    tables_[i].sum += delta.tables_[i].sum;
  }
}

int64_t Digest::rows() const {
  int64_t rows = 0;
  for (const TableDigest& table : tables_) rows += table.rows;
  return rows;
}

Hash128 Digest::Total() const {
  std::string lines;
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    const TableDigest& entry = tables_[Index(table.id)];
    lines += fmt::format("{} {} {}\n", table.name, entry.rows, Hex(entry.sum));
  }
  return HashBytes(std::as_bytes(std::span(lines)));
}

std::string Digest::Json() const {
  std::string json;
  for (const TableInfo& table : AllTables()) {
    const TableDigest& entry = tables_[Index(table.id)];
    if (entry == TableDigest{}) continue;
    json += fmt::format(R"({}"{}": {{"rows": {}, "sum": "{}"}})",
                        json.empty() ? "{" : ", ", table.name, entry.rows,
                        Hex(entry.sum));
  }
  return json.empty() ? "{}" : json + "}";
}

}  // namespace tillstorm
