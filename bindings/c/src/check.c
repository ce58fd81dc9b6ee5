#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "error.h"

#define MOST_ROWS 64

/* Which of the agent's positions were shown, and what. */
typedef struct shown_rows {
  uint32_t rows[MOST_ROWS];
  size_t count;
  float *observations; /* [count][size] */
} shown_rows;

/* Bring one position about. */
static myoshu_status observe_one(const myoshu_model *model, const tsj_value *list, myoshu_observe_moves observe, void *user,
                                 float *observation, myoshu_error *error) {
  int32_t *moves = malloc((list->size + 1) * sizeof *moves); /* at most four times the payload */
  if (moves == NULL) return tsj_no_memory(error, "positions.moves");
  myoshu_status status = MYOSHU_OK;
  const uint8_t *at = list->data;
  for (size_t i = 0; i < list->size; i++) {
    tsj_value move;
    at = tsj_read(at, list->end, &move);
    moves[i] = (int32_t)move.integer;
    if (moves[i] >= model->game.actions)
      status = tsj_fail(error, MYOSHU_PROTOCOL, "invalid", "positions.moves", "actions of the game", "%d", (int)moves[i]);
  }
  if (status == MYOSHU_OK && observe(moves, list->size, observation, user) != 0)
    status = tsj_fail(error, MYOSHU_INVALID, "", "observe", "0", "another value, after %zu moves", list->size);
  free(moves);
  return status;
}

/* Bring the positions about in which no chance takes part. */
static myoshu_status observe_all(const tsj_message *positions, const myoshu_model *model, myoshu_observe_moves observe,
                                 void *user, shown_rows *shown, myoshu_error *error) {
  tsj_value moves, drawn, list, chance;
  size_t size = myoshu_game_size(&model->game);
  if (!tsj_find(&positions->map, "moves", &moves) || !tsj_find(&positions->map, "drawn", &drawn)) return MYOSHU_OK;
  size_t count = moves.size < MOST_ROWS ? moves.size : MOST_ROWS;
  shown->observations = calloc(count * size + 1, sizeof *shown->observations);
  if (shown->observations == NULL) return tsj_no_memory(error, "positions.obs");
  const uint8_t *at = moves.data, *next = drawn.data;
  for (size_t row = 0; row < count; row++) {
    (void)tsj_read(at, moves.end, &list);
    at = tsj_skip(at, moves.end);
    next = tsj_read(next, drawn.end, &chance);
    if (chance.boolean) continue;
    float *observation = shown->observations + shown->count * size;
    myoshu_status status = observe_one(model, &list, observe, user, observation, error);
    if (status != MYOSHU_OK) return status;
    shown->rows[shown->count++] = (uint32_t)row;
  }
  return MYOSHU_OK;
}

static tsj_request *request_for(myoshu_client *client, tsj_type type, const myoshu_model *model, myoshu_error *error) {
  tsj_request *request = tsj_request_new(&client->link, type, error);
  if (request == NULL) return NULL;
  tsj_key(request, "model");
  tsj_write_text(&request->frame, model->name);
  return request;
}

/* Have the server compare. */
static myoshu_status compare(myoshu_client *client, const myoshu_model *model, const shown_rows *shown, myoshu_check *check,
                             myoshu_error *error) {
  tsj_request *request = request_for(client, TSJ_CHECK, model, error);
  if (request == NULL) return MYOSHU_MEMORY;
  tsj_key(request, "rows");
  tsj_write_array(&request->frame, shown->count);
  for (size_t i = 0; i < shown->count; i++) tsj_write_unsigned(&request->frame, shown->rows[i]);
  tsj_key(request, "obs");
  tsj_write_floats(&request->frame, shown->count, model->game.rank, model->game.shape, shown->observations);
  tsj_message reply;
  tsj_value differ;
  myoshu_status status = tsj_request_ask(&client->link, &request, &reply, error);
  if (status != MYOSHU_OK) return status;
  check->compared = shown->count;
  check->differ = tsj_find(&reply.map, "differ", &differ) ? differ.size : 0;
  tsj_text_of(&reply.map, "text", check->text, sizeof check->text);
  tsj_request_free(&client->link, request);
  return MYOSHU_OK;
}

myoshu_status myoshu_check_observations(myoshu_client *client, const char *model, myoshu_observe_moves observe, void *user,
                                        myoshu_check *check, myoshu_error *error) {
  myoshu_error spare;
  if (error == NULL) error = &spare;
  memset(error, 0, sizeof *error);
  memset(check, 0, sizeof *check);
  myoshu_status status = tsj_link_ready(&client->link, error);
  if (status != MYOSHU_OK) return status;
  if (!client->link.examples)
    return tsj_fail(error, MYOSHU_REFUSED, "unsupported", "examples", "a server that has positions to check with",
                    "another");
  if (observe == NULL) return tsj_fail(error, MYOSHU_INVALID, "", "observe", "a function", "NULL");
  const myoshu_model *found = tsj_model_named(client, model);
  if (found == NULL)
    return tsj_fail(error, MYOSHU_INVALID, "unknown_model", "model", "one of myoshu_models", "%s", model);
  tsj_request *request = request_for(client, TSJ_EXAMPLES, found, error);
  if (request == NULL) return MYOSHU_MEMORY;
  tsj_message positions;
  shown_rows shown = {.count = 0};
  status = tsj_request_ask(&client->link, &request, &positions, error);
  if (status != MYOSHU_OK) return status;
  status = observe_all(&positions, found, observe, user, &shown, error);
  tsj_request_free(&client->link, request);
  if (status == MYOSHU_OK && shown.count == 0)
    (void)snprintf(check->text, sizeof check->text, "nothing was compared with what the agent learned from: its file "
                                                    "has no positions that moves alone bring about");
  else if (status == MYOSHU_OK)
    status = compare(client, found, &shown, check, error);
  free(shown.observations);
  return status == MYOSHU_PROTOCOL ? tsj_link_refuse(&client->link, error) : status;
}
