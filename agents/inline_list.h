// InlineList: a short list without allocation. More elements than fit is a
// programmer error.
//
// Threads: one owner.
#ifndef TILLSTORM_AGENTS_INLINE_LIST_H_
#define TILLSTORM_AGENTS_INLINE_LIST_H_

#include <array>
#include <cstddef>

#include "harness/core/check.h"

namespace tillstorm {

template <class T, size_t kCapacity>
class InlineList {
 public:
  void push_back(const T& value) {
    TS_CHECK(size_ < kCapacity);
    items_[size_++] = value;
  }
  [[nodiscard]] const T* begin() const { return items_.data(); }
  [[nodiscard]] const T* end() const { return items_.data() + size_; }
  [[nodiscard]] T* begin() { return items_.data(); }
  [[nodiscard]] T* end() { return items_.data() + size_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  const T& operator[](size_t i) const { return items_[i]; }

 private:
  std::array<T, kCapacity> items_{};
  size_t size_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_INLINE_LIST_H_
