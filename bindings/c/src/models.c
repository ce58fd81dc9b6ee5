#include "models.h"

#include <stdlib.h>
#include <string.h>

#include "decoded.h"

static bool read_game(const myo_value *map, myoshu_game *game) {
  myo_value list, number;
  char movers[16];
  game->name = myo_copy_of(map, "name");
  game->players = (int32_t)myo_integer_of(map, "players", 0);
  game->actions = (int32_t)myo_integer_of(map, "actions", 0);
  game->zero_sum = (int)myo_integer_of(map, "zero_sum", 0);
  game->final_rewards_only = (int)myo_integer_of(map, "final_rewards_only", 0);
  game->stochastic = (int)myo_integer_of(map, "stochastic", 0);
  game->max_length = myo_integer_of(map, "max_length", 0);
  myo_text_of(map, "movers", movers, sizeof movers);
  game->alternate = strcmp(movers, "alternate") == 0;
  if (myo_find(map, "observation", &list)) {
    const uint8_t *at = list.data;
    for (; game->rank < list.size; game->rank++) {
      at = myo_read(at, list.end, &number);
      game->shape[game->rank] = number.integer;
    }
  }
  if (myo_find(map, "returns", &list)) {
    const uint8_t *at = list.data;
    for (size_t i = 0; i < 2; i++) {
      at = myo_read(at, list.end, &number);
      game->returns[i] = myo_number(&number);
    }
  }
  return game->name != NULL;
}

/* A list of numbers, to be freed, and how many; NULL with 0 if it is absent or empty. False without memory. */
static bool read_numbers(const myo_value *map, const char *key, const double **numbers, size_t *count) {
  myo_value held, number;
  if (!myo_find(map, key, &held) || held.size == 0) return true;
  double *made = malloc(held.size * sizeof *made);
  if (made == NULL) return false;
  const uint8_t *at = held.data;
  for (; *count < held.size; (*count)++) {
    at = myo_read(at, held.end, &number);
    made[*count] = myo_number(&number);
  }
  *numbers = made;
  return true;
}

static bool read_model(const myo_value *map, myoshu_model *model) {
  myo_value held;
  size_t measured = 0;
  model->name = myo_copy_of(map, "name");
  model->hash = myo_copy_of(map, "hash");
  model->provider = myo_copy_of(map, "provider");
  model->simulations = (int32_t)myo_integer_of(map, "simulations", 1);
  if (!myo_find(map, "game", &held) || !read_game(&held, &model->game)) return false;
  if (!read_numbers(map, "levels", &model->levels, &model->level_count)) return false;
  if (!read_numbers(map, "elo", &model->elo, &measured)) return false;
  return model->name != NULL && model->hash != NULL && model->provider != NULL;
}

myo_models *myo_models_of(const myo_message *welcome) {
  myo_models *models = calloc(1, sizeof *models);
  myo_value list, map;
  if (models == NULL || !myo_find(&welcome->map, "models", &list) || list.size == 0) return models;
  models->models = calloc(list.size, sizeof *models->models);
  if (models->models == NULL) {
    myo_models_free(models);
    return NULL;
  }
  const uint8_t *at = list.data;
  for (; models->count < list.size;) {
    (void)myo_read(at, list.end, &map);
    at = myo_skip(at, list.end);
    if (!read_model(&map, &models->models[models->count++])) {
      myo_models_free(models);
      return NULL;
    }
  }
  return models;
}

void myo_models_free(myo_models *models) {
  while (models != NULL) {
    myo_models *before = models->before;
    for (size_t i = 0; i < models->count; i++) {
      myoshu_model *model = &models->models[i];
      const void *held[] = {model->name, model->hash, model->provider, model->game.name, model->levels, model->elo};
      for (size_t j = 0; j < sizeof held / sizeof *held; j++) free((void *)(uintptr_t)held[j]);
    }
    free(models->models);
    free(models);
    models = before;
  }
}

size_t myoshu_game_size(const myoshu_game *game) {
  size_t size = 1;
  for (size_t i = 0; i < game->rank && i < 8; i++) size *= (size_t)game->shape[i];
  return size;
}
