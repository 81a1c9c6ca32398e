#include "harness/measure/run_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "harness/measure/run_fields.h"

namespace tillstorm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 2> kModeNames = {"capacity", "rate"};
constexpr std::array<VerdictKind, 4> kVerdicts = {
    VerdictKind::kValid, VerdictKind::kWarnings, VerdictKind::kInvalid,
    VerdictKind::kPartial};
constexpr std::array<std::string_view, 2> kEngineParts = {"execute", "commit"};

std::string_view PartName(size_t index, size_t parts) {
  return parts == kLatencyParts
             ? LatencyPartName(static_cast<LatencyPart>(index))
             : kEngineParts.at(index);
}

// A struct that has a list of fields.
template <class Type>
concept HasFields = requires(const Type& facts) {
  VisitFields([](const char*, const auto&) {}, facts);
};

// --- Writing: one Write() per kind of field. ---

Json Write(const std::string& text) { return text; }
Json Write(bool value) { return value; }
Json Write(std::integral auto value) { return value; }
Json Write(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}
Json Write(BenchMode mode) { return kModeNames.at(static_cast<size_t>(mode)); }
Json Write(VerdictKind kind) { return VerdictName(kind); }

Json Write(const NamedTexts& texts) {
  Json json = Json::object();
  for (const auto& [name, text] : texts) json[name] = text;
  return json;
}

template <HasFields Facts>
Json Write(const Facts& facts);

template <class Value>
Json Write(const std::optional<Value>& value) {
  return value ? Write(*value) : Json(nullptr);
}

template <class Value>
Json Write(const std::vector<Value>& values) {
  Json json = Json::array();
  for (const Value& value : values) json.push_back(Write(value));
  return json;
}

template <size_t kSize>
Json Write(const std::array<LatencyFacts, kSize>& parts) {
  Json json;
  for (size_t i = 0; i < kSize; ++i) {
    json[std::string(PartName(i, kSize))] = Write(parts[i]);
  }
  return json;
}

template <HasFields Facts>
Json Write(const Facts& facts) {
  Json json;
  VisitFields([&json](const char* name,
                      const auto& field) { json[name] = Write(field); },
              facts);
  return json;
}

// --- Reading: one Read() per kind of field. Messages complete "<file>: ". ---

Status Bad(std::string what) {
  return {StatusCode::kBadInput, std::move(what)};
}

Status Mistyped(const std::string& path, const Json& json,
                std::string_view wanted) {
  constexpr size_t kShownMax = 40;
  std::string found = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (found.size() > kShownMax) found = found.substr(0, kShownMax) + "...";
  return Bad(fmt::format("{} is {}, not {}", path, found, wanted));
}

Status Read(const Json& json, const std::string& path, std::string* text) {
  if (!json.is_string()) return Mistyped(path, json, "a text");
  *text = json.get<std::string>();
  return Status::Ok();
}

Status Read(const Json& json, const std::string& path, bool* value) {
  if (!json.is_boolean()) return Mistyped(path, json, "true or false");
  *value = json.get<bool>();
  return Status::Ok();
}

template <std::integral Value>
Status Read(const Json& json, const std::string& path, Value* value) {
  const auto fits = [](auto number) { return std::in_range<Value>(number); };
  const bool good = json.is_number_unsigned()
                        ? fits(json.get<uint64_t>())
                        : json.is_number_integer() && fits(json.get<int64_t>());
  if (!good) {
    return Mistyped(path, json,
                    fmt::format("a whole number from {} to {}",
                                std::numeric_limits<Value>::min(),
                                std::numeric_limits<Value>::max()));
  }
  *value = json.get<Value>();
  return Status::Ok();
}

Status Read(const Json& json, const std::string& path, double* value) {
  if (json.is_null()) {
    *value = std::numeric_limits<double>::quiet_NaN();
    return Status::Ok();
  }
  if (!json.is_number()) return Mistyped(path, json, "a number");
  *value = json.get<double>();
  return Status::Ok();
}

Status Read(const Json& json, const std::string& path, BenchMode* mode) {
  const auto found = std::find(kModeNames.begin(), kModeNames.end(),
                               json.is_string() ? json.get<std::string>() : "");
  if (found == kModeNames.end()) {
    return Mistyped(path, json, "\"capacity\" or \"rate\"");
  }
  *mode = static_cast<BenchMode>(found - kModeNames.begin());
  return Status::Ok();
}

Status Read(const Json& json, const std::string& path, VerdictKind* kind) {
  const std::string name = json.is_string() ? json.get<std::string>() : "";
  const auto found = std::find_if(
      kVerdicts.begin(), kVerdicts.end(),
      [&name](VerdictKind known) { return VerdictName(known) == name; });
  if (found == kVerdicts.end()) {
    return Mistyped(path, json,
                    "VALID, VALID-WITH-WARNINGS, INVALID or PARTIAL");
  }
  *kind = *found;
  return Status::Ok();
}

Status Read(const Json& json, const std::string& path, NamedTexts* texts) {
  if (!json.is_object()) return Mistyped(path, json, "an object of texts");
  texts->clear();
  for (const auto& [name, text] : json.items()) {
    TS_RETURN_IF_ERROR(
        Read(text, path + "." + name, &texts->emplace_back(name, "").second));
  }
  return Status::Ok();
}

template <HasFields Facts>
Status Read(const Json& json, const std::string& path, Facts* facts);

template <size_t kSize>
Status Read(const Json& json, const std::string& path,
            std::array<LatencyFacts, kSize>* parts);

template <class Value>
Status Read(const Json& json, const std::string& path,
            std::optional<Value>* value) {
  value->reset();
  return json.is_null() ? Status::Ok() : Read(json, path, &value->emplace());
}

template <class Value>
Status Read(const Json& json, const std::string& path,
            std::vector<Value>* values) {
  if (!json.is_array()) return Mistyped(path, json, "a list");
  values->clear();
  for (const Json& value : json) {
    const std::string one = fmt::format("{}[{}]", path, values->size());
    TS_RETURN_IF_ERROR(Read(value, one, &values->emplace_back()));
  }
  return Status::Ok();
}

// Takes the members of an object one by one, until one is wrong.
class Members {
 public:
  Members(const Json& json, std::string path)
      : json_(json), prefix_(path.empty() ? "" : path + ".") {
    if (!json.is_object()) {
      status_ = Mistyped(path.empty() ? "the whole" : path, json, "an object");
    }
  }

  template <class Value>
  void Take(std::string_view name, Value* value) {
    if (!status_.ok()) return;
    const std::string path = prefix_ + std::string(name);
    const auto member = json_.find(std::string(name));
    if (member == json_.end()) {
      status_ = Bad(path + " is missing");
      return;
    }
    taken_.insert(std::string(name));
    status_ = Read(*member, path, value);
  }

  // Refuses what nobody took.
  Status Finish() {
    if (!status_.ok()) return status_;
    for (const auto& [name, value] : json_.items()) {
      if (taken_.contains(name)) continue;
      return Bad(prefix_ + name + " is no field of a run");
    }
    return Status::Ok();
  }

 private:
  const Json& json_;
  std::string prefix_;
  std::set<std::string> taken_;
  Status status_;
};

template <size_t kSize>
Status Read(const Json& json, const std::string& path,
            std::array<LatencyFacts, kSize>* parts) {
  Members members(json, path);
  for (size_t i = 0; i < kSize; ++i) {
    members.Take(PartName(i, kSize), &(*parts)[i]);
  }
  return members.Finish();
}

template <HasFields Facts>
Status Read(const Json& json, const std::string& path, Facts* facts) {
  Members members(json, path);
  VisitFields(
      [&members](const char* name, auto& field) { members.Take(name, &field); },
      *facts);
  return members.Finish();
}

}  // namespace

nlohmann::ordered_json RunJson(const RunRecord& record) {
  return Write(record);
}

Result<RunRecord> ReadRunJson(const nlohmann::ordered_json& json,
                              std::string_view shown) {
  RunRecord record;
  if (json.is_object() && json.contains("schema_version") &&
      json["schema_version"] != kRunRecordVersion) {
    return Bad(
        fmt::format("{} has schema_version {}, and this tillstorm reads "
                    "{}",
                    shown, json["schema_version"].dump(), kRunRecordVersion));
  }
  const Status status = Read(json, "", &record);
  if (!status.ok()) return Bad(fmt::format("{}: {}", shown, status.message()));
  return record;
}

}  // namespace tillstorm
