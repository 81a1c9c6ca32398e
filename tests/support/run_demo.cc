// Leaves benchmark runs that never were, for the scripts of accept/ that read
// their files with other programs.
//
//   run_demo OUT [COUNT]     prints the path of each folder
#include <cstdio>
#include <cstdlib>

#include "tests/support/run_sample.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: run_demo OUT [COUNT]\n", stderr);
    return 2;
  }
  const int count = argc > 2 ? std::atoi(argv[2]) : 1;
  for (int i = 0; i < count; ++i) {
    tillstorm::RunRecord record = tillstorm::SampleBegin();
    const tillstorm::Result<std::string> path =
        tillstorm::StoreSampleRun(argv[1], &record);
    if (!path.ok()) {
      std::fprintf(stderr, "run_demo: %s\n", path.status().message().c_str());
      return path.status().exit_code();
    }
    std::puts(path->c_str());
  }
  return 0;
}
