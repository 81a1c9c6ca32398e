#include "harness/core/secrets.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace tillstorm {
namespace {

constexpr std::string_view kHidden = "***";

// Where a password may begin, and where what may still be one ends.
struct Place {
  size_t begin = 0;
  size_t end = 0;
};

// The first of `text` from `from` on, in whatever case.
size_t Find(std::string_view text, std::string_view lower_case, size_t from) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  };
  const auto* const found =
      std::search(text.begin() + std::min(from, text.size()), text.end(),
                  lower_case.begin(), lower_case.end(), same);
  return found == text.end() ? std::string_view::npos
                             : static_cast<size_t>(found - text.begin());
}

// `%41b` as `Ab`. Of characters that can be seen; the rest stays as it is.
std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2 &&
        value > 0x20 && value < 0x7f) {
      decoded += static_cast<char>(value);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// In `scheme://user:password@host`. A password may hold any character, slashes
// and at signs too: the last at sign ends it.
std::optional<Place> InUserInfo(std::string_view text, size_t from) {
  const size_t start = text.find("://", from);
  if (start == std::string_view::npos) return std::nullopt;
  const size_t colon = text.find(':', start + 3);
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || colon >= at) return std::nullopt;
  return Place{colon + 1, at};
}

// In `password=...`, up to the next setting of a URL or the end.
std::optional<Place> InSetting(std::string_view text, size_t from) {
  constexpr std::string_view kWord = "password";
  for (size_t at = Find(text, kWord, from); at != std::string_view::npos;
       at = Find(text, kWord, at + 1)) {
    const size_t next = text.find_first_not_of(' ', at + kWord.size());
    if (next == std::string_view::npos) return std::nullopt;
    if (text[next] != '=') continue;
    return Place{next + 1, std::min(text.find('&', next), text.size())};
  }
  return std::nullopt;
}

// Whether percent encoding hides a password in user info: its colon, or both
// its ends. (An encoded at sign alone is how a name with one is written.)
bool IsEncodedUserInfo(std::string_view text) {
  const size_t start = text.find("://");
  if (start == std::string_view::npos) return false;
  const size_t colon = Find(text, "%3a", start);
  return colon != std::string_view::npos &&
         (text.find('@', colon) != std::string_view::npos ||
          Find(text, "%40", colon) != std::string_view::npos);
}

}  // namespace

bool HoldsPassword(std::string_view text) {
  return InUserInfo(text, 0) || IsEncodedUserInfo(text) ||
         InSetting(PercentDecoded(text), 0);
}

std::string HidePasswords(std::string_view text) {
  if (!HoldsPassword(text)) return std::string(text);
  std::string hidden = PercentDecoded(text);
  for (const auto find : {InUserInfo, InSetting}) {
    std::optional<Place> place = find(hidden, 0);
    while (place) {
      hidden.replace(place->begin, place->end - place->begin, kHidden);
      place = find(hidden, place->begin + kHidden.size());
    }
  }
  return hidden;
}

}  // namespace tillstorm
