#include "trainer.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define HANDSHAKE 10.0              /* seconds that it may take */
#define HEARTBEAT 10.0              /* seconds of silence before a ping, where we are asked or ask for it */
#define LINGER 2.0                  /* seconds that a trainer may take to read its last reply */
#define UNREAD ((size_t)1 << 20)    /* bytes that a trainer may leave unread before it is read from no more */

typedef enum state { GREETING, OPEN, ENDING, ENDED } state;

struct tsj_trainer {
  int handle;
  state state;
  const myoshu_rules *rules;
  const char *token;
  tsj_slots *slots; /* after the handshake */
  tsj_input input;
  tsj_writer output;
  size_t sent; /* of the output */
  size_t sendable;
  double heartbeat; /* 0 for none */
  double heard;
  double deadline;   /* of the handshake, or of the end */
  uint32_t ping;     /* the id of a ping without an answer, 0 if there is none */
  uint32_t last_ping;
  bool dials; /* whether we connected to it, and greet it */
  bool describes;
  bool shut;             /* no more is sent */
  myoshu_status outcome; /* how it ends */
  myoshu_error why;
};

static void say_hello(tsj_trainer *trainer);

tsj_trainer *tsj_trainer_new(int handle, const myoshu_rules *rules, const char *token, bool dials) {
  tsj_trainer *trainer = calloc(1, sizeof *trainer);
  if (trainer == NULL) {
    (void)close(handle);
    return NULL;
  }
  tsj_prepare(handle);
  trainer->handle = handle;
  trainer->rules = rules;
  trainer->token = token;
  trainer->input.limit = TSJ_FIRST_FRAME;
  trainer->sendable = TSJ_DEFAULT_FRAME;
  trainer->heard = tsj_now();
  trainer->deadline = trainer->heard + HANDSHAKE;
  trainer->dials = dials;
  trainer->outcome = tsj_fail(&trainer->why, MYOSHU_LOST, "", "trainer", "its goodbye", "the end of the connection");
  if (dials) say_hello(trainer);
  return trainer;
}

void tsj_trainer_free(tsj_trainer *trainer) {
  if (trainer == NULL) return;
  (void)close(trainer->handle);
  tsj_slots_free(trainer->slots);
  tsj_input_clear(&trainer->input);
  tsj_writer_clear(&trainer->output);
  free(trainer);
}

int tsj_trainer_handle(const tsj_trainer *trainer) { return trainer->handle; }

bool tsj_trainer_met(const tsj_trainer *trainer) { return trainer->slots != NULL; }

myoshu_status tsj_trainer_outcome(const tsj_trainer *trainer, myoshu_error *error) {
  if (trainer->outcome != MYOSHU_OK && error != NULL) *error = trainer->why;
  return trainer->outcome;
}

static size_t unsent(const tsj_trainer *trainer) { return trainer->output.size - trainer->sent; }

short tsj_trainer_events(const tsj_trainer *trainer) {
  return (short)((unsent(trainer) < UNREAD ? POLLIN : 0) | (unsent(trainer) > 0 ? POLLOUT : 0));
}

double tsj_trainer_due(const tsj_trainer *trainer) {
  if (trainer->state != OPEN) return trainer->deadline;
  if (trainer->heartbeat <= 0.0) return HUGE_VAL;
  return trainer->heard + trainer->heartbeat * (trainer->ping != 0 ? 2.0 : 1.0);
}

/* ------------------------------------------------------------------ saying */

static void end(tsj_trainer *trainer) {
  if (trainer->state != ENDING) trainer->deadline = tsj_now() + LINGER;
  trainer->state = ENDING;
}

/* A frame was written: it goes out, or the connection ends without memory for it. */
static bool finish(tsj_trainer *trainer, size_t frame, const char *what, myoshu_error *error) {
  myoshu_status status = tsj_frame_end(&trainer->output, frame, trainer->sendable, what, error);
  if (status == MYOSHU_MEMORY) trainer->state = ENDED;
  return status == MYOSHU_OK;
}

/* An error: the final reply of a request, or the end of the connection if there is no id. */
static void say_error(tsj_trainer *trainer, uint32_t id, const myoshu_error *error) {
  tsj_writer *writer = &trainer->output;
  size_t frame = tsj_frame_begin(writer);
  tsj_write_map(writer, id != 0 ? 7 : 6);
  tsj_write_text(writer, "t");
  tsj_write_text(writer, "error");
  if (id != 0) {
    tsj_write_text(writer, "id");
    tsj_write_unsigned(writer, id);
  }
  const char *const texts[] = {"code", error->code,         "msg",      error->message, "field",
                               error->field, "expected", error->expected, "got",    error->got};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) tsj_write_text(writer, texts[i]);
  (void)finish(trainer, frame, "error", NULL);
  if (id != 0) return;
  trainer->outcome = MYOSHU_PROTOCOL;
  trainer->why = *error;
  trainer->why.status = MYOSHU_PROTOCOL;
  end(trainer);
}

static void say_hello(tsj_trainer *trainer) {
  tsj_writer *writer = &trainer->output;
  size_t frame = tsj_frame_begin(writer);
  bool draws = trainer->rules->draw != NULL;
  tsj_write_map(writer, trainer->token != NULL ? 8 : 7);
  tsj_write_text(writer, "t");
  tsj_write_text(writer, "hello");
  tsj_write_text(writer, "proto");
  tsj_write_array(writer, 2);
  tsj_write_int(writer, 1);
  tsj_write_int(writer, 1);
  tsj_write_text(writer, "role");
  tsj_write_text(writer, "environment");
  tsj_write_text(writer, "name");
  tsj_write_text(writer, "myoshu.h 1");
  tsj_write_text(writer, "caps");
  tsj_write_array(writer, draws ? 1 : 0);
  if (draws) tsj_write_text(writer, "describe");
  tsj_write_text(writer, "frame");
  tsj_write_unsigned(writer, TSJ_DEFAULT_FRAME);
  tsj_write_text(writer, "heartbeat");
  tsj_write_double(writer, HEARTBEAT);
  if (trainer->token != NULL) {
    tsj_write_text(writer, "token");
    tsj_write_text(writer, trainer->token);
  }
  (void)finish(trainer, frame, "hello", NULL);
}

static void say_number(tsj_trainer *trainer, const char *type, uint32_t id) {
  tsj_writer *writer = &trainer->output;
  size_t frame = tsj_frame_begin(writer);
  tsj_write_map(writer, 2);
  tsj_write_text(writer, "t");
  tsj_write_text(writer, type);
  tsj_write_text(writer, "id");
  tsj_write_unsigned(writer, id);
  (void)finish(trainer, frame, type, NULL);
}

void tsj_trainer_bye(tsj_trainer *trainer) {
  if (trainer->state != OPEN) return;
  tsj_writer *writer = &trainer->output;
  size_t frame = tsj_frame_begin(writer);
  tsj_write_map(writer, 1);
  tsj_write_text(writer, "t");
  tsj_write_text(writer, "bye");
  (void)finish(trainer, frame, "bye", NULL);
  end(trainer);
}

/* ------------------------------------------------------------------ answering */

/* Whether a token is the right one, in a time that does not depend on where they differ. */
static bool right_token(const char *wanted, const char *shown) {
  char a[1025] = "", b[1025] = "";
  unsigned different = 0;
  memcpy(a, wanted, strlen(wanted));
  memcpy(b, shown, strlen(shown));
  for (size_t i = 0; i < sizeof a; i++) different |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[i];
  return different == 0;
}

/* The handshake is over: well, or with an error. */
static bool settle(tsj_trainer *trainer, const tsj_value *map, myoshu_status status, myoshu_error *error) {
  if (status == MYOSHU_OK && (trainer->slots = tsj_slots_new(trainer->rules)) == NULL)
    status = tsj_fail(error, MYOSHU_MEMORY, "internal", "slots", "memory for the games", "none");
  if (status != MYOSHU_OK) {
    say_error(trainer, 0, error);
    return false;
  }
  trainer->state = OPEN;
  trainer->input.limit = TSJ_DEFAULT_FRAME;
  trainer->sendable = (size_t)tsj_integer_of(map, "frame", (int64_t)TSJ_DEFAULT_FRAME);
  trainer->heartbeat = tsj_double_of(map, "heartbeat", HEARTBEAT);
  trainer->describes = trainer->rules->draw != NULL && tsj_has_word(map, "caps", "describe");
  return true;
}

/* What a trainer says that we connected to. */
static void be_welcome(tsj_trainer *trainer, const tsj_message *welcome) {
  myoshu_error error;
  char role[16];
  tsj_text_of(&welcome->map, "role", role, sizeof role);
  myoshu_status status = MYOSHU_OK;
  if (strcmp(role, "trainer") != 0)
    status = tsj_fail(&error, MYOSHU_REFUSED, "role", "welcome.role", "trainer", "%s", role);
  else if (tsj_integer_of(&welcome->map, "proto", 0) != 1)
    status = tsj_fail(&error, MYOSHU_REFUSED, "version", "welcome.proto", "1", "%lld",
                      (long long)tsj_integer_of(&welcome->map, "proto", 0));
  (void)settle(trainer, &welcome->map, status, &error);
}

static void greet(tsj_trainer *trainer, const tsj_message *hello) {
  const tsj_value *map = &hello->map;
  myoshu_error error;
  char token[4097], role[16];
  tsj_value proto, low, high;
  tsj_text_of(map, "token", token, sizeof token);
  tsj_text_of(map, "role", role, sizeof role);
  (void)tsj_find(map, "proto", &proto);
  (void)tsj_read(tsj_read(proto.data, proto.end, &low), proto.end, &high);
  myoshu_status status = MYOSHU_OK;
  if (trainer->token != NULL && (strlen(token) > 1024 || !right_token(trainer->token, token)))
    status = tsj_fail(&error, MYOSHU_REFUSED, "unauthorized", "hello.token", "the environment's token", "%s",
                      token[0] != '\0' ? "another" : "none");
  else if (low.integer > 1)
    status = tsj_fail(&error, MYOSHU_REFUSED, "version", "hello.proto", "a range with 1", "[%lld, %lld]",
                      (long long)low.integer, (long long)high.integer);
  else if (strcmp(role, "trainer") != 0)
    status = tsj_fail(&error, MYOSHU_REFUSED, "role", "hello.role", "trainer", "%s", role);
  if (!settle(trainer, map, status, &error)) return;
  tsj_writer *writer = &trainer->output;
  size_t frame = tsj_frame_begin(writer);
  tsj_write_map(writer, 7);
  tsj_write_text(writer, "t");
  tsj_write_text(writer, "welcome");
  tsj_write_text(writer, "proto");
  tsj_write_int(writer, 1);
  tsj_write_text(writer, "role");
  tsj_write_text(writer, "environment");
  tsj_write_text(writer, "name");
  tsj_write_text(writer, "myoshu.h 1");
  tsj_write_text(writer, "caps");
  tsj_write_array(writer, trainer->describes ? 1 : 0);
  if (trainer->describes) tsj_write_text(writer, "describe");
  tsj_write_text(writer, "frame");
  tsj_write_unsigned(writer, TSJ_DEFAULT_FRAME);
  tsj_write_text(writer, "heartbeat");
  tsj_write_double(writer, trainer->heartbeat);
  (void)finish(trainer, frame, "welcome", NULL);
}

static bool is_trainers(tsj_type type) {
  return type == TSJ_PING || type == TSJ_ENV_SPEC || type == TSJ_RESET || type == TSJ_STEP || type == TSJ_DESCRIBE;
}

static void answer(tsj_trainer *trainer, const tsj_message *request) {
  myoshu_error error;
  if (request->type == TSJ_PING) {
    say_number(trainer, "pong", request->id);
    return;
  }
  if (request->type == TSJ_DESCRIBE && !trainer->describes) {
    tsj_fail(&error, MYOSHU_REFUSED, "unsupported", "describe", "capability describe in the handshake", "none");
    say_error(trainer, request->id, &error);
    return;
  }
  size_t frame = tsj_frame_begin(&trainer->output);
  myoshu_status status =
      tsj_slots_answer(trainer->slots, request, &trainer->output, trainer->sendable, &error);
  if (status != MYOSHU_OK) {
    trainer->output.size = frame;
    if (status == MYOSHU_MEMORY) (void)snprintf(error.code, sizeof error.code, "internal");
    say_error(trainer, request->id, &error);
  } else if (!finish(trainer, frame, tsj_type_name(request->type), &error) && trainer->state == OPEN) {
    (void)snprintf(error.code, sizeof error.code, "internal");
    say_error(trainer, request->id, &error);
  }
}

static void take(tsj_trainer *trainer, const uint8_t *payload, size_t size) {
  tsj_message message;
  myoshu_error error;
  myoshu_status status = tsj_decode(payload, size, &message, &error);
  bool greeting = trainer->state == GREETING;
  if (status != MYOSHU_OK) { /* a request that is wrong is answered, anything else that is wrong is the end */
    bool request = !greeting && strcmp(error.code, "malformed") != 0 && strcmp(error.code, "unexpected") != 0 &&
                   (message.type == TSJ_TYPES || is_trainers(message.type));
    if (status == MYOSHU_MEMORY) (void)snprintf(error.code, sizeof error.code, "internal");
    say_error(trainer, request ? message.id : 0, &error);
  } else if (greeting && message.type == (trainer->dials ? TSJ_WELCOME : TSJ_HELLO)) {
    if (trainer->dials) be_welcome(trainer, &message);
    else greet(trainer, &message);
  } else if (!greeting && is_trainers(message.type)) {
    answer(trainer, &message);
  } else if (!greeting && message.type == TSJ_PONG && message.id == trainer->ping) {
    trainer->ping = 0;
  } else if (!greeting && message.type == TSJ_BYE) {
    trainer->outcome = MYOSHU_OK;
    end(trainer);
  } else if (message.type == TSJ_ERROR && message.id == 0) {
    trainer->outcome = tsj_error_of(&message, MYOSHU_REFUSED, &trainer->why);
    end(trainer);
  } else {
    const char *greeted = trainer->dials ? "welcome" : "hello";
    tsj_fail(&error, MYOSHU_PROTOCOL, "unexpected", "t", greeting ? greeted : "a request of the trainer", "%s",
             tsj_type_name(message.type));
    say_error(trainer, 0, &error);
  }
}

/* ------------------------------------------------------------------ running */

static void send_what_can_be(tsj_trainer *trainer) {
  while (unsent(trainer) > 0) {
    ssize_t sent = send(trainer->handle, trainer->output.data + trainer->sent, unsent(trainer), MSG_NOSIGNAL);
    if (sent > 0) trainer->sent += (size_t)sent;
    else if (sent < 0 && errno == EINTR) continue;
    else {
      if (sent == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) trainer->state = ENDED;
      return;
    }
  }
  trainer->output.size = trainer->sent = 0;
  if (trainer->output.capacity > UNREAD) tsj_writer_clear(&trainer->output);
}

static void receive_what_came(tsj_trainer *trainer) {
  size_t room;
  uint8_t *space = tsj_input_space(&trainer->input, &room);
  if (space == NULL) {
    trainer->state = ENDED;
    return;
  }
  ssize_t came = recv(trainer->handle, space, room, 0);
  if (came > 0) {
    trainer->heard = tsj_now();
    if (trainer->state != ENDING) tsj_input_came(&trainer->input, (size_t)came); /* else it is let fall */
  } else if (came == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
    trainer->state = ENDED;
  }
}

static void answer_what_came(tsj_trainer *trainer) {
  const uint8_t *payload;
  size_t size;
  myoshu_error error;
  bool more = true;
  while (more && trainer->state < ENDING && unsent(trainer) < UNREAD) {
    tsj_cut cut = tsj_input_next(&trainer->input, &payload, &size, &error);
    more = cut != TSJ_PARTIAL;
    if (cut == TSJ_WHOLE) take(trainer, payload, size);
    if (cut == TSJ_REFUSED) say_error(trainer, 0, &error);
    if (unsent(trainer) >= UNREAD || !more) send_what_can_be(trainer);
  }
}

static void look_at_the_clock(tsj_trainer *trainer) {
  double now = tsj_now();
  myoshu_error error;
  if (now < tsj_trainer_due(trainer)) return;
  if (trainer->state == ENDING) {
    trainer->state = ENDED;
  } else if (trainer->state == OPEN && trainer->ping == 0) {
    trainer->last_ping = trainer->last_ping == UINT32_MAX ? 1 : trainer->last_ping + 1;
    trainer->ping = trainer->last_ping;
    say_number(trainer, "ping", trainer->ping);
  } else {
    bool open = trainer->state == OPEN;
    tsj_fail(&error, MYOSHU_TIMEOUT, "timeout", open ? "connection" : "hello",
             open ? "an answer to a ping" : "a handshake within 10 s", "none");
    say_error(trainer, 0, &error);
  }
}

bool tsj_trainer_run(tsj_trainer *trainer) {
  send_what_can_be(trainer);
  if (trainer->state != ENDED && unsent(trainer) < UNREAD) {
    receive_what_came(trainer); /* one readful, so that other trainers are served in between */
    answer_what_came(trainer);
  }
  if (trainer->state != ENDED) look_at_the_clock(trainer);
  if (trainer->state != ENDED) send_what_can_be(trainer);
  if (trainer->state == ENDING && unsent(trainer) == 0 && !trainer->shut) {
    trainer->shut = true;
    (void)shutdown(trainer->handle, SHUT_WR);
  }
  return trainer->state != ENDED;
}
