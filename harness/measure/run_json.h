// RunRecord <-> JSON: run.json without its checksums (run_folder.h). The names
// of the fields are those of run_fields.h; results/README.md documents them.
//
// A field that is unknown on the machine of the run is null, and so is a number
// that is none (an infinite one, for example). Texts that are no UTF-8 are
// repaired in writing. Intervals are not in it: see intervals_csv.h.
//
// Threads: pure functions.
// Errors: kBadInput with one sentence that names the field by its path
// (`rates.slope_per_s`): missing, unknown, or of the wrong type.
#ifndef TILLSTORM_HARNESS_MEASURE_RUN_JSON_H_
#define TILLSTORM_HARNESS_MEASURE_RUN_JSON_H_

#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/core/status.h"
#include "harness/measure/run_record.h"

namespace tillstorm {

[[nodiscard]] nlohmann::ordered_json RunJson(const RunRecord& record);

// `shown` is what messages call the file. A record of another schema version is
// refused as such.
[[nodiscard]] Result<RunRecord> ReadRunJson(const nlohmann::ordered_json& json,
                                            std::string_view shown);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_RUN_JSON_H_
