// A machine made of files, to stand before /proc and /sys.
#ifndef TILLSTORM_TESTS_SUPPORT_FAKE_ROOT_H_
#define TILLSTORM_TESTS_SUPPORT_FAKE_ROOT_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "harness/core/check.h"

namespace tillstorm {

class FakeRoot {
 public:
  FakeRoot() {
    std::string name =
        (std::filesystem::temp_directory_path() / "tillstorm-root-XXXXXX")
            .string();
    TS_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
    Write("/proc/loadavg", "0.10 0.20 0.30 1/234 5678\n");
    Write("/proc/sys/kernel/threads-max", "192729\n");
    Write("/proc/sys/kernel/pid_max", "32768\n");
    Write("/proc/sys/vm/max_map_count", "65530\n");
    Write("/proc/self/maps", "one\ntwo\nthree\n");
    Write("/proc/self/status",
          "Name:\ttillstorm\nVmSize:\t    1000 kB\nCapEff:\t0\n");
    Write("/proc/meminfo",
          "MemTotal:       1048576 kB\nMemFree: 1 kB\n"
          "MemAvailable:    524288 kB\n");
  }
  ~FakeRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  void Write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = path_ + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_FAKE_ROOT_H_
