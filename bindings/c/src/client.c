#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asking.h"
#include "client.h"
#include "decision.h"
#include "decoded.h"
#include "error.h"

struct myoshu_session {
  myoshu_client *client;
  const myoshu_model *model;
  uint32_t number;
  uint64_t generation; /* of the link that it was opened on */
  myo_request *thinking;
  uint8_t *legal; /* [actions] of the position under way */
  int (*on_info)(const myoshu_info *info, void *user);
  void *user;
  myoshu_session *next;
};

#define DEFAULT_TIMEOUT 30.0
#define DEFAULT_PATIENCE 5.0

static myoshu_error *begin(myoshu_error *error, myoshu_error *spare) {
  if (error == NULL) error = spare;
  memset(error, 0, sizeof *error);
  return error;
}

/* ------------------------------------------------------------------ the connection */

static myoshu_status on_welcome(void *owner, const myo_message *welcome, bool fresh, myoshu_error *error) {
  myoshu_client *client = owner;
  if (!fresh) return MYOSHU_OK;
  myo_models *models = myo_models_of(welcome);
  if (models == NULL) return myo_no_memory(error, "welcome.models");
  if (models->count == 0) {
    myo_models_free(models);
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "welcome.models", "at least one", "none");
  }
  models->before = client->models;
  client->models = models;
  return MYOSHU_OK;
}

myoshu_status myoshu_connect(myoshu_client **client, const char *address, const myoshu_settings *settings,
                             myoshu_error *error) {
  static const myoshu_settings defaults = {.token = NULL};
  myoshu_error spare;
  error = begin(error, &spare);
  *client = NULL;
  if (settings == NULL) settings = &defaults;
  if (!isfinite(settings->timeout) || settings->timeout < 0.0 || settings->timeout > 1e6)
    return myo_fail(error, MYOSHU_INVALID, "", "settings.timeout", "seconds from 0 to 1000000", "%g",
                    settings->timeout);
  if (!isfinite(settings->patience) || settings->patience > 1e6)
    return myo_fail(error, MYOSHU_INVALID, "", "settings.patience", "seconds up to 1000000", "%g", settings->patience);
  myoshu_client *made = calloc(1, sizeof *made);
  if (made == NULL) return myo_no_memory(error, "client");
  myo_link *link = &made->link;
  link->handle = -1;
  link->timeout = settings->timeout > 0.0 ? settings->timeout : DEFAULT_TIMEOUT;
  link->patience = settings->patience < 0.0 ? 0.0 : settings->patience > 0.0 ? settings->patience : DEFAULT_PATIENCE;
  link->on_welcome = on_welcome;
  link->owner = made;
  myoshu_status status = myo_address_of(address, &link->address, error);
  const char *token = settings->token != NULL ? settings->token : link->address.token;
  if (status == MYOSHU_OK && strlen(token) >= sizeof link->token)
    status = myo_fail(error, MYOSHU_INVALID, "", "settings.token", "at most 1024 bytes", "%zu", strlen(token));
  if (status == MYOSHU_OK) {
    (void)snprintf(link->token, sizeof link->token, "%s", token);
    status = myo_link_ready(link, error);
  }
  if (status != MYOSHU_OK) {
    myoshu_disconnect(made);
    return status;
  }
  *client = made;
  return MYOSHU_OK;
}

static void forget(myoshu_session *session) {
  myo_request_free(&session->client->link, session->thinking);
  free(session->legal);
  free(session);
}

void myoshu_disconnect(myoshu_client *client) {
  if (client == NULL) return;
  while (client->sessions != NULL) {
    myoshu_session *session = client->sessions;
    client->sessions = session->next;
    forget(session);
  }
  myo_link_close(&client->link);
  myo_models_free(client->models);
  free(client);
}

const myoshu_model *myoshu_models(const myoshu_client *client, size_t *count) {
  if (count != NULL) *count = client->models->count;
  return client->models->models;
}

/* A request of which only the arrival of its reply matters. */
static myoshu_status ask(myoshu_client *client, myo_request *request, myoshu_error *error) {
  myo_message reply;
  myoshu_status status = myo_request_ask(&client->link, &request, &reply, error);
  myo_request_free(&client->link, request);
  return status;
}

myoshu_status myoshu_ping(myoshu_client *client, myoshu_error *error) {
  myoshu_error spare;
  error = begin(error, &spare);
  myoshu_status status = myo_link_ready(&client->link, error);
  if (status != MYOSHU_OK) return status;
  myo_request *request = myo_request_new(&client->link, MYO_PING, error);
  return request == NULL ? MYOSHU_MEMORY : ask(client, request, error);
}

/* ------------------------------------------------------------------ sessions */

const myoshu_model *myo_model_named(const myoshu_client *client, const char *name) {
  for (size_t i = 0; i < client->models->count; i++)
    if (name == NULL || strcmp(client->models->models[i].name, name) == 0) return &client->models->models[i];
  return NULL;
}

myoshu_status myoshu_open(myoshu_client *client, const myoshu_options *options, myoshu_session **session,
                          myoshu_error *error) {
  static const myoshu_options defaults = {.model = NULL};
  myoshu_error spare;
  error = begin(error, &spare);
  *session = NULL;
  if (options == NULL) options = &defaults;
  myoshu_status status = myo_link_ready(&client->link, error);
  if (status != MYOSHU_OK) return status;
  myoshu_session *made = calloc(1, sizeof *made);
  myo_request *request = made == NULL ? NULL : myo_request_new(&client->link, MYO_OPEN, error);
  if (request == NULL) {
    free(made);
    return myo_no_memory(error, "session");
  }
  myo_writer *writer = &request->frame;
  if (options->model != NULL) myo_key(request, "model"), myo_write_text(writer, options->model);
  if (options->hash != NULL) myo_key(request, "hash"), myo_write_text(writer, options->hash);
  if (options->seed != NULL) myo_key(request, "seed"), myo_write_int(writer, *options->seed);
  if (options->level != NULL) myo_key(request, "level"), myo_write_double(writer, *options->level);
  if (options->elo != NULL) myo_key(request, "elo"), myo_write_double(writer, *options->elo);
  myo_key(request, "options");
  myo_write_map(writer, options->temperature == NULL ? 1 : 2);
  myo_write_text(writer, "keep_tree");
  myo_write_bool(writer, options->forget == 0);
  if (options->temperature != NULL) {
    myo_write_text(writer, "temperature");
    myo_write_double(writer, *options->temperature);
  }
  myo_message reply;
  char name[520];
  status = myo_request_ask(&client->link, &request, &reply, error);
  if (status == MYOSHU_OK) {
    made->client = client;
    made->number = (uint32_t)myo_integer_of(&reply.map, "session", 0);
    made->generation = client->link.generation;
    myo_text_of(&reply.map, "model", name, sizeof name);
    made->model = myo_model_named(client, name);
    myo_request_free(&client->link, request);
    if (made->model == NULL) {
      myo_fail(error, MYOSHU_PROTOCOL, "invalid", "opened.model", "a model of welcome.models", "%s", name);
      status = myo_link_refuse(&client->link, error);
    } else {
      made->legal = calloc((size_t)made->model->game.actions, 1);
      if (made->legal == NULL) status = myo_no_memory(error, "session");
    }
  }
  if (status != MYOSHU_OK) {
    free(made);
    return status;
  }
  made->next = client->sessions;
  client->sessions = made;
  *session = made;
  return MYOSHU_OK;
}

const myoshu_model *myoshu_session_model(const myoshu_session *session) { return session->model; }

/* Whether a session still belongs to the connection, which is restored first if need be. */
static myoshu_status session_ready(myoshu_session *session, myoshu_error *error) {
  myoshu_status status = myo_link_ready(&session->client->link, error);
  if (status != MYOSHU_OK || session->generation == session->client->link.generation) return status;
  return myo_fail(error, MYOSHU_LOST, "lost", "session", "one of this connection",
                  "one that ended with the connection before");
}

static myo_request *session_request(myoshu_session *session, myo_type type, myoshu_error *error) {
  myo_request *request = myo_request_new(&session->client->link, type, error);
  if (request == NULL) return NULL;
  myo_key(request, "session");
  myo_write_unsigned(&request->frame, session->number);
  return request;
}

static void write_moves(myo_request *request, const int32_t *moves, size_t count) {
  myo_key(request, "moves");
  myo_write_array(&request->frame, count);
  for (size_t i = 0; i < count; i++) myo_write_int(&request->frame, moves[i]);
}

myoshu_status myoshu_observe(myoshu_session *session, const int32_t *moves, size_t count, myoshu_error *error) {
  myoshu_error spare;
  error = begin(error, &spare);
  myoshu_status status = session_ready(session, error);
  if (status != MYOSHU_OK) return status;
  myo_request *request = session_request(session, MYO_OBSERVE, error);
  if (request == NULL) return MYOSHU_MEMORY;
  write_moves(request, moves, count);
  return ask(session->client, request, error);
}

myoshu_status myoshu_level(myoshu_session *session, double level, myoshu_error *error) {
  myoshu_error spare;
  error = begin(error, &spare);
  myoshu_status status = session_ready(session, error);
  if (status != MYOSHU_OK) return status;
  myo_request *request = session_request(session, MYO_LEVEL, error);
  if (request == NULL) return MYOSHU_MEMORY;
  myo_key(request, "level");
  myo_write_double(&request->frame, level);
  return ask(session->client, request, error);
}

myoshu_status myoshu_swap(myoshu_session *session, const char *model, const char *hash, myoshu_error *error) {
  myoshu_error spare;
  error = begin(error, &spare);
  myoshu_status status = session_ready(session, error);
  if (status != MYOSHU_OK) return status;
  myo_request *request = session_request(session, MYO_SWAP, error);
  if (request == NULL) return MYOSHU_MEMORY;
  myo_key(request, "model");
  myo_write_text(&request->frame, model);
  if (hash != NULL) myo_key(request, "hash"), myo_write_text(&request->frame, hash);
  status = ask(session->client, request, error);
  const myoshu_model *found = myo_model_named(session->client, model);
  if (status == MYOSHU_OK && found != NULL) session->model = found;
  return status;
}

myoshu_status myoshu_close(myoshu_session *session, myoshu_error *error) {
  myoshu_error spare;
  error = begin(error, &spare);
  myoshu_client *client = session->client;
  myoshu_status status = MYOSHU_OK;
  if (session->generation == client->link.generation && (status = session_ready(session, error)) == MYOSHU_OK) {
    myo_request *request = session_request(session, MYO_CLOSE, error);
    status = request == NULL ? MYOSHU_MEMORY : ask(client, request, error);
  }
  for (myoshu_session **each = &client->sessions; *each != NULL; each = &(*each)->next)
    if (*each == session) {
      *each = session->next;
      break;
    }
  forget(session);
  return status;
}

/* ------------------------------------------------------------------ thinking */

static int on_info(myo_request *request, const myo_message *message) {
  const myoshu_session *session = request->owner;
  return myo_tell(message, &session->model->game, session->on_info, session->user);
}

static myoshu_status note_legal(myoshu_session *session, const myoshu_position *position, myoshu_error *error) {
  size_t actions = (size_t)session->model->game.actions;
  memset(session->legal, position->legal == NULL, actions);
  if (position->legal == NULL) return MYOSHU_OK;
  if (position->legal_count == 0)
    return myo_fail(error, MYOSHU_INVALID, "", "position.legal_count", "1 or more", "0");
  for (size_t i = 0; i < position->legal_count; i++) {
    int32_t action = position->legal[i];
    if (action < 0 || (size_t)action >= actions || session->legal[action]) {
      char expected[64];
      (void)snprintf(expected, sizeof expected, "different actions from 0 to %zu", actions - 1);
      return myo_fail(error, MYOSHU_INVALID, "", "position.legal", expected, "%d", (int)action);
    }
    session->legal[action] = 1;
  }
  return MYOSHU_OK;
}

static myoshu_status start(myoshu_session *session, myo_type type, const myoshu_position *position,
                           const myoshu_limit *limit, myoshu_error *error) {
  static const myoshu_limit none = {.time = 0.0};
  if (limit == NULL) limit = &none;
  myo_link *link = &session->client->link;
  myoshu_status status = session_ready(session, error);
  if (status == MYOSHU_OK) status = myo_check_limit(limit, error);
  if (status != MYOSHU_OK) return status;
  if (position == NULL || position->observation == NULL)
    return myo_fail(error, MYOSHU_INVALID, "", "position.observation", "an observation", "none");
  if (session->thinking != NULL && !session->thinking->done && session->thinking->type == MYO_THINK)
    return myo_fail(error, MYOSHU_INVALID, "thinking", "session", "one that is not thinking", "one that is");
  if (session->thinking != NULL) { /* a ponder is ended by what follows, and its result is not used */
    if (session->thinking->done) myo_request_free(link, session->thinking);
    else session->thinking->orphan = true;
    session->thinking = NULL;
  }
  status = note_legal(session, position, error);
  if (status != MYOSHU_OK) return status;
  myo_request *request = session_request(session, type, error);
  if (request == NULL) return MYOSHU_MEMORY;
  myo_writer *writer = &request->frame;
  myo_write_observations(request, &session->model->game, position->observation, 0);
  if (position->legal != NULL) {
    myo_key(request, "legal");
    myo_write_array(writer, position->legal_count);
    for (size_t i = 0; i < position->legal_count; i++) myo_write_int(writer, position->legal[i]);
  }
  if (position->to_play != NULL) myo_key(request, "to_play"), myo_write_int(writer, *position->to_play);
  if (position->move_count > 0) write_moves(request, position->moves, position->move_count);
  myo_write_limit(request, limit);
  if (limit->on_info != NULL && link->stream) {
    static const char *const wanted[] = {"policy", "visits", "pv"};
    myo_key(request, "stream");
    myo_write_array(writer, 3);
    for (size_t i = 0; i < 3; i++) myo_write_text(writer, wanted[i]);
    if (limit->every > 0.0)
      myo_key(request, "every"), myo_write_double(writer, limit->every < 0.01 ? 0.01 : limit->every);
    session->on_info = limit->on_info;
    session->user = limit->user;
    request->on_info = on_info;
    request->owner = session;
  }
  bool endless = type == MYO_PONDER && limit->time <= 0.0;
  request->deadline = endless ? HUGE_VAL : myo_now() + link->timeout + limit->time;
  status = myo_request_send(link, request, error);
  if (status == MYOSHU_OK) session->thinking = request;
  return status;
}

myoshu_status myoshu_think_start(myoshu_session *session, const myoshu_position *position, const myoshu_limit *limit,
                                 myoshu_error *error) {
  myoshu_error spare;
  return start(session, MYO_THINK, position, limit, begin(error, &spare));
}

myoshu_status myoshu_ponder_start(myoshu_session *session, const myoshu_position *position, const myoshu_limit *limit,
                                  myoshu_error *error) {
  myoshu_error spare;
  return start(session, MYO_PONDER, position, limit, begin(error, &spare));
}

myoshu_status myoshu_ready(myoshu_session *session, double seconds, int *ready, myoshu_error *error) {
  myoshu_error spare;
  error = begin(error, &spare);
  *ready = 0;
  if (session->thinking == NULL)
    return myo_fail(error, MYOSHU_INVALID, "", "session", "one that was told to think", "one that was not");
  myoshu_status status = MYOSHU_OK;
  if (!session->thinking->done)
    status = myo_request_wait(&session->client->link, session->thinking, myo_now() + seconds, error);
  *ready = session->thinking->done;
  return session->thinking->done ? MYOSHU_OK : status; /* myoshu_decide reports the outcome */
}

myoshu_status myoshu_cancel(myoshu_session *session, myoshu_error *error) {
  myoshu_error spare;
  error = begin(error, &spare);
  if (session->thinking == NULL || session->thinking->done) return MYOSHU_OK;
  myoshu_status status = session_ready(session, error);
  if (status != MYOSHU_OK) return status;
  if (session->thinking->done) return MYOSHU_OK;
  session->thinking->deadline = myo_now() + session->client->link.timeout;
  return myo_request_cancel(&session->client->link, session->thinking, error);
}

myoshu_status myoshu_decide(myoshu_session *session, myoshu_decision *decision, myoshu_error *error) {
  myoshu_error spare;
  myo_message reply;
  error = begin(error, &spare);
  memset(decision, 0, sizeof *decision);
  if (session->thinking == NULL)
    return myo_fail(error, MYOSHU_INVALID, "", "session", "one that was told to think", "one that was not");
  myo_link *link = &session->client->link;
  if (session->thinking->type == MYO_PONDER) (void)myoshu_cancel(session, error);
  myo_request *request = session->thinking;
  myoshu_status status = myo_request_wait(link, request, HUGE_VAL, error);
  if (status == MYOSHU_OK) status = myo_decode(request->reply, request->reply_size, &reply, error);
  if (status == MYOSHU_OK)
    status = myo_decision_of(&reply, &session->model->game, session->legal, decision, error);
  session->thinking = NULL;
  myo_request_free(link, request);
  return status == MYOSHU_PROTOCOL ? myo_link_refuse(link, error) : status;
}

myoshu_status myoshu_think(myoshu_session *session, const myoshu_position *position, const myoshu_limit *limit,
                           myoshu_decision *decision, myoshu_error *error) {
  memset(decision, 0, sizeof *decision);
  myoshu_status status = myoshu_think_start(session, position, limit, error);
  return status == MYOSHU_OK ? myoshu_decide(session, decision, error) : status;
}
