// Expected values: Python's decimal module with 50 digits and
// statistics.NormalDist, rounded to the nearest 2^-32; long double libm for the
// sweeps. Inputs are Q32.
#include "harness/core/fixed_math.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr long double kScale = 4294967296.0L;

struct Pair {
  int64_t x;
  int64_t expected;
};

// Within one unit, or 2^-45 of large values.
bool Near(int64_t actual, int64_t expected) {
  return std::abs(actual - expected) <= 1 + (std::abs(expected) >> 45);
}

// Pseudo-random but fixed points: multiples of an odd number, modulo a range.
int64_t Spread(uint64_t i, int64_t low, int64_t high) {
  const auto width = static_cast<uint64_t>(high - low);
  return low + static_cast<int64_t>(i * 0x9e37'79b9'7f4a'7c15U % width);
}

TEST_CASE("Q32 products round toward minus infinity through 128 bits",
          "[fixed_math]") {
  CHECK(MulQ32(kOneQ32 * 3 / 2, kOneQ32 * 5 / 2) == kOneQ32 * 15 / 4);
  CHECK(MulQ32(int64_t{1} << 62, kOneQ32) == int64_t{1} << 62);
  CHECK(MulQ32(1, 1) == 0);
  CHECK(MulQ32(-1, 1) == -1);
  CHECK(MulDiv(int64_t{1} << 62, 1000, 1000) == int64_t{1} << 62);
  CHECK(MulDiv(-7, 1, 2) == -3);
}

TEST_CASE("Exp2Q32 agrees with 50-digit powers of two", "[fixed_math]") {
  const Pair pairs[] = {
      {-137'438'953'472, 1},
      {-88'905'823'027, 2'521},
      {-4'294'967'296, 2'147'483'648},
      {-2'147'483'648, 3'037'000'500},
      {-4'295, 4'294'964'319},
      {0, 4'294'967'296},
      {67'108'864, 4'341'736'423},
      {429'496'730, 4'603'231'971},
      {2'147'483'648, 6'074'001'000},
      {4'294'963'001, 8'589'928'638},
      {4'294'967'296, 8'589'934'592},
      {31'353'261'261, 676'828'798'994},
      {64'491'618'304, 142'270'019'124'227},
      {130'996'502'528, 6'521'908'912'666'391'106},
      {133'143'981'881, 9'223'365'643'653'988'307},
  };
  for (const Pair& pair : pairs) {
    CAPTURE(pair.x, pair.expected, Exp2Q32(pair.x));
    CHECK(Near(Exp2Q32(pair.x), pair.expected));
  }
}

TEST_CASE("Exp2Q32 is exact at whole numbers", "[fixed_math]") {
  for (int64_t n = -32; n <= 30; ++n) {
    CAPTURE(n);
    CHECK(Exp2Q32(n * kOneQ32) == int64_t{1} << (32 + n));
  }
}

TEST_CASE("Exp2Q32 keeps its error bound and never falls, cell by cell",
          "[fixed_math]") {
  int64_t bad = 0;
  int64_t falls = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    const int64_t x = Spread(i, -32 * kOneQ32, 31 * kOneQ32 - 1);
    const long double exact =
        std::exp2(static_cast<long double>(x) / kScale) * kScale;
    const auto actual = static_cast<long double>(Exp2Q32(x));
    if (std::fabs(actual - exact) > 0.51L + std::ldexp(exact, -45)) ++bad;
    if (Exp2Q32(x + 1) < Exp2Q32(x)) ++falls;
  }
  // 1/64 is the width of an inner cell; its borders are where a jump would be.
  for (int64_t cell = -32 * 64 + 1; cell < 31 * 64; ++cell) {
    const int64_t x = cell * (kOneQ32 / 64);
    if (Exp2Q32(x) < Exp2Q32(x - 1)) ++falls;
  }
  CHECK(bad == 0);
  CHECK(falls == 0);
}

TEST_CASE("ExpQ32 agrees with 50-digit exponentials", "[fixed_math]") {
  const Pair pairs[] = {
      {-94'059'783'782, 1},
      {-53'687'091'200, 16'006},
      {-21'474'836'480, 28'939'262},
      {-4'294'967'296, 1'580'030'169},
      {-4'294'967, 4'290'674'476},
      {0, 4'294'967'296},
      {429'497, 4'295'396'814},
      {2'977'044'472, 8'589'934'592},
      {4'294'967'296, 11'674'931'555},
      {10'737'418'240, 52'323'413'145},
      {42'949'672'960, 94'602'950'235'157},
      {85'899'345'920, 2'083'768'647'442'498'562},
      {90'190'018'249, 5'658'609'010'187'965'659},
  };
  for (const Pair& pair : pairs) {
    CAPTURE(pair.x, pair.expected, ExpQ32(pair.x));
    CHECK(Near(ExpQ32(pair.x), pair.expected));
  }
}

TEST_CASE("Log2Q32 agrees with 50-digit logarithms to the last bit",
          "[fixed_math]") {
  const Pair pairs[] = {
      {1, -137'438'953'472},
      {3, -130'631'591'366},
      {1'000, -94'636'235'890},
      {429'496'730, -14'267'572'521},
      {2'147'483'648, -4'294'967'296},
      {4'294'967'295, -1},
      {4'294'967'296, 0},
      {4'294'967'297, 1},
      {4'328'521'728, 48'220'695},
      {6'442'450'944, 2'512'394'810},
      {2'977'044'472, -2'271'034'279},
      {42'949'672'960, 14'267'572'527},
      {530'242'871'224'172'544, 115'446'276'792},
      {INT64_MAX, 133'143'986'176},
  };
  for (const Pair& pair : pairs) {
    CAPTURE(pair.x);
    CHECK(Log2Q32(pair.x) == pair.expected);
  }
}

TEST_CASE("Log2Q32 is within one unit everywhere and never falls",
          "[fixed_math]") {
  int64_t bad = 0;
  int64_t falls = 0;
  for (uint64_t i = 1; i <= 100'000; ++i) {
    // Magnitudes from 1 to 2^63, evenly in the exponent.
    const int64_t x = 1 + (Spread(i, 0, INT64_MAX) >> (i % 63));
    const long double exact =
        std::log2(static_cast<long double>(x) / kScale) * kScale;
    if (std::fabs(static_cast<long double>(Log2Q32(x)) - exact) > 0.51L) ++bad;
    if (x > 1 && Log2Q32(x) < Log2Q32(x - 1)) ++falls;
  }
  for (int64_t cell = 64; cell <= 128; ++cell) {
    const int64_t x = cell << 40;
    if (Log2Q32(x) < Log2Q32(x - 1)) ++falls;
  }
  CHECK(bad == 0);
  CHECK(falls == 0);
}

TEST_CASE("PowQ32 agrees with 50-digit powers", "[fixed_math]") {
  struct Power {
    int64_t base;
    int64_t exponent;
    int64_t expected;
  };
  const Power powers[] = {
      {4'294'967, 15'032'385'536, 0},
      {2'147'483'648, 2'147'483'648, 3'037'000'500},
      {3'865'470'566, 429'496'729'600, 114'080},
      {6'442'450'944, -9'663'676'416, 1'724'862'691},
      {8'589'934'592, 128'849'018'880, int64_t{1} << 62},
      {12'884'901'888, 57'423'712'748, 10'281'844'629'765'565},
      {42'949'672'960, 38'654'705'664, 4'294'967'296'000'000'000},
      {4'294'967'296'000'000, -4'724'464'026, 1'079},
      {30'064'771'072, 0, 4'294'967'296},
      {4'294'967'296, 528'280'977'408, 4'294'967'296},
  };
  for (const Power& power : powers) {
    const int64_t actual = PowQ32(power.base, power.exponent);
    CAPTURE(power.base, power.exponent, power.expected, actual);
    // The error of the logarithm counts `exponent` times.
    CHECK(std::abs(actual - power.expected) <= 1 + (power.expected >> 40));
  }
}

TEST_CASE("NormalQ32 lies within 6e-5 of the exact quantiles", "[fixed_math]") {
  const Pair pairs[] = {
      {65'536, -17'908'163'882},
      {65'537, -17'908'148'945},
      {100'000, -17'490'073'945},
      {1'048'576, -14'976'998'085},
      {12'345'678, -11'861'709'824},
      {16'777'216, -11'424'902'783},
      {42'949'673, -9'991'588'037},
      {107'374'182, -8'417'981'222},
      {214'748'365, -7'064'592'533},
      {429'496'730, -5'504'222'060},
      {681'410'406, -4'295'003'338},
      {1'000'000'007, -3'133'421'515},
      {1'073'741'824, -2'896'911'419},
      {1'500'000'000, -1'663'685'658},
      {2'000'000'000, -370'144'359},
      {2'147'483'647, -3},
      {2'147'483'648, 0},
      {2'147'483'649, 3},
      {3'221'225'472, 2'896'911'419},
      {4'187'593'113, 8'417'981'205},
      {4'294'000'000, 15'069'422'558},
      {4'294'900'000, 17'882'204'575},
  };
  const auto bound = static_cast<int64_t>(6e-5 * 4294967296.0);
  for (const Pair& pair : pairs) {
    const int64_t actual = NormalQ32(static_cast<uint32_t>(pair.x));
    CAPTURE(pair.x, pair.expected, actual);
    CHECK(std::abs(actual - pair.expected) <= bound);
  }
}

TEST_CASE("NormalQ32 meets the exact quantile at its knots", "[fixed_math]") {
  // The first and the last knot, the quartile, and one in between.
  CHECK(std::abs(NormalQ32(1U << 16) + 17'908'163'882) <= 4);
  CHECK(std::abs(NormalQ32(1U << 24) + 11'424'902'783) <= 4);
  CHECK(std::abs(NormalQ32(1U << 30) + 2'896'911'419) <= 4);
  CHECK(NormalQ32(1U << 31) == 0);
}

TEST_CASE("NormalQ32 inverts the normal distribution function everywhere",
          "[fixed_math]") {
  long double worst = 0;
  int64_t falls = 0;
  constexpr uint64_t kTail = uint64_t{1} << 16;  // beyond it the ends are cut
  for (uint64_t i = kTail; i <= (uint64_t{1} << 32) - kTail; i += 12'347) {
    const auto p = static_cast<uint32_t>(i);
    const long double z = static_cast<long double>(NormalQ32(p)) / kScale;
    const long double exact = static_cast<long double>(p) / kScale;
    const long double below = std::erfc(-z / std::sqrt(2.0L)) / 2;
    const long double density =
        std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979324L);
    worst = std::max(worst, std::fabs(below - exact) / density);
    if (NormalQ32(p) < NormalQ32(p - 1)) ++falls;
  }
  CHECK(worst < 6e-5L);
  CHECK(worst > 1e-7L);  // the comparison itself saw the interpolation
  CHECK(falls == 0);
}

TEST_CASE("NormalQ32 is odd about one half and ends at 4.2", "[fixed_math]") {
  int64_t uneven = 0;
  for (uint32_t p = 1; p < 1U << 31; p += 99'991) {
    if (NormalQ32(p) != -NormalQ32(0U - p)) ++uneven;
  }
  CHECK(uneven == 0);
  CHECK(NormalQ32(0) == -18'038'862'643);  // -4.2
  CHECK(NormalQ32(UINT32_MAX) > 18'038'000'000);
  CHECK(NormalQ32(UINT32_MAX) <= 18'038'862'643);
}

}  // namespace
}  // namespace tillstorm
