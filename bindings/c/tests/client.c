/* The client against a server with two models of 27 numbers and 9 actions, `mlp` and `other`; and against worse peers.
 *
 *   client ADDRESS all             everything there is, expectations checked here
 *   client ADDRESS moves SEED      three moves: action, value and visits, to be compared with another client's
 *   client ADDRESS long SECONDS    one think of SECONDS, reported when it begins
 *   client ADDRESS ponder SECONDS  sleeps in the middle, so that the connection can be cut then
 *   client ADDRESS dial            connects, thinks once, and says what became of it
 *   client ADDRESS check WHAT      what a model of tic-tac-toe is shown: right, raw, failing or nan
 *   client ADDRESS calls CALLS     of the script of exchanges: connect,open,think:8;0,observe:70000,close, one line for each
 * TIMEOUT and PATIENCE in the environment are the settings. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "myoshu.h"

static int wrong = 0;

#define EXPECT(condition)                                                                            \
  do {                                                                                               \
    if (!(condition)) {                                                                              \
      printf("%s:%d: expected %s; last error: %s\n", __FILE__, __LINE__, #condition, error.message); \
      wrong++;                                                                                       \
    }                                                                                                \
  } while (0)

static const char *const statuses[] = {"OK", "INVALID", "REFUSED", "LOST", "TIMEOUT", "PROTOCOL", "MEMORY"};
static float observation[27];
static const int32_t legal[] = {8, 1, 2, 3, 4, 5, 6, 7};
static const myoshu_position position = {.observation = observation, .legal = legal, .legal_count = 8};
static const myoshu_limit few = {.simulations = 25};

static void observe_row(int row) {
  for (int i = 0; i < 27; i++) observation[i] = (float)((row * 31 + i * 7) % 16) / 8.0F - 1.0F;
}

static void rest(double seconds) {
  struct timespec pause = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(fmod(seconds, 1.0) * 1e9)};
  (void)nanosleep(&pause, NULL);
}

static void check_decision(const myoshu_decision *decision) {
  myoshu_error error = {.status = MYOSHU_OK};
  float policy = 0.0F;
  int64_t visits = 0;
  EXPECT(decision->action >= 1 && decision->action <= 8 && decision->actions == 9 && decision->players == 2);
  for (int i = 0; i < 9 && decision->actions == 9; i++) policy += decision->policy[i], visits += decision->visits[i];
  EXPECT(fabsf(policy - 1.0F) < 1e-4F);
  EXPECT(visits > 0 && decision->visits[0] == 0 && decision->visits[decision->action] > 0);
  EXPECT(decision->variation_count > 0 && decision->variation[0] == decision->action);
  EXPECT(fabs(decision->values[0] + decision->values[1]) < 1e-4);
}

static int infos, infos_wanted;

static int count_infos(const myoshu_info *info, void *user) {
  myoshu_error error = {.status = MYOSHU_OK};
  EXPECT(user == &infos && info->action >= 1 && info->action <= 8 && info->policy != NULL && info->visits != NULL);
  EXPECT(info->simulations > 0 && info->elapsed > 0.0);
  return ++infos >= infos_wanted;
}

static void check_thinking(myoshu_client *client) {
  myoshu_error error = {.status = MYOSHU_OK};
  myoshu_session *session, *other;
  myoshu_decision decision, second;
  int64_t seed = 5;
  myoshu_options options = {.seed = &seed};
  int ready = 1;
  EXPECT(myoshu_open(client, &options, &session, &error) == MYOSHU_OK);
  EXPECT(strcmp(myoshu_session_model(session)->name, "mlp") == 0);
  EXPECT(myoshu_think(session, &position, &few, &decision, &error) == MYOSHU_OK);
  check_decision(&decision);
  EXPECT(decision.simulations == 25 && strcmp(decision.stop, "simulations") == 0);
  EXPECT(myoshu_observe(session, &decision.action, 1, &error) == MYOSHU_OK);

  /* Two sessions think at once, and nobody waits. */
  options.model = "other";
  EXPECT(myoshu_open(client, &options, &other, &error) == MYOSHU_OK);
  myoshu_limit enough = {.time = 60.0, .simulations = 65536, .every = 0.01, .on_info = count_infos, .user = &infos};
  infos_wanted = 3;
  EXPECT(myoshu_think_start(session, &position, &enough, &error) == MYOSHU_OK);
  EXPECT(myoshu_think_start(other, &position, &few, &error) == MYOSHU_OK);
  EXPECT(myoshu_ready(session, 0.0, &ready, &error) == MYOSHU_OK && !ready);
  EXPECT(myoshu_think_start(session, &position, NULL, &error) == MYOSHU_INVALID);
  EXPECT(strcmp(error.field, "session") == 0 && strcmp(error.code, "thinking") == 0);
  EXPECT(myoshu_decide(other, &second, &error) == MYOSHU_OK);
  check_decision(&second);
  myoshu_decision_clear(&second);
  myoshu_decision_clear(&decision);
  while (myoshu_ready(session, 5.0, &ready, &error) == MYOSHU_OK && !ready) continue;
  EXPECT(myoshu_decide(session, &decision, &error) == MYOSHU_OK);
  EXPECT(infos >= 3 && strcmp(decision.stop, "stopped") == 0);
  myoshu_decision_clear(&decision);

  /* Cancelled from outside. */
  enough.on_info = NULL;
  EXPECT(myoshu_think_start(session, &position, &enough, &error) == MYOSHU_OK);
  rest(0.05);
  EXPECT(myoshu_cancel(session, &error) == MYOSHU_OK);
  EXPECT(myoshu_decide(session, &decision, &error) == MYOSHU_OK && strcmp(decision.stop, "stopped") == 0);
  myoshu_decision_clear(&decision);
  EXPECT(myoshu_cancel(session, &error) == MYOSHU_OK);
  EXPECT(myoshu_decide(session, &decision, &error) == MYOSHU_INVALID && decision.policy == NULL);
  EXPECT(myoshu_ready(session, 0.0, &ready, &error) == MYOSHU_INVALID);

  /* Pondering: ended by what comes next, or by who wants its decision. */
  EXPECT(myoshu_ponder_start(session, &position, NULL, &error) == MYOSHU_OK);
  EXPECT(myoshu_think(session, &position, &few, &decision, &error) == MYOSHU_OK);
  myoshu_decision_clear(&decision);
  EXPECT(myoshu_ponder_start(session, &position, NULL, &error) == MYOSHU_OK);
  rest(0.02);
  EXPECT(myoshu_decide(session, &decision, &error) == MYOSHU_OK);
  check_decision(&decision);
  myoshu_decision_clear(&decision);
  EXPECT(myoshu_ponder_start(session, &position, NULL, &error) == MYOSHU_OK);
  EXPECT(myoshu_observe(session, &legal[0], 1, &error) == MYOSHU_OK);
  EXPECT(myoshu_ponder_start(session, &position, &few, &error) == MYOSHU_OK);
  EXPECT(myoshu_close(session, &error) == MYOSHU_OK);

  EXPECT(myoshu_swap(other, "mlp", NULL, &error) == MYOSHU_OK);
  EXPECT(strcmp(myoshu_session_model(other)->name, "mlp") == 0);
  EXPECT(myoshu_swap(other, "mlp", "another", &error) == MYOSHU_REFUSED && strcmp(error.code, "mismatch") == 0);
  EXPECT(myoshu_level(other, 3.0, &error) == MYOSHU_REFUSED && strcmp(error.code, "invalid") == 0);
  EXPECT(myoshu_ponder_start(other, &position, NULL, &error) == MYOSHU_OK); /* and is left to myoshu_disconnect */
}

static void check_refusals(myoshu_client *client) {
  myoshu_error error = {.status = MYOSHU_OK};
  myoshu_session *session;
  myoshu_decision decision;
  myoshu_options options = {.model = "none"};
  EXPECT(myoshu_open(client, &options, &session, &error) == MYOSHU_REFUSED && session == NULL);
  EXPECT(strcmp(error.code, "unknown_model") == 0 && error.message[0] != '\0');
  int64_t seed = -1;
  options = (myoshu_options){.seed = &seed};
  EXPECT(myoshu_open(client, &options, &session, &error) == MYOSHU_REFUSED && strcmp(error.field, "open.seed") == 0);
  EXPECT(myoshu_open(client, NULL, &session, NULL) == MYOSHU_OK);
  myoshu_limit limit = {.time = -1.0};
  EXPECT(myoshu_think(session, &position, &limit, &decision, &error) == MYOSHU_INVALID);
  EXPECT(strcmp(error.message, "limit.time: expected seconds from 0 to 1000000000, got -1") == 0);
  const int32_t twice[] = {1, 1}, outside[] = {9}, player = 7;
  myoshu_position bad = {.observation = observation, .legal = twice, .legal_count = 2};
  EXPECT(myoshu_think(session, &bad, NULL, &decision, &error) == MYOSHU_INVALID);
  EXPECT(strcmp(error.message, "position.legal: expected different actions from 0 to 8, got 1") == 0);
  bad = (myoshu_position){.observation = observation, .legal = outside, .legal_count = 1};
  EXPECT(myoshu_think(session, &bad, NULL, &decision, &error) == MYOSHU_INVALID);
  bad = (myoshu_position){.legal = NULL};
  EXPECT(myoshu_think(session, &bad, NULL, &decision, &error) == MYOSHU_INVALID);
  bad = (myoshu_position){.observation = observation, .to_play = &player};
  EXPECT(myoshu_think(session, &bad, NULL, &decision, &error) == MYOSHU_REFUSED);
  float kept = observation[3];
  observation[3] = NAN;
  EXPECT(myoshu_think(session, &position, NULL, &decision, &error) == MYOSHU_REFUSED);
  EXPECT(strstr(error.message, "finite") != NULL);
  observation[3] = kept;
  EXPECT(myoshu_think(session, &position, &few, &decision, &error) == MYOSHU_OK);
  myoshu_decision_clear(&decision);
  EXPECT(myoshu_ping(client, &error) == MYOSHU_OK);
  EXPECT(myoshu_close(session, NULL) == MYOSHU_OK);
}

static void check_crowd(myoshu_client *client) {
  myoshu_error error = {.status = MYOSHU_OK};
  static float rows[3][27];
  static uint8_t masks[3][9] = {{1, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}};
  int32_t actions[3], again[3];
  double values[3];
  int64_t seed = 3;
  myoshu_crowd crowd = {.count = 3, .observations = rows[0], .legal = masks[0], .seed = &seed, .model = "other"};
  for (int i = 0; i < 3; i++) observe_row(i), memcpy(rows[i], observation, sizeof observation);
  EXPECT(myoshu_act_batch(client, &crowd, &few, actions, values, &error) == MYOSHU_OK);
  EXPECT(actions[0] == 0 && actions[1] == 8 && actions[2] >= 0 && actions[2] < 9);
  EXPECT(fabs(values[0]) <= 1.0 && fabs(values[2]) <= 1.0);
  EXPECT(myoshu_act_batch(client, &crowd, &few, again, NULL, &error) == MYOSHU_OK);
  EXPECT(memcmp(actions, again, sizeof actions) == 0);
  crowd.model = "none";
  EXPECT(myoshu_act_batch(client, &crowd, &few, again, NULL, &error) == MYOSHU_INVALID);
  crowd = (myoshu_crowd){.count = 0, .observations = rows[0]};
  EXPECT(myoshu_act_batch(client, &crowd, NULL, again, NULL, &error) == MYOSHU_INVALID);
}

static void all(myoshu_client *client) {
  myoshu_error error = {.status = MYOSHU_OK};
  size_t count = 0;
  const myoshu_model *models = myoshu_models(client, &count);
  EXPECT(count == 2 && strcmp(models[0].name, "mlp") == 0 && strcmp(models[1].name, "other") == 0);
  EXPECT(models->game.players == 2 && models->game.actions == 9 && myoshu_game_size(&models->game) == 27);
  EXPECT(models->game.zero_sum && models->game.alternate && models->game.returns[0] < models->game.returns[1]);
  EXPECT(strlen(models->hash) == 64 && models->provider[0] != '\0' && models->simulations > 0);
  observe_row(0);
  check_thinking(client);
  check_refusals(client);
  check_crowd(client);
  printf("%d wrong\n", wrong);
}

static void print_decision(const myoshu_decision *decision) {
  printf("%d %.9g", (int)decision->action, decision->value);
  for (size_t i = 0; i < decision->actions; i++) printf(" %d", (int)decision->visits[i]);
  printf("\n");
}

static int said(myoshu_status status, const myoshu_error *error) {
  printf("%s: %s\n", statuses[status], status == MYOSHU_OK ? "" : error->message);
  return status != MYOSHU_OK;
}

static int moves(myoshu_client *client, int64_t seed) {
  myoshu_error error;
  myoshu_session *session;
  myoshu_options options = {.seed = &seed};
  myoshu_status status = myoshu_open(client, &options, &session, &error);
  for (int row = 0; row < 3 && status == MYOSHU_OK; row++) {
    myoshu_decision decision;
    observe_row(row);
    status = myoshu_think(session, &position, &few, &decision, &error);
    if (status != MYOSHU_OK) break;
    print_decision(&decision);
    status = myoshu_observe(session, &decision.action, 1, &error);
    myoshu_decision_clear(&decision);
  }
  return said(status, &error);
}

static int once(myoshu_client *client, double seconds, double pause) {
  myoshu_error error;
  myoshu_session *session;
  myoshu_decision decision;
  myoshu_limit limit = {.time = seconds, .simulations = 65536}; /* more than a server makes of time alone */
  myoshu_status status = myoshu_open(client, NULL, &session, &error);
  observe_row(0);
  if (status == MYOSHU_OK) status = myoshu_think_start(session, &position, seconds > 0.0 ? &limit : &few, &error);
  printf("thinking\n");
  (void)fflush(stdout);
  if (pause > 0.0) rest(pause);
  if (status == MYOSHU_OK) status = myoshu_decide(session, &decision, &error);
  if (status == MYOSHU_OK) {
    check_decision(&decision);
    myoshu_decision_clear(&decision);
    status = myoshu_close(session, &error);
  } else {
    printf("%s: %s\n", statuses[status], error.message); /* and then another session is tried */
    myoshu_session *next;
    status = myoshu_open(client, NULL, &next, &error);
  }
  return said(status, &error) || wrong;
}

/* Tic-tac-toe after some moves: the mover's stones, the opponent's, the empty squares; or, raw, the planes as OpenSpiel
 * has them: empty squares, noughts, crosses. */
static int observe_moves(const int32_t *moves, size_t count, float *seen, void *user) {
  const char *what = user;
  if (strcmp(what, "failing") == 0 && count > 0) return 1;
  bool raw = strcmp(what, "raw") == 0;
  int empty = raw ? 0 : 2;
  for (int i = 0; i < 9; i++) seen[9 * empty + i] = 1.0F;
  for (size_t i = 0; i < count; i++) {
    int plane = raw ? (i % 2 == 0 ? 2 : 1) : (i % 2 == count % 2 ? 0 : 1);
    seen[9 * empty + moves[i]] = 0.0F;
    seen[9 * plane + moves[i]] = 1.0F;
  }
  if (strcmp(what, "nan") == 0) seen[0] = NAN;
  return 0;
}

static int check(myoshu_client *client, char *what, const char *model) {
  myoshu_error error;
  myoshu_check found;
  myoshu_status status = myoshu_check_observations(client, model, observe_moves, what, &found, &error);
  if (status == MYOSHU_OK) printf("%zu of %zu: %s\n", found.differ, found.compared, found.text);
  return said(status, &error);
}

static int tell_of_info(const myoshu_info *info, void *user) {
  (void)info;
  ++*(int *)user;
  return 0;
}

static void calls(const char *address, const myoshu_settings *settings, char *names) {
  static const float zeros[27];
  myoshu_error error = {.status = MYOSHU_OK};
  myoshu_client *client = NULL;
  myoshu_session *session = NULL;
  for (const char *name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
    myoshu_status status = MYOSHU_OK;
    myoshu_decision decision = {.action = -1};
    int heard = 0;
    myoshu_limit limit = {.on_info = strcmp(name, "think_aloud") == 0 ? tell_of_info : NULL, .user = &heard};
    myoshu_position empty = {.observation = zeros};
    int32_t allowed[9];
    const char *colon = strchr(name, ':');
    for (const char *at = colon; at != NULL && strncmp(name, "think", 5) == 0; at = strchr(at + 1, ';')) {
      allowed[empty.legal_count++] = (int32_t)atoi(at + 1);
      empty.legal = allowed;
    }
    memset(&error, 0, sizeof error);
    if (strcmp(name, "connect") == 0) status = myoshu_connect(&client, address, settings, &error);
    else if (strcmp(name, "open") == 0) status = myoshu_open(client, NULL, &session, &error);
    else if (strncmp(name, "observe:", 8) == 0) {
      static const int32_t told[1 << 17];
      status = myoshu_observe(session, told, (size_t)atoi(colon + 1), &error);
    } else if (strcmp(name, "close") == 0) status = myoshu_close(session, &error);
    else status = myoshu_think(session, &empty, &limit, &decision, &error);
    if (status == MYOSHU_OK && decision.action >= 0) printf("action %d infos %d\n", (int)decision.action, heard);
    else if (status == MYOSHU_REFUSED || (status != MYOSHU_PROTOCOL && strcmp(error.code, "too_large") == 0)) printf("error %s\n", error.code);
    else printf("%s\n", status == MYOSHU_OK ? "ok" : status == MYOSHU_PROTOCOL ? "broken" : "lost");
    myoshu_decision_clear(&decision);
  }
  myoshu_disconnect(client);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  const char *timeout = getenv("TIMEOUT"), *patience = getenv("PATIENCE"), *what = arguments[2];
  double number = count > 3 ? atof(arguments[3]) : 0.0;
  myoshu_settings settings = {.token = getenv("TOKEN"),
                              .timeout = timeout == NULL ? 0.0 : atof(timeout),
                              .patience = patience == NULL ? 0.0 : atof(patience)};
  if (strcmp(what, "calls") == 0 && count > 3) return calls(arguments[1], &settings, arguments[3]), 0;
  myoshu_error error;
  myoshu_client *client;
  myoshu_status status =
      myoshu_connect(&client, arguments[1][0] == '\0' ? NULL : arguments[1], &settings, &error);
  if (status != MYOSHU_OK) return said(status, &error);
  int result = 0;
  if (strcmp(what, "all") == 0) all(client);
  else if (strcmp(what, "moves") == 0) result = moves(client, (int64_t)number);
  else if (strcmp(what, "check") == 0 && count > 3) result = check(client, arguments[3], count > 4 ? arguments[4] : NULL);
  else if (strcmp(what, "long") == 0) result = once(client, number, 0.0);
  else if (strcmp(what, "ponder") == 0) result = once(client, number, number);
  else result = once(client, 0.0, 0.0);
  myoshu_disconnect(client);
  return result || wrong;
}
