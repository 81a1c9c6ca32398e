// SafeText: text that is not ours, made fit for a terminal and a log file.
//
// Whatever did not come out of this program as a literal may hold anything:
// rows, file names, messages of engines and of the system. Shown as it is, it
// could move the cursor, set the title or the clipboard, or reorder what stands
// beside it. Everything that goes to the dashboard or the log passes through
// here.
//
// Shown as `\xNN`, byte by byte: control characters (C0, DEL, C1), the
// characters that steer direction or have no extent (bidi controls, zero-width,
// line and paragraph separators, tags), non-characters, and every byte that is
// not valid UTF-8. All else is left as it is.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_SAFE_TEXT_H_
#define TILLSTORM_HARNESS_SAFE_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace tillstorm {

// Characters of a log line, its mark of omission included.
inline constexpr size_t kSafeTextMax = 400;

// At most `characters_max` characters; what is longer ends in `...`.
// REQUIRES: characters_max >= 3.
[[nodiscard]] std::string SafeText(std::string_view text,
                                   size_t characters_max = kSafeTextMax);

// One character of a UTF-8 text.
struct Utf8Character {
  char32_t value = 0;
  size_t size = 0;  // bytes; 1 for an invalid one
  bool valid = false;
};
// REQUIRES: text is not empty.
[[nodiscard]] Utf8Character FirstCharacter(std::string_view text);
void AppendUtf8(char32_t character, std::string* text);

// Whether every terminal gives the character exactly one column: a list of
// alphabets and symbols that is on the safe side, whatever the locale.
[[nodiscard]] bool IsOneColumn(char32_t character);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_SAFE_TEXT_H_
