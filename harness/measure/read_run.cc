// The reading half of run_folder.h.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "harness/measure/run_files.h"
#include "harness/measure/run_folder.h"
#include "harness/measure/sealed_json.h"
#include "harness/measure/verdict.h"
#include "harness/version.h"

namespace tillstorm {
namespace {

// What is wrong with the checksums; empty: nothing.
std::string BrokenSeal(const OpenedSeal& opened, const RawFiles& raw) {
  if (!opened.is_intact) {
    return fmt::format("{} is not what its checksum says", kRunFile);
  }
  // A run that was killed left the record of its beginning.
  if (!opened.record.is_complete && opened.files.empty()) return {};
  for (const auto& [name, checksum] : raw.checksums) {
    const auto said = opened.files.find(name);
    if (said != opened.files.end() && said->second == checksum) continue;
    return fmt::format("{} is not what the checksum in {} says", name,
                       kRunFile);
  }
  return {};
}

// The rules of this program may be others than those of the one that ran.
void JudgeAgain(RunRecord* record) {
  VerdictFacts judged = Judge(*record);
  const VerdictKind said = record->verdict.kind;
  const bool differs = record->is_complete && said != judged.kind;
  record->verdict = std::move(judged);
  if (!differs) return;
  const std::string sentence =
      fmt::format("{} says {}, its figures say {}", kRunFile, VerdictName(said),
                  VerdictName(record->verdict.kind));
  if (record->build.version == Version() &&
      record->build.commit == SourceCommit()) {
    MarkEdited(sentence, record);
  } else {
    VerdictFacts& verdict = record->verdict;
    verdict.warnings.push_back({"judged-anew", sentence});
    if (verdict.kind == VerdictKind::kValid) {
      verdict.kind = VerdictKind::kWarnings;
    }
  }
}

}  // namespace

Result<StoredRun> ReadRunFolder(const std::string& path) {
  const std::string file = fmt::format("{}/{}", path, kRunFile);
  const Result<std::string> text = ReadWholeFile(file);
  if (!text.ok()) return text.status();
  Result<OpenedSeal> opened = OpenSeal(*text, file);
  if (!opened.ok()) return opened.status();
  const Result<RawFiles> raw = ReadRawFiles(path);
  if (!raw.ok()) return raw.status();

  StoredRun run{std::move(opened->record), opened->checksum};
  std::string edited = BrokenSeal(*opened, *raw);
  if (run.record.is_complete) {
    const std::string difference = CheckAgainstRawFiles(*raw, &run.record);
    if (edited.empty()) edited = difference;
  } else {
    FillFromRawFiles(*raw, &run.record);
    if (edited.empty()) edited = raw->error;
  }
  JudgeAgain(&run.record);
  if (!edited.empty()) MarkEdited(std::move(edited), &run.record);
  return run;
}

void MarkEdited(std::string sentence, RunRecord* record) {
  VerdictFacts& verdict = record->verdict;
  verdict.kind = VerdictKind::kInvalid;
  verdict.headline = "not to be believed: " + sentence;
  verdict.reasons.insert(verdict.reasons.begin(),
                         {"edited", std::move(sentence)});
  verdict.withholds_rate = true;
  verdict.withholds_percentiles = true;
}

}  // namespace tillstorm
