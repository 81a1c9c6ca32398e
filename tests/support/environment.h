// An environment variable, for a while.
//
// Threads: REQUIRES: the test has no other threads.
#ifndef TILLSTORM_TESTS_SUPPORT_ENVIRONMENT_H_
#define TILLSTORM_TESTS_SUPPORT_ENVIRONMENT_H_

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace tillstorm {

class Variable {
 public:
  Variable(std::string name, const std::string& value)
      : name_(std::move(name)) {
    if (const char* old = std::getenv(name_.c_str())) old_ = old;
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Variable() {
    if (old_) {
      setenv(name_.c_str(), old_->c_str(), 1);
    } else {
      unsetenv(name_.c_str());
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
  std::optional<std::string> old_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_ENVIRONMENT_H_
