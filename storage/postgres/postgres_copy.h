// PostgreSQL's binary form of rows, from and to the canonical encoding
// (harness/core/row_codec.h), for COPY ... WITH (FORMAT binary), for binary
// parameters and for binary cursors.
//
// A column has exactly one type here: INTEGER int4, FLOAT float8, BOOLEAN bool,
// VARCHAR varchar, TEXT text, JSON json, DATETIME timestamp or timestamptz,
// TIME time, BLOB bytea. COPY takes no other: the types of the table must have
// been checked (postgres_open.h).
//
// Threads: values; one owner each.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_COPY_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_COPY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/column.h"
#include "harness/core/schema.h"

namespace tillstorm {

// What a binary COPY begins and ends with.
[[nodiscard]] std::string_view CopyHeader();
[[nodiscard]] std::string_view CopyTrailer();

// Encodes payloads of events of one table and kind.
class CopyRow {
 public:
  // Whole rows: every column, in table order.
  [[nodiscard]] static CopyRow OfInserts(const TableInfo& table);
  // `id` and the columns that can change.
  [[nodiscard]] static CopyRow OfUpdates(const TableInfo& table);

  // Names of its columns, separated by commas.
  [[nodiscard]] const std::string& columns() const { return columns_; }
  [[nodiscard]] size_t column_count() const { return types_.size(); }

  // Bytes that a row of such a payload takes at most.
  [[nodiscard]] size_t SizeMax(Bytes payload) const {
    // A value grows by three bytes at most, a writer-given id has eight.
    return 2 + payload.size() + 3 * types_.size() + 8;
  }
  // Writes the row and returns the position after it. `id` is what the writer
  // gives; of no use where the payload carries it.
  // REQUIRES: SizeMax(payload) bytes at `out`.
  char* Encode(Bytes payload, int32_t id, char* out) const;

 private:
  void Add(const ColumnInfo& column, bool is_given);

  std::vector<ColumnType> types_;
  int given_ = -1;  // position of the id that the writer gives, or -1
  std::string columns_;
};

// Appends the canonical encoding of a value in binary form. What has no place
// in it, such as the instant `infinity`, is kept apart as foreign.
void AppendDecoded(ColumnType type, std::string_view value,
                   std::vector<std::byte>* out);
void AppendDecodedNull(std::vector<std::byte>* out);

// An int4 in binary form.
[[nodiscard]] int32_t DecodeInt4(std::string_view value);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_COPY_H_
