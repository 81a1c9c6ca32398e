#include "harness/measure/steady_state.h"

#include <cmath>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

// Noise of a linear congruential generator, in [-1, 1): the same everywhere.
class Noise {
 public:
  double Next() {
    state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<double>(state_ >> 11) / 4'503'599'627'370'496.0 - 1;
  }

 private:
  uint64_t state_ = 42;
};

TEST_CASE("warm-up is cut where it ends", "[steady]") {
  Noise noise;
  std::vector<double> rates;
  for (int i = 0; i < 100; ++i) {
    const double level = i < 20 ? 500 : 1000;
    rates.push_back(level + noise.Next());
  }
  const auto warmup = WarmupLength(rates);
  REQUIRE(warmup.has_value());
  CHECK(*warmup >= 20);  // all of it, and not much of what is steady
  CHECK(*warmup <= 50);
}

TEST_CASE("a run that is steady from the beginning has no warm-up",
          "[steady]") {
  const std::vector<double> rates(40, 1000.0);
  CHECK(WarmupLength(rates) == 0);
}

TEST_CASE("a run that changes in its second half is not steady", "[steady]") {
  Noise noise;
  std::vector<double> rates;
  for (int i = 0; i < 100; ++i) {
    rates.push_back((i < 70 ? 1000 : 300) + noise.Next());
  }
  CHECK_FALSE(WarmupLength(rates).has_value());
}

TEST_CASE("nineteen samples are too few to tell", "[steady]") {
  CHECK_FALSE(WarmupLength(std::vector<double>(19, 1.0)).has_value());
  CHECK(WarmupLength(std::vector<double>(20, 1.0)).has_value());
}

TEST_CASE("independent samples count in full, repeated ones once", "[steady]") {
  Noise noise;
  std::vector<double> independent;
  std::vector<double> repeated;
  for (int i = 0; i < 1000; ++i) {
    const double value = noise.Next();
    independent.push_back(value);
    for (int k = 0; k < 10; ++k) repeated.push_back(value);
  }
  const double alone = EffectiveSamples(independent);
  CHECK(alone > 700);
  CHECK(alone <= 1000);
  // Ten thousand samples that are worth a thousand.
  const double ten = EffectiveSamples(repeated);
  CHECK(ten > 700);
  CHECK(ten < 1300);
}

TEST_CASE("an autoregressive series has the length that theory gives",
          "[steady]") {
  // x' = p x + noise has the autocorrelation p^k: n (1 - p) / (1 + p).
  Noise noise;
  const double p = 0.8;
  std::vector<double> rates;
  double x = 0;
  for (int i = 0; i < 20'000; ++i) {
    x = p * x + noise.Next();
    rates.push_back(x);
  }
  const double expected = 20'000 * (1 - p) / (1 + p);
  CHECK(EffectiveSamples(rates) == Approx(expected).epsilon(0.2));
}

TEST_CASE("slope and mean of a line are the line's", "[steady]") {
  const std::vector<double> line = {5, 8, 11, 14};
  CHECK(Slope(line) == Approx(3));
  CHECK(Mean(line) == Approx(9.5));
  CHECK(Slope({}) == 0);
  CHECK(Mean({}) == 0);
  CHECK(EffectiveSamples({}) == 0);
}

}  // namespace
}  // namespace tillstorm
