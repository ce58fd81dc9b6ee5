/* myoshu.h: ask a myoshu agent for moves, or have myoshu learn your game, from C or C++.
 *
 * The protocol is that of ../PROTOCOL.md, version 1, over TCP and Unix sockets. POSIX and C11; nothing beyond libc.
 * A client with its sessions, and an environment, may each be used by one thread at a time.
 *
 *   myoshu_client *client;
 *   myoshu_session *session;
 *   myoshu_decision decision;
 *   myoshu_error error;
 *   if (myoshu_connect(&client, NULL, NULL, &error) != MYOSHU_OK ||
 *       myoshu_open(client, NULL, &session, &error) != MYOSHU_OK ||
 *       myoshu_think(session, &position, NULL, &decision, &error) != MYOSHU_OK) {
 *     fprintf(stderr, "%s\n", error.message);
 *   }
 */
#ifndef MYOSHU_H
#define MYOSHU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The outcome of a call. Every function that can fail returns one, and fills `error` where that is not NULL.
 *
 * After MYOSHU_LOST, MYOSHU_TIMEOUT and MYOSHU_PROTOCOL a client's sessions are gone: close them and open others; the
 * client reconnects by itself. */
typedef enum myoshu_status {
  MYOSHU_OK = 0,
  MYOSHU_INVALID,  /* your mistake: an argument; nothing was sent */
  MYOSHU_REFUSED,  /* the server refuses: `code` and `field` say why; the connection stays open */
  MYOSHU_LOST,     /* nothing answers there, or the connection ended and was not restored */
  MYOSHU_TIMEOUT,  /* no answer in time */
  MYOSHU_PROTOCOL, /* the peer's mistake: what it sent breaks the protocol */
  MYOSHU_MEMORY    /* out of memory */
} myoshu_status;

/* Why a call failed. Texts are cut where they do not fit; those that are not known are empty. */
typedef struct myoshu_error {
  myoshu_status status;
  char code[24];      /* the protocol's code, as `busy` */
  char field[96];     /* where, as `think.obs.sh` */
  char expected[192]; /* what was expected */
  char got[192];      /* what came */
  char message[640];  /* one line for a person: where, what was expected, what came */
  double retry;       /* seconds after which to try again, where the server is busy; else 0 */
} myoshu_error;

/* A game: what is fixed about it. */
typedef struct myoshu_game {
  const char *name;       /* as `openspiel:tic_tac_toe` */
  int32_t players;        /* 1 ... 64 */
  int32_t actions;        /* how many: an action is 0 ... actions - 1 */
  size_t rank;            /* dimensions of an observation: 1 ... 8 */
  int64_t shape[8];       /* of an observation */
  double returns[2];      /* least and greatest sum of rewards of one player in a game */
  int zero_sum;           /* whether rewards always add up to 0 */
  int alternate;          /* whether players move strictly in turn */
  int final_rewards_only; /* whether every reward before the end is 0 */
  int stochastic;         /* whether the rules draw chance */
  int64_t max_length;     /* upper bound of the actions in a game; 0 where none is known */
  /* What an environment's observations hold, in words, for the agent's file. NULL: not stated, as in models. */
  const char *const *planes; /* [shape[0]] what stands at each index of the first dimension, on one line each */
  const char *layout;        /* what the other dimensions are, as `row 0 is the lowest` */
} myoshu_game;

/* Numbers in an observation: the product of the shape. */
size_t myoshu_game_size(const myoshu_game *game);

/* ---------------------------------------------------------------- asking an agent for moves */

/* A model that the server plays with. */
typedef struct myoshu_model {
  const char *name;     /* for myoshu_options.model */
  const char *hash;     /* of the specification of game and network */
  const char *provider; /* what computes the network */
  myoshu_game game;
  const double *levels; /* [level_count] what myoshu_options.level takes */
  const double *elo;    /* [level_count] their measured points above random play; NULL where not all were measured */
  size_t level_count;
  int32_t simulations;  /* what a move gets by default */
} myoshu_model;

typedef struct myoshu_client myoshu_client;   /* a connection */
typedef struct myoshu_session myoshu_session; /* one seat in one game */

/* How to connect; NULL or zeros for the defaults. */
typedef struct myoshu_settings {
  const char *token;   /* what the server requires; the discovery file's if NULL */
  double timeout;      /* seconds that an answer may be late: after a request's own time limit; 30 if 0 */
  double patience;     /* seconds to try to restore a lost connection; 5 if 0, not at all if below 0 */
} myoshu_settings;

/* How to open a session; NULL or zeros for the defaults. */
typedef struct myoshu_options {
  const char *model;         /* its name; the server's first if NULL */
  const char *hash;          /* what its hash must be; any if NULL */
  const int64_t *seed;       /* of the session's random numbers, 0 or more; another each time if NULL */
  const double *level;       /* one of the model's levels; the greatest strength if NULL */
  const double *elo;         /* the same in points, between those of two levels; not with level */
  const double *temperature; /* 0 plays the best move; the server's default if NULL */
  int forget;                /* each search starts afresh, instead of keeping the tree across the moves reported */
} myoshu_options;

/* What the player to move sees. */
typedef struct myoshu_position {
  const float *observation; /* [myoshu_game_size] in C order, finite */
  const int32_t *legal;     /* [legal_count] the legal actions, each once; all if NULL */
  size_t legal_count;
  const int32_t *to_play;   /* the player to move; whose turn it is after the reported moves if NULL */
  const int32_t *moves;     /* [move_count] actions actually made since the last request, as by myoshu_observe */
  size_t move_count;
} myoshu_position;

/* The best so far. Arrays are NULL where the server sends none; they live as long as the call of on_info. */
typedef struct myoshu_info {
  int32_t action;
  double value;         /* what the player to move can expect */
  int64_t simulations;  /* made so far */
  double elapsed;       /* seconds since the request arrived */
  const float *policy;  /* [actions] */
  const int32_t *visits; /* [actions] */
  const int32_t *variation; /* [variation_count] the line of play expected */
  size_t variation_count;
} myoshu_info;

/* How long to think; NULL or zeros for what the session's level says. The limit reached first ends the search. */
typedef struct myoshu_limit {
  double time;         /* seconds; no limit if 0 */
  int32_t simulations; /* no limit if 0 */
  int priority;        /* -1, 0 or 1: which of this client's searches go first where not all fit */
  double every;        /* seconds between two calls of on_info; 0.1 if 0 */
  /* Called with the best so far, from within any function that reads what the server sends. A return value other than
   * 0 ends the search now, and the best so far is the decision. It must not use the client. */
  int (*on_info)(const myoshu_info *info, void *user);
  void *user;          /* passed to on_info */
} myoshu_limit;

/* A decision; to be freed by myoshu_decision_clear. */
typedef struct myoshu_decision {
  int32_t action;      /* what to play: always a legal action */
  double value;        /* what the player to move can expect, in the game's units */
  size_t players;
  double *values;      /* [players] the same for each */
  size_t actions;
  float *policy;       /* [actions], sums to 1 */
  int32_t *visits;     /* [actions] */
  int32_t *variation;  /* [variation_count] the line of play expected */
  size_t variation_count;
  int64_t simulations; /* made */
  double elapsed;      /* seconds on the server */
  char stop[16];       /* `simulations`, `time`, `capacity`, `only_move` or `stopped` */
  char provider[132];  /* what computed the network */
} myoshu_decision;

/* Connect to an agent server.
 *
 * address: `tcp://host:port`, `unix:///path`, or the path of a discovery file; the one that `myoshu serve` writes by
 * default if NULL. On failure *client is NULL. */
myoshu_status myoshu_connect(myoshu_client **client, const char *address, const myoshu_settings *settings,
                             myoshu_error *error);

/* Say goodbye and free everything, the sessions too. NULL is ignored. */
void myoshu_disconnect(myoshu_client *client);

/* The models that the server plays with, *count of them; the first is the default. They live as long as the client;
 * after the server was restarted there may be others. */
const myoshu_model *myoshu_models(const myoshu_client *client, size_t *count);

/* Whether the server still answers. */
myoshu_status myoshu_ping(myoshu_client *client, myoshu_error *error);

/* Take a seat in a game. On failure *session is NULL. */
myoshu_status myoshu_open(myoshu_client *client, const myoshu_options *options, myoshu_session **session,
                          myoshu_error *error);

/* The model that a session plays with; it lives as long as the client. */
const myoshu_model *myoshu_session_model(const myoshu_session *session);

/* Decide on a move, and wait for it: myoshu_think_start and myoshu_decide. On failure *decision is all zeros. */
myoshu_status myoshu_think(myoshu_session *session, const myoshu_position *position, const myoshu_limit *limit,
                           myoshu_decision *decision, myoshu_error *error);

/* Start deciding on a move, and return at once. */
myoshu_status myoshu_think_start(myoshu_session *session, const myoshu_position *position, const myoshu_limit *limit,
                                 myoshu_error *error);

/* Start thinking about the position while another player decides, and return at once. It comes after all
 * thinking, and the next call for the session ends it; what it found about the move made is kept. */
myoshu_status myoshu_ponder_start(myoshu_session *session, const myoshu_position *position, const myoshu_limit *limit,
                                  myoshu_error *error);

/* Whether the decision is there: *ready is 1 or 0. Waits for at most `seconds` for it; 0 only looks. */
myoshu_status myoshu_ready(myoshu_session *session, double seconds, int *ready, myoshu_error *error);

/* End the session's thinking or pondering now: the best so far becomes the decision. */
myoshu_status myoshu_cancel(myoshu_session *session, myoshu_error *error);

/* Wait for the decision that was started; pondering is ended first. On failure *decision is all zeros. */
myoshu_status myoshu_decide(myoshu_session *session, myoshu_decision *decision, myoshu_error *error);

/* Free a decision's arrays and set it to zeros. */
void myoshu_decision_clear(myoshu_decision *decision);

/* Report `count` moves actually made, by any player, in order. */
myoshu_status myoshu_observe(myoshu_session *session, const int32_t *moves, size_t count, myoshu_error *error);

/* Play as strongly as one of the model's levels from now on. */
myoshu_status myoshu_level(myoshu_session *session, double level, myoshu_error *error);

/* Continue with another model of the same players, actions and observation; hash may be NULL. */
myoshu_status myoshu_swap(myoshu_session *session, const char *model, const char *hash, myoshu_error *error);

/* Give a seat back; the session is gone whatever is returned. */
myoshu_status myoshu_close(myoshu_session *session, myoshu_error *error);

/* Players that need no session each: `count` positions, each decided on by itself. */
typedef struct myoshu_crowd {
  size_t count;
  const float *observations; /* [count][myoshu_game_size] */
  const uint8_t *legal;      /* [count][actions] 0 or 1; all actions if NULL */
  const int32_t *to_play;    /* [count]; player 0 if NULL */
  const char *model;         /* its name; the server's first if NULL */
  const int64_t *seed;       /* row i plays as a new session with seed + i; another each time if NULL */
  double temperature;        /* 0 plays the best move */
} myoshu_crowd;

/* Decide on moves for a crowd: actions [count], and what each player to move can expect, values [count] if not NULL.
 * The limit is each row's; its on_info is not called. */
myoshu_status myoshu_act_batch(myoshu_client *client, const myoshu_crowd *crowd, const myoshu_limit *limit,
                               int32_t *actions, double *values, myoshu_error *error);

/* What the player to move sees after these actions since the beginning of a game, by any player: to be written into
 * observation [myoshu_game_size], all zeros at first. Returns 0, or nonzero if it
 * cannot be determined. */
typedef int (*myoshu_observe_moves)(const int32_t *moves, size_t count, float *observation, void *user);

/* The result of a check. */
typedef struct myoshu_check {
  size_t compared; /* positions that were compared; 0 if the agent's file has none that moves alone determine */
  size_t differ;   /* positions whose observation is not what the agent learned from */
  char text[2048]; /* that in words and, if known, how they differ; truncated if it does not fit */
} myoshu_check;

/* Check that an agent is shown what it learned from: an observation of the right size may still hold other planes, in
 * another order or turned, and then the agent plays badly and nothing else shows it. `observe` is called for each of a
 * few positions that came with the agent; model is its name, the server's first if NULL. MYOSHU_OK says that they were
 * compared: whether they differ is in *check. */
myoshu_status myoshu_check_observations(myoshu_client *client, const char *model, myoshu_observe_moves observe,
                                        void *user, myoshu_check *check, myoshu_error *error);

/* ---------------------------------------------------------------- having a game learned: `myoshu train tcp://...` */

/* A position, to be filled in; all zeros at first. */
typedef struct myoshu_view {
  float *observation; /* [myoshu_game_size] what the player to move sees */
  uint8_t *legal;     /* [actions] 1 for each legal action; meaningless once the game has ended */
  int32_t to_play;    /* the player to move */
  int terminated;     /* the rules have ended the game */
  int truncated;      /* the game was cut off from outside */
} myoshu_view;

/* The rules of a game. A game is `game_size` bytes of memory, zeros before each `begin`; the library keeps as many
 * as trainers ask for. The functions get `user` unchanged. */
typedef struct myoshu_rules {
  myoshu_game game;
  size_t slots;     /* games at once for each trainer: 1 ... 65536; 256 if 0 */
  size_t game_size; /* bytes */
  void *user;
  /* Begin a new game; all chance in it follows from the seed (0 ... 2^63 - 1). Returns 0, or nonzero on failure. */
  int (*begin)(void *game, uint64_t seed, void *user);
  /* Play a legal action, and add to rewards [players] what each is paid. Returns 0, or nonzero on failure. */
  int (*play)(void *game, int32_t action, float *rewards, void *user);
  /* Describe the position in `view`. */
  void (*look)(const void *game, myoshu_view *view, void *user);
  /* Draw the position for a person, in lines, into `size` bytes with a 0 at the end. NULL: positions are not drawn. */
  void (*draw)(const void *game, char *text, size_t size, void *user);
  /* Name an action in the same way. NULL: its number. */
  void (*name)(const void *game, int32_t action, char *text, size_t size, void *user);
  /* Free what a game holds besides its own memory, before it is started again or freed. NULL: it holds nothing. */
  void (*end)(void *game, void *user);
} myoshu_rules;

/* Where to listen; NULL or zeros for the defaults. */
typedef struct myoshu_listen {
  const char *host;  /* 127.0.0.1 if NULL */
  uint16_t port;     /* any free one if 0 */
  const char *token; /* what trainers must show; required if other machines can connect */
} myoshu_listen;

typedef struct myoshu_environment myoshu_environment; /* a game served to trainers */

/* Listen. On failure *environment is NULL. `rules` is copied; what it points to must outlive the environment. */
myoshu_status myoshu_environment_open(myoshu_environment **environment, const myoshu_rules *rules,
                                      const myoshu_listen *where, myoshu_error *error);

/* The port that it listens on. */
uint16_t myoshu_environment_port(const myoshu_environment *environment);

/* Serve trainers for this many seconds; 0 does what is pending and returns, below 0 continues until
 * myoshu_environment_stop. All trainers are served by this one thread; what they do wrong is answered and ends only
 * their own connection. */
myoshu_status myoshu_environment_serve(myoshu_environment *environment, double seconds, myoshu_error *error);

/* Connect to a trainer that listens (`myoshu train --listen HOST:PORT`), as tcp://127.0.0.1:7777, send it the
 * environment's token, and serve it until it says goodbye or myoshu_environment_stop is called: MYOSHU_OK. If nothing
 * listens there yet or the connection is lost, it tries again for `patience` seconds (60 if 0), then returns
 * MYOSHU_LOST. What the trainer refuses is MYOSHU_REFUSED. Trainers that connect by themselves are served as well. */
myoshu_status myoshu_environment_join(myoshu_environment *environment, const char *address, double patience,
                                      myoshu_error *error);

/* End myoshu_environment_serve, or _join. May be called from a signal handler or another thread. */
void myoshu_environment_stop(myoshu_environment *environment);

/* Say goodbye to all trainers and free everything. NULL is ignored. */
void myoshu_environment_close(myoshu_environment *environment);

#ifdef __cplusplus
}
#endif

#endif
