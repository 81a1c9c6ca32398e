#include "storage/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/core/digest.h"

namespace tillstorm {
namespace {

constexpr std::string_view kFormat = "2";
constexpr std::array<std::string_view, 9> kKeys = {
    "format",         "ids",  "intervals", "scenario",      "scenario_hash",
    "schema_version", "seed", "state",     "stream_version"};

Status Bad(std::string sentence) {
  return {StatusCode::kBadInput, std::move(sentence)};
}

std::string IntervalsJson(const std::vector<Interval>& intervals) {
  std::string json;
  for (const Interval& interval : intervals) {
    json += fmt::format("{}[{}, {}]", json.empty() ? "[" : ", ",
                        MicrosSinceEpoch(interval.opening),
                        interval.close
                            ? std::to_string(MicrosSinceEpoch(*interval.close))
                            : "null");
  }
  return json.empty() ? "[]" : json + "]";
}

bool IsInstant(const nlohmann::json& value) {
  if (!value.is_number_integer()) return false;
  const auto micros = value.get<int64_t>();
  return micros >= MicrosSinceEpoch(kInstantMin) &&
         micros <= MicrosSinceEpoch(kInstantMax);
}

// What is wrong with one element of `intervals`, or an empty text.
std::string_view ParseInterval(const nlohmann::json& pair,
                               std::vector<Interval>* intervals) {
  if (!pair.is_array() || pair.size() != 2) {
    return "every element must be [opening, close]";
  }
  if (!IsInstant(pair[0]) || !(pair[1].is_null() || IsInstant(pair[1]))) {
    return "an instant must be microseconds between the years 1970 and 9999";
  }
  Interval interval{FromMicros(pair[0].get<int64_t>()), std::nullopt};
  if (!intervals->empty() && (!intervals->back().close ||
                              *intervals->back().close > interval.opening)) {
    return "an interval must open at or after the close of the one before";
  }
  if (!pair[1].is_null()) {
    interval.close = FromMicros(pair[1].get<int64_t>());
    if (*interval.close < interval.opening) {
      return "an interval closes before it opens";
    }
  }
  intervals->push_back(interval);
  return {};
}

Result<std::vector<Interval>> ParseIntervals(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) {
    return Bad("the manifest's intervals are no JSON array");
  }
  std::vector<Interval> intervals;
  for (const nlohmann::json& pair : json) {
    const std::string_view wrong = ParseInterval(pair, &intervals);
    if (!wrong.empty()) {
      return Bad(fmt::format("the manifest's intervals are wrong: {}", wrong));
    }
  }
  return intervals;
}

template <class Number>
Status ParseNumber(const std::map<std::string, std::string>& rows,
                   const std::string& key, Number* number) {
  const std::string& text = rows.at(key);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return Bad(fmt::format(
        "the manifest's {} is '{}'; it must be a whole number", key, text));
  }
  return Status::Ok();
}

// Exactly the keys of this format.
Status CheckKeys(const std::map<std::string, std::string>& rows) {
  const auto format = rows.find("format");
  if (format == rows.end()) return Bad("the manifest lacks its format");
  if (format->second != kFormat) {
    return Bad(fmt::format(
        "the manifest has format '{}'; this program reads format {}",
        format->second, kFormat));
  }
  for (const std::string_view key : kKeys) {
    if (!rows.contains(std::string(key))) {
      return Bad(fmt::format("the manifest lacks its {}", key));
    }
  }
  for (const auto& [key, value] : rows) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return Bad(fmt::format("the manifest has an unknown entry '{}'", key));
    }
  }
  return Status::Ok();
}

}  // namespace

std::map<std::string, std::string> Manifest::ToRows() const {
  return {{"format", std::string(kFormat)},
          {"ids", ids},
          {"intervals", IntervalsJson(intervals)},
          {"scenario", scenario},
          {"scenario_hash", scenario_hash},
          {"schema_version", std::to_string(schema_version)},
          {"seed", std::to_string(seed)},
          {"state", state},
          {"stream_version", std::to_string(stream_version)}};
}

Result<Manifest> Manifest::FromRows(
    const std::map<std::string, std::string>& rows) {
  TS_RETURN_IF_ERROR(CheckKeys(rows));
  Manifest manifest;
  TS_RETURN_IF_ERROR(ParseNumber(rows, "seed", &manifest.seed));
  TS_RETURN_IF_ERROR(
      ParseNumber(rows, "schema_version", &manifest.schema_version));
  TS_RETURN_IF_ERROR(
      ParseNumber(rows, "stream_version", &manifest.stream_version));
  Result<std::vector<Interval>> intervals =
      ParseIntervals(rows.at("intervals"));
  if (!intervals.ok()) return intervals.status();
  manifest.intervals = std::move(*intervals);
  manifest.scenario = rows.at("scenario");
  manifest.scenario_hash = rows.at("scenario_hash");
  manifest.ids = rows.at("ids");
  manifest.state = rows.at("state");
  const std::string hash =
      Hex(HashBytes(std::as_bytes(std::span(manifest.scenario))));
  if (hash != manifest.scenario_hash) {
    return Bad(fmt::format(
        "the manifest's scenario has the hash {} but is recorded with {}", hash,
        manifest.scenario_hash));
  }
  if (manifest.state.empty()) return Bad("the manifest's state is empty");
  return manifest;
}

}  // namespace tillstorm
