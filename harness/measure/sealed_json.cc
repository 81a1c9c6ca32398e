#include "harness/measure/sealed_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "harness/core/digest.h"
#include "harness/measure/run_json.h"

namespace tillstorm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFiles = "files";
constexpr std::string_view kChecksum = "checksum";

std::string LastLines(std::string_view checksum) {
  return fmt::format("  \"{}\": \"{}\"\n}}\n", kChecksum, checksum);
}

Status Bad(std::string what) {
  return {StatusCode::kBadInput, std::move(what)};
}

// Takes a member that is a text out of an object; empty when it is not there.
std::string TakeText(Json* json, std::string_view name) {
  const auto member = json->find(std::string(name));
  if (member == json->end()) return {};
  std::string text = member->is_string() ? member->get<std::string>() : "";
  json->erase(member);
  return text;
}

FileChecksums TakeFiles(Json* json) {
  FileChecksums files;
  const auto member = json->find(std::string(kFiles));
  if (member == json->end()) return files;
  if (member->is_object()) {
    for (const auto& [name, sum] : member->items()) {
      files[name] = sum.is_string() ? sum.get<std::string>() : "";
    }
  }
  json->erase(member);
  return files;
}

}  // namespace

std::string ChecksumOf(std::string_view text) {
  return Hex(HashBytes(std::as_bytes(std::span(text))));
}

SealedText Seal(const RunRecord& record, const FileChecksums& files) {
  Json json = RunJson(record);
  json[std::string(kFiles)] = files;
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  text.resize(text.size() - 2);  // the line break and the closing brace
  text += ",\n";
  std::string checksum = ChecksumOf(text);
  text += LastLines(checksum);
  return {std::move(text), std::move(checksum)};
}

Result<OpenedSeal> OpenSeal(std::string_view text, std::string_view shown) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return Bad(fmt::format("{} holds no JSON object", shown));
  }
  OpenedSeal opened;
  opened.checksum = TakeText(&json, kChecksum);
  opened.files = TakeFiles(&json);
  const std::string last = LastLines(opened.checksum);
  opened.is_intact =
      text.ends_with(last) &&
      ChecksumOf(text.substr(0, text.size() - last.size())) == opened.checksum;
  Result<RunRecord> record = ReadRunJson(json, shown);
  if (!record.ok()) return record.status();
  opened.record = std::move(*record);
  return opened;
}

}  // namespace tillstorm
