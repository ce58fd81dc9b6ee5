/* An environment whose rules fail in every way they can, for the tests of what trainers hear of it.
 *
 *   rules check     what myoshu_environment_open refuses
 *   rules           serve until a signal, on a port that is printed; TOKEN must be shown, if it is set
 *
 * The game: 4 actions, 2 players; action 0 is an honest move and the third ends the game. The seed decides what else
 * goes wrong: 1 begin fails, 2 action 1 fails, 3 no legal actions after action 1, 4 NaN is seen, 5 a player 2 is to
 * move, 6 it is cut off from outside after one action, 7 NaN is paid. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "myoshu.h"

typedef struct game {
  uint64_t seed;
  int moves;
  int last;
} game;

static myoshu_environment *environment;
static int held; /* games that begin has seen and end has not */

static int begin(void *memory, uint64_t seed, void *user) {
  game *mine = memory;
  mine->seed = seed;
  (*(int *)user)++;
  return seed == 1;
}

static int play(void *memory, int32_t action, float *rewards, void *user) {
  game *mine = memory;
  (void)user;
  mine->moves++;
  mine->last = action;
  rewards[0] += mine->seed == 7 ? NAN : 1.0F;
  rewards[1] -= 1.0F;
  return mine->seed == 2 && action == 1;
}

static void look(const void *memory, myoshu_view *view, void *user) {
  const game *mine = memory;
  (void)user;
  for (int i = 0; i < 3; i++) view->legal[i] = !(mine->seed == 3 && mine->last == 1);
  view->observation[0] = mine->seed == 4 ? NAN : (float)mine->moves;
  view->observation[1] = (float)(mine->seed % 1000);
  view->to_play = mine->seed == 5 ? 2 : mine->moves % 2;
  view->terminated = mine->moves == 3;
  view->truncated = mine->seed == 6 && mine->moves == 1;
}

static void end(void *memory, void *user) {
  (void)memory;
  (*(int *)user)--;
}

static const char *const planes[] = {"moves played", "the seed modulo 1000"};
static const myoshu_rules right = {
    .game = {.name = "c:odd", .players = 2, .actions = 4, .rank = 1, .shape = {2}, .returns = {-3, 3}, .zero_sum = 1,
             .alternate = 1, .max_length = 3, .planes = planes, .layout = "two numbers"},
    .slots = 8, .game_size = sizeof(game), .user = &held, .begin = begin, .play = play, .look = look, .end = end};

static int refuses(const myoshu_rules *rules, const myoshu_listen *where, const char *message) {
  myoshu_error error;
  myoshu_environment *made;
  myoshu_status status = myoshu_environment_open(&made, rules, where, &error);
  if (status == MYOSHU_INVALID && made == NULL && strncmp(error.message, message, strlen(message)) == 0) return 0;
  printf("expected %s, got %s\n", message, status == MYOSHU_OK ? "no error" : error.message);
  myoshu_environment_close(made);
  return 1;
}

static int check(void) {
  int wrong = 0;
  myoshu_rules rules = right;
  rules.game.name = NULL;
  wrong += refuses(&rules, NULL, "rules.game.name: expected a text, got none");
  rules = right, rules.game.players = 65;
  wrong += refuses(&rules, NULL, "rules.game.players: expected 1 to 64, got 65");
  rules = right, rules.game.actions = 0;
  wrong += refuses(&rules, NULL, "rules.game.actions: expected 1 to 1048576, got 0");
  rules = right, rules.game.rank = 9;
  wrong += refuses(&rules, NULL, "rules.game.rank: expected 1 to 8, got 9");
  rules = right, rules.game.shape[0] = 0;
  wrong += refuses(&rules, NULL, "rules.game.shape: expected sizes of 1 or more, got 0");
  rules = right, rules.game.shape[0] = 1 << 22;
  wrong += refuses(&rules, NULL, "rules.game.shape: expected at most 2097152 numbers, got 4.1943e+06");
  rules = right, rules.game.returns[1] = NAN;
  wrong += refuses(&rules, NULL, "rules.game.returns: expected two finite numbers in order, got");
  const char *const hole[] = {"moves played", NULL}, *const nothing[] = {"", "x"};
  rules = right, rules.game.planes = hole;
  wrong += refuses(&rules, NULL, "rules.game.planes[1]: expected a text of 1 to 256 bytes, got 0");
  rules = right, rules.game.planes = nothing;
  wrong += refuses(&rules, NULL, "rules.game.planes[0]: expected a text of 1 to 256 bytes, got 0");
  rules = right, rules.game.shape[0] = 1025;
  wrong += refuses(&rules, NULL, "rules.game.planes: expected none for more than 1024 planes, got 1025");
  static char endless[1026];
  memset(endless, 'x', sizeof endless - 1);
  rules = right, rules.game.layout = endless;
  wrong += refuses(&rules, NULL, "rules.game.layout: expected a text of at most 1024 bytes, got 1025");
  rules = right, rules.slots = 65537;
  wrong += refuses(&rules, NULL, "rules.slots: expected 1 to 65536, got 65537");
  rules = right, rules.game_size = 0;
  wrong += refuses(&rules, NULL, "rules.game_size: expected 1 or more bytes, got 0");
  rules = right, rules.look = NULL;
  wrong += refuses(&rules, NULL, "rules: expected functions begin, play and look, got NULL for one of them");
  myoshu_listen where = {.host = "0.0.0.0"};
  wrong += refuses(&right, &where, "listen.token: expected a token where others than this machine can connect, got none");
  where = (myoshu_listen){.token = ""};
  wrong += refuses(&right, &where, "listen.token: expected 1 to 1024 bytes, got 0");
  where = (myoshu_listen){.host = "no.such.host.invalid"};
  wrong += refuses(&right, &where, "host: expected an address of this machine, got no.such.host.invalid");
  myoshu_error error;
  myoshu_environment *first;
  where = (myoshu_listen){.host = "127.0.0.1", .token = "secret"};
  if (myoshu_environment_open(&first, &right, &where, &error) != MYOSHU_OK) return 1;
  where.port = myoshu_environment_port(first);
  wrong += refuses(&right, &where, "port: expected an address and port to listen on, got 127.0.0.1:");
  wrong += myoshu_environment_serve(first, 0.0, &error) != MYOSHU_OK;
  myoshu_environment_stop(first);
  wrong += myoshu_environment_serve(first, -1.0, &error) != MYOSHU_OK;
  myoshu_environment_close(first);
  myoshu_environment_close(NULL);
  printf("%d wrong\n", wrong);
  return wrong;
}

static void on_signal(int number) {
  (void)number;
  myoshu_environment_stop(environment);
}

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "check") == 0) return check();
  myoshu_listen where = {.token = getenv("TOKEN")};
  myoshu_error error;
  if (myoshu_environment_open(&environment, &right, &where, &error) != MYOSHU_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  (void)signal(SIGTERM, on_signal);
  printf("The odd game at tcp://127.0.0.1:%u\n", (unsigned)myoshu_environment_port(environment));
  (void)fflush(stdout);
  (void)myoshu_environment_serve(environment, -1.0, &error);
  myoshu_environment_close(environment);
  printf("%d games are still held\n", held);
  return held != 0;
}
