#include "harness/safe_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

struct Range {
  char32_t first = 0;
  char32_t last = 0;
};

// Ordered by `first`.
template <size_t kSize>
bool Holds(const std::array<Range, kSize>& ranges, char32_t character) {
  const auto after = std::upper_bound(
      ranges.begin(), ranges.end(), character,
      [](char32_t value, const Range& range) { return value < range.first; });
  return after != ranges.begin() && character <= std::prev(after)->last;
}

// What steers a terminal or a reader's eye instead of being seen.
constexpr std::array<Range, 16> kHidden = {{
    {0x00, 0x1f},         // C0
    {0x7f, 0x9f},         // DEL and C1
    {0xad, 0xad},         // soft hyphen
    {0x61c, 0x61c},       // Arabic letter mark
    {0x115f, 0x1160},     // Hangul fillers
    {0x17b4, 0x17b5},     // Khmer inherent vowels
    {0x180b, 0x180f},     // Mongolian selectors
    {0x200b, 0x200f},     // zero-width, left-to-right and right-to-left marks
    {0x2028, 0x202e},     // separators, bidi embeddings and overrides
    {0x2060, 0x206f},     // word joiner, bidi isolates, deprecated controls
    {0x3164, 0x3164},     // Hangul filler
    {0xfdd0, 0xfdef},     // non-characters
    {0xfe00, 0xfe0f},     // variation selectors
    {0xfeff, 0xfeff},     // byte-order mark
    {0xfff0, 0xfffb},     // specials
    {0xe0000, 0x10ffff},  // tags, selectors, private planes
}};

// Scripts and symbols of one column everywhere.
constexpr std::array<Range, 20> kOneColumn = {{
    {0x20, 0x7e},      // ASCII
    {0xa0, 0xac},      // Latin-1
    {0xae, 0x2ff},     // Latin, IPA, modifier letters
    {0x370, 0x377},    // Greek
    {0x37a, 0x37f},    //
    {0x384, 0x38a},    //
    {0x38e, 0x3a1},    //
    {0x3a3, 0x482},    // Greek, Cyrillic
    {0x48a, 0x52f},    // Cyrillic
    {0x1e00, 0x1eff},  // more Latin
    {0x2010, 0x2027},  // dashes, quotes, dots
    {0x2030, 0x205e},  //
    {0x2070, 0x2071},  //
    {0x2074, 0x208e},  // superscripts, subscripts
    {0x20a0, 0x20bf},  // currencies
    {0x2100, 0x2189},  // letter-like, number forms
    {0x2190, 0x21ff},  // arrows
    {0x2200, 0x22ff},  // mathematics
    {0x2500, 0x259f},  // boxes and blocks
    {0x25a0, 0x25c7},  // shapes
}};

// The number of bytes that a first byte announces; 0 for no first byte.
size_t AnnouncedSize(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

bool IsHidden(char32_t character) {
  return Holds(kHidden, character) || (character & 0xfffe) == 0xfffe;
}

void AppendEscaped(std::string_view bytes, std::string* text) {
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(*text), "\\x{:02x}",
                   static_cast<unsigned char>(byte));
  }
}

}  // namespace

Utf8Character FirstCharacter(std::string_view text) {
  TS_DCHECK(!text.empty());
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t size = AnnouncedSize(first);
  const Utf8Character invalid{first, 1, false};
  if (size == 0 || text.size() < size) return invalid;
  if (size == 1) return {first, 1, true};
  auto value = static_cast<char32_t>(first & (0x7fU >> size));
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80) return invalid;
    value = value << 6U | (byte & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[size] || value > 0x10ffff || surrogate) return invalid;
  return {value, size, true};
}

void AppendUtf8(char32_t character, std::string* text) {
  const auto put = [text](uint32_t byte) {
    text->push_back(static_cast<char>(byte));
  };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0U | character >> 6U);
    put(0x80U | (character & 0x3fU));
  } else if (character < 0x10000) {
    put(0xe0U | character >> 12U);
    put(0x80U | (character >> 6U & 0x3fU));
    put(0x80U | (character & 0x3fU));
  } else {
    put(0xf0U | character >> 18U);
    put(0x80U | (character >> 12U & 0x3fU));
    put(0x80U | (character >> 6U & 0x3fU));
    put(0x80U | (character & 0x3fU));
  }
}

bool IsOneColumn(char32_t character) { return Holds(kOneColumn, character); }

std::string SafeText(std::string_view text, size_t characters_max) {
  constexpr std::string_view kOmission = "...";
  TS_CHECK(characters_max >= kOmission.size());
  std::string safe;
  size_t characters = 0;
  size_t room_end = 0;  // where the mark of omission would have to begin
  while (!text.empty()) {
    const Utf8Character character = FirstCharacter(text);
    const std::string_view bytes = text.substr(0, character.size);
    const bool shown = character.valid && !IsHidden(character.value);
    const size_t extent = shown ? 1 : 4 * bytes.size();
    if (characters + extent > characters_max) {
      safe.resize(room_end);
      return safe.append(kOmission);
    }
    if (shown) {
      safe.append(bytes);
    } else {
      AppendEscaped(bytes, &safe);
    }
    characters += extent;
    if (characters + kOmission.size() <= characters_max) room_end = safe.size();
    text.remove_prefix(bytes.size());
  }
  return safe;
}

}  // namespace tillstorm
