#include "trainer.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "decoded.h"
#include "error.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define HANDSHAKE 10.0              /* seconds that it may take */
#define HEARTBEAT 10.0              /* seconds of silence before a ping, where we are asked or ask for it */
#define LINGER 2.0                  /* seconds that a trainer may take to read its last reply */
#define UNREAD ((size_t)1 << 20)    /* bytes a trainer may leave unread before we stop reading */

typedef enum state { GREETING, OPEN, ENDING, ENDED } state;

struct myo_trainer {
  int handle;
  state state;
  const myoshu_rules *rules;
  const char *token;
  myo_slots *slots; /* after the handshake */
  myo_input input;
  myo_writer output;
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

static void say_hello(myo_trainer *trainer);

myo_trainer *myo_trainer_new(int handle, const myoshu_rules *rules, const char *token, bool dials) {
  myo_trainer *trainer = calloc(1, sizeof *trainer);
  if (trainer == NULL) {
    (void)close(handle);
    return NULL;
  }
  myo_prepare(handle);
  trainer->handle = handle;
  trainer->rules = rules;
  trainer->token = token;
  trainer->input.limit = MYO_FIRST_FRAME;
  trainer->sendable = MYO_DEFAULT_FRAME;
  trainer->heard = myo_now();
  trainer->deadline = trainer->heard + HANDSHAKE;
  trainer->dials = dials;
  trainer->outcome = myo_fail(&trainer->why, MYOSHU_LOST, "", "trainer", "its goodbye", "the end of the connection");
  if (dials) say_hello(trainer);
  return trainer;
}

void myo_trainer_free(myo_trainer *trainer) {
  if (trainer == NULL) return;
  (void)close(trainer->handle);
  myo_slots_free(trainer->slots);
  myo_input_clear(&trainer->input);
  myo_writer_clear(&trainer->output);
  free(trainer);
}

int myo_trainer_handle(const myo_trainer *trainer) { return trainer->handle; }

bool myo_trainer_met(const myo_trainer *trainer) { return trainer->slots != NULL; }

myoshu_status myo_trainer_outcome(const myo_trainer *trainer, myoshu_error *error) {
  if (trainer->outcome != MYOSHU_OK && error != NULL) *error = trainer->why;
  return trainer->outcome;
}

static size_t unsent(const myo_trainer *trainer) { return trainer->output.size - trainer->sent; }

short myo_trainer_events(const myo_trainer *trainer) {
  return (short)((unsent(trainer) < UNREAD ? POLLIN : 0) | (unsent(trainer) > 0 ? POLLOUT : 0));
}

double myo_trainer_due(const myo_trainer *trainer) {
  if (trainer->state != OPEN) return trainer->deadline;
  if (trainer->heartbeat <= 0.0) return HUGE_VAL;
  return trainer->heard + trainer->heartbeat * (trainer->ping != 0 ? 2.0 : 1.0);
}

/* ------------------------------------------------------------------ saying */

static void end(myo_trainer *trainer) {
  if (trainer->state != ENDING) trainer->deadline = myo_now() + LINGER;
  trainer->state = ENDING;
}

/* A frame was written: it goes out, or the connection ends without memory for it. */
static bool finish(myo_trainer *trainer, size_t frame, const char *what, myoshu_error *error) {
  myoshu_status status = myo_frame_end(&trainer->output, frame, trainer->sendable, what, error);
  if (status == MYOSHU_MEMORY) trainer->state = ENDED;
  return status == MYOSHU_OK;
}

/* An error: the final reply of a request, or the end of the connection if there is no id. */
static void say_error(myo_trainer *trainer, uint32_t id, const myoshu_error *error) {
  myo_writer *writer = &trainer->output;
  size_t frame = myo_frame_begin(writer);
  myo_write_map(writer, id != 0 ? 7 : 6);
  myo_write_text(writer, "t");
  myo_write_text(writer, "error");
  if (id != 0) {
    myo_write_text(writer, "id");
    myo_write_unsigned(writer, id);
  }
  const char *const texts[] = {"code", error->code,         "msg",      error->message, "field",
                               error->field, "expected", error->expected, "got",    error->got};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) myo_write_text(writer, texts[i]);
  (void)finish(trainer, frame, "error", NULL);
  if (id != 0) return;
  trainer->outcome = MYOSHU_PROTOCOL;
  trainer->why = *error;
  trainer->why.status = MYOSHU_PROTOCOL;
  end(trainer);
}

/* What `hello` and `welcome` say of this environment: five keys. */
static void write_self(myo_writer *writer, bool describes, double heartbeat) {
  myo_write_text(writer, "role");
  myo_write_text(writer, "environment");
  myo_write_text(writer, "name");
  myo_write_text(writer, "myoshu.h 1");
  myo_write_text(writer, "caps");
  myo_write_array(writer, describes ? 1 : 0);
  if (describes) myo_write_text(writer, "describe");
  myo_write_text(writer, "frame");
  myo_write_unsigned(writer, MYO_DEFAULT_FRAME);
  myo_write_text(writer, "heartbeat");
  myo_write_double(writer, heartbeat);
}

static void say_hello(myo_trainer *trainer) {
  myo_writer *writer = &trainer->output;
  size_t frame = myo_frame_begin(writer);
  bool draws = trainer->rules->draw != NULL;
  myo_write_map(writer, trainer->token != NULL ? 8 : 7);
  myo_write_text(writer, "t");
  myo_write_text(writer, "hello");
  myo_write_text(writer, "proto");
  myo_write_array(writer, 2);
  myo_write_int(writer, 1);
  myo_write_int(writer, 1);
  write_self(writer, draws, HEARTBEAT);
  if (trainer->token != NULL) {
    myo_write_text(writer, "token");
    myo_write_text(writer, trainer->token);
  }
  (void)finish(trainer, frame, "hello", NULL);
}

static void say_number(myo_trainer *trainer, const char *type, uint32_t id) {
  myo_writer *writer = &trainer->output;
  size_t frame = myo_frame_begin(writer);
  myo_write_map(writer, 2);
  myo_write_text(writer, "t");
  myo_write_text(writer, type);
  myo_write_text(writer, "id");
  myo_write_unsigned(writer, id);
  (void)finish(trainer, frame, type, NULL);
}

void myo_trainer_bye(myo_trainer *trainer) {
  if (trainer->state != OPEN) return;
  myo_writer *writer = &trainer->output;
  size_t frame = myo_frame_begin(writer);
  myo_write_map(writer, 1);
  myo_write_text(writer, "t");
  myo_write_text(writer, "bye");
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

/* The handshake is over: with success or an error. */
static bool settle(myo_trainer *trainer, const myo_value *map, myoshu_status status, myoshu_error *error) {
  if (status == MYOSHU_OK && (trainer->slots = myo_slots_new(trainer->rules)) == NULL)
    status = myo_fail(error, MYOSHU_MEMORY, "internal", "slots", "memory for the games", "none");
  if (status != MYOSHU_OK) {
    say_error(trainer, 0, error);
    return false;
  }
  trainer->state = OPEN;
  trainer->input.limit = MYO_DEFAULT_FRAME;
  trainer->sendable = (size_t)myo_integer_of(map, "frame", (int64_t)MYO_DEFAULT_FRAME);
  trainer->heartbeat = myo_double_of(map, "heartbeat", HEARTBEAT);
  trainer->describes = trainer->rules->draw != NULL && myo_has_word(map, "caps", "describe");
  return true;
}

/* Handle the messages of a trainer that we connected to. */
static void be_welcome(myo_trainer *trainer, const myo_message *welcome) {
  myoshu_error error;
  char role[16];
  myo_text_of(&welcome->map, "role", role, sizeof role);
  myoshu_status status = MYOSHU_OK;
  if (strcmp(role, "trainer") != 0)
    status = myo_fail(&error, MYOSHU_REFUSED, "role", "welcome.role", "trainer", "%s", role);
  else if (myo_integer_of(&welcome->map, "proto", 0) != 1)
    status = myo_fail(&error, MYOSHU_REFUSED, "version", "welcome.proto", "1", "%lld",
                      (long long)myo_integer_of(&welcome->map, "proto", 0));
  (void)settle(trainer, &welcome->map, status, &error);
}

static void greet(myo_trainer *trainer, const myo_message *hello) {
  const myo_value *map = &hello->map;
  myoshu_error error;
  char token[4097], role[16];
  myo_value proto, low, high;
  myo_text_of(map, "token", token, sizeof token);
  myo_text_of(map, "role", role, sizeof role);
  (void)myo_find(map, "proto", &proto);
  (void)myo_read(myo_read(proto.data, proto.end, &low), proto.end, &high);
  myoshu_status status = MYOSHU_OK;
  if (trainer->token != NULL && (strlen(token) > 1024 || !right_token(trainer->token, token)))
    status = myo_fail(&error, MYOSHU_REFUSED, "unauthorized", "hello.token", "the environment's token", "%s",
                      token[0] != '\0' ? "another" : "none");
  else if (low.integer > 1)
    status = myo_fail(&error, MYOSHU_REFUSED, "version", "hello.proto", "a range with 1", "[%lld, %lld]",
                      (long long)low.integer, (long long)high.integer);
  else if (strcmp(role, "trainer") != 0)
    status = myo_fail(&error, MYOSHU_REFUSED, "role", "hello.role", "trainer", "%s", role);
  if (!settle(trainer, map, status, &error)) return;
  myo_writer *writer = &trainer->output;
  size_t frame = myo_frame_begin(writer);
  myo_write_map(writer, 7);
  myo_write_text(writer, "t");
  myo_write_text(writer, "welcome");
  myo_write_text(writer, "proto");
  myo_write_int(writer, 1);
  write_self(writer, trainer->describes, trainer->heartbeat);
  (void)finish(trainer, frame, "welcome", NULL);
}

static bool is_trainers(myo_type type) {
  return type == MYO_PING || type == MYO_ENV_SPEC || type == MYO_RESET || type == MYO_STEP || type == MYO_DESCRIBE;
}

static void answer(myo_trainer *trainer, const myo_message *request) {
  myoshu_error error;
  if (request->type == MYO_PING) {
    say_number(trainer, "pong", request->id);
    return;
  }
  if (request->type == MYO_DESCRIBE && !trainer->describes) {
    myo_fail(&error, MYOSHU_REFUSED, "unsupported", "describe", "capability describe in the handshake", "none");
    say_error(trainer, request->id, &error);
    return;
  }
  size_t frame = myo_frame_begin(&trainer->output);
  myoshu_status status =
      myo_slots_answer(trainer->slots, request, &trainer->output, trainer->sendable, &error);
  if (status != MYOSHU_OK) {
    trainer->output.size = frame;
    if (status == MYOSHU_MEMORY) (void)snprintf(error.code, sizeof error.code, "internal");
    say_error(trainer, request->id, &error);
  } else if (!finish(trainer, frame, myo_type_name(request->type), &error) && trainer->state == OPEN) {
    (void)snprintf(error.code, sizeof error.code, "internal");
    say_error(trainer, request->id, &error);
  }
}

static void take(myo_trainer *trainer, const uint8_t *payload, size_t size) {
  myo_message message;
  myoshu_error error;
  myoshu_status status = myo_decode(payload, size, &message, &error);
  bool greeting = trainer->state == GREETING;
  if (status != MYOSHU_OK) { /* a faulty request is answered, any other fault is the end */
    bool request = !greeting && strcmp(error.code, "malformed") != 0 && strcmp(error.code, "unexpected") != 0 &&
                   (message.type == MYO_TYPES || is_trainers(message.type));
    if (status == MYOSHU_MEMORY) (void)snprintf(error.code, sizeof error.code, "internal");
    say_error(trainer, request ? message.id : 0, &error);
  } else if (greeting && message.type == (trainer->dials ? MYO_WELCOME : MYO_HELLO)) {
    if (trainer->dials) be_welcome(trainer, &message);
    else greet(trainer, &message);
  } else if (!greeting && is_trainers(message.type)) {
    answer(trainer, &message);
  } else if (!greeting && message.type == MYO_PONG && message.id == trainer->ping) {
    trainer->ping = 0;
  } else if (!greeting && message.type == MYO_BYE) {
    trainer->outcome = MYOSHU_OK;
    end(trainer);
  } else if (message.type == MYO_ERROR && message.id == 0) {
    trainer->outcome = myo_error_of(&message, MYOSHU_REFUSED, &trainer->why);
    end(trainer);
  } else {
    const char *greeted = trainer->dials ? "welcome" : "hello";
    myo_fail(&error, MYOSHU_PROTOCOL, "unexpected", "t", greeting ? greeted : "a request of the trainer", "%s",
             myo_type_name(message.type));
    say_error(trainer, 0, &error);
  }
}

/* ------------------------------------------------------------------ running */

static void send_what_can_be(myo_trainer *trainer) {
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
  if (trainer->output.capacity > UNREAD) myo_writer_clear(&trainer->output);
}

static void receive_what_came(myo_trainer *trainer) {
  size_t room;
  uint8_t *space = myo_input_space(&trainer->input, &room);
  if (space == NULL) {
    trainer->state = ENDED;
    return;
  }
  ssize_t came = recv(trainer->handle, space, room, 0);
  if (came > 0) {
    trainer->heard = myo_now();
    if (trainer->state != ENDING) myo_input_came(&trainer->input, (size_t)came); /* else it is dropped */
  } else if (came == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
    trainer->state = ENDED;
  }
}

static void answer_what_came(myo_trainer *trainer) {
  const uint8_t *payload;
  size_t size;
  myoshu_error error;
  bool more = true;
  while (more && trainer->state < ENDING && unsent(trainer) < UNREAD) {
    myo_cut cut = myo_input_next(&trainer->input, &payload, &size, &error);
    more = cut != MYO_PARTIAL;
    if (cut == MYO_WHOLE) take(trainer, payload, size);
    if (cut == MYO_REFUSED) say_error(trainer, 0, &error);
    if (unsent(trainer) >= UNREAD || !more) send_what_can_be(trainer);
  }
}

static void look_at_the_clock(myo_trainer *trainer) {
  double now = myo_now();
  myoshu_error error;
  if (now < myo_trainer_due(trainer)) return;
  if (trainer->state == ENDING) {
    trainer->state = ENDED;
  } else if (trainer->state == OPEN && trainer->ping == 0) {
    trainer->last_ping = trainer->last_ping == UINT32_MAX ? 1 : trainer->last_ping + 1;
    trainer->ping = trainer->last_ping;
    say_number(trainer, "ping", trainer->ping);
  } else {
    bool open = trainer->state == OPEN;
    myo_fail(&error, MYOSHU_TIMEOUT, "timeout", open ? "connection" : "hello",
             open ? "an answer to a ping" : "a handshake within 10 s", "none");
    say_error(trainer, 0, &error);
  }
}

bool myo_trainer_run(myo_trainer *trainer) {
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
