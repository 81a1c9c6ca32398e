// SmallDisk: a file system of a size of its own, in memory, to be filled up.
// Only root can mount one; where that is not possible ok() says so, in words
// that ctest shows as skipped.
#ifndef TILLSTORM_TESTS_SUPPORT_SMALL_DISK_H_
#define TILLSTORM_TESTS_SUPPORT_SMALL_DISK_H_

#include <sys/mount.h>

#include <string>

#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {

class SmallDisk {
 public:
  // `options` of tmpfs, such as `size=16m`.
  explicit SmallDisk(const std::string& options)
      : mounted_(mount("none", directory_.path().c_str(), "tmpfs", 0,
                       options.c_str()) == 0) {}
  ~SmallDisk() {
    if (mounted_) umount2(directory_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Without it there is nothing to test.
  [[nodiscard]] bool ok() const {
    if (!mounted_) WARN("SKIPPED: no tmpfs can be mounted here");
    return mounted_;
  }
  void Resize(const std::string& options) {
    REQUIRE(mount("none", directory_.path().c_str(), "tmpfs", MS_REMOUNT,
                  options.c_str()) == 0);
  }
  [[nodiscard]] const std::string& path() const { return directory_.path(); }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return directory_ / name;
  }

 private:
  TestDirectory directory_;
  bool mounted_ = false;
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_SMALL_DISK_H_
