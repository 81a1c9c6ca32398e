// Values from HdrHistogram's own tests (HistogramTest.java,
// HistogramDataAccessTest.java) and from native-hdr-histogram 1.0.0.
#include "harness/core/histogram.h"

#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr int64_t kHighest = 3'600'000'000;

TEST_CASE("buckets are those of HdrHistogram", "[histogram]") {
  const HistogramLayout layout(1, kHighest, 3);
  const auto highest_equivalent = [&](const HistogramLayout& of,
                                      int64_t value) {
    return of.LargestOf(of.BucketOf(value));
  };
  for (const auto& [value, highest] :
       std::vector<std::pair<int64_t, int64_t>>{{0, 0},
                                                {1, 1},
                                                {2047, 2047},
                                                {2048, 2049},
                                                {8180, 8183},
                                                {8191, 8191},
                                                {8193, 8199},
                                                {9995, 9999},
                                                {10007, 10007},
                                                {10008, 10015}}) {
    INFO(value);
    CHECK(highest_equivalent(layout, value) == highest);
    // The same in units of 1024.
    const HistogramLayout scaled(1024, kHighest, 3);
    CHECK(highest_equivalent(scaled, value * 1024) == highest * 1024 + 1023);
  }
}

TEST_CASE("buckets follow one another without gap or overlap", "[histogram]") {
  for (const int digits : {1, 2, 3}) {
    const HistogramLayout layout(3, 100'000, digits);
    size_t bucket = 0;
    for (int64_t value = 0; value <= 100'000; ++value) {
      const size_t now = layout.BucketOf(value);
      if (now != bucket) {
        REQUIRE(now == bucket + 1);
        REQUIRE(layout.LargestOf(bucket) == value - 1);
        bucket = now;
      }
    }
    CHECK(layout.buckets() == bucket + 1);
    CHECK(layout.LargestOf(bucket) >= 100'000);
  }
}

TEST_CASE("percentiles are those of HdrHistogram", "[histogram]") {
  SECTION("1 to 10,000") {
    Histogram histogram(HistogramLayout(1, kHighest, 3));
    for (int64_t value = 1; value <= 10'000; ++value) histogram.Record(value);
    CHECK(histogram.Percentile(99.9) == 9991);
    CHECK(histogram.Percentile(100) == 10'000);
    CHECK(histogram.Percentile(0) == 1);
    CHECK(histogram.count() == 10'000);
  }
  SECTION("one slow among 10,000") {
    Histogram histogram(HistogramLayout(1, kHighest, 3));
    for (int i = 0; i < 10'000; ++i) histogram.Record(1000);
    histogram.Record(100'000'000);
    CHECK(histogram.Percentile(30) == 1000);
    CHECK(histogram.Percentile(99.99) == 1000);
    CHECK(histogram.Percentile(99.999) == 100'000'000);
    CHECK(histogram.max() == 100'000'000);
  }
  SECTION("a rank between two is the upper one") {
    Histogram histogram(HistogramLayout(1, kHighest, 3));
    for (int64_t value = 1; value <= 100; ++value) histogram.Record(value);
    CHECK(histogram.Percentile(29.3) == 30);
    CHECK(histogram.Percentile(29) == 29);
    // 0.07 * 100 is 7.000000000000001.
    CHECK(histogram.Percentile(7) == 7);
  }
  SECTION("none") {
    const Histogram histogram(HistogramLayout(1, kHighest, 3));
    CHECK(histogram.Percentile(50) == 0);
    CHECK(histogram.max() == 0);
  }
}

TEST_CASE("what is out of range is counted apart and not clipped",
          "[histogram]") {
  Histogram histogram(HistogramLayout(1, 1000, 2));
  histogram.Record(10);
  histogram.Record(1'000'000);
  histogram.Record(-5);
  CHECK(histogram.count() == 3);
  CHECK(histogram.out_of_range() == 1);
  CHECK(histogram.max() == 1'000'000);
  CHECK(histogram.Percentile(50) == 10);
  CHECK(histogram.Percentile(100) == 1'000'000);
  CHECK(histogram.Percentile(1) == 0);
}

TEST_CASE("the sum of histograms is the histogram of all", "[histogram]") {
  const HistogramLayout layout = HistogramLayout::Latency(2);
  Histogram all(layout);
  Histogram left(layout);
  Histogram right(layout);
  for (int64_t i = 0; i < 1000; ++i) {
    const int64_t value = i * i * i * 4001;
    all.Record(value);
    (i % 3 == 0 ? left : right).Record(value);
  }
  left.Add(right);
  CHECK(left.count() == all.count());
  CHECK(left.out_of_range() == all.out_of_range());
  CHECK(left.max() == all.max());
  for (int percent = 0; percent <= 100; ++percent) {
    CHECK(left.Percentile(percent) == all.Percentile(percent));
  }
}

TEST_CASE("a record with a count is that many records", "[histogram]") {
  const HistogramLayout layout(1, 1000, 2);
  Histogram weighted(layout);
  weighted.Record(10, 99);
  weighted.Record(700, 0);
  weighted.Record(500, 1);
  weighted.Record(5000, 3);
  CHECK(weighted.count() == 103);
  CHECK(weighted.out_of_range() == 3);
  CHECK(weighted.max() == 5000);
  CHECK(weighted.Percentile(96) == 10);
  CHECK(weighted.Percentile(97) == 501);  // a bucket of two values
  CHECK(weighted.counts()[layout.BucketOf(700)] == 0);
  weighted.Record(4000, 0);
  CHECK(weighted.count() == 103);
  weighted.Clear();
  CHECK(weighted.count() == 0);
  CHECK(weighted.max() == 0);
  CHECK(weighted.out_of_range() == 0);
  CHECK(weighted.Percentile(50) == 0);
}

TEST_CASE("a histogram is restored from what it shows", "[histogram]") {
  const HistogramLayout layout(1, 1000, 2);
  Histogram histogram(layout);
  histogram.Record(7, 4);
  histogram.Record(900, 2);
  histogram.Record(1001);
  const std::span<const int64_t> counts = histogram.counts();
  const Histogram restored = Histogram::Restore(
      layout, counts.first(layout.BucketOf(900) + 1), 1, histogram.max());
  CHECK(restored.count() == 7);
  CHECK(restored.out_of_range() == 1);
  CHECK(restored.max() == 1001);
  CHECK(
      std::vector<int64_t>(counts.begin(), counts.end()) ==
      std::vector<int64_t>(restored.counts().begin(), restored.counts().end()));
  CHECK(restored.layout() == layout);
}

TEST_CASE("a shared histogram loses no record of any thread", "[histogram]") {
  SharedHistogram shared(HistogramLayout(1, 1000, 3));
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&shared, t] {
      for (int64_t i = 0; i < 25'000; ++i) shared.Record(t * 300 + i % 300);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Histogram histogram = shared.Read();
  CHECK(histogram.count() == 100'000);
  // The last thread's values are 900 to 1199 again and again: 199 of them are
  // above 1000 in each of 83 rounds; its last 100 values are below.
  CHECK(histogram.out_of_range() == 199 * 83);
  CHECK(histogram.max() == 1199);
}

TEST_CASE("latencies of 1 us to 1 h take 27 and 189 KiB", "[histogram]") {
  // 25 octaves of 128 buckets and 210 of the next; 22 of 1024 and 1677.
  CHECK(HistogramLayout::Latency(2).buckets() == 3'410);
  CHECK(HistogramLayout::Latency(3).buckets() == 24'205);
}

}  // namespace
}  // namespace tillstorm
