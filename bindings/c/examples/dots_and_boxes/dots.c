#include "dots.h"

#include <stdio.h>
#include <string.h>

static int horizontal(int row, int column) { return row * DOTS_COLUMNS + column; }

static int vertical(int row, int column) { return DOTS_HORIZONTAL + row * (DOTS_COLUMNS + 1) + column; }

static int has(const dots *game, int side) { return game->sides >> side & 1; }

static int is_whole(const dots *game, int row, int column) {
  return has(game, horizontal(row, column)) && has(game, horizontal(row + 1, column)) &&
         has(game, vertical(row, column)) && has(game, vertical(row, column + 1));
}

void dots_begin(dots *game) { memset(game, 0, sizeof *game); }

size_t dots_legal(const dots *game, int32_t legal[DOTS_SIDES]) {
  size_t count = 0;
  for (int side = 0; side < DOTS_SIDES; side++)
    if (!has(game, side)) legal[count++] = side;
  return count;
}

int dots_play(dots *game, int32_t side) {
  int made = 0;
  game->sides = (uint16_t)(game->sides | 1U << side);
  for (int row = 0; row < DOTS_ROWS; row++)
    for (int column = 0; column < DOTS_COLUMNS; column++) {
      uint8_t *owner = &game->owner[row * DOTS_COLUMNS + column];
      if (*owner != 0 || !is_whole(game, row, column)) continue;
      *owner = (uint8_t)(game->to_play + 1);
      made++;
    }
  game->boxes[game->to_play] = (uint8_t)(game->boxes[game->to_play] + made);
  if (made == 0) game->to_play = !game->to_play;
  return made;
}

int dots_over(const dots *game) { return game->boxes[0] + game->boxes[1] == DOTS_BOXES; }

int dots_result(const dots *game, int player) {
  int margin = game->boxes[player] - game->boxes[!player];
  return (margin > 0) - (margin < 0);
}

void dots_observe(const dots *game, float observation[DOTS_OBSERVATION]) {
  for (int side = 0; side < DOTS_SIDES; side++) observation[side] = has(game, side) ? 1.0F : 0.0F;
  for (int box = 0; box < DOTS_BOXES; box++) {
    observation[DOTS_SIDES + box] = game->owner[box] == game->to_play + 1 ? 1.0F : 0.0F;
    observation[DOTS_SIDES + DOTS_BOXES + box] = game->owner[box] == 2 - game->to_play ? 1.0F : 0.0F;
  }
}

static void add(char *text, size_t size, const char *what) {
  size_t used = strlen(text);
  (void)snprintf(text + used, size - used, "%s", what);
}

void dots_draw(const dots *game, char *text, size_t size) {
  char piece[16];
  if (size == 0) return;
  text[0] = '\0';
  for (int row = 0; row <= DOTS_ROWS; row++) {
    for (int column = 0; column < DOTS_COLUMNS; column++) {
      int side = horizontal(row, column);
      if (has(game, side)) add(text, size, "+---");
      else {
        (void)snprintf(piece, sizeof piece, "+ %c ", 'a' + side);
        add(text, size, piece);
      }
    }
    add(text, size, row < DOTS_ROWS ? "+\n" : "+");
    for (int column = 0; row < DOTS_ROWS && column <= DOTS_COLUMNS; column++) {
      int side = vertical(row, column), box = row * DOTS_COLUMNS + column;
      int owner = column < DOTS_COLUMNS ? game->owner[box] : 0;
      (void)snprintf(piece, sizeof piece, "%c %c ", has(game, side) ? '|' : 'a' + side, owner ? '0' + owner : ' ');
      if (column == DOTS_COLUMNS) (void)snprintf(piece, sizeof piece, "%c\n", has(game, side) ? '|' : 'a' + side);
      add(text, size, piece);
    }
  }
}
