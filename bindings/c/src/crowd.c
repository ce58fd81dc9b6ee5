#include <string.h>

#include "asking.h"
#include "client.h"
#include "decoded.h"
#include "error.h"

static void write_masks(myo_request *request, const uint8_t *legal, size_t rows, size_t actions) {
  size_t width = (actions + 7) / 8;
  myo_key(request, "legal");
  uint8_t *space = myo_write_space(&request->frame, rows * width);
  if (space == NULL) return;
  memset(space, 0, rows * width);
  for (size_t row = 0; row < rows; row++)
    for (size_t action = 0; action < actions; action++)
      if (legal[row * actions + action]) space[row * width + action / 8] |= (uint8_t)(1U << (action % 8));
}

static myoshu_status read_acts(const myo_message *acts, const myoshu_crowd *crowd, size_t actions_in_game,
                               int32_t *actions, double *values, myoshu_error *error) {
  myo_value moves, worths, move, worth;
  if (!myo_find(&acts->map, "actions", &moves) || !myo_find(&acts->map, "values", &worths) ||
      moves.size != crowd->count || worths.size != crowd->count)
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "acts.actions", "one a row", "%zu", moves.size);
  const uint8_t *at = moves.data, *next = worths.data;
  for (size_t i = 0; i < crowd->count; i++) {
    at = myo_read(at, moves.end, &move);
    next = myo_read(next, worths.end, &worth);
    size_t action = (size_t)move.integer;
    if (action >= actions_in_game || (crowd->legal != NULL && !crowd->legal[i * actions_in_game + action]))
      return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "acts.actions", "legal actions", "%zu in row %zu", action, i);
    actions[i] = (int32_t)action;
    if (values != NULL) values[i] = myo_number(&worth);
  }
  return MYOSHU_OK;
}

myoshu_status myoshu_act_batch(myoshu_client *client, const myoshu_crowd *crowd, const myoshu_limit *limit,
                               int32_t *actions, double *values, myoshu_error *error) {
  static const myoshu_limit none = {.time = 0.0};
  myoshu_error spare;
  if (error == NULL) error = &spare;
  memset(error, 0, sizeof *error);
  if (limit == NULL) limit = &none;
  myo_link *link = &client->link;
  myoshu_status status = myo_link_ready(link, error);
  if (status == MYOSHU_OK) status = myo_check_limit(limit, error);
  if (status != MYOSHU_OK) return status;
  if (!link->batch)
    return myo_fail(error, MYOSHU_REFUSED, "unsupported", "act_batch", "a server that decides for crowds", "another");
  if (crowd->count == 0) return myo_fail(error, MYOSHU_INVALID, "", "crowd.count", "1 or more", "0");
  const myoshu_model *model = myo_model_named(client, crowd->model);
  if (model == NULL)
    return myo_fail(error, MYOSHU_INVALID, "unknown_model", "crowd.model", "one of myoshu_models", "%s", crowd->model);
  myo_request *request = myo_request_new(link, MYO_ACT_BATCH, error);
  if (request == NULL) return MYOSHU_MEMORY;
  myo_writer *writer = &request->frame;
  size_t in_game = (size_t)model->game.actions;
  myo_key(request, "model");
  myo_write_text(writer, model->name);
  myo_write_observations(request, &model->game, crowd->observations, crowd->count);
  if (crowd->legal != NULL) write_masks(request, crowd->legal, crowd->count, in_game);
  if (crowd->to_play != NULL) {
    myo_key(request, "to_play");
    myo_write_array(writer, crowd->count);
    for (size_t i = 0; i < crowd->count; i++) myo_write_int(writer, crowd->to_play[i]);
  }
  if (crowd->seed != NULL) myo_key(request, "seed"), myo_write_int(writer, *crowd->seed);
  myo_key(request, "temperature");
  myo_write_double(writer, crowd->temperature);
  myo_write_limit(request, limit);
  request->deadline = myo_now() + link->timeout + limit->time;
  myo_message reply;
  status = myo_request_ask(link, &request, &reply, error);
  if (status != MYOSHU_OK) return status;
  status = read_acts(&reply, crowd, in_game, actions, values, error);
  myo_request_free(link, request);
  return status == MYOSHU_PROTOCOL ? myo_link_refuse(link, error) : status;
}
