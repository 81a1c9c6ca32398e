// Fixed-point functions in integers only, the same on every machine.
//
// libm's transcendental functions give other bits on other CPUs (FMA variants),
// so none of them may sit between a seed and a stored value. Values are Q32:
// value * 2^32 in an int64_t, unless a name says otherwise.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_CORE_FIXED_MATH_H_
#define TILLSTORM_HARNESS_CORE_FIXED_MATH_H_

#include <cstdint>

namespace tillstorm {

inline constexpr int64_t kOneQ32 = int64_t{1} << 32;

// a * b / 2^32, rounded toward minus infinity; the product has 128 bits.
[[nodiscard]] constexpr int64_t MulQ32(int64_t a, int64_t b) {
  return static_cast<int64_t>((static_cast<__int128>(a) * b) >> 32);
}

// a * b / c through 128 bits, rounded toward zero. REQUIRES: c != 0.
[[nodiscard]] constexpr int64_t MulDiv(int64_t a, int64_t b, int64_t c) {
  return static_cast<int64_t>(static_cast<__int128>(a) * b / c);
}

// 2^x. Absolute error below 2^-30 of the result. REQUIRES: -32 <= x < 31.
[[nodiscard]] int64_t Exp2Q32(int64_t x);
// e^x. REQUIRES: -22 <= x < 21.
[[nodiscard]] int64_t ExpQ32(int64_t x);
// log2(x) of a Q32 value. REQUIRES: x > 0.
[[nodiscard]] int64_t Log2Q32(int64_t x);
// base^exponent. REQUIRES: base > 0 and the result below 2^31.
[[nodiscard]] int64_t PowQ32(int64_t base, int64_t exponent);

// The quantile function of the standard normal distribution in Q32 at p / 2^32,
// by a table of exact quantiles with linear interpolation; the tails end at
// about +-4.2. Source of the knots: stated beside the table.
[[nodiscard]] int64_t NormalQ32(uint32_t p);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_FIXED_MATH_H_
