#include "storage/postgres/postgres_url.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

namespace tillstorm {
namespace {

constexpr std::string_view kForm =
    "it must be postgresql://[user@]host[:port]/database[?setting=value&...]";

using ConnectionSettings =
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Status Usage(std::string sentence) {
  return {StatusCode::kUsage, std::move(sentence)};
}

// libpq's own words, unless they could repeat part of a forgotten password.
Status NoUrl(std::string error) {
  constexpr std::string_view kUnknown = "invalid URI query parameter:";
  while (error.ends_with('\n')) error.pop_back();
  return Usage(fmt::format("the location is no connection URL{}{}; {}",
                           error.starts_with(kUnknown) ? ": " : "",
                           error.starts_with(kUnknown) ? error : "", kForm));
}

// One port, or one per host.
bool IsPorts(std::string_view value) {
  return value.find_first_not_of("0123456789,") == std::string_view::npos;
}

Status CheckSettings(const PQconninfoOption* settings) {
  for (; settings->keyword != nullptr; ++settings) {
    if (settings->val == nullptr) continue;
    const std::string_view keyword = settings->keyword;
    if (*settings->dispchar == '*') {
      return Usage(fmt::format(
          "the location sets {}, which other users of this machine could read; "
          "leave it out and give it in a service file",
          keyword));
    }
    // Without its at sign a password stands in the port's place.
    if (keyword == "port" && !IsPorts(settings->val)) {
      return Usage(fmt::format("the location's port is no number; {}", kForm));
    }
  }
  return Status::Ok();
}

// The URL with no settings but those that say which database it is.
std::string DisplayName(std::string_view url) {
  constexpr std::array<std::string_view, 7> kShown = {
      "host", "hostaddr", "port", "dbname", "user", "service", "sslmode"};
  const size_t question = url.find('?');
  std::string name(url.substr(0, question));
  if (question == std::string_view::npos) return name;
  char separator = '?';
  for (std::string_view rest = url.substr(question + 1); !rest.empty();) {
    const std::string_view setting = rest.substr(0, rest.find('&'));
    const std::string_view keyword = setting.substr(0, setting.find('='));
    if (std::find(kShown.begin(), kShown.end(), keyword) != kShown.end()) {
      name += separator;
      name += setting;
      separator = '&';
    }
    rest.remove_prefix(std::min(rest.size(), setting.size() + 1));
  }
  return name;
}

}  // namespace

std::string LibpqVersion() {
  const int version = PQlibVersion();
  return fmt::format("{}.{}", version / 10'000, version % 10'000);
}

Result<PostgresTarget> ParsePostgresUrl(std::string_view url) {
  PostgresTarget target;
  target.conninfo = url;
  char* error = nullptr;
  const ConnectionSettings settings(
      PQconninfoParse(target.conninfo.c_str(), &error), &PQconninfoFree);
  if (settings == nullptr) {
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(error, &PQfreemem);
    return NoUrl(error == nullptr ? "" : error);
  }
  TS_RETURN_IF_ERROR(CheckSettings(settings.get()));
  target.display_name = DisplayName(url);
  return target;
}

}  // namespace tillstorm
