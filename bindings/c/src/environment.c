#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "trainer.h"

#define TRAINERS 64 /* connected at once; more wait to be accepted */
#define GOODBYE 1.0 /* seconds that they may take to end */
#define PATIENCE 60.0 /* seconds that a trainer that we connect to may be away */
#define PAUSE 0.2     /* seconds between two attempts */

struct myoshu_environment {
  myoshu_rules rules;
  char token[1025];
  bool has_token;
  int listener;
  uint16_t port;
  int wake[2]; /* a pipe: what is written to it ends serving */
  myo_trainer *trainers[TRAINERS];
  size_t count;
  myo_trainer *joined; /* the one of them that we connected to, if any */
  bool met;            /* whether it has welcomed us */
  myoshu_status outcome;
  myoshu_error why;
};

static myoshu_status refuse(myoshu_error *error, const char *field, const char *expected, double got) {
  return myo_fail(error, MYOSHU_INVALID, "", field, expected, "%g", got);
}

/* Checks the planes' texts: of a size that a trainer takes. */
static myoshu_status check_words(const myoshu_game *game, myoshu_error *error) {
  if (game->planes != NULL && game->shape[0] > 1024)
    return refuse(error, "rules.game.planes", "none for more than 1024 planes", (double)game->shape[0]);
  for (int64_t i = 0; game->planes != NULL && i < game->shape[0]; i++) {
    size_t size = game->planes[i] == NULL ? 0 : strlen(game->planes[i]);
    char where[64];
    (void)snprintf(where, sizeof where, "rules.game.planes[%lld]", (long long)i);
    if (size < 1 || size > 256) return refuse(error, where, "a text of 1 to 256 bytes", (double)size);
  }
  if (game->layout != NULL && strlen(game->layout) > 1024)
    return refuse(error, "rules.game.layout", "a text of at most 1024 bytes", (double)strlen(game->layout));
  return MYOSHU_OK;
}

static myoshu_status check_rules(const myoshu_rules *rules, myoshu_error *error) {
  const myoshu_game *game = &rules->game;
  if (game->name == NULL || game->name[0] == '\0')
    return myo_fail(error, MYOSHU_INVALID, "", "rules.game.name", "a text", "none");
  if (game->players < 1 || game->players > 64)
    return refuse(error, "rules.game.players", "1 to 64", game->players);
  if (game->actions < 1 || game->actions > 1 << 20)
    return refuse(error, "rules.game.actions", "1 to 1048576", game->actions);
  if (game->rank < 1 || game->rank > 8) return refuse(error, "rules.game.rank", "1 to 8", (double)game->rank);
  double elements = 1.0;
  for (size_t i = 0; i < game->rank; i++) {
    if (game->shape[i] < 1) return refuse(error, "rules.game.shape", "sizes of 1 or more", (double)game->shape[i]);
    elements *= (double)game->shape[i];
  }
  if (elements > 1 << 21) /* one position must fit into a frame */
    return refuse(error, "rules.game.shape", "at most 2097152 numbers", elements);
  if (!isfinite(game->returns[0]) || !isfinite(game->returns[1]) || game->returns[0] > game->returns[1])
    return refuse(error, "rules.game.returns", "two finite numbers in order", game->returns[0]);
  myoshu_status status = check_words(game, error);
  if (status != MYOSHU_OK) return status;
  if (rules->slots < 1 || rules->slots > 65536) return refuse(error, "rules.slots", "1 to 65536", (double)rules->slots);
  if (rules->game_size < 1 || rules->game_size > SIZE_MAX / 65536 / 2)
    return refuse(error, "rules.game_size", "1 or more bytes", (double)rules->game_size);
  if (rules->begin == NULL || rules->play == NULL || rules->look == NULL)
    return myo_fail(error, MYOSHU_INVALID, "", "rules", "functions begin, play and look", "NULL for one of them");
  return MYOSHU_OK;
}

static myoshu_status set_up(myoshu_environment *made, const myoshu_listen *where, myoshu_error *error) {
  myoshu_status status = check_rules(&made->rules, error);
  if (status != MYOSHU_OK) return status;
  if (where->token != NULL) {
    size_t length = strlen(where->token);
    if (length < 1 || length > 1024) return refuse(error, "listen.token", "1 to 1024 bytes", (double)length);
    memcpy(made->token, where->token, length + 1);
    made->has_token = true;
  }
  if (pipe(made->wake) != 0)
    return myo_fail(error, MYOSHU_MEMORY, "", "environment", "a pipe", "%s", strerror(errno));
  for (int i = 0; i < 2; i++) myo_prepare(made->wake[i]);
  bool loopback;
  made->port = where->port;
  made->listener = myo_listen(where->host == NULL ? "127.0.0.1" : where->host, &made->port, &loopback, error);
  if (made->listener < 0) return MYOSHU_INVALID;
  if (!loopback && !made->has_token)
    return myo_fail(error, MYOSHU_INVALID, "", "listen.token", "a token where others than this machine can connect",
                    "none");
  return MYOSHU_OK;
}

myoshu_status myoshu_environment_open(myoshu_environment **environment, const myoshu_rules *rules,
                                      const myoshu_listen *where, myoshu_error *error) {
  static const myoshu_listen anywhere = {.host = NULL};
  *environment = NULL;
  myoshu_environment *made = calloc(1, sizeof *made);
  if (made == NULL) return myo_no_memory(error, "environment");
  made->rules = *rules;
  if (made->rules.slots == 0) made->rules.slots = 256;
  made->listener = made->wake[0] = made->wake[1] = -1;
  myoshu_status status = set_up(made, where == NULL ? &anywhere : where, error);
  if (status != MYOSHU_OK) {
    myoshu_environment_close(made);
    return status;
  }
  *environment = made;
  return MYOSHU_OK;
}

uint16_t myoshu_environment_port(const myoshu_environment *environment) { return environment->port; }

void myoshu_environment_stop(myoshu_environment *environment) {
  int kept = errno;
  ssize_t wrote = write(environment->wake[1], "", 1); /* a full pipe wakes it as well */
  (void)wrote;
  errno = kept;
}

/* Serve the peer of a socket; NULL without memory. There must be room for one more. */
static myo_trainer *take_on(myoshu_environment *environment, int handle, bool dials) {
  const char *token = environment->has_token ? environment->token : NULL;
  myo_trainer *trainer = myo_trainer_new(handle, &environment->rules, token, dials);
  if (trainer != NULL) environment->trainers[environment->count++] = trainer;
  return trainer;
}

static void welcome_others(myoshu_environment *environment) {
  while (environment->count < TRAINERS) {
    int handle = accept(environment->listener, NULL, NULL);
    if (handle < 0) {
      if (errno == EMFILE || errno == ENFILE) myo_pause(0.01); /* until a descriptor is free */
      return;
    }
    (void)take_on(environment, handle, false);
  }
}

static void let_go(myoshu_environment *environment, myo_trainer *trainer) {
  if (trainer == environment->joined) {
    environment->joined = NULL;
    environment->outcome = myo_trainer_outcome(trainer, &environment->why);
  }
  myo_trainer_free(trainer);
}

/* Wait for something to do until `end`, and do it. *stopped says whether myoshu_environment_stop was called. */
static myoshu_status serve_once(myoshu_environment *environment, double end, bool closing, bool *stopped,
                                myoshu_error *error) {
  struct pollfd entries[TRAINERS + 2];
  double due = end;
  for (size_t i = 0; i < environment->count; i++) {
    const myo_trainer *trainer = environment->trainers[i];
    entries[i] = (struct pollfd){.fd = myo_trainer_handle(trainer), .events = myo_trainer_events(trainer)};
    if (myo_trainer_due(trainer) < due) due = myo_trainer_due(trainer);
  }
  size_t count = environment->count;
  entries[count] = (struct pollfd){.fd = closing ? -1 : environment->wake[0], .events = POLLIN};
  bool full = environment->count == TRAINERS || closing;
  entries[count + 1] = (struct pollfd){.fd = full ? -1 : environment->listener, .events = POLLIN};
  double left = due - myo_now();
  int milliseconds = left <= 0.0 ? 0 : left > 1e6 ? 1000000000 : (int)(left * 1e3) + 1;
  if (poll(entries, (nfds_t)(count + 2), milliseconds) < 0 && errno != EINTR)
    return myo_fail(error, MYOSHU_MEMORY, "", "environment", "to wait for trainers", "%s", strerror(errno));
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    myo_trainer *trainer = environment->trainers[i];
    bool goes_on = true;
    if (entries[i].revents != 0 || myo_trainer_due(trainer) <= myo_now()) goes_on = myo_trainer_run(trainer);
    if (trainer == environment->joined) environment->met = myo_trainer_met(trainer);
    if (goes_on) environment->trainers[kept++] = trainer;
    else let_go(environment, trainer);
  }
  environment->count = kept;
  if (entries[count + 1].revents != 0) welcome_others(environment);
  char bytes[64];
  *stopped = false;
  while (entries[count].revents != 0 && read(environment->wake[0], bytes, sizeof bytes) > 0) *stopped = true;
  return MYOSHU_OK;
}

myoshu_status myoshu_environment_serve(myoshu_environment *environment, double seconds, myoshu_error *error) {
  double end = seconds < 0.0 ? HUGE_VAL : myo_now() + seconds;
  if (isnan(seconds)) return myo_fail(error, MYOSHU_INVALID, "", "seconds", "a number", "NaN");
  bool stopped;
  do {
    myoshu_status status = serve_once(environment, end, false, &stopped, error);
    if (status != MYOSHU_OK) return status;
  } while (!stopped && myo_now() < end);
  return MYOSHU_OK;
}

/* Connect, if that can be done now. */
static myoshu_status dial(myoshu_environment *environment, const myo_address *address, myoshu_error *error) {
  if (environment->count == TRAINERS)
    return myo_fail(error, MYOSHU_MEMORY, "", "environment", "at most 64 trainers", "one more");
  int handle = myo_dial(address, myo_now() + GOODBYE, error);
  if (handle < 0) return MYOSHU_LOST;
  environment->joined = take_on(environment, handle, true);
  return environment->joined == NULL ? myo_no_memory(error, "environment") : MYOSHU_OK;
}

myoshu_status myoshu_environment_join(myoshu_environment *environment, const char *address, double patience,
                                      myoshu_error *error) {
  myo_address there;
  if (address == NULL) return myo_fail(error, MYOSHU_INVALID, "", "address", "as tcp://127.0.0.1:7777", "NULL");
  if (!(patience >= 0.0)) return refuse(error, "patience", "seconds from 0", patience);
  myoshu_status status = myo_address_of(address, &there, error);
  if (status != MYOSHU_OK) return status;
  if (patience == 0.0) patience = PATIENCE;
  double limit = myo_now() + patience;
  bool stopped = false;
  while (!stopped) {
    environment->outcome = dial(environment, &there, &environment->why);
    if (environment->outcome == MYOSHU_OK) environment->outcome = MYOSHU_LOST;
    else if (environment->outcome == MYOSHU_MEMORY) break;
    environment->met = false;
    while (environment->joined != NULL && !stopped) {
      status = serve_once(environment, HUGE_VAL, false, &stopped, error);
      if (status != MYOSHU_OK) return status;
    }
    if (stopped) return MYOSHU_OK;
    if (environment->outcome != MYOSHU_LOST) break;
    if (environment->met) limit = myo_now() + patience;
    else if (myo_now() >= limit) break;
    for (double end = myo_now() + PAUSE; !stopped && myo_now() < end;) {
      status = serve_once(environment, end, false, &stopped, error);
      if (status != MYOSHU_OK) return status;
    }
  }
  if (!stopped && environment->outcome != MYOSHU_OK && error != NULL) *error = environment->why;
  return stopped ? MYOSHU_OK : environment->outcome;
}

void myoshu_environment_close(myoshu_environment *environment) {
  if (environment == NULL) return;
  for (size_t i = 0; i < environment->count; i++) {
    myo_trainer_bye(environment->trainers[i]);
    if (myo_trainer_run(environment->trainers[i])) continue;
    myo_trainer_free(environment->trainers[i]);
    environment->trainers[i--] = environment->trainers[--environment->count];
  }
  bool stopped;
  for (double end = myo_now() + GOODBYE; environment->count > 0 && myo_now() < end;)
    if (serve_once(environment, end, true, &stopped, NULL) != MYOSHU_OK) break;
  for (size_t i = 0; i < environment->count; i++) myo_trainer_free(environment->trainers[i]);
  int handles[] = {environment->listener, environment->wake[0], environment->wake[1]};
  for (size_t i = 0; i < 3; i++)
    if (handles[i] >= 0) (void)close(handles[i]);
  free(environment);
}
