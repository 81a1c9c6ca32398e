#include "harness/safe_text.h"

#include <array>
#include <string>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

TEST_CASE("Text that only shows stays as it is", "[safe_text]") {
  CHECK(SafeText("") == "");
  CHECK(SafeText("job 7 completed: 100 % (\\o/)") ==
        "job 7 completed: 100 % (\\o/)");
  CHECK(SafeText("café, Ζεύς, Кассa, 東京, 🙂") ==
        "café, Ζεύς, Кассa, 東京, 🙂");
}

TEST_CASE("Control characters are spelt out", "[safe_text]") {
  CHECK(SafeText("\x1b[2Jgone") == "\\x1b[2Jgone");
  CHECK(SafeText("\x1b]0;title\a") == "\\x1b]0;title\\x07");
  CHECK(SafeText("a\nb\r\tc\x7f") == "a\\x0ab\\x0d\\x09c\\x7f");
  CHECK(SafeText(std::string_view("a\0b", 3)) == "a\\x00b");
  // C1 as one byte, which is no UTF-8, and as two.
  CHECK(SafeText("\x9b"
                 "31m") == "\\x9b31m");
  CHECK(SafeText("\xc2\x9b"
                 "31m") == "\\xc2\\x9b31m");
  CHECK(SafeText("\xc2\x85") == "\\xc2\\x85");
}

TEST_CASE("What steers direction or hides is spelt out", "[safe_text]") {
  CHECK(SafeText("\u202Egnp.exe") == "\\xe2\\x80\\xaegnp.exe");
  CHECK(SafeText("\u2066x\u2069") == "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9");
  CHECK(SafeText("\u200E\u200F\u061C") ==
        "\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xd8\\x9c");
  CHECK(SafeText("a\u200Bb\uFEFF") == "a\\xe2\\x80\\x8bb\\xef\\xbb\\xbf");
  CHECK(SafeText("\u2028") == "\\xe2\\x80\\xa8");
  CHECK(SafeText("\U000E0041") == "\\xf3\\xa0\\x81\\x81");
}

TEST_CASE("Bytes that are no UTF-8 are spelt out one by one", "[safe_text]") {
  CHECK(SafeText("\xff") == "\\xff");
  CHECK(SafeText("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(SafeText("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");  // overlong
  CHECK(SafeText("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(SafeText("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(SafeText("caf\xc3") == "caf\\xc3");  // cut off
  CHECK(SafeText("\xe2\x82x") == "\\xe2\\x82x");
}

TEST_CASE("Nothing that comes out is a control character", "[safe_text]") {
  // Every byte after every byte that begins something.
  for (const std::string begin : {"", "\x1b", "\xc2", "\xe2\x80", "\xf3\xa0"}) {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string safe = SafeText(begin + static_cast<char>(byte));
      for (std::string_view rest = safe; !rest.empty();) {
        const Utf8Character character = FirstCharacter(rest);
        REQUIRE(character.valid);
        REQUIRE(character.value >= 0x20);
        REQUIRE((character.value < 0x7f || character.value > 0x9f));
        rest.remove_prefix(character.size);
      }
    }
  }
}

TEST_CASE("What is too long ends in dots", "[safe_text]") {
  CHECK(SafeText("abcdef", 6) == "abcdef");
  CHECK(SafeText("abcdefg", 6) == "abc...");
  CHECK(SafeText("äöüäöüä", 6) == "äöü...");
  // An escape is never cut in two.
  CHECK(SafeText("ab\x1b"
                 "cdefgh",
                 8) == "ab...");
  CHECK(SafeText("abcdef", 3) == "...");
  CHECK(SafeText(std::string(4'000, 'x')).size() == kSafeTextMax);
  CHECK(SafeText(std::string(4'000, '\x1b')).size() <= kSafeTextMax);
}

TEST_CASE("UTF-8 is read and written alike", "[safe_text]") {
  for (const char32_t value : {U'a', U'é', U'█', U'🙂'}) {
    std::string text;
    AppendUtf8(value, &text);
    const Utf8Character character = FirstCharacter(text);
    CHECK(character.valid);
    CHECK(character.value == value);
    CHECK(character.size == text.size());
  }
}

TEST_CASE("Only what is surely one column wide counts as that", "[safe_text]") {
  for (const char32_t one : U"aé█─Ωж€…") {
    if (one != 0) CHECK(IsOneColumn(one));
  }
  for (const char32_t other : {U'東', U'🙂', U'\x301', U'\n', U'\x9b'}) {
    CHECK_FALSE(IsOneColumn(other));
  }
}

}  // namespace
}  // namespace tillstorm
