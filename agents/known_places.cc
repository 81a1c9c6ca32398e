#include "agents/known_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

// Rules of 2026, from the IANA time zone database.
constexpr std::string_view kEastern = "EST5EDT,M3.2.0,M11.1.0";
constexpr std::string_view kCentral = "CST6CDT,M3.2.0,M11.1.0";
constexpr std::string_view kMountain = "MST7MDT,M3.2.0,M11.1.0";
constexpr std::string_view kPacific = "PST8PDT,M3.2.0,M11.1.0";
constexpr std::string_view kBritish = "GMT0BST,M3.5.0/1,M10.5.0";
constexpr std::string_view kCentralEurope = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr std::string_view kEastEurope = "EET-2EEST,M3.5.0/3,M10.5.0/4";
constexpr std::string_view kSouthEastAustralia = "AEST-10AEDT,M10.1.0,M4.1.0/3";
constexpr std::string_view kIndia = "IST-5:30";
constexpr std::string_view kChina = "CST-8";

struct City {
  std::string_view name;
  std::string_view time_zone;
};
constexpr std::array<City, 56> kCities = {{
    {"New York", kEastern},
    {"Boston", kEastern},
    {"Philadelphia", kEastern},
    {"Washington", kEastern},
    {"Atlanta", kEastern},
    {"Miami", kEastern},
    {"Toronto", kEastern},
    {"Chicago", kCentral},
    {"Dallas", kCentral},
    {"Houston", kCentral},
    {"Austin", kCentral},
    {"Denver", kMountain},
    {"Phoenix", "MST7"},
    {"Los Angeles", kPacific},
    {"San Francisco", kPacific},
    {"San Diego", kPacific},
    {"Seattle", kPacific},
    {"Vancouver", kPacific},
    {"Mexico City", "CST6"},
    {"Sao Paulo", "BRT3"},
    {"London", kBritish},
    {"Uxbridge", kBritish},
    {"Manchester", kBritish},
    {"Birmingham", kBritish},
    {"Edinburgh", kBritish},
    {"Dublin", "GMT0IST,M3.5.0/1,M10.5.0"},
    {"Lisbon", "WET0WEST,M3.5.0/1,M10.5.0"},
    {"Berlin", kCentralEurope},
    {"Munich", kCentralEurope},
    {"Hamburg", kCentralEurope},
    {"Paris", kCentralEurope},
    {"Madrid", kCentralEurope},
    {"Barcelona", kCentralEurope},
    {"Rome", kCentralEurope},
    {"Milan", kCentralEurope},
    {"Amsterdam", kCentralEurope},
    {"Brussels", kCentralEurope},
    {"Vienna", kCentralEurope},
    {"Zurich", kCentralEurope},
    {"Stockholm", kCentralEurope},
    {"Copenhagen", kCentralEurope},
    {"Warsaw", kCentralEurope},
    {"Athens", kEastEurope},
    {"Helsinki", kEastEurope},
    {"Dubai", "GST-4"},
    {"Mumbai", kIndia},
    {"Delhi", kIndia},
    {"Bangalore", kIndia},
    {"Singapore", "SGT-8"},
    {"Hong Kong", "HKT-8"},
    {"Shanghai", kChina},
    {"Beijing", kChina},
    {"Tokyo", "JST-9"},
    {"Seoul", "KST-9"},
    {"Sydney", kSouthEastAustralia},
    {"Melbourne", kSouthEastAustralia},
}};

// Not <cctype>, which asks the locale.
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Bytes of other alphabets count as letters.
bool IsLetter(char c) {
  const char lower = Lower(c);
  return (lower >= 'a' && lower <= 'z') || static_cast<uint8_t>(c) >= 0x80;
}

// Where the name begins in the text as words of its own, or npos.
size_t FindWords(std::string_view text, std::string_view name) {
  const auto same = [](char a, char b) { return Lower(a) == Lower(b); };
  for (auto from = text.begin();; ++from) {
    from = std::search(from, text.end(), name.begin(), name.end(), same);
    if (from == text.end()) return std::string_view::npos;
    const auto end = from + static_cast<ptrdiff_t>(name.size());
    const bool begins = from == text.begin() || !IsLetter(*(from - 1));
    const bool ends = end == text.end() || !IsLetter(*end);
    if (begins && ends) return static_cast<size_t>(from - text.begin());
  }
}

}  // namespace

std::optional<Place> PlaceOfLocation(std::string_view location) {
  const City* first = nullptr;
  size_t first_at = std::string_view::npos;
  for (const City& city : kCities) {
    const size_t at = FindWords(location, city.name);
    if (at >= first_at) continue;
    first = &city;
    first_at = at;
  }
  if (first == nullptr) return std::nullopt;
  return Place{std::string(first->name), std::string(first->time_zone)};
}

Place PlaceOfLongitude(double longitude) {
  TS_CHECK(longitude >= -180 && longitude <= 180);
  constexpr double kDegreesPerHour = 15;
  const double shifted = longitude + kDegreesPerHour / 2 + 180;
  const int hours = static_cast<int>(shifted / kDegreesPerHour) - 12;
  // POSIX counts westward.
  return {fmt::format("UTC{:+}", hours), fmt::format("UTC{}", -hours)};
}

}  // namespace tillstorm
