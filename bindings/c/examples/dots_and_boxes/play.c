/* Play dots and boxes against an agent at the terminal. It thinks while you do.
 *
 *   myoshu serve dots.myoshu
 *   play [--second] [ADDRESS]     the server's address: found automatically if none is given */
#include <stdio.h>
#include <string.h>

#include "dots.h"
#include "myoshu.h"

static int failed(const myoshu_error *error) {
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

/* What the letter typed stands for: a free side, or -1 at the end of the input. */
static int32_t ask(const dots *game) {
  char line[64];
  for (;;) {
    printf("Your side: ");
    (void)fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) return -1;
    int32_t side = line[0] - 'a';
    if (side >= 0 && side < DOTS_SIDES && line[1] == '\n' && !(game->sides >> side & 1)) return side;
    printf("Expected one of the letters on the board\n");
  }
}

static void show(const dots *game, int you) {
  char board[256];
  dots_draw(game, board, sizeof board);
  printf("\n%s\nBoxes: you %d, the agent %d\n", board, game->boxes[you], game->boxes[!you]);
}

static int play(myoshu_session *session, int you, myoshu_error *error) {
  dots game;
  float observation[DOTS_OBSERVATION];
  int32_t legal[DOTS_SIDES];
  dots_begin(&game);
  while (!dots_over(&game)) {
    int32_t to_play = game.to_play, side;
    dots_observe(&game, observation);
    myoshu_position position = {.observation = observation, .legal = legal, .to_play = &to_play};
    position.legal_count = dots_legal(&game, legal);
    if (to_play == you) {
      show(&game, you);
      if (myoshu_ponder_start(session, &position, NULL, error) != MYOSHU_OK) return failed(error);
      side = ask(&game);
      if (side < 0) return 1;
    } else {
      myoshu_decision decision;
      myoshu_limit limit = {.time = 1.0, .simulations = 400};
      if (myoshu_think(session, &position, &limit, &decision, error) != MYOSHU_OK) return failed(error);
      side = decision.action;
      printf("The agent draws %c (it expects %+.2f after %lld simulations)\n", 'a' + (int)side, decision.value,
             (long long)decision.simulations);
      myoshu_decision_clear(&decision);
    }
    (void)dots_play(&game, side);
    if (myoshu_observe(session, &side, 1, error) != MYOSHU_OK) return failed(error);
  }
  static const char *const outcomes[] = {"The agent wins.", "A draw.", "You win."};
  show(&game, you);
  printf("%s\n", outcomes[dots_result(&game, you) + 1]);
  return 0;
}

int main(int count, char **arguments) {
  int second = count > 1 && strcmp(arguments[1], "--second") == 0;
  myoshu_error error;
  myoshu_client *client;
  myoshu_session *session;
  if (myoshu_connect(&client, count > 1 + second ? arguments[1 + second] : NULL, NULL, &error) != MYOSHU_OK)
    return failed(&error);
  const myoshu_game *game = &myoshu_models(client, NULL)->game;
  int status = 1;
  if (game->actions != DOTS_SIDES || myoshu_game_size(game) != DOTS_OBSERVATION)
    fprintf(stderr, "model: expected one for dots and boxes, got %s\n", game->name);
  else if (myoshu_open(client, NULL, &session, &error) != MYOSHU_OK)
    failed(&error);
  else
    status = play(session, second, &error);
  myoshu_disconnect(client);
  return status;
}
