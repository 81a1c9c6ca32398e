#include "storage/dataset_probe.h"

#include <fmt/format.h>

#include <utility>

namespace tillstorm {
namespace {

constexpr const char* kOther = "choose another location";

std::string ReachText(const Manifest& manifest) {
  if (manifest.intervals.empty()) return "nothing collected yet";
  const Interval& last = manifest.intervals.back();
  return last.close ? fmt::format("collected to {}", IsoDateTime(*last.close))
                    : fmt::format("collected from {} by a run that was cut off",
                                  IsoDateTime(last.opening));
}

}  // namespace

PreflightLine NoDataset(const Status& why) {
  const bool says_cure = why.message().find("; ") != std::string::npos;
  return PreflightLine::Failed(why.code(), kDatasetCheck, why.message(),
                               says_cure ? "" : kOther);
}

void JudgeDataset(const std::string& name, Result<Manifest> manifest,
                  const ProbeNeeds& needs, LocationProbe* probe) {
  if (!manifest.ok()) {
    probe->lines.push_back(NoDataset(manifest.status()));
  } else if (manifest->state != "complete") {
    probe->lines.push_back(PreflightLine::Failed(
        StatusCode::kBadInput, kDatasetCheck,
        fmt::format("{} is not complete: the manifest's state is '{}'", name,
                    manifest->state),
        "make it again or choose another location"));
  } else if (manifest->stream_version != needs.stream_version) {
    probe->lines.push_back(PreflightLine::Failed(
        StatusCode::kBadInput, kDatasetCheck,
        fmt::format("{} has stream version {}; this program makes version {}",
                    name, manifest->stream_version, needs.stream_version),
        kOther));
  } else {
    probe->lines.push_back(PreflightLine::Passed(
        kDatasetCheck,
        fmt::format("{} is a dataset of ours, seed {}, {}; collect goes on "
                    "with it",
                    name, manifest->seed, ReachText(*manifest))));
    probe->manifest = std::move(*manifest);
  }
}

}  // namespace tillstorm
