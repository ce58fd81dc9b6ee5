/* Dots and boxes as an environment: myoshu learns it through the socket.
 *
 *   engine [PORT]      a free port if none is given; trainers must show MYOSHU_TOKEN, if it is set
 *   myoshu train tcp://127.0.0.1:PORT --minutes 1 --out dots.myoshu
 *
 * The other way round, the trainer listens:
 *
 *   myoshu train --listen 127.0.0.1:7777 --minutes 1 --out dots.myoshu
 *   engine --join tcp://127.0.0.1:7777 [SECONDS]     how long it may be away, 60 if not given */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dots.h"
#include "myoshu.h"

static myoshu_environment *environment;

static void on_signal(int number) {
  (void)number;
  myoshu_environment_stop(environment);
}

static int begin(void *game, uint64_t seed, void *user) {
  (void)seed, (void)user; /* the game has no chance */
  dots_begin(game);
  return 0;
}

static int play(void *game, int32_t action, float *rewards, void *user) {
  (void)user;
  (void)dots_play(game, action);
  if (dots_over(game))
    for (int player = 0; player < 2; player++) rewards[player] = (float)dots_result(game, player);
  return 0;
}

static void look(const void *game, myoshu_view *view, void *user) {
  int32_t legal[DOTS_SIDES];
  (void)user;
  size_t count = dots_legal(game, legal);
  for (size_t i = 0; i < count; i++) view->legal[legal[i]] = 1;
  dots_observe(game, view->observation);
  view->to_play = ((const dots *)game)->to_play;
  view->terminated = dots_over(game);
}

static void draw(const void *game, char *text, size_t size, void *user) {
  (void)user;
  dots_draw(game, text, size);
}

static void name(const void *game, int32_t action, char *text, size_t size, void *user) {
  (void)game, (void)user;
  (void)snprintf(text, size, "%c", 'a' + (int)action);
}

int main(int count, char **arguments) {
  myoshu_rules rules = {
      .game = {.name = "c:dots_and_boxes",
               .players = 2,
               .actions = DOTS_SIDES,
               .rank = 1,
               .shape = {DOTS_OBSERVATION},
               .returns = {-1.0, 1.0},
               .zero_sum = 1,
               .final_rewards_only = 1,
               .max_length = DOTS_SIDES},
      .game_size = sizeof(dots),
      .begin = begin,
      .play = play,
      .look = look,
      .draw = draw,
      .name = name,
  };
  bool joins = count >= 3 && strcmp(arguments[1], "--join") == 0;
  myoshu_listen where = {.port = (uint16_t)(count == 2 ? atoi(arguments[1]) : 0), .token = getenv("MYOSHU_TOKEN")};
  myoshu_error error;
  if (myoshu_environment_open(&environment, &rules, &where, &error) != MYOSHU_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  (void)signal(SIGINT, on_signal);
  (void)signal(SIGTERM, on_signal);
  if (!joins) printf("Dots and boxes at tcp://127.0.0.1:%u\n", (unsigned)myoshu_environment_port(environment));
  (void)fflush(stdout);
  double patience = count > 3 ? atof(arguments[3]) : 0.0;
  myoshu_status status = joins ? myoshu_environment_join(environment, arguments[2], patience, &error)
                               : myoshu_environment_serve(environment, -1.0, &error);
  if (status != MYOSHU_OK) fprintf(stderr, "%s\n", error.message);
  myoshu_environment_close(environment);
  return status != MYOSHU_OK;
}
