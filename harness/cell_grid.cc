#include "harness/cell_grid.h"

#include <algorithm>

#include "harness/safe_text.h"

namespace tillstorm {

size_t CellGrid::Put(size_t row, size_t column, std::string_view text,
                     CellStyle style) {
  while (!text.empty() && column < columns_) {
    const Utf8Character character = FirstCharacter(text);
    const bool shown = character.valid && IsOneColumn(character.value);
    PutCharacter(row, column++, shown ? character.value : U'?', style);
    text.remove_prefix(character.size);
  }
  return std::min(column, columns_);
}

void CellGrid::PutRight(size_t row, size_t end, std::string_view text,
                        CellStyle style) {
  size_t width = TextColumns(text);
  while (width > end) {
    text.remove_prefix(FirstCharacter(text).size);
    --width;
  }
  Put(row, end - width, text, style);
}

void CellGrid::PutCharacter(size_t row, size_t column, char32_t character,
                            CellStyle style) {
  if (row >= rows_ || column >= columns_) return;
  cells_[row * columns_ + column] = {character, style};
}

void CellGrid::Fill(size_t row, char32_t character, CellStyle style) {
  for (size_t i = 0; i < columns_; ++i) PutCharacter(row, i, character, style);
}

void CellGrid::KeepAscii() {
  for (Cell& cell : cells_) {
    if (cell.character > U'~') cell.character = U'?';
  }
}

std::string CellGrid::RowText(size_t row) const {
  std::string text;
  for (size_t i = 0; i < columns_; ++i) AppendUtf8(At(row, i).character, &text);
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

size_t TextColumns(std::string_view text) {
  size_t columns = 0;
  for (; !text.empty(); ++columns) {
    text.remove_prefix(FirstCharacter(text).size);
  }
  return columns;
}

std::string CutText(std::string_view text, size_t columns) {
  if (TextColumns(text) <= columns) return std::string(text);
  const size_t dots = std::min<size_t>(columns, 3);
  std::string cut;
  for (size_t i = 0; i < columns - dots; ++i) {
    const size_t size = FirstCharacter(text).size;
    cut.append(text.substr(0, size));
    text.remove_prefix(size);
  }
  return cut.append(dots, '.');
}

}  // namespace tillstorm
