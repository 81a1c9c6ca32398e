// Catch2 under one face: version 2.13 (Debian 12) has one header, version 3
// (Debian 13) many, and some names moved. Tests include this header only.
//
// Threads: Catch2's macros belong to the main thread.
#ifndef TILLSTORM_TESTS_SUPPORT_CATCH_H_
#define TILLSTORM_TESTS_SUPPORT_CATCH_H_

#include <string>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define TILLSTORM_CATCH_MAJOR 3
#else
#include <catch2/catch.hpp>
#define TILLSTORM_CATCH_MAJOR 2
#endif

namespace tillstorm {

#if TILLSTORM_CATCH_MAJOR == 3
using Catch::Approx;
#else
using Catch::Detail::Approx;
#endif

// Matches a text that holds `part`: CHECK_THAT(text, HoldsText("part")).
inline auto HoldsText(const std::string& part) {
#if TILLSTORM_CATCH_MAJOR == 3
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_CATCH_H_
