// TS_CHECK and TS_DCHECK: programmer errors end the program at once.
//
// TS_CHECK is always on: use it per batch or rarer. TS_DCHECK is compiled out
// with NDEBUG: use it per event. Operating errors use Status instead.
#ifndef TILLSTORM_HARNESS_CORE_CHECK_H_
#define TILLSTORM_HARNESS_CORE_CHECK_H_

namespace tillstorm {

// Prints the broken fact to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* fact);

}  // namespace tillstorm

#define TS_CHECK(fact) \
  ((fact) ? (void)0 : ::tillstorm::CheckFailed(__FILE__, __LINE__, #fact))

#ifdef NDEBUG
#define TS_DCHECK(fact) ((void)0)
#else
#define TS_DCHECK(fact) TS_CHECK(fact)
#endif

#endif  // TILLSTORM_HARNESS_CORE_CHECK_H_
