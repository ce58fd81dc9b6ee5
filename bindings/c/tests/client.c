/* The client against a server with two models of 27 numbers and 9 actions, `mlp` and `other`; and against worse peers.
 *
 *   client ADDRESS all             everything there is, expectations checked here
 *   client ADDRESS moves SEED      three moves: action, value and visits, to be compared with another client's
 *   client ADDRESS long SECONDS    one think of so many seconds, told when it begins
 *   client ADDRESS ponder SECONDS  sleeps in the middle: whoever wants to cuts the connection then
 *   client ADDRESS dial            connects, thinks once, and says what became of it
 *   client ADDRESS calls CALLS     of the script of exchanges: connect,open,think,close, one line for each
 * TIMEOUT and PATIENCE in the environment are the settings. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tesuji.h"

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
static const tesuji_position position = {.observation = observation, .legal = legal, .legal_count = 8};
static const tesuji_limit few = {.simulations = 25};

static void observe_row(int row) {
  for (int i = 0; i < 27; i++) observation[i] = (float)((row * 31 + i * 7) % 16) / 8.0F - 1.0F;
}

static void rest(double seconds) {
  struct timespec pause = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(fmod(seconds, 1.0) * 1e9)};
  (void)nanosleep(&pause, NULL);
}

static void check_decision(const tesuji_decision *decision) {
  tesuji_error error = {.status = TESUJI_OK};
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

static int count_infos(const tesuji_info *info, void *user) {
  tesuji_error error = {.status = TESUJI_OK};
  EXPECT(user == &infos && info->action >= 1 && info->action <= 8 && info->policy != NULL && info->visits != NULL);
  EXPECT(info->simulations > 0 && info->elapsed > 0.0);
  return ++infos >= infos_wanted;
}

static void check_thinking(tesuji_client *client) {
  tesuji_error error = {.status = TESUJI_OK};
  tesuji_session *session, *other;
  tesuji_decision decision, second;
  int64_t seed = 5;
  tesuji_options options = {.seed = &seed};
  int ready = 1;
  EXPECT(tesuji_open(client, &options, &session, &error) == TESUJI_OK);
  EXPECT(strcmp(tesuji_session_model(session)->name, "mlp") == 0);
  EXPECT(tesuji_think(session, &position, &few, &decision, &error) == TESUJI_OK);
  check_decision(&decision);
  EXPECT(decision.simulations == 25 && strcmp(decision.stop, "simulations") == 0);
  EXPECT(tesuji_observe(session, &decision.action, 1, &error) == TESUJI_OK);

  /* Two sessions think at once, and nobody waits. */
  options.model = "other";
  EXPECT(tesuji_open(client, &options, &other, &error) == TESUJI_OK);
  tesuji_limit enough = {.time = 60.0, .simulations = 65536, .every = 0.01, .on_info = count_infos, .user = &infos};
  infos_wanted = 3;
  EXPECT(tesuji_think_start(session, &position, &enough, &error) == TESUJI_OK);
  EXPECT(tesuji_think_start(other, &position, &few, &error) == TESUJI_OK);
  EXPECT(tesuji_ready(session, 0.0, &ready, &error) == TESUJI_OK && !ready);
  EXPECT(tesuji_think_start(session, &position, NULL, &error) == TESUJI_INVALID);
  EXPECT(strcmp(error.field, "session") == 0 && strcmp(error.code, "thinking") == 0);
  EXPECT(tesuji_decide(other, &second, &error) == TESUJI_OK);
  check_decision(&second);
  tesuji_decision_clear(&second);
  tesuji_decision_clear(&decision);
  while (tesuji_ready(session, 5.0, &ready, &error) == TESUJI_OK && !ready) continue;
  EXPECT(tesuji_decide(session, &decision, &error) == TESUJI_OK);
  EXPECT(infos >= 3 && strcmp(decision.stop, "stopped") == 0);
  tesuji_decision_clear(&decision);

  /* Cancelled from outside. */
  enough.on_info = NULL;
  EXPECT(tesuji_think_start(session, &position, &enough, &error) == TESUJI_OK);
  rest(0.05);
  EXPECT(tesuji_cancel(session, &error) == TESUJI_OK);
  EXPECT(tesuji_decide(session, &decision, &error) == TESUJI_OK && strcmp(decision.stop, "stopped") == 0);
  tesuji_decision_clear(&decision);
  EXPECT(tesuji_cancel(session, &error) == TESUJI_OK);
  EXPECT(tesuji_decide(session, &decision, &error) == TESUJI_INVALID && decision.policy == NULL);
  EXPECT(tesuji_ready(session, 0.0, &ready, &error) == TESUJI_INVALID);

  /* Pondering: ended by what comes next, or by who wants its decision. */
  EXPECT(tesuji_ponder_start(session, &position, NULL, &error) == TESUJI_OK);
  EXPECT(tesuji_think(session, &position, &few, &decision, &error) == TESUJI_OK);
  tesuji_decision_clear(&decision);
  EXPECT(tesuji_ponder_start(session, &position, NULL, &error) == TESUJI_OK);
  rest(0.02);
  EXPECT(tesuji_decide(session, &decision, &error) == TESUJI_OK);
  check_decision(&decision);
  tesuji_decision_clear(&decision);
  EXPECT(tesuji_ponder_start(session, &position, NULL, &error) == TESUJI_OK);
  EXPECT(tesuji_observe(session, &legal[0], 1, &error) == TESUJI_OK);
  EXPECT(tesuji_ponder_start(session, &position, &few, &error) == TESUJI_OK);
  EXPECT(tesuji_close(session, &error) == TESUJI_OK);

  EXPECT(tesuji_swap(other, "mlp", NULL, &error) == TESUJI_OK);
  EXPECT(strcmp(tesuji_session_model(other)->name, "mlp") == 0);
  EXPECT(tesuji_swap(other, "mlp", "another", &error) == TESUJI_REFUSED && strcmp(error.code, "mismatch") == 0);
  EXPECT(tesuji_level(other, 3.0, &error) == TESUJI_REFUSED && strcmp(error.code, "invalid") == 0);
  EXPECT(tesuji_ponder_start(other, &position, NULL, &error) == TESUJI_OK); /* and is left to tesuji_disconnect */
}

static void check_refusals(tesuji_client *client) {
  tesuji_error error = {.status = TESUJI_OK};
  tesuji_session *session;
  tesuji_decision decision;
  tesuji_options options = {.model = "none"};
  EXPECT(tesuji_open(client, &options, &session, &error) == TESUJI_REFUSED && session == NULL);
  EXPECT(strcmp(error.code, "unknown_model") == 0 && error.message[0] != '\0');
  int64_t seed = -1;
  options = (tesuji_options){.seed = &seed};
  EXPECT(tesuji_open(client, &options, &session, &error) == TESUJI_REFUSED && strcmp(error.field, "open.seed") == 0);
  EXPECT(tesuji_open(client, NULL, &session, NULL) == TESUJI_OK);
  tesuji_limit limit = {.time = -1.0};
  EXPECT(tesuji_think(session, &position, &limit, &decision, &error) == TESUJI_INVALID);
  EXPECT(strcmp(error.message, "limit.time: expected seconds from 0 to 1000000000, got -1") == 0);
  const int32_t twice[] = {1, 1}, outside[] = {9}, player = 7;
  tesuji_position bad = {.observation = observation, .legal = twice, .legal_count = 2};
  EXPECT(tesuji_think(session, &bad, NULL, &decision, &error) == TESUJI_INVALID);
  EXPECT(strcmp(error.message, "position.legal: expected different actions from 0 to 8, got 1") == 0);
  bad = (tesuji_position){.observation = observation, .legal = outside, .legal_count = 1};
  EXPECT(tesuji_think(session, &bad, NULL, &decision, &error) == TESUJI_INVALID);
  bad = (tesuji_position){.legal = NULL};
  EXPECT(tesuji_think(session, &bad, NULL, &decision, &error) == TESUJI_INVALID);
  bad = (tesuji_position){.observation = observation, .to_play = &player};
  EXPECT(tesuji_think(session, &bad, NULL, &decision, &error) == TESUJI_REFUSED);
  float kept = observation[3];
  observation[3] = NAN;
  EXPECT(tesuji_think(session, &position, NULL, &decision, &error) == TESUJI_REFUSED);
  EXPECT(strstr(error.message, "finite") != NULL);
  observation[3] = kept;
  EXPECT(tesuji_think(session, &position, &few, &decision, &error) == TESUJI_OK);
  tesuji_decision_clear(&decision);
  EXPECT(tesuji_ping(client, &error) == TESUJI_OK);
  EXPECT(tesuji_close(session, NULL) == TESUJI_OK);
}

static void check_crowd(tesuji_client *client) {
  tesuji_error error = {.status = TESUJI_OK};
  static float rows[3][27];
  static uint8_t masks[3][9] = {{1, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}};
  int32_t actions[3], again[3];
  double values[3];
  int64_t seed = 3;
  tesuji_crowd crowd = {.count = 3, .observations = rows[0], .legal = masks[0], .seed = &seed, .model = "other"};
  for (int i = 0; i < 3; i++) observe_row(i), memcpy(rows[i], observation, sizeof observation);
  EXPECT(tesuji_act_batch(client, &crowd, &few, actions, values, &error) == TESUJI_OK);
  EXPECT(actions[0] == 0 && actions[1] == 8 && actions[2] >= 0 && actions[2] < 9);
  EXPECT(fabs(values[0]) <= 1.0 && fabs(values[2]) <= 1.0);
  EXPECT(tesuji_act_batch(client, &crowd, &few, again, NULL, &error) == TESUJI_OK);
  EXPECT(memcmp(actions, again, sizeof actions) == 0);
  crowd.model = "none";
  EXPECT(tesuji_act_batch(client, &crowd, &few, again, NULL, &error) == TESUJI_INVALID);
  crowd = (tesuji_crowd){.count = 0, .observations = rows[0]};
  EXPECT(tesuji_act_batch(client, &crowd, NULL, again, NULL, &error) == TESUJI_INVALID);
}

static void all(tesuji_client *client) {
  tesuji_error error = {.status = TESUJI_OK};
  size_t count = 0;
  const tesuji_model *models = tesuji_models(client, &count);
  EXPECT(count == 2 && strcmp(models[0].name, "mlp") == 0 && strcmp(models[1].name, "other") == 0);
  EXPECT(models->game.players == 2 && models->game.actions == 9 && tesuji_game_size(&models->game) == 27);
  EXPECT(models->game.zero_sum && models->game.alternate && models->game.returns[0] < models->game.returns[1]);
  EXPECT(strlen(models->hash) == 64 && models->provider[0] != '\0' && models->simulations > 0);
  observe_row(0);
  check_thinking(client);
  check_refusals(client);
  check_crowd(client);
  printf("%d wrong\n", wrong);
}

static void print_decision(const tesuji_decision *decision) {
  printf("%d %.9g", (int)decision->action, decision->value);
  for (size_t i = 0; i < decision->actions; i++) printf(" %d", (int)decision->visits[i]);
  printf("\n");
}

static int said(tesuji_status status, const tesuji_error *error) {
  printf("%s: %s\n", statuses[status], status == TESUJI_OK ? "" : error->message);
  return status != TESUJI_OK;
}

static int moves(tesuji_client *client, int64_t seed) {
  tesuji_error error;
  tesuji_session *session;
  tesuji_options options = {.seed = &seed};
  tesuji_status status = tesuji_open(client, &options, &session, &error);
  for (int row = 0; row < 3 && status == TESUJI_OK; row++) {
    tesuji_decision decision;
    observe_row(row);
    status = tesuji_think(session, &position, &few, &decision, &error);
    if (status != TESUJI_OK) break;
    print_decision(&decision);
    status = tesuji_observe(session, &decision.action, 1, &error);
    tesuji_decision_clear(&decision);
  }
  return said(status, &error);
}

static int once(tesuji_client *client, double seconds, double pause) {
  tesuji_error error;
  tesuji_session *session;
  tesuji_decision decision;
  tesuji_limit limit = {.time = seconds, .simulations = 65536}; /* more than a server makes of time alone */
  tesuji_status status = tesuji_open(client, NULL, &session, &error);
  observe_row(0);
  if (status == TESUJI_OK) status = tesuji_think_start(session, &position, seconds > 0.0 ? &limit : &few, &error);
  printf("thinking\n");
  (void)fflush(stdout);
  if (pause > 0.0) rest(pause);
  if (status == TESUJI_OK) status = tesuji_decide(session, &decision, &error);
  if (status == TESUJI_OK) {
    check_decision(&decision);
    tesuji_decision_clear(&decision);
    status = tesuji_close(session, &error);
  } else {
    printf("%s: %s\n", statuses[status], error.message); /* and then another session is tried */
    tesuji_session *next;
    status = tesuji_open(client, NULL, &next, &error);
  }
  return said(status, &error) || wrong;
}

static int tell_of_info(const tesuji_info *info, void *user) {
  (void)info;
  ++*(int *)user;
  return 0;
}

static void calls(const char *address, const tesuji_settings *settings, char *names) {
  static const float zeros[27];
  tesuji_error error = {.status = TESUJI_OK};
  tesuji_client *client = NULL;
  tesuji_session *session = NULL;
  for (const char *name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
    tesuji_status status = TESUJI_OK;
    tesuji_decision decision = {.action = -1};
    int heard = 0;
    tesuji_limit limit = {.on_info = strcmp(name, "think_aloud") == 0 ? tell_of_info : NULL, .user = &heard};
    tesuji_position empty = {.observation = zeros};
    if (strcmp(name, "connect") == 0) status = tesuji_connect(&client, address, settings, &error);
    else if (strcmp(name, "open") == 0) status = tesuji_open(client, NULL, &session, &error);
    else if (strcmp(name, "close") == 0) status = tesuji_close(session, &error);
    else status = tesuji_think(session, &empty, &limit, &decision, &error);
    if (status == TESUJI_OK && decision.action >= 0) printf("action %d infos %d\n", (int)decision.action, heard);
    else if (status == TESUJI_REFUSED) printf("error %s\n", error.code);
    else printf("%s\n", status == TESUJI_OK ? "ok" : status == TESUJI_PROTOCOL ? "broken" : "lost");
    tesuji_decision_clear(&decision);
  }
  tesuji_disconnect(client);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  const char *timeout = getenv("TIMEOUT"), *patience = getenv("PATIENCE"), *what = arguments[2];
  double number = count > 3 ? atof(arguments[3]) : 0.0;
  tesuji_settings settings = {.token = getenv("TOKEN"),
                              .timeout = timeout == NULL ? 0.0 : atof(timeout),
                              .patience = patience == NULL ? 0.0 : atof(patience)};
  if (strcmp(what, "calls") == 0 && count > 3) return calls(arguments[1], &settings, arguments[3]), 0;
  tesuji_error error;
  tesuji_client *client;
  tesuji_status status =
      tesuji_connect(&client, arguments[1][0] == '\0' ? NULL : arguments[1], &settings, &error);
  if (status != TESUJI_OK) return said(status, &error);
  int result = 0;
  if (strcmp(what, "all") == 0) all(client);
  else if (strcmp(what, "moves") == 0) result = moves(client, (int64_t)number);
  else if (strcmp(what, "long") == 0) result = once(client, number, 0.0);
  else if (strcmp(what, "ponder") == 0) result = once(client, number, number);
  else result = once(client, 0.0, 0.0);
  tesuji_disconnect(client);
  return result || wrong;
}
