/* Dots and boxes, 2 by 2: the player who draws the fourth side of a box owns it and draws again; most boxes win.
 *
 * Actions are sides: first the horizontal ones, row by row, then the vertical ones. */
#ifndef DOTS_H
#define DOTS_H

#include <stddef.h>
#include <stdint.h>

#define DOTS_ROWS 2
#define DOTS_COLUMNS 2
#define DOTS_BOXES (DOTS_ROWS * DOTS_COLUMNS)
#define DOTS_HORIZONTAL ((DOTS_ROWS + 1) * DOTS_COLUMNS)
#define DOTS_SIDES (DOTS_HORIZONTAL + DOTS_ROWS * (DOTS_COLUMNS + 1))
#define DOTS_OBSERVATION (DOTS_SIDES + 2 * DOTS_BOXES)

typedef struct dots {
  uint16_t sides;            /* one bit for each that is drawn */
  uint8_t owner[DOTS_BOXES]; /* 0 nobody, else player + 1 */
  uint8_t boxes[2];          /* how many each player owns */
  uint8_t to_play;
} dots;

/* Begin; a dots of zeros has begun too. */
void dots_begin(dots *game);
/* The sides that may be drawn, ascending, and how many. */
size_t dots_legal(const dots *game, int32_t legal[DOTS_SIDES]);
/* Draw a side that may be drawn; returns how many boxes that made. */
int dots_play(dots *game, int32_t side);
int dots_over(const dots *game);
/* 1, 0 or -1: whether a player has won, once it is over. */
int dots_result(const dots *game, int player);
/* What the player to move sees: the sides, its boxes, the other's boxes. */
void dots_observe(const dots *game, float observation[DOTS_OBSERVATION]);
/* The board in lines, its free sides as letters: a is action 0. */
void dots_draw(const dots *game, char *text, size_t size);

#endif
