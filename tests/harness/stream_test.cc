// Expected words: numpy.random.Philox, which increments its counter first, so
// its counter is one lower:
//   Philox(key=seed | key1 << 64, counter=(index | day << 64) -
//   1).random_raw(4)
#include "harness/core/stream.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr EntityId kDevice7{EntityKind::kDevice, 7};

std::array<uint64_t, 4> Words(const Draw& draw) {
  return {draw.u64(0), draw.u64(1), draw.u64(2), draw.u64(3)};
}

TEST_CASE("Stream yields the words of NumPy's Philox", "[stream]") {
  struct Golden {
    Stream stream;
    int64_t day;
    uint64_t index;
    std::array<uint64_t, 4> words;
  };
  const StreamPhase data = StreamPhase::kDataset;
  const Golden goldens[] = {
      {Stream(0, data, EntityId(EntityKind::kFleet, 0), 0),
       0,
       0,
       {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b,
        0x7e68b68aec7ba23b}},
      {Stream(42, data, kDevice7, 3),
       0,
       0,
       {0xdd77be84a7d1a7ea, 0x01729ad801bacf28, 0xcaec45446f615e68,
        0x00cc67adb0cc9d6f}},
      {Stream(42, data, kDevice7, 3),
       0,
       1,
       {0x7b88545f16b6651a, 0x5502d7f9d17ee37a, 0x0f66006cea9cafb4,
        0x58f77f8eb336e416}},
      {Stream(42, data, kDevice7, 3),
       20'000,
       1'439,
       {0x60e96dc4b3b534fb, 0x2be5f186875d59eb, 0x635d091c64427790,
        0xf38614c983c1f4db}},
      {Stream(42, StreamPhase::kBench, EntityId(EntityKind::kSite, 99'999),
              0xabcd),
       -1,
       UINT64_MAX,
       {0x070d120994609610, 0xe709e6e16f9ae4fb, 0x49e6299ed8c73273,
        0xbb9ce50f3e901718}},
      {Stream(UINT64_MAX, data, EntityId(EntityKind::kTraffic, 0x0fff'ffff),
              0xffff),
       INT64_MIN,
       5,
       {0xe5ee509bf980646c, 0xcc4c6e4866fd7712, 0xac04cd3bdae8dd23,
        0x43d8f3905c07a2f4}},
  };
  for (const Golden& golden : goldens) {
    CAPTURE(golden.day, golden.index);
    CHECK(Words(golden.stream.At(golden.day, golden.index)) == golden.words);
  }
}

TEST_CASE("A draw's 32-bit words are the halves of its 64-bit words, low first",
          "[stream]") {
  const Draw draw({0x1111111122222222, 0x3333333344444444, 0x5555555566666666,
                   0x7777777788888888});
  const std::array<uint32_t, 8> expected = {0x22222222, 0x11111111, 0x44444444,
                                            0x33333333, 0x66666666, 0x55555555,
                                            0x88888888, 0x77777777};
  for (unsigned i = 0; i < 8; ++i) CHECK(draw.u32(i) == expected[i]);
}

TEST_CASE("A draw depends on its place alone, not on what was drawn before",
          "[stream]") {
  const Stream stream(42, StreamPhase::kDataset, kDevice7, 3);
  std::vector<std::array<uint64_t, 4>> forward;
  for (uint64_t i = 0; i < 100; ++i) forward.push_back(Words(stream.At(5, i)));
  for (uint64_t i = 100; i-- > 0;) {
    const Stream other(42, StreamPhase::kDataset, kDevice7, 3);
    CHECK(Words(other.At(5, i)) == forward[i]);
  }
}

TEST_CASE("No two neighbouring places share a word", "[stream]") {
  std::vector<uint64_t> words;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    for (uint32_t entity = 0; entity < 10; ++entity) {
      for (uint16_t purpose = 0; purpose < 10; ++purpose) {
        const Stream stream(seed, StreamPhase::kDataset,
                            EntityId(EntityKind::kDevice, entity), purpose);
        for (int64_t day = -5; day < 5; ++day) {
          for (uint64_t index = 0; index < 10; ++index) {
            for (const uint64_t word : Words(stream.At(day, index))) {
              words.push_back(word);
            }
          }
        }
      }
    }
  }
  REQUIRE(words.size() == 120'000);
  std::sort(words.begin(), words.end());
  CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
}

TEST_CASE("Every byte of a draw is uniform", "[stream]") {
  // 255 degrees of freedom: a fair generator falls outside these bounds twice
  // in a million (Wilson and Hilferty). Too even is as wrong as too uneven.
  constexpr double kLow = 161;
  constexpr double kHigh = 377;
  constexpr uint64_t kDraws = 100'000;
  std::array<std::array<uint32_t, 256>, 32> counts{};
  const Stream stream(42, StreamPhase::kDataset, kDevice7, 1);
  for (uint64_t i = 0; i < kDraws; ++i) {
    const Draw draw = stream.At(static_cast<int64_t>(i % 10), i / 10);
    for (size_t byte = 0; byte < 32; ++byte) {
      const uint64_t word = draw.u64(static_cast<unsigned>(byte / 8));
      ++counts[byte][word >> (byte % 8 * 8) & 0xff];
    }
  }
  for (size_t byte = 0; byte < 32; ++byte) {
    const double expected = static_cast<double>(kDraws) / 256;
    double chi_square = 0;
    for (const uint32_t count : counts[byte]) {
      const double gap = static_cast<double>(count) - expected;
      chi_square += gap * gap / expected;
    }
    CAPTURE(byte);
    CHECK(chi_square > kLow);
    CHECK(chi_square < kHigh);
  }
}

using Source = std::function<uint64_t(uint64_t)>;

// Correlation of two sources of words, read as fractions.
double Correlation(const Source& a, const Source& b, uint64_t draws) {
  double product = 0;
  double square_a = 0;
  double square_b = 0;
  for (uint64_t i = 0; i < draws; ++i) {
    const double x = static_cast<double>(a(i)) / 0x1p64 - 0.5;
    const double y = static_cast<double>(b(i)) / 0x1p64 - 0.5;
    product += x * y;
    square_a += x * x;
    square_b += y * y;
  }
  return product / std::sqrt(square_a * square_b);
}

// Share of equal bits.
double Agreement(const Source& a, const Source& b, uint64_t draws) {
  uint64_t equal = 0;
  for (uint64_t i = 0; i < draws; ++i) {
    equal += static_cast<uint64_t>(std::popcount(~(a(i) ^ b(i))));
  }
  return static_cast<double>(equal) / static_cast<double>(64 * draws);
}

TEST_CASE("Neighbouring streams are independent", "[stream]") {
  constexpr uint64_t kDraws = 50'000;
  const auto word = [](uint64_t seed, StreamPhase phase, EntityId entity,
                       uint16_t purpose, int64_t day, unsigned part) -> Source {
    const Stream stream(seed, phase, entity, purpose);
    return [=](uint64_t i) { return stream.At(day, i).u64(part); };
  };
  const StreamPhase data = StreamPhase::kDataset;
  const EntityId device8(EntityKind::kDevice, 8);
  const EntityId site7(EntityKind::kSite, 7);
  const Source base = word(42, data, kDevice7, 3, 100, 0);
  struct Neighbour {
    std::string what;
    Source source;
  };
  const Neighbour neighbours[] = {
      {"seed", word(43, data, kDevice7, 3, 100, 0)},
      {"phase", word(42, StreamPhase::kBench, kDevice7, 3, 100, 0)},
      {"entity", word(42, data, device8, 3, 100, 0)},
      {"kind", word(42, data, site7, 3, 100, 0)},
      {"purpose", word(42, data, kDevice7, 4, 100, 0)},
      {"day", word(42, data, kDevice7, 3, 101, 0)},
      {"word 1", word(42, data, kDevice7, 3, 100, 1)},
      {"word 2", word(42, data, kDevice7, 3, 100, 2)},
      {"word 3", word(42, data, kDevice7, 3, 100, 3)},
      {"index", [&](uint64_t i) { return base(i + 1); }},
  };
  // 4.9 standard errors: a fair generator exceeds them once in a million.
  const double correlation_max = 4.9 / std::sqrt(kDraws);
  const double agreement_max = 4.9 / 2 / std::sqrt(64.0 * kDraws);
  for (const Neighbour& neighbour : neighbours) {
    CAPTURE(neighbour.what);
    CHECK(std::abs(Correlation(base, neighbour.source, kDraws)) <
          correlation_max);
    CHECK(std::abs(Agreement(base, neighbour.source, kDraws) - 0.5) <
          agreement_max);
  }
  CHECK(Correlation(base, base, 100) == Approx(1));  // the measure itself works
}

}  // namespace
}  // namespace tillstorm
