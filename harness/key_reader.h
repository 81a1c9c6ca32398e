// KeyReader: from the bytes that a terminal sends to keys of one character.
// What a terminal sends for other keys and for its answers (escape sequences,
// UTF-8) is passed over as a whole, so that no part of it counts as a key.
//
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_KEY_READER_H_
#define TILLSTORM_HARNESS_KEY_READER_H_

#include <cstdint>
#include <optional>

namespace tillstorm {

class KeyReader {
 public:
  // The key that the byte completes: an ASCII character, tab and Ctrl-L among
  // them.
  std::optional<char> Feed(char byte);
  // Nothing came for a while: a sequence that has begun was the key Esc.
  void Pause() { state_ = State::kGround; }

 private:
  enum class State : uint8_t {
    kGround,
    kEscape,      // after ESC
    kOneMore,     // after ESC O, ESC N
    kParameters,  // after ESC [
    kString,      // after ESC ] P X ^ _: up to BEL or ESC
  };
  static State Next(State state, char byte);

  State state_ = State::kGround;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_KEY_READER_H_
