// Shapes are measured on a grid of bits (bits = (i + 1/2) / n of the whole), so
// that the figures are exact up to the grid and no luck is involved; single
// values and distribution functions come from closed forms in long double.
#include "harness/core/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "harness/core/stream.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr uint64_t kGrid = uint64_t{1} << 18;

uint64_t Grid64(uint64_t i, uint64_t n) {
  return static_cast<uint64_t>(
      ((static_cast<unsigned __int128>(i) << 64) + (uint64_t{1} << 63)) / n);
}
uint32_t Grid32(uint64_t i) {
  return static_cast<uint32_t>(Grid64(i, kGrid) >> 32);
}

struct Shape {
  double mean = 0;
  double deviation = 0;
  std::vector<int64_t> sorted;

  [[nodiscard]] int64_t Quantile(double p) const {
    return sorted[static_cast<size_t>(p * static_cast<double>(sorted.size()))];
  }
};

Shape ShapeOf(const std::function<int64_t(uint32_t)>& sample) {
  Shape shape;
  for (uint64_t i = 0; i < kGrid; ++i)
    shape.sorted.push_back(sample(Grid32(i)));
  double squares = 0;
  for (const int64_t value : shape.sorted) {
    shape.mean += static_cast<double>(value) / kGrid;
  }
  for (const int64_t value : shape.sorted) {
    const double gap = static_cast<double>(value) - shape.mean;
    squares += gap * gap / kGrid;
  }
  shape.deviation = std::sqrt(squares);
  std::sort(shape.sorted.begin(), shape.sorted.end());
  return shape;
}

// How often each index comes when the 64 bits run over a grid of n points.
std::vector<uint64_t> Counts(const AliasTable& table, uint64_t n) {
  std::vector<uint64_t> counts(table.size(), 0);
  for (uint64_t i = 0; i < n; ++i) ++counts.at(table.Sample(Grid64(i, n)));
  return counts;
}

TEST_CASE("UniformBelow covers its range in equal shares", "[sampler]") {
  CHECK(UniformBelow(0, 10) == 0);
  CHECK(UniformBelow(UINT64_MAX, 10) == 9);
  CHECK(UniformBelow(UINT64_MAX, 1) == 0);
  CHECK(UniformBelow(UINT64_MAX, UINT64_MAX) == UINT64_MAX - 1);
  CHECK(UniformBelow(uint64_t{1} << 63, 1000) == 500);
  for (const uint64_t bound : {1U, 2U, 3U, 7U, 100U, 1000U}) {
    std::vector<uint64_t> counts(bound, 0);
    for (uint64_t i = 0; i < 100'000; ++i) {
      ++counts.at(UniformBelow(Grid64(i, 100'000), bound));
    }
    const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
    CAPTURE(bound);
    CHECK(*low >= 100'000 / bound);
    CHECK(*high <= 100'000 / bound + 1);
  }
}

TEST_CASE("UniformBetween includes both ends", "[sampler]") {
  CHECK(UniformBetween(0, -5, 5) == -5);
  CHECK(UniformBetween(UINT64_MAX, -5, 5) == 5);
  CHECK(UniformBetween(uint64_t{1} << 63, -5, 5) == 0);
  CHECK(UniformBetween(12345, 7, 7) == 7);
  CHECK(UniformBetween32(0, -5, 5) == -5);
  CHECK(UniformBetween32(UINT32_MAX, -5, 5) == 5);
  const Shape shape =
      ShapeOf([](uint32_t bits) { return UniformBetween32(bits, 1, 1000); });
  CHECK(shape.mean == Approx(500.5).margin(0.01));
  CHECK(shape.deviation == Approx(288.675).margin(0.01));  // 1000 / sqrt(12)
}

TEST_CASE("UniformBelow of a stream passes a chi-square test", "[sampler]") {
  // 999 degrees of freedom: outside twice in a million.
  const Stream stream(42, StreamPhase::kDataset, EntityId(), 9);
  std::vector<uint64_t> counts(1000, 0);
  for (uint64_t i = 0; i < 50'000; ++i) {
    const Draw draw = stream.At(0, i);
    for (unsigned part = 0; part < 4; ++part) {
      ++counts.at(UniformBelow(draw.u64(part), 1000));
    }
  }
  double chi_square = 0;
  for (const uint64_t count : counts) {
    const double gap = static_cast<double>(count) - 200;
    chi_square += gap * gap / 200;
  }
  CHECK(chi_square > 800);
  CHECK(chi_square < 1226);
}

TEST_CASE("Chance is true for exactly its share of the bits", "[sampler]") {
  CHECK_FALSE(Chance(0, 0, 10));
  CHECK(Chance(UINT64_MAX, 10, 10));
  const uint64_t border = 0x4ccc'cccc'cccc'cccd;  // ceil(0.3 * 2^64)
  CHECK(Chance(border - 1, 3, 10));
  CHECK_FALSE(Chance(border, 3, 10));
}

TEST_CASE("AliasTable gives every index its exact share", "[sampler]") {
  const std::vector<std::vector<uint64_t>> cases = {
      {1},
      {5, 5},
      {1, 2, 3, 4},
      {1'000'000, 1},
      {0, 1, 0, 3, 0},
      {(uint64_t{1} << 40) - 1, 1, (uint64_t{1} << 40) - 1},
      {7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73}};
  constexpr uint64_t kPoints = 1'000'000;
  for (const std::vector<uint64_t>& weights : cases) {
    const std::vector<uint64_t> counts = Counts(AliasTable(weights), kPoints);
    long double total = 0;
    for (const uint64_t weight : weights) {
      total += static_cast<long double>(weight);
    }
    REQUIRE(counts.size() == weights.size());
    for (size_t i = 0; i < weights.size(); ++i) {
      const long double expected =
          static_cast<long double>(weights[i]) / total * kPoints;
      CAPTURE(weights.size(), i, counts[i], expected);
      // Every border between slots can cost one point of the grid.
      CHECK(std::fabs(static_cast<long double>(counts[i]) - expected) <=
            static_cast<long double>(weights.size()) + 1);
      if (weights[i] == 0) CHECK(counts[i] == 0);
    }
  }
}

TEST_CASE("AliasTable of many weights keeps them all", "[sampler]") {
  std::vector<uint64_t> weights;
  uint64_t total = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    weights.push_back(i * i % 1009 * (i % 3));  // a third of them zero
    total += weights.back();
  }
  constexpr uint64_t kPoints = 4'000'000;
  const std::vector<uint64_t> counts = Counts(AliasTable(weights), kPoints);
  double worst = 0;
  uint64_t drawn_zeros = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) drawn_zeros += counts[i];
    const double expected =
        static_cast<double>(weights[i]) * kPoints / static_cast<double>(total);
    worst =
        std::max(worst, std::abs(static_cast<double>(counts[i]) - expected));
  }
  CHECK(drawn_zeros == 0);
  CHECK(worst < 25);  // of about 4,000 each; one per slot border
}

TEST_CASE("AliasTable never draws a zero weight, at the borders either",
          "[sampler]") {
  const AliasTable table({0, 1, 0});
  for (const uint64_t slot : {0U, 1U, 2U}) {
    const uint64_t border = (UINT64_MAX / 3 + 1) * slot;
    CHECK(table.Sample(border) == 1);
    CHECK(table.Sample(border - 1) == 1);
  }
}

TEST_CASE("AliasTable takes weights as a list", "[sampler]") {
  const AliasTable table{1, 3};
  CHECK(table.size() == 2);
  CHECK(Counts(table, 4000) == std::vector<uint64_t>{1000, 3000});
}

TEST_CASE("ZipfTable follows the power law", "[sampler]") {
  constexpr uint32_t kRanks = 1000;
  constexpr uint64_t kPoints = 4'000'000;
  for (const uint32_t s_milli : {0U, 500U, 1000U, 1500U, 4000U}) {
    const std::vector<uint64_t> counts =
        Counts(ZipfTable(kRanks, s_milli), kPoints);
    const auto weight = [=](uint32_t k) { return std::pow(k, s_milli / -1e3); };
    double total = 0;
    for (uint32_t k = 1; k <= kRanks; ++k) total += weight(k);
    const auto gap = [&](uint32_t k) {
      return std::abs(static_cast<double>(counts[k - 1]) -
                      weight(k) / total * kPoints);
    };
    double worst = 0;
    for (uint32_t k = 2; k <= kRanks; ++k) worst = std::max(worst, gap(k));
    // Rank 1 is the alias of many slots: one point of the grid per border.
    CHECK(gap(1) <= kRanks);
    CAPTURE(s_milli);
    CHECK(worst <= 40);
  }
  CHECK(ZipfTable(1, 1000).Sample(UINT64_MAX) == 0);
}

TEST_CASE("InverseCdf interpolates between its knots", "[sampler]") {
  const InverseCdf line({0, 100});
  CHECK(line.Sample(0) == 0);
  CHECK(line.Sample(1U << 30) == 25);
  CHECK(line.Sample(1U << 31) == 50);
  CHECK(line.Sample(UINT32_MAX) == 100);
  const InverseCdf bent({-1000, 0, 0, 500, 10'000});
  CHECK(bent.Sample(0) == -1000);
  CHECK(bent.Sample(1U << 29) == -500);
  CHECK(bent.Sample(3U << 29) == 0);
  CHECK(bent.Sample(5U << 29) == 250);
  CHECK(bent.Sample(7U << 29) == 5250);
  CHECK(bent.Sample(UINT32_MAX) == 10'000);
  const int64_t far = (int64_t{1} << 40) - 1;
  CHECK(InverseCdf({-far, far}).Sample(1U << 31) == 0);
}

TEST_CASE("InverseCdf has the shape of its knots, without a rounding bias",
          "[sampler]") {
  const InverseCdf line({-7, 8});
  const Shape shape = ShapeOf([&](uint32_t bits) { return line.Sample(bits); });
  CHECK(shape.mean == Approx(0.5).margin(1e-3));
  CHECK(shape.Quantile(0.2) == -4);
  CHECK(shape.Quantile(0.8) == 5);
}

TEST_CASE("Normal has the mean, deviation and quantiles of its name",
          "[sampler]") {
  const Shape shape =
      ShapeOf([](uint32_t bits) { return Normal(bits, 5'000, 100'000); });
  CHECK(shape.mean == Approx(5'000).margin(1));
  CHECK(shape.deviation == Approx(100'000).epsilon(2e-4));
  // 5'000 + 100'000 * statistics.NormalDist().inv_cdf(p)
  CHECK(shape.Quantile(0.001) == Approx(-304'023).margin(60));
  CHECK(shape.Quantile(0.05) == Approx(-159'485).margin(20));
  CHECK(shape.Quantile(0.25) == Approx(-62'449).margin(10));
  CHECK(shape.Quantile(0.5) == Approx(5'000).margin(5));
  CHECK(shape.Quantile(0.975) == Approx(200'996).margin(20));
  CHECK(Normal(0, 0, 1000) == -4200);
  CHECK(Normal(UINT32_MAX, 0, 1000) == 4200);
  CHECK(Normal(12345, 77, 0) == 77);
}

TEST_CASE("LogNormalQ16 has median one and the moments of its sigma",
          "[sampler]") {
  CHECK(LogNormalQ16(1U << 31, 700) == 65'536);
  CHECK(LogNormalQ16(12345, 0) == 65'536);
  for (const uint32_t sigma_milli : {100U, 500U, 1000U}) {
    const double sigma = sigma_milli / 1e3;
    const Shape shape =
        ShapeOf([=](uint32_t bits) { return LogNormalQ16(bits, sigma_milli); });
    CAPTURE(sigma_milli);
    const double mean = std::exp(sigma * sigma / 2);
    CHECK(shape.mean / 65'536 == Approx(mean).epsilon(1e-3));
    CHECK(shape.deviation / 65'536 ==
          Approx(mean * std::sqrt(std::expm1(sigma * sigma))).epsilon(0.02));
    // exp(sigma * inv_cdf(0.1)) and its mirror image
    CHECK(static_cast<double>(shape.Quantile(0.1)) / 65'536 ==
          Approx(std::exp(-1.2815515655446004 * sigma)).epsilon(1e-3));
    CHECK(static_cast<double>(shape.Quantile(0.9)) / 65'536 ==
          Approx(std::exp(1.2815515655446004 * sigma)).epsilon(1e-3));
  }
  CHECK(LogNormalQ16(UINT32_MAX, 2000) ==
        Approx(65'536 * std::exp(8.4)).epsilon(1e-3));
}

TEST_CASE("Exponential follows minus the logarithm", "[sampler]") {
  constexpr int64_t kMean = 1'000'000'000;
  for (const uint32_t bits :
       {1U, 2U, 1000U, 1U << 20, 1U << 28, 1U << 31, 3'000'000'000U}) {
    const long double u = (static_cast<long double>(bits) + 1) / 0x1p32L;
    CAPTURE(bits);
    CHECK(Exponential(bits, kMean) ==
          Approx(static_cast<double>(-std::log(u) * kMean)).margin(2));
  }
  CHECK(Exponential(0, kMean) == 22 * kMean);  // the cut
  CHECK(Exponential(UINT32_MAX, kMean) == 0);
  CHECK(Exponential(12345, 0) == 0);
  const Shape shape =
      ShapeOf([](uint32_t bits) { return Exponential(bits, 1'000'000); });
  CHECK(shape.mean == Approx(1e6).epsilon(1e-4));
  CHECK(shape.deviation == Approx(1e6).epsilon(1e-3));
  CHECK(shape.Quantile(0.5) == Approx(693'147).margin(10));
  CHECK(shape.Quantile(0.99) == Approx(4'605'170).margin(500));
}

// The smallest bits for which PoissonCount exceeds `count`.
double PoissonBorder(uint32_t count, uint32_t mean_milli) {
  uint64_t low = 0;
  uint64_t high = uint64_t{1} << 32;
  while (low < high) {
    const uint64_t middle = (low + high) / 2;
    if (PoissonCount(static_cast<uint32_t>(middle), mean_milli) > count) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return static_cast<double>(low);
}

TEST_CASE("PoissonCount changes where the distribution function says",
          "[sampler]") {
  // In units of 2^-32: the contract's 2^-30 is four of them.
  for (const uint32_t mean_milli :
       {0U, 1U, 50U, 693U, 1000U, 4300U, 9999U, 15'000U, 20'000U}) {
    const long double mean = mean_milli / 1e3L;
    long double term = std::exp(-mean);
    long double cumulated = term;
    double worst = 0;
    for (uint32_t count = 0; count < 70; ++count) {
      const auto expected =
          static_cast<double>(std::min(cumulated, 1.0L) * 0x1p32L);
      const double gap = std::abs(PoissonBorder(count, mean_milli) - expected);
      worst = std::max(worst, gap);
      term *= mean / (count + 1);
      cumulated += term;
    }
    CAPTURE(mean_milli);
    CHECK(worst <= 4);
  }
}

TEST_CASE("PoissonCount has mean and variance of its name", "[sampler]") {
  for (const uint32_t mean_milli : {50U, 1500U, 20'000U}) {
    const Shape shape = ShapeOf(
        [=](uint32_t bits) { return int64_t{PoissonCount(bits, mean_milli)}; });
    const double mean = mean_milli / 1e3;
    CAPTURE(mean_milli);
    CHECK(shape.mean == Approx(mean).epsilon(1e-4));
    CHECK(shape.deviation == Approx(std::sqrt(mean)).epsilon(1e-3));
  }
  CHECK(PoissonCount(UINT32_MAX, 0) == 0);
  CHECK(PoissonCount(UINT32_MAX, 20'000) < 80);
}

TEST_CASE("Samplers give the same values whatever compiled them", "[sampler]") {
  // FNV-1a over the values, pinned: the same under every compiler, level of
  // optimisation and CPU. Who changes it on purpose changes all datasets and
  // must raise kStreamVersion.
  const AliasTable zipf = ZipfTable(1000, 1000);
  const InverseCdf curve({-900, -10, 0, 5, 80, 4000});
  const Stream stream(42, StreamPhase::kDataset, EntityId(), 1);
  uint64_t hash = 0xcbf2'9ce4'8422'2325;
  const auto add = [&](int64_t value) {
    hash = (hash ^ static_cast<uint64_t>(value)) * 0x100'0000'01b3;
  };
  for (uint64_t i = 0; i < 20'000; ++i) {
    const Draw draw = stream.At(7, i);
    const auto shape = static_cast<uint32_t>(i % 2001);
    add(UniformBetween(draw.u64(0), -1000, 1000));
    add(zipf.Sample(draw.u64(1)));
    add(curve.Sample(draw.u32(4)));
    add(Normal(draw.u32(5), 1'000'000, 250'000));
    add(LogNormalQ16(draw.u32(6), shape));
    add(Exponential(draw.u32(7), 3'600'000'000));
    add(PoissonCount(draw.u32(6), 10 * shape / 2));
  }
  CHECK(hash == 0xbc20'8937'00a0'232a);
}

}  // namespace
}  // namespace tillstorm
