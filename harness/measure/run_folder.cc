#include "harness/measure/run_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "harness/core/check.h"
#include "harness/measure/hdr_log.h"
#include "harness/measure/intervals_csv.h"
#include "harness/measure/run_files.h"
#include "harness/measure/sealed_json.h"

namespace tillstorm {
namespace {

Status MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return Status::Ok();
  const bool refused = error == std::errc::permission_denied;
  return {refused ? StatusCode::kPermission : StatusCode::kCannotCreate,
          fmt::format("--out: {} cannot be made: {}", path, error.message())};
}

// `20251129T105000Z`
std::string FolderTime(Instant started) {
  std::string text =
      IsoDateTime(Instant(std::chrono::floor<std::chrono::seconds>(started)));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

// Makes the first folder of `base`, `base`-2, `base`-3, ... that nobody has.
Result<std::string> MakeFresh(const std::string& out, const std::string& base) {
  constexpr int kTriesMax = 10'000;
  for (int i = 1; i <= kTriesMax; ++i) {
    std::string name = i == 1 ? base : fmt::format("{}-{}", base, i);
    const std::string path = out + "/" + name;
    if (mkdir(path.c_str(), 0755) == 0) return name;
    if (errno == EEXIST) continue;
    return Status(
        errno == EACCES ? StatusCode::kPermission : StatusCode::kCannotCreate,
        fmt::format("--out: {} cannot be made: {}", path,
                    std::strerror(errno)));
  }
  return Status(StatusCode::kCannotCreate,
                fmt::format("--out: {} has {} runs named {} already", out,
                            kTriesMax, base));
}

}  // namespace

Result<std::unique_ptr<RunFolder>> RunFolder::Create(const std::string& out,
                                                     Instant started,
                                                     std::string_view name,
                                                     RunRecord* record) {
  TS_CHECK(std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-';
  }));
  TS_RETURN_IF_ERROR(MakeDirectories(out));
  Result<std::string> fresh =
      MakeFresh(out, fmt::format("{}-{}", FolderTime(started), name));
  if (!fresh.ok()) return fresh.status();
  record->name = *fresh;
  record->started = IsoDateTime(started);
  record->is_complete = false;
  const std::string path = out + "/" + *fresh;
  Result<AppendFile> intervals =
      AppendFile::Create(path + "/" + std::string(kIntervalsFile));
  if (!intervals.ok()) return intervals.status();
  Result<AppendFile> latency =
      AppendFile::Create(path + "/" + std::string(kLatencyFile));
  if (!latency.ok()) return latency.status();
  TS_RETURN_IF_ERROR(intervals->Append(IntervalsCsvHeader()));
  TS_RETURN_IF_ERROR(latency->Append(HdrLogHeader(
      started, "Latencies of tillstorm bench in nanoseconds, by part")));
  std::unique_ptr<RunFolder> folder(
      new RunFolder(path, std::move(*intervals), std::move(*latency)));
  SealedText sealed = Seal(*record, {});
  TS_RETURN_IF_ERROR(
      ReplaceFile(path + "/" + std::string(kRunFile), sealed.text));
  folder->checksum_ = std::move(sealed.checksum);
  return folder;
}

Status RunFolder::Append(const IntervalSample& sample,
                         const LatencyHistograms& latency) {
  std::string text;
  for (size_t i = 0; i < kLatencyTags; ++i) {
    text += HdrLogText({std::string(LatencyTag(i)), last_s_,
                        std::max(0.0, sample.at_s - last_s_),
                        HistogramOf(latency, i)});
  }
  last_s_ = sample.at_s;
  TS_RETURN_IF_ERROR(latency_.Append(text));
  return intervals_.Append(IntervalsCsvLine(sample));
}

Status RunFolder::Finish(const RunRecord& record) {
  TS_RETURN_IF_ERROR(intervals_.Sync());
  TS_RETURN_IF_ERROR(latency_.Sync());
  const Result<FileChecksums> files = ChecksumsOfRawFiles(path_);
  if (!files.ok()) return files.status();
  SealedText sealed = Seal(record, *files);
  TS_RETURN_IF_ERROR(
      ReplaceFile(path_ + "/" + std::string(kRunFile), sealed.text));
  checksum_ = std::move(sealed.checksum);
  return Status::Ok();
}

}  // namespace tillstorm
