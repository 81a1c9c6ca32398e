// Row structs of tillstorm's own tables. Ground truth is part of the dataset;
// manifest and ledger describe it and are outside the digest.
#ifndef TILLSTORM_HARNESS_CORE_ROWS_DATASET_H_
#define TILLSTORM_HARNESS_CORE_ROWS_DATASET_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "harness/core/column.h"
#include "harness/core/schema.h"

namespace tillstorm {

// One injected fault. The label that HOMEPOT's own columns never carry.
struct TruthRow {
  static constexpr TableId kTable = TableId::kTruth;

  Instant timestamp{};           // max(onset, opening of the interval)
  std::string_view kind{};       // such as memory_leak; see agents/fault.h
  std::string_view entity_type;  // device or site
  std::string_view entity_id;    // the string id of that device or site
  Instant onset{};               // the first effect, however small
  Instant first_sign{};          // when an observer could see it
  Instant failing_from{};        // checks fail from here on
  Instant planned_end{};         // back to normal
  double severity = 0;           // 0..1, scales every effect of the fault

  static constexpr auto Columns() {
    using R = TruthRow;
    return std::tuple{kWriterIdNoIndex,
                      Column("timestamp", &R::timestamp, kNaive.Index()),
                      Column("kind", &R::kind, Varchar(50)),
                      Column("entity_type", &R::entity_type, Varchar(20)),
                      Column("entity_id", &R::entity_id, Varchar(100).Index()),
                      Column("onset", &R::onset, kNaive),
                      Column("first_sign", &R::first_sign, kNaive),
                      Column("failing_from", &R::failing_from, kNaive),
                      Column("planned_end", &R::planned_end, kNaive),
                      Column("severity", &R::severity, kReal)};
  }
};

// One fact about the dataset; storage/manifest.h names the keys.
struct ManifestRow {
  static constexpr TableId kTable = TableId::kManifest;

  std::string_view key{};
  std::string_view value{};

  static constexpr auto Columns() {
    using R = ManifestRow;
    return std::tuple{Column("key", &R::key, Varchar(50)),
                      Column("value", &R::value, kText)};
  }
};

// One committed batch; storage/ledger.h explains the fields.
struct LedgerRow {
  static constexpr TableId kTable = TableId::kLedger;

  int32_t lane = 0;
  int32_t batch = 0;
  int32_t run = 0;
  int32_t rows = 0;
  Bytes owners{};
  Json digest_delta{};

  static constexpr auto Columns() {
    using R = LedgerRow;
    return std::tuple{Column("lane", &R::lane, kInt),
                      Column("batch", &R::batch, kInt),
                      Column("run", &R::run, kInt),
                      Column("rows", &R::rows, kInt),
                      Column("owners", &R::owners, kBlob),
                      Column("digest_delta", &R::digest_delta, kJsonText)};
  }
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_ROWS_DATASET_H_
