// CollectReport: what a collection did, for people or as JSON.
//
// Threads: a pure function.
#ifndef TILLSTORM_HARNESS_COLLECT_REPORT_H_
#define TILLSTORM_HARNESS_COLLECT_REPORT_H_

#include <string>

#include "harness/collect.h"
#include "storage/location.h"

namespace tillstorm {

[[nodiscard]] std::string CollectReport(const Location& location,
                                        const CollectOptions& options,
                                        const CollectSummary& summary,
                                        bool json);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COLLECT_REPORT_H_
