// Golden ids come from a second implementation of the same network in Python,
// on numpy.random.Philox and the uuid module.
#include "agents/identifiers.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

TEST_CASE("Identifiers agree with a second implementation", "[identifiers]") {
  CHECK(SiteIdentifier(42, 0) == "SITE-29YK-SCGE");
  CHECK(SiteIdentifier(42, 1) == "SITE-DAVG-Y25U");
  CHECK(SiteIdentifier(42, 99'999) == "SITE-NGXZ-4TPB");
  CHECK(DeviceIdentifier(42, 0) == "DEVICE-X7H8-9N82-WXJC");
  CHECK(DeviceIdentifier(42, 1) == "DEVICE-WDB8-4DKU-H43Y");
  CHECK(DeviceIdentifier(42, 999'999) == "DEVICE-BZ5X-H66R-5QRK");
  CHECK(Uuid(42, IdFamily::kMessage, 0) ==
        "293acacd-df31-4c73-9b83-d14c8cdca226");
  CHECK(Uuid(42, IdFamily::kMessage, 1) ==
        "d9dddf03-fb96-485d-9654-425b255b4b14");
  CHECK(Uuid(42, IdFamily::kJob, 12'345'678'901) ==
        "6debe248-28a8-4d4c-bb79-eb62bad8b4ca");
  CHECK(MacAddress(42, 0) == "02:0e:f7:ad:20:b4");
  CHECK(MacAddress(42, 1) == "02:24:47:78:97:05");
  CHECK(MacAddress(42, 70'000) == "02:ef:82:d9:07:f4");
  std::vector<uint64_t> ten;
  for (uint64_t n = 0; n < 10; ++n) {
    ten.push_back(Permute(42, IdFamily::kSite, n, 10));
  }
  CHECK(ten == std::vector<uint64_t>{3, 9, 8, 0, 2, 6, 7, 5, 4, 1});
}

TEST_CASE("Permute is a bijection on every small range", "[identifiers]") {
  int64_t bad = 0;
  for (uint64_t range = 2; range <= 130; ++range) {
    for (const IdFamily family : {IdFamily::kSite, IdFamily::kCommand}) {
      std::vector<bool> seen(range, false);
      for (uint64_t n = 0; n < range; ++n) {
        const uint64_t image = Permute(range, family, n, range);
        if (image >= range || seen[image]) {
          ++bad;
        } else {
          seen[image] = true;
        }
      }
    }
  }
  CHECK(bad == 0);
}

TEST_CASE("Permute stays inside a range that is no power of two",
          "[identifiers]") {
  constexpr uint64_t kRange = (uint64_t{1} << 61) + 12'345;
  uint64_t largest = 0;
  for (uint64_t n = 0; n < 2'000; ++n) {
    const uint64_t image =
        Permute(7, IdFamily::kDevice, kRange - 1 - n, kRange);
    largest = std::max(largest, image);
  }
  CHECK(largest < kRange);
  CHECK(largest > kRange / 100 * 99);  // and fills it
}

TEST_CASE("Seeds and families have permutations of their own",
          "[identifiers]") {
  constexpr uint64_t kRange = 1'000'000;
  // Two independent permutations share an image once on average.
  const auto equal = [](uint64_t seed, IdFamily family) {
    int count = 0;
    for (uint64_t n = 0; n < 100'000; ++n) {
      count += Permute(42, IdFamily::kSite, n, kRange) ==
                       Permute(seed, family, n, kRange)
                   ? 1
                   : 0;
    }
    return count;
  };
  CHECK(equal(42, IdFamily::kSite) == 100'000);
  CHECK(equal(43, IdFamily::kSite) < 10);
  CHECK(equal(42, IdFamily::kDevice) < 10);
}

TEST_CASE("Neighbouring numbers differ in half of their image's bits",
          "[identifiers]") {
  constexpr uint64_t kRange = uint64_t{1} << 62;
  constexpr uint64_t kNumbers = 20'000;
  uint64_t flipped = 0;
  uint64_t before = Permute(42, IdFamily::kMessage, 0, kRange);
  for (uint64_t n = 1; n <= kNumbers; ++n) {
    const uint64_t image = Permute(42, IdFamily::kMessage, n, kRange);
    flipped += static_cast<uint64_t>(std::popcount(image ^ before));
    before = image;
  }
  // 4.9 standard errors of 1.24 million fair bits.
  CHECK(static_cast<double>(flipped) / (62.0 * kNumbers) ==
        Approx(0.5).margin(0.0022));
}

template <class Make>
size_t Duplicates(uint64_t count, const Make& make) {
  std::vector<std::string> ids;
  ids.reserve(count);
  for (uint64_t n = 0; n < count; ++n) ids.push_back(make(n));
  std::sort(ids.begin(), ids.end());
  return static_cast<size_t>(ids.end() - std::unique(ids.begin(), ids.end()));
}

TEST_CASE("A million identifiers are all different", "[identifiers]") {
  CHECK(Duplicates(1'000'000,
                   [](uint64_t n) { return DeviceIdentifier(42, n); }) == 0);
  CHECK(Duplicates(100'000, [](uint64_t n) { return SiteIdentifier(42, n); }) ==
        0);
  CHECK(Duplicates(100'000, [](uint64_t n) { return MacAddress(42, n); }) == 0);
}

TEST_CASE("UUIDs differ in their last 62 bits alone", "[identifiers]") {
  // So a million of them are different whatever the hashed bits are.
  CHECK(Duplicates(1'000'000, [](uint64_t n) {
          return Uuid(42, IdFamily::kMessage, n).substr(19);
        }) == 0);
}

// In a pattern, # is a hex digit, * one of the 31 symbols, % one of 89ab;
// everything else is itself.
bool Fits(std::string_view id, std::string_view pattern) {
  const auto fits = [](char c, char wanted) {
    const auto in = [c](std::string_view set) {
      return set.find(c) != std::string_view::npos;
    };
    if (wanted == '#') return in("0123456789abcdef");
    if (wanted == '*') return in("23456789ABCDEFGHJKMNPQRSTUVWXYZ");
    if (wanted == '%') return in("89ab");
    return c == wanted;
  };
  return std::equal(id.begin(), id.end(), pattern.begin(), pattern.end(), fits);
}

TEST_CASE("Identifiers have the forms of their contract", "[identifiers]") {
  const std::string_view site = "SITE-****-****";
  const std::string_view device = "DEVICE-****-****-****";
  const std::string_view uuid = "########-####-4###-%###-############";
  const std::string_view mac = "02:##:##:##:##:##";
  int64_t bad = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (uint64_t n = 0; n < 50; ++n) {
      if (!Fits(SiteIdentifier(seed, n), site)) ++bad;
      if (!Fits(DeviceIdentifier(seed, n), device)) ++bad;
      if (!Fits(Uuid(seed, IdFamily::kEpoch, n), uuid)) ++bad;
      if (!Fits(MacAddress(seed, n), mac)) ++bad;
    }
  }
  CHECK(bad == 0);
}

TEST_CASE("Every symbol comes about equally often in device identifiers",
          "[identifiers]") {
  std::vector<int> counts(128, 0);
  for (uint64_t n = 0; n < 31'000; ++n) {
    const std::string id = DeviceIdentifier(42, n);
    for (const char c : id.substr(6)) ++counts[static_cast<size_t>(c)];
  }
  const std::string symbols = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
  double chi_square = 0;
  for (const char c : symbols) {
    const double gap = counts[static_cast<size_t>(c)] - 12'000.0;
    chi_square += gap * gap / 12'000;
  }
  CHECK(chi_square < 82);  // 30 degrees of freedom: above once in a million
  CHECK(chi_square > 5.6);
}

}  // namespace
}  // namespace tillstorm
