// TextBuffer: JSON and other short texts without allocation, in Python's
// json.dumps manner. Numbers are fixed-point integers, printed as Python prints
// the double they become: `45.3`, `45.0`, `0.0015`.
//
// Threads: one owner.
#ifndef TILLSTORM_AGENTS_TEXT_BUFFER_H_
#define TILLSTORM_AGENTS_TEXT_BUFFER_H_

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "harness/core/check.h"

namespace tillstorm {

template <size_t kCapacity>
class TextBuffer {
 public:
  TextBuffer& operator<<(std::string_view text) {
    TS_DCHECK(text.size() <= kCapacity - size_);
    if (!text.empty()) {
      std::memcpy(data_.data() + size_, text.data(), text.size());
    }
    size_ += text.size();
    return *this;
  }
  TextBuffer& operator<<(int64_t value) {
    const auto [end, error] =
        std::to_chars(data_.data() + size_, data_.data() + kCapacity, value);
    TS_DCHECK(error == std::errc{});
    size_ = static_cast<size_t>(end - data_.data());
    return *this;
  }
  // `value` / 10^digits. REQUIRES: value >= 0, 1 <= digits <= 6.
  TextBuffer& Fixed(int64_t value, int digits) {
    int64_t scale = 1;
    for (int i = 0; i < digits; ++i) scale *= 10;
    *this << value / scale;
    int64_t fraction = value % scale;
    char* at = data_.data() + size_;
    *at++ = '.';
    do {
      scale /= 10;
      *at++ = static_cast<char>('0' + fraction / scale);
      fraction %= scale;
    } while (fraction != 0);
    size_ = static_cast<size_t>(at - data_.data());
    TS_DCHECK(size_ <= kCapacity);
    return *this;
  }
  [[nodiscard]] std::string_view view() const { return {data_.data(), size_}; }
  void Clear() { size_ = 0; }

 private:
  std::array<char, kCapacity> data_;
  size_t size_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TEXT_BUFFER_H_
