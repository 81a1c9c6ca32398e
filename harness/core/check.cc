#include "harness/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace tillstorm {

void CheckFailed(const char* file, int line, const char* fact) {
  std::fprintf(stderr, "tillstorm: %s:%d: this must hold: %s\n", file, line,
               fact);
  std::abort();
}

}  // namespace tillstorm
