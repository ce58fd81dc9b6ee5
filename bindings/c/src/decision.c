#include "decision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decoded.h"
#include "error.h"

/* An array of actions, to be freed: 0 with NULL if absent or empty. False without memory or for a wrong element. */
static bool actions_of(const myo_message *message, const char *key, const myoshu_game *game, int32_t **actions,
                       size_t *count) {
  myo_value list, element;
  *actions = NULL;
  *count = 0;
  if (!myo_find(&message->map, key, &list) || list.size == 0) return true;
  *actions = malloc(list.size * sizeof **actions); /* at most four times the payload */
  if (*actions == NULL) return false;
  const uint8_t *at = list.data;
  for (; *count < list.size; (*count)++) {
    at = myo_read(at, list.end, &element);
    if (element.integer >= game->actions) return false;
    (*actions)[*count] = (int32_t)element.integer;
  }
  return true;
}

/* A tensor of 32-bit elements, [actions], as the machine has them, to be freed; NULL with `error` filled in. */
static void *numbers_of(const myo_message *message, const char *key, const char *type, const myoshu_game *game,
                        myoshu_error *error) {
  myo_tensor tensor;
  char where[64], expected[64];
  int64_t shape = game->actions;
  (void)snprintf(where, sizeof where, "%s.%s", myo_type_name(message->type), key);
  if (!myo_tensor_of(&message->map, key, &tensor) || !myo_tensor_is(&tensor, type, 1, &shape)) {
    (void)snprintf(expected, sizeof expected, "%s [%d]", type, (int)game->actions);
    myo_fail(error, MYOSHU_PROTOCOL, "invalid", where, expected, "another tensor");
    return NULL;
  }
  uint32_t *numbers = malloc((size_t)shape * sizeof *numbers);
  if (numbers == NULL) {
    myo_no_memory(error, where);
    return NULL;
  }
  for (size_t i = 0; i < (size_t)shape; i++) {
    const uint8_t *at = tensor.data + 4 * i;
    numbers[i] = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
  }
  return numbers;
}

static myoshu_status read_decision(const myo_message *result, const myoshu_game *game, const uint8_t *legal,
                                   myoshu_decision *decision, myoshu_error *error) {
  myo_value values, times, element;
  const myo_value *map = &result->map;
  int64_t action = myo_integer_of(map, "action", -1);
  if (action < 0 || action >= game->actions || !legal[action])
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "result.action", "a legal action", "%lld", (long long)action);
  decision->action = (int32_t)action;
  decision->value = myo_double_of(map, "value", 0.0);
  decision->simulations = myo_integer_of(map, "simulations", 0);
  myo_text_of(map, "stop", decision->stop, sizeof decision->stop);
  myo_text_of(map, "provider", decision->provider, sizeof decision->provider);
  if (myo_find(map, "times", &times)) decision->elapsed = myo_double_of(&times, "total", 0.0);
  if (!myo_find(map, "values", &values) || values.size != (size_t)game->players)
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "result.values", "one number a player", "%zu", values.size);
  decision->players = values.size;
  decision->values = malloc(values.size * sizeof *decision->values);
  if (decision->values == NULL) return myo_no_memory(error, "result.values");
  const uint8_t *at = values.data;
  for (size_t i = 0; i < values.size; i++) {
    at = myo_read(at, values.end, &element);
    decision->values[i] = myo_number(&element);
  }
  decision->actions = (size_t)game->actions;
  decision->policy = numbers_of(result, "policy", "f32", game, error);
  if (decision->policy == NULL) return error->status;
  decision->visits = numbers_of(result, "visits", "i32", game, error);
  if (decision->visits == NULL) return error->status;
  if (!actions_of(result, "pv", game, &decision->variation, &decision->variation_count))
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "result.pv", "actions of the game", "others");
  return MYOSHU_OK;
}

myoshu_status myo_decision_of(const myo_message *result, const myoshu_game *game, const uint8_t *legal,
                              myoshu_decision *decision, myoshu_error *error) {
  memset(decision, 0, sizeof *decision);
  myoshu_status status = read_decision(result, game, legal, decision, error);
  if (status != MYOSHU_OK) myoshu_decision_clear(decision);
  return status;
}

void myoshu_decision_clear(myoshu_decision *decision) {
  free(decision->values);
  free(decision->policy);
  free(decision->visits);
  free(decision->variation);
  memset(decision, 0, sizeof *decision);
}

int myo_tell(const myo_message *message, const myoshu_game *game, int (*on_info)(const myoshu_info *info, void *user),
             void *user) {
  myoshu_info info = {.action = (int32_t)myo_integer_of(&message->map, "action", 0),
                      .value = myo_double_of(&message->map, "value", 0.0),
                      .simulations = myo_integer_of(&message->map, "simulations", 0),
                      .elapsed = myo_double_of(&message->map, "elapsed", 0.0)};
  myoshu_error none;
  int32_t *variation = NULL;
  float *policy = numbers_of(message, "policy", "f32", game, &none);
  int32_t *visits = numbers_of(message, "visits", "i32", game, &none);
  bool usable = info.action < game->actions && actions_of(message, "pv", game, &variation, &info.variation_count);
  info.policy = policy;
  info.visits = visits;
  info.variation = variation;
  int enough = usable ? on_info(&info, user) : 0;
  free(policy);
  free(visits);
  free(variation);
  return enough;
}
