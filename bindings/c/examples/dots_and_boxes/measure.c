/* How strong an agent has become: games over the socket against random and against perfect play.
 *
 *   myoshu serve dots.myoshu
 *   measure GAMES [ADDRESS]       GAMES games for each line */
#include <stdio.h>
#include <stdlib.h>

#include "dots.h"
#include "myoshu.h"

static uint64_t chance = 1;

static size_t draw_below(size_t count) { /* xorshift64 */
  chance ^= chance << 13;
  chance ^= chance >> 7;
  chance ^= chance << 17;
  return (size_t)(chance % count);
}

/* The boxes that the player to move gets more than the other from here on, if both play perfectly. */
static int margin(const dots *game) {
  static int8_t known[1 << DOTS_SIDES]; /* the margin + 1 + DOTS_BOXES, 0 for what is not known */
  int32_t legal[DOTS_SIDES];
  size_t count = dots_legal(game, legal);
  if (count == 0) return 0;
  if (known[game->sides] != 0) return known[game->sides] - 1 - DOTS_BOXES;
  int best = -DOTS_BOXES;
  for (size_t i = 0; i < count; i++) {
    dots next = *game;
    int made = dots_play(&next, legal[i]);
    int here = made > 0 ? made + margin(&next) : -margin(&next);
    if (here > best) best = here;
  }
  known[game->sides] = (int8_t)(best + 1 + DOTS_BOXES);
  return best;
}

/* 1, 0 or -1: what `player` will have in the end if both play perfectly. */
static int outcome(const dots *game, int player) {
  int sign = game->to_play == player ? 1 : -1;
  int end = game->boxes[player] - game->boxes[!player] + sign * margin(game);
  return (end > 0) - (end < 0);
}

static int32_t perfect(const dots *game) {
  int32_t legal[DOTS_SIDES], best[DOTS_SIDES];
  size_t count = dots_legal(game, legal), found = 0;
  for (size_t i = 0; i < count; i++) {
    dots next = *game;
    (void)dots_play(&next, legal[i]);
    if (outcome(&next, game->to_play) == outcome(game, game->to_play)) best[found++] = legal[i];
  }
  return best[draw_below(found)];
}

static int32_t at_random(const dots *game) {
  int32_t legal[DOTS_SIDES];
  return legal[draw_below(dots_legal(game, legal))];
}

/* One game; counts what it ended as, and the agent's moves that gave something away. */
static myoshu_status play(myoshu_session *session, int agent, int32_t (*other)(const dots *game), int counts[3],
                          int *moves, int *mistakes, myoshu_error *error) {
  dots game;
  float observation[DOTS_OBSERVATION];
  int32_t legal[DOTS_SIDES];
  dots_begin(&game);
  while (!dots_over(&game)) {
    int32_t to_play = game.to_play, side;
    if (to_play == agent) {
      myoshu_decision decision;
      dots_observe(&game, observation);
      myoshu_position position = {.observation = observation, .legal = legal, .to_play = &to_play};
      position.legal_count = dots_legal(&game, legal);
      myoshu_status status = myoshu_think(session, &position, NULL, &decision, error);
      if (status != MYOSHU_OK) return status;
      side = decision.action;
      myoshu_decision_clear(&decision);
      dots next = game;
      (void)dots_play(&next, side);
      (*moves)++;
      *mistakes += outcome(&next, agent) < outcome(&game, agent);
    } else {
      side = other(&game);
    }
    (void)dots_play(&game, side);
    myoshu_status status = myoshu_observe(session, &side, 1, error);
    if (status != MYOSHU_OK) return status;
  }
  counts[1 - dots_result(&game, agent)]++;
  return MYOSHU_OK;
}

int main(int count, char **arguments) {
  int games = count > 1 ? atoi(arguments[1]) : 0;
  if (games < 1) {
    fprintf(stderr, "games: expected 1 or more, got %s\n", count > 1 ? arguments[1] : "nothing");
    return 2;
  }
  myoshu_error error;
  myoshu_client *client;
  if (myoshu_connect(&client, count > 2 ? arguments[2] : NULL, NULL, &error) != MYOSHU_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  myoshu_status status = MYOSHU_OK;
  for (int line = 0; line < 4 && status == MYOSHU_OK; line++) {
    int agent = line % 2, counts[3] = {0}, moves = 0, mistakes = 0;
    for (int game = 0; game < games && status == MYOSHU_OK; game++) {
      myoshu_session *session;
      int64_t seed = game;
      myoshu_options options = {.seed = &seed};
      status = myoshu_open(client, &options, &session, &error);
      if (status != MYOSHU_OK) break;
      status = play(session, agent, line < 2 ? at_random : perfect, counts, &moves, &mistakes, &error);
      (void)myoshu_close(session, NULL);
    }
    if (status == MYOSHU_OK)
      printf("%-7s play, the agent moves %s: %d won, %d drawn, %d lost; %d of its %d moves gave something away\n",
             line < 2 ? "random" : "perfect", agent == 0 ? "first " : "second", counts[0], counts[1], counts[2],
             mistakes, moves);
  }
  if (status != MYOSHU_OK) fprintf(stderr, "%s\n", error.message);
  myoshu_disconnect(client);
  return status != MYOSHU_OK;
}
