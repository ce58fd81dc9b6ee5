#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "decoded.h"
#include "error.h"

#define MOST_ROWS 64

/* Which of the agent's positions were compared, and the observations of them. */
typedef struct shown_rows {
  uint32_t rows[MOST_ROWS];
  size_t count;
  float *observations; /* [count][size] */
} shown_rows;

/* Get the observation of one position. */
static myoshu_status observe_one(const myoshu_model *model, const myo_value *list, myoshu_observe_moves observe, void *user,
                                 float *observation, myoshu_error *error) {
  int32_t *moves = malloc((list->size + 1) * sizeof *moves); /* at most four times the payload */
  if (moves == NULL) return myo_no_memory(error, "positions.moves");
  myoshu_status status = MYOSHU_OK;
  const uint8_t *at = list->data;
  for (size_t i = 0; i < list->size; i++) {
    myo_value move;
    at = myo_read(at, list->end, &move);
    moves[i] = (int32_t)move.integer;
    if (moves[i] >= model->game.actions)
      status = myo_fail(error, MYOSHU_PROTOCOL, "invalid", "positions.moves", "actions of the game", "%d", (int)moves[i]);
  }
  if (status == MYOSHU_OK && observe(moves, list->size, observation, user) != 0)
    status = myo_fail(error, MYOSHU_INVALID, "", "observe", "0", "another value, after %zu moves", list->size);
  free(moves);
  return status;
}

/* Get the observations of the positions without chance. */
static myoshu_status observe_all(const myo_message *positions, const myoshu_model *model, myoshu_observe_moves observe,
                                 void *user, shown_rows *shown, myoshu_error *error) {
  myo_value moves, drawn, list, chance;
  size_t size = myoshu_game_size(&model->game);
  if (!myo_find(&positions->map, "moves", &moves) || !myo_find(&positions->map, "drawn", &drawn)) return MYOSHU_OK;
  size_t count = moves.size < MOST_ROWS ? moves.size : MOST_ROWS;
  shown->observations = calloc(count * size + 1, sizeof *shown->observations);
  if (shown->observations == NULL) return myo_no_memory(error, "positions.obs");
  const uint8_t *at = moves.data, *next = drawn.data;
  for (size_t row = 0; row < count; row++) {
    (void)myo_read(at, moves.end, &list);
    at = myo_skip(at, moves.end);
    next = myo_read(next, drawn.end, &chance);
    if (chance.boolean) continue;
    float *observation = shown->observations + shown->count * size;
    myoshu_status status = observe_one(model, &list, observe, user, observation, error);
    if (status != MYOSHU_OK) return status;
    shown->rows[shown->count++] = (uint32_t)row;
  }
  return MYOSHU_OK;
}

static myo_request *request_for(myoshu_client *client, myo_type type, const myoshu_model *model, myoshu_error *error) {
  myo_request *request = myo_request_new(&client->link, type, error);
  if (request == NULL) return NULL;
  myo_key(request, "model");
  myo_write_text(&request->frame, model->name);
  return request;
}

/* Have the server compare. */
static myoshu_status compare(myoshu_client *client, const myoshu_model *model, const shown_rows *shown, myoshu_check *check,
                             myoshu_error *error) {
  myo_request *request = request_for(client, MYO_CHECK, model, error);
  if (request == NULL) return MYOSHU_MEMORY;
  myo_key(request, "rows");
  myo_write_array(&request->frame, shown->count);
  for (size_t i = 0; i < shown->count; i++) myo_write_unsigned(&request->frame, shown->rows[i]);
  myo_key(request, "obs");
  myo_write_floats(&request->frame, shown->count, model->game.rank, model->game.shape, shown->observations);
  myo_message reply;
  myo_value differ;
  myoshu_status status = myo_request_ask(&client->link, &request, &reply, error);
  if (status != MYOSHU_OK) return status;
  check->compared = shown->count;
  check->differ = myo_find(&reply.map, "differ", &differ) ? differ.size : 0;
  myo_text_of(&reply.map, "text", check->text, sizeof check->text);
  myo_request_free(&client->link, request);
  return MYOSHU_OK;
}

myoshu_status myoshu_check_observations(myoshu_client *client, const char *model, myoshu_observe_moves observe, void *user,
                                        myoshu_check *check, myoshu_error *error) {
  myoshu_error spare;
  if (error == NULL) error = &spare;
  memset(error, 0, sizeof *error);
  memset(check, 0, sizeof *check);
  myoshu_status status = myo_link_ready(&client->link, error);
  if (status != MYOSHU_OK) return status;
  if (!client->link.examples)
    return myo_fail(error, MYOSHU_REFUSED, "unsupported", "examples", "a server that has positions to check with",
                    "another");
  if (observe == NULL) return myo_fail(error, MYOSHU_INVALID, "", "observe", "a function", "NULL");
  const myoshu_model *found = myo_model_named(client, model);
  if (found == NULL)
    return myo_fail(error, MYOSHU_INVALID, "unknown_model", "model", "one of myoshu_models", "%s", model);
  myo_request *request = request_for(client, MYO_EXAMPLES, found, error);
  if (request == NULL) return MYOSHU_MEMORY;
  myo_message positions;
  shown_rows shown = {.count = 0};
  status = myo_request_ask(&client->link, &request, &positions, error);
  if (status != MYOSHU_OK) return status;
  status = observe_all(&positions, found, observe, user, &shown, error);
  myo_request_free(&client->link, request);
  if (status == MYOSHU_OK && shown.count == 0)
    (void)snprintf(check->text, sizeof check->text, "nothing was compared with what the agent learned from: its file "
                                                    "has no positions that moves alone bring about");
  else if (status == MYOSHU_OK)
    status = compare(client, found, &shown, check, error);
  free(shown.observations);
  return status == MYOSHU_PROTOCOL ? myo_link_refuse(&client->link, error) : status;
}
