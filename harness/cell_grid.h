// CellGrid: what is to stand on a terminal, as cells of one character and one
// style. Drawing into it never reaches outside: what does not fit is cut.
//
// Threads: a value.
#ifndef TILLSTORM_HARNESS_CELL_GRID_H_
#define TILLSTORM_HARNESS_CELL_GRID_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tillstorm {

enum class CellStyle : uint8_t {
  kPlain,
  kDim,      // labels, rules, hints
  kStrong,   // what the eye looks for first
  kBar,      // the title line
  kBarGood,  // the phase in it, by how it goes
  kBarNotice,
  kGraph,
  kNotice,  // warnings
};
inline constexpr size_t kCellStyles = 8;

struct Cell {
  char32_t character = U' ';
  CellStyle style = CellStyle::kPlain;
  friend bool operator==(const Cell&, const Cell&) = default;
};

class CellGrid {
 public:
  CellGrid(size_t rows, size_t columns)
      : rows_(rows), columns_(columns), cells_(rows * columns) {}

  [[nodiscard]] size_t rows() const { return rows_; }
  [[nodiscard]] size_t columns() const { return columns_; }
  // REQUIRES: inside.
  [[nodiscard]] const Cell& At(size_t row, size_t column) const {
    return cells_[row * columns_ + column];
  }

  // Writes UTF-8 from that cell on; characters that are not one column wide
  // show as `?`. Returns the column after it, which may be the last one.
  size_t Put(size_t row, size_t column, std::string_view text,
             CellStyle style = CellStyle::kPlain);
  // So that the text ends right before `end`; cut on its left.
  void PutRight(size_t row, size_t end, std::string_view text,
                CellStyle style = CellStyle::kPlain);
  void PutCharacter(size_t row, size_t column, char32_t character,
                    CellStyle style);
  // The whole row.
  void Fill(size_t row, char32_t character, CellStyle style);

  // What is not ASCII shows as `?`.
  void KeepAscii();

  // As UTF-8, without the blanks at its end.
  [[nodiscard]] std::string RowText(size_t row) const;

 private:
  size_t rows_;
  size_t columns_;
  std::vector<Cell> cells_;
};

// Characters of a UTF-8 text: the columns that Put() takes.
[[nodiscard]] size_t TextColumns(std::string_view text);
// At most `columns` of them; what is longer ends in `...`, or in one dot per
// column when there is no room for that.
[[nodiscard]] std::string CutText(std::string_view text, size_t columns);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CELL_GRID_H_
