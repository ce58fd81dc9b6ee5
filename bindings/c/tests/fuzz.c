/* Golden frames, changed at random, against everything that reads what a peer sent: the tables of messages, and the side of
 * an environment, over a socket pair. What comes back must be whole frames with the protocol's own codes.
 *
 *   fuzz FOLDER ROUNDS [SEED] */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../src/decoded.h"
#include "../src/trainer.h"

#define MOST 256

static struct {
  uint8_t *data;
  size_t size;
} frames[MOST];
static size_t frame_count;
static size_t requests[MOST]; /* frames that a trainer may send */
static size_t request_count;
static uint64_t chance;
static long accepted, refused, conversations, replies, errors;

static size_t below(size_t count) {
  chance ^= chance << 13;
  chance ^= chance >> 7;
  chance ^= chance << 17;
  return (size_t)(chance % count);
}

static void fail(const char *what) {
  printf("expected %s\n", what);
  exit(1);
}

static void load(const char *folder) {
  char path[1024], line[512];
  (void)snprintf(path, sizeof path, "%s/cases.tsv", folder);
  FILE *index = fopen(path, "r");
  if (index == NULL) fail("an index of golden frames");
  while (fgets(line, sizeof line, index) != NULL && frame_count < MOST) {
    line[strcspn(line, "\t\n")] = '\0';
    static const char *const asked[] = {"ping", "env_spec", "reset", "step", "describe"};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
      if (strncmp(line, asked[i], strlen(asked[i])) == 0) requests[request_count++] = frame_count;
    (void)snprintf(path, sizeof path, "%s/frames/%s.bin", folder, line);
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail("a golden frame");
    static uint8_t data[1 << 16];
    size_t size = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    frames[frame_count].data = malloc(size);
    frames[frame_count].size = size;
    memcpy(frames[frame_count++].data, data, size);
  }
  (void)fclose(index);
}

/* A frame with a few bytes changed, cut, doubled or joined to another; its length mostly made right again. */
static size_t mutate(size_t pick, uint8_t *out, size_t room) {
  size_t size = frames[pick].size;
  if (size > room) size = room;
  memcpy(out, frames[pick].data, size);
  for (size_t changes = below(2) * below(6); changes > 0 && size > MYO_HEADER; changes--) {
    size_t at = MYO_HEADER + below(size - MYO_HEADER);
    switch (below(5)) {
      case 0: out[at] = (uint8_t)below(256); break;
      case 1: out[at] ^= (uint8_t)(1U << below(8)); break;
      case 2: size = at; break;
      case 3: { /* a piece of another */
        size_t other = below(frame_count), length = frames[other].size - below(frames[other].size);
        if (at + length > room) length = room - at;
        memcpy(out + at, frames[other].data, length);
        if (at + length > size) size = at + length;
        break;
      }
      default: { /* a first byte that says what follows */
        static const uint8_t heads[] = {0xc1, 0xc6, 0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff};
        out[at] = heads[below(sizeof heads)];
        break;
      }
    }
  }
  if (size >= MYO_HEADER && below(16) != 0)
    for (unsigned i = 0; i < MYO_HEADER; i++) out[i] = (uint8_t)((size - MYO_HEADER) >> (8 * i));
  return size;
}

/* ------------------------------------------------------------------ the tables */

static void decode_some(long rounds) {
  for (long i = 0; i < rounds; i++) {
    static uint8_t out[1 << 16];
    size_t size = mutate(below(frame_count), out, sizeof out);
    if (size <= MYO_HEADER) continue;
    uint8_t *exact = malloc(size - MYO_HEADER); /* so that reading beyond the end is seen */
    memcpy(exact, out + MYO_HEADER, size - MYO_HEADER);
    myo_message message;
    myoshu_error error = {.status = MYOSHU_OK};
    if (myo_decode(exact, size - MYO_HEADER, &message, &error) == MYOSHU_OK) {
      accepted++;
      if (myo_skip(exact, exact + size - MYO_HEADER) != exact + size - MYO_HEADER) fail("the end of what was read");
    } else {
      refused++;
      if (error.message[0] == '\0' || error.code[0] == '\0') fail("a reason");
    }
    free(exact);
  }
}

/* ------------------------------------------------------------------ an environment */

typedef struct counter {
  int total;
  void *held;
} counter;

static int begin(void *game, uint64_t seed, void *user) {
  (void)user;
  counter *mine = game;
  if (mine->total != 0 || mine->held != NULL) fail("a game of zeros");
  mine->held = malloc(8);
  return seed == 5;
}

static int play(void *game, int32_t action, float *rewards, void *user) {
  (void)user;
  counter *mine = game;
  if (action < 0 || action > 8 || mine->total >= 20) fail("a legal action in a game that is not over");
  mine->total += action + 1;
  rewards[0] += 1.0F;
  return mine->total == 13;
}

static void look(const void *game, myoshu_view *view, void *user) {
  (void)user;
  const counter *mine = game;
  view->observation[0] = (float)mine->total;
  for (int i = 0; i < 9; i += 2) view->legal[i] = 1;
  view->to_play = mine->total % 2;
  view->terminated = mine->total >= 20;
  view->truncated = mine->total == 17;
}

static void draw(const void *game, char *text, size_t size, void *user) {
  (void)user;
  (void)snprintf(text, size, "%d \xff", ((const counter *)game)->total); /* no UTF-8: must not spoil the frame */
}

static void end(void *game, void *user) {
  (void)user;
  free(((counter *)game)->held);
  ((counter *)game)->held = NULL;
}

static const myoshu_rules rules = {
    .game = {.name = "c:counter", .players = 2, .actions = 9, .rank = 3, .shape = {3, 3, 3}, .returns = {0, 20}},
    .slots = 4, .game_size = sizeof(counter), .begin = begin, .play = play, .look = look, .draw = draw, .end = end};

/* Everything the environment has sent: true if that was the end. */
static bool hear(int handle, myo_input *input) {
  static const char *const codes[] = {"malformed", "too_large", "version", "role", "unauthorized", "unexpected", "invalid",
                                      "unknown_type", "unsupported", "timeout"};
  bool ended = false;
  for (;;) {
    size_t room, size;
    const uint8_t *payload;
    myoshu_error error = {.status = MYOSHU_OK};
    uint8_t *space = myo_input_space(input, &room);
    ssize_t came = recv(handle, space, room, MSG_DONTWAIT);
    if (came <= 0) return ended || came == 0;
    myo_input_came(input, (size_t)came);
    myo_cut cut;
    while ((cut = myo_input_next(input, &payload, &size, &error)) == MYO_WHOLE) {
      myo_message message;
      char code[32];
      bool known = false;
      if (ended) fail("nothing after the last error");
      if (myo_decode(payload, size, &message, &error) != MYOSHU_OK) {
        printf("%s\n", error.message);
        fail("a reply that is right");
      }
      replies++;
      if (message.type != MYO_ERROR) continue;
      errors++;
      myo_text_of(&message.map, "code", code, sizeof code);
      for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) known |= strcmp(codes[i], code) == 0;
      if (!known) printf("%s\n", code), fail("one of the protocol's codes");
      ended = message.id == 0;
    }
    if (cut == MYO_REFUSED) fail("a length that is right");
  }
}

static void talk(long rounds) {
  static const char *const tokens[] = {NULL, "secret"};
  while (rounds > 0) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) fail("a socket pair");
    bool dials = below(3) == 0;
    myo_trainer *trainer = myo_trainer_new(pair[0], &rules, below(20) == 0 ? tokens[1] : NULL, dials);
    myo_input input = {.limit = MYO_DEFAULT_FRAME};
    conversations++;
    bool ended = false;
    static const char hello[] =
        "\x84\xa1t\xa5hello\xa5proto\x92\x01\x01\xa4role\xa7trainer\xa4" "caps\x91\xa8" "describe";
    static const char welcome[] =
        "\x84\xa1t\xa7welcome\xa5proto\x01\xa4role\xa7trainer\xa4" "caps\x91\xa8" "describe";
    if (below(10) != 0) {
      const uint8_t length[MYO_HEADER] = {(uint8_t)((dials ? sizeof welcome : sizeof hello) - 1)};
      (void)!write(pair[1], length, sizeof length);
      (void)!write(pair[1], dials ? welcome : hello, length[0]);
    }
    for (size_t left = 1 + below(40); left > 0 && rounds > 0 && !ended; left--, rounds--) {
      static uint8_t out[1 << 16];
      size_t size = mutate(below(8) != 0 ? requests[below(request_count)] : below(frame_count), out, 4096);
      for (size_t at = 0, piece; at < size && !ended; at += piece) {
        piece = below(4) == 0 ? 1 + below(size - at) : size - at;
        if (send(pair[1], out + at, piece, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) break;
        if (!myo_trainer_run(trainer)) ended = true;
        ended |= hear(pair[1], &input);
      }
    }
    myo_trainer_free(trainer);
    (void)close(pair[1]);
    myo_input_clear(&input);
  }
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  long rounds = atol(arguments[2]);
  chance = count > 3 ? strtoull(arguments[3], NULL, 10) : 88172645463325252ULL;
  load(arguments[1]);
  decode_some(rounds);
  talk(rounds);
  for (size_t i = 0; i < frame_count; i++) free(frames[i].data);
  printf("%ld accepted, %ld refused; %ld conversations, %ld replies, %ld of them errors\n", accepted, refused,
         conversations, replies, errors);
  return accepted == 0 || refused == 0 || errors == 0 || replies == errors;
}
