// An exact solver of connect four (7 columns, 6 rows): who wins, not how soon.
//
//   c++ -O3 -std=c++17 connect_four.cpp -o connect_four
//   echo 3 3 3 | ./connect_four        each line: the columns played so far, 0 to 6
//
// For each line it prints seven numbers: what each column is worth to the player to move (1 win, 0 draw, -1 loss), or x where
// the column is full. A position that is already decided prints seven x.
//
// Alpha-beta over bitboards. A column has seven bits, the lowest row first and one always empty on top, so that shifts
// by 1 (upward), 7 (along a row), 6 and 8 (diagonals) find four in a row without wrapping around.

#include <cstdint>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Board = std::uint64_t;

constexpr int kColumns = 7;
constexpr int kRows = 6;
constexpr int kHeight = kRows + 1;
constexpr int kOrder[kColumns] = {3, 2, 4, 1, 5, 0, 6};

constexpr Board bottom(int column) { return Board{1} << (column * kHeight); }
constexpr Board top(int column) { return Board{1} << (column * kHeight + kRows - 1); }
constexpr Board column_mask(int column) { return ((Board{1} << kRows) - 1) << (column * kHeight); }

constexpr Board all_bottoms() {
  Board board = 0;
  for (int column = 0; column < kColumns; ++column) board |= bottom(column);
  return board;
}
constexpr Board kBottoms = all_bottoms();
constexpr Board kFull = kBottoms * ((Board{1} << kRows) - 1);

// The empty squares that would complete four of `stones` in a row.
Board completions(Board stones, Board occupied) {
  Board found = (stones << 1) & (stones << 2) & (stones << 3);
  for (int shift : {kHeight - 1, kHeight, kHeight + 1}) {
    Board pair = (stones << shift) & (stones << 2 * shift);
    found |= pair & (stones << 3 * shift);
    found |= pair & (stones >> shift);
    pair = (stones >> shift) & (stones >> 2 * shift);
    found |= pair & (stones << shift);
    found |= pair & (stones >> 3 * shift);
  }
  return found & (kFull ^ occupied);
}

int count(Board board) { return __builtin_popcountll(board); }

struct Position {
  Board mine = 0;      // stones of the player to move
  Board occupied = 0;  // stones of both

  Board playable() const { return (occupied + kBottoms) & kFull; }
  Board key() const { return mine + occupied + kBottoms; }
  Position after(Board square) const { return {mine ^ occupied, occupied | square}; }
};

// Bounds on values already found: two bits each for the lower and the upper bound, over a key.
class Table {
 public:
  explicit Table(std::size_t entries) : entries_(entries) {}

  void find(Board key, int& low, int& high) const {
    const Entry& entry = entries_[key % entries_.size()];
    if (entry.key == key) low = entry.low, high = entry.high;
  }
  void keep(Board key, int low, int high) {
    entries_[key % entries_.size()] = {key, static_cast<std::int8_t>(low), static_cast<std::int8_t>(high)};
  }

 private:
  struct Entry {
    Board key = 0;
    std::int8_t low = -1, high = 1;
  };
  std::vector<Entry> entries_;
};

class Solver {
 public:
  // The value to the player to move, who has no win in one, within [alpha, beta].
  int solve(const Position& position, int alpha, int beta) {
    const Board theirs = position.mine ^ position.occupied;
    const Board threats = completions(theirs, position.occupied);
    Board moves = position.playable();
    if (const Board forced = moves & threats) {
      if (forced & (forced - 1)) return -1;  // two wins to stop at once
      moves = forced;
    }
    moves &= ~(threats >> 1);  // below a winning square of theirs: it would be theirs at once
    if (!moves) return position.playable() ? -1 : 0;
    if (count(position.occupied) >= kColumns * kRows - 2) return 0;

    int low = -1, high = 1;
    const Board key = position.key();
    table_.find(key, low, high);
    if (low >= beta || low == high) return low;
    if (high <= alpha) return high;
    if (low > alpha) alpha = low;
    if (high < beta) beta = high;

    Board ordered[kColumns];
    int scores[kColumns], size = 0;
    for (int column : kOrder) {
      const Board square = moves & column_mask(column);
      if (!square) continue;
      const int score = count(completions(position.mine | square, position.occupied | square));
      int place = size++;
      for (; place && scores[place - 1] < score; --place) {
        ordered[place] = ordered[place - 1];
        scores[place] = scores[place - 1];
      }
      ordered[place] = square;
      scores[place] = score;
    }
    int best = -1;
    const int floor = alpha;
    for (int index = 0; index < size; ++index) {
      const int value = -solve(position.after(ordered[index]), -beta, -alpha);
      if (value > best) best = value;
      if (best > alpha) alpha = best;
      if (alpha >= beta) break;
    }
    if (best <= floor) high = best < high ? best : high;
    else if (best >= beta) low = best > low ? best : low;
    else low = high = best;
    table_.keep(key, low, high);
    return best;
  }

 private:
  Table table_{(std::size_t{1} << 22) + 15};
};

bool won(Board stones) {
  for (int shift : {1, kHeight - 1, kHeight, kHeight + 1}) {
    const Board pair = stones & (stones >> shift);
    if (pair & (pair >> 2 * shift)) return true;
  }
  return false;
}

}  // namespace

int main() {
  Solver solver;
  for (std::string line; std::getline(std::cin, line);) {
    Position position;
    bool decided = false;
    std::istringstream columns(line);
    for (int column; columns >> column;) {
      if (column < 0 || column >= kColumns || decided || (position.occupied & top(column))) {
        std::cerr << "no such position: " << line << '\n';
        return 1;
      }
      position = position.after(position.playable() & column_mask(column));
      decided = won(position.mine ^ position.occupied);
    }
    for (int column = 0; column < kColumns; ++column) {
      std::cout << (column ? " " : "");
      const Board square = position.playable() & column_mask(column);
      if (decided || !square) {
        std::cout << 'x';
        continue;
      }
      if (won(position.mine | square)) {
        std::cout << 1;
        continue;
      }
      const Position next = position.after(square);
      const bool loses = completions(next.mine, next.occupied) & next.playable();
      std::cout << (loses ? -1 : -solver.solve(next, -1, 1));
    }
    std::cout << std::endl;
  }
}
