// RowTexts: where rows that are made on demand keep their texts. Two rows at a
// time may borrow from it: that before a change and that after it.
//
// Threads: one owner.
#ifndef TILLSTORM_AGENTS_ROW_TEXTS_H_
#define TILLSTORM_AGENTS_ROW_TEXTS_H_

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace tillstorm {

class RowTexts {
 public:
  using Texts = std::array<std::string, 8>;

  // Texts for one row; those of the call before last may be used again.
  [[nodiscard]] Texts& Next() {
    next_ = (next_ + 1) % texts_.size();
    return texts_[next_];
  }

 private:
  std::array<Texts, 4> texts_;
  size_t next_ = 0;
};

// Appends.
template <class... Args>
void PutText(std::string* text, fmt::format_string<Args...> format,
             Args&&... args) {
  fmt::format_to(std::back_inserter(*text), format,
                 std::forward<Args>(args)...);
}

// Replaces the text and gives a view of it.
template <class... Args>
std::string_view SetText(std::string* text, fmt::format_string<Args...> format,
                         Args&&... args) {
  text->clear();
  PutText(text, format, std::forward<Args>(args)...);
  return *text;
}

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_ROW_TEXTS_H_
