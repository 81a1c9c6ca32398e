#include "storage/postgres/server_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tillstorm {
namespace {

struct Setting {
  std::string_view name;
  std::string_view value;
  bool can_be_set = true;
};

constexpr std::array<Setting, 11> kSettings = {{
    {"checkpoint_timeout", "15min"},
    {"fsync", "on", false},
    {"full_page_writes", "on", false},
    {"max_connections", "100"},
    {"max_wal_senders", "0", false},
    {"max_wal_size", "4GB"},
    {"shared_buffers", "256MB"},
    {"timezone", "UTC", false},
    {"wal_buffers", "16MB"},
    {"wal_compression", "off"},
    // Nobody replicates it: a table that is filled in the transaction that made
    // it needs no log.
    {"wal_level", "minimal", false},
}};

std::string Names() {
  std::string names;
  for (const Setting& setting : kSettings) {
    if (!setting.can_be_set) continue;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", setting.name);
  }
  return names;
}

bool IsValue(std::string_view value) {
  return !value.empty() && value.find_first_not_of(
                               "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789.") == std::string_view::npos;
}

}  // namespace

Result<ServerSettings> MakeServerSettings(
    const std::map<std::string, std::string>& options) {
  ServerSettings settings;
  for (const Setting& setting : kSettings) {
    settings.emplace(setting.name, setting.value);
  }
  for (const auto& [name, value] : options) {
    const auto* const known = std::find_if(
        kSettings.begin(), kSettings.end(),
        [&name = name](const Setting& one) { return one.name == name; });
    if (known == kSettings.end() || !known->can_be_set) {
      return Status(StatusCode::kUsage,
                    fmt::format("a server of our own has no option {}; it has "
                                "{}",
                                name, Names()));
    }
    if (!IsValue(value)) {
      return Status(StatusCode::kUsage,
                    fmt::format("{} of the location must be a number, perhaps "
                                "with a unit, or a word, found '{}'",
                                name, value));
    }
    settings[name] = value;
  }
  return settings;
}

ServerSettings GivenSettings(const ServerSettings& settings) {
  ServerSettings given = settings;
  for (const Setting& setting : kSettings) {
    const auto found = given.find(std::string(setting.name));
    if (found != given.end() && found->second == setting.value) {
      given.erase(found);
    }
  }
  return given;
}

}  // namespace tillstorm
