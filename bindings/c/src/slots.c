#include "slots.h"

#include <math.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decoded.h"
#include "error.h"

typedef enum phase { EMPTY, GOING_ON, OVER } phase;
typedef enum fault { FINE, ILLEGAL_ACTION, ENDED, ENVIRONMENT } fault;

struct myo_slots {
  const myoshu_rules *rules;
  size_t size;   /* numbers of an observation */
  size_t width;  /* bytes of a mask */
  size_t stride; /* bytes from one game to the next */
  uint8_t *games;
  uint8_t *masks; /* [slots][width] the legal actions */
  uint8_t *phases;
  uint8_t *begun; /* whether the game holds something */
  uint8_t *legal; /* [actions] for looking */
};

/* What a reply says of the slots asked for, row by row. */
typedef struct rows {
  size_t count;
  uint32_t *slots;
  float *observations;
  float *rewards;
  uint8_t *masks;
  int32_t *to_play;
  uint8_t *terminated;
  uint8_t *truncated;
  uint8_t *faults;
  char (*messages)[160]; /* texts of the first faults */
  size_t fault_count;
} rows;

#define MESSAGES 64 /* faults that are explained; the others only have their code */

myo_slots *myo_slots_new(const myoshu_rules *rules) {
  myo_slots *slots = calloc(1, sizeof *slots);
  if (slots == NULL) return NULL;
  const size_t step = alignof(max_align_t);
  slots->rules = rules;
  slots->size = myoshu_game_size(&rules->game);
  slots->width = ((size_t)rules->game.actions + 7) / 8;
  slots->stride = (rules->game_size + step - 1) / step * step;
  slots->games = calloc(rules->slots, slots->stride);
  slots->masks = calloc(rules->slots, slots->width);
  slots->phases = calloc(rules->slots, 1);
  slots->begun = calloc(rules->slots, 1);
  slots->legal = calloc((size_t)rules->game.actions, 1);
  if (slots->games && slots->masks && slots->phases && slots->begun && slots->legal) return slots;
  myo_slots_free(slots);
  return NULL;
}

static void *game_at(const myo_slots *slots, size_t slot) { return slots->games + slot * slots->stride; }

static void end_game(myo_slots *slots, size_t slot) {
  if (slots->begun[slot] && slots->rules->end != NULL) slots->rules->end(game_at(slots, slot), slots->rules->user);
  slots->begun[slot] = 0;
  slots->phases[slot] = EMPTY;
}

void myo_slots_free(myo_slots *slots) {
  if (slots == NULL) return;
  for (size_t i = 0; slots->begun != NULL && slots->phases != NULL && i < slots->rules->slots; i++) end_game(slots, i);
  free(slots->games);
  free(slots->masks);
  free(slots->phases);
  free(slots->begun);
  free(slots->legal);
  free(slots);
}

/* ------------------------------------------------------------------ playing */

static void note_fault(rows *held, size_t row, fault kind, const char *what, long long number) {
  held->faults[row] = (uint8_t)kind;
  if (held->fault_count < MESSAGES)
    (void)snprintf(held->messages[held->fault_count], sizeof *held->messages, "slot %u: %s, got %lld",
                   (unsigned)held->slots[row], what, number);
  held->fault_count++;
}

/* Look at a slot's game, and note what is legal in it and in its row. */
static fault look(myo_slots *slots, rows *held, size_t row) {
  const myoshu_rules *rules = slots->rules;
  size_t slot = held->slots[row], actions = (size_t)rules->game.actions, legal = 0;
  float *observation = held->observations + row * slots->size;
  memset(slots->legal, 0, actions);
  memset(observation, 0, slots->size * sizeof *observation);
  myoshu_view view = {.observation = observation, .legal = slots->legal};
  rules->look(game_at(slots, slot), &view, rules->user);
  uint8_t *mask = slots->masks + slot * slots->width;
  bool over = view.terminated || view.truncated;
  memset(mask, 0, slots->width);
  for (size_t action = 0; !over && action < actions; action++)
    if (slots->legal[action]) {
      mask[action / 8] |= (uint8_t)(1U << (action % 8));
      legal++;
    }
  slots->phases[slot] = over ? OVER : GOING_ON;
  memcpy(held->masks + row * slots->width, mask, slots->width);
  held->terminated[row] = view.terminated != 0;
  held->truncated[row] = view.truncated != 0 && !view.terminated;
  held->to_play[row] = over ? 0 : view.to_play;
  const char *wrong = NULL;
  long long got = 0;
  for (size_t i = 0; i < slots->size; i++)
    if (!isfinite(observation[i])) wrong = "look: expected a finite observation", got = (long long)i;
  if (!over && legal == 0) wrong = "look: expected a legal action in a game that is not over", got = 0;
  if (!over && (view.to_play < 0 || view.to_play >= rules->game.players))
    wrong = "look: expected a player to move", got = view.to_play;
  if (wrong == NULL) return FINE;
  memset(observation, 0, slots->size * sizeof *observation);
  memset(held->masks + row * slots->width, 0, slots->width);
  held->to_play[row] = 0;
  note_fault(held, row, ENVIRONMENT, wrong, got);
  return ENVIRONMENT;
}

/* Play an action in a slot's game. `held->rewards` of the row grow by what is paid. */
static fault play(myo_slots *slots, rows *held, size_t row, int64_t action) {
  const myoshu_rules *rules = slots->rules;
  size_t slot = held->slots[row];
  if (slots->phases[slot] != GOING_ON) {
    note_fault(held, row, ENDED, "step: expected a game in progress for the action", action);
    return ENDED;
  }
  const uint8_t *mask = slots->masks + slot * slots->width;
  if (action < 0 || action >= rules->game.actions || !(mask[action / 8] >> (action % 8) & 1)) {
    note_fault(held, row, ILLEGAL_ACTION, "action: expected a legal one", action);
    return ILLEGAL_ACTION;
  }
  float *rewards = held->rewards + row * (size_t)rules->game.players;
  int failed = rules->play(game_at(slots, slot), (int32_t)action, rewards, rules->user);
  for (int32_t i = 0; i < rules->game.players; i++) failed |= !isfinite(rewards[i]);
  if (!failed) return FINE;
  memset(rewards, 0, (size_t)rules->game.players * sizeof *rewards);
  note_fault(held, row, ENVIRONMENT, "play: expected it to succeed and rewards to be finite for the action", action);
  return ENVIRONMENT;
}

static void reset_row(myo_slots *slots, rows *held, size_t row, uint64_t seed, const myo_value *moves) {
  const myoshu_rules *rules = slots->rules;
  size_t slot = held->slots[row];
  end_game(slots, slot);
  void *game = game_at(slots, slot);
  memset(game, 0, slots->stride);
  slots->begun[slot] = 1;
  fault found = FINE;
  if (rules->begin(game, seed, rules->user) != 0) {
    note_fault(held, row, ENVIRONMENT, "begin: expected it to succeed for the seed", (long long)seed);
    found = ENVIRONMENT;
  }
  if (found == FINE) found = look(slots, held, row);
  const uint8_t *at = moves == NULL ? NULL : moves->data;
  for (size_t i = 0; moves != NULL && i < moves->size && found == FINE; i++) {
    myo_value move;
    at = myo_read(at, moves->end, &move);
    found = play(slots, held, row, move.integer);
    if (found == FINE) found = look(slots, held, row);
  }
  if (found != FINE) end_game(slots, slot);
}

static void step_row(myo_slots *slots, rows *held, size_t row, int64_t action) {
  fault found = play(slots, held, row, action);
  if (found == FINE) found = look(slots, held, row);
  if (found == ENVIRONMENT) end_game(slots, held->slots[row]);
}

/* ------------------------------------------------------------------ replies */

static void rows_clear(rows *held) {
  void *all[] = {held->slots,   held->observations, held->rewards, held->masks,   held->to_play,
                 held->terminated, held->truncated, held->faults,  held->messages};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static myoshu_status rows_make(const myo_slots *slots, const myo_message *request, size_t limit, rows *held,
                               myoshu_error *error) {
  myo_value list, number;
  char where[64], expected[64];
  const char *type = myo_type_name(request->type);
  memset(held, 0, sizeof *held);
  (void)myo_find(&request->map, "slots", &list);
  (void)snprintf(where, sizeof where, "%s.slots", type);
  size_t players = (size_t)slots->rules->game.players;
  size_t row_size = 4 * slots->size + slots->width + 4 * players + 5 + 5 + 2 + 64;
  if (list.size > slots->rules->slots || list.size > (limit - 65536 / 2) / row_size) {
    size_t most = (limit - 65536 / 2) / row_size;
    (void)snprintf(expected, sizeof expected, "at most %zu", most < slots->rules->slots ? most : slots->rules->slots);
    return myo_fail(error, MYOSHU_REFUSED, "invalid", where, expected, "%zu", list.size);
  }
  held->count = list.size;
  held->slots = calloc(list.size, sizeof *held->slots);
  held->observations = calloc(list.size * slots->size, sizeof *held->observations);
  held->rewards = calloc(list.size * players, sizeof *held->rewards);
  held->masks = calloc(list.size, slots->width);
  held->to_play = calloc(list.size, sizeof *held->to_play);
  held->terminated = calloc(list.size, 1);
  held->truncated = calloc(list.size, 1);
  held->faults = calloc(list.size, 1);
  held->messages = calloc(MESSAGES, sizeof *held->messages);
  if (!held->slots || !held->observations || !held->rewards || !held->masks || !held->to_play || !held->terminated ||
      !held->truncated || !held->faults || !held->messages)
    return myo_no_memory(error, where);
  const uint8_t *at = list.data;
  for (size_t i = 0; i < list.size; i++) {
    at = myo_read(at, list.end, &number);
    held->slots[i] = (uint32_t)number.integer;
    if (number.integer >= (int64_t)slots->rules->slots) {
      (void)snprintf(expected, sizeof expected, "slots below %zu", slots->rules->slots);
      return myo_fail(error, MYOSHU_REFUSED, "invalid", where, expected, "%lld", (long long)number.integer);
    }
  }
  return MYOSHU_OK;
}

static void write_flags(myo_writer *writer, const char *key, const uint8_t *flags, size_t count) {
  myo_write_text(writer, key);
  myo_write_array(writer, count);
  for (size_t i = 0; i < count; i++) myo_write_bool(writer, flags[i] != 0);
}

static void write_states(const myo_slots *slots, const rows *held, uint32_t id, myo_writer *writer) {
  static const char *const codes[] = {"", "illegal_action", "ended", "environment"};
  const myoshu_game *game = &slots->rules->game;
  const int64_t players = game->players;
  myo_write_map(writer, held->fault_count > 0 ? 10 : 9);
  myo_write_text(writer, "t");
  myo_write_text(writer, "states");
  myo_write_text(writer, "id");
  myo_write_unsigned(writer, id);
  myo_write_text(writer, "slots");
  myo_write_array(writer, held->count);
  for (size_t i = 0; i < held->count; i++) myo_write_unsigned(writer, held->slots[i]);
  myo_write_text(writer, "obs");
  myo_write_floats(writer, held->count, game->rank, game->shape, held->observations);
  myo_write_text(writer, "legal");
  myo_write_binary(writer, held->masks, held->count * slots->width);
  myo_write_text(writer, "to_play");
  myo_write_array(writer, held->count);
  for (size_t i = 0; i < held->count; i++) myo_write_int(writer, held->to_play[i]);
  myo_write_text(writer, "rewards");
  myo_write_floats(writer, held->count, 1, &players, held->rewards);
  write_flags(writer, "terminated", held->terminated, held->count);
  write_flags(writer, "truncated", held->truncated, held->count);
  if (held->fault_count == 0) return;
  myo_write_text(writer, "errors");
  myo_write_array(writer, held->fault_count);
  for (size_t row = 0, number = 0; row < held->count; row++) {
    if (held->faults[row] == FINE) continue;
    myo_write_map(writer, 3);
    myo_write_text(writer, "slot");
    myo_write_unsigned(writer, held->slots[row]);
    myo_write_text(writer, "code");
    myo_write_text(writer, codes[held->faults[row]]);
    myo_write_text(writer, "msg");
    myo_write_text(writer, number < MESSAGES ? held->messages[number] : "as the slots before");
    number++;
  }
}

static myoshu_status answer_games(myo_slots *slots, const myo_message *request, myo_writer *reply, size_t limit,
                                  myoshu_error *error) {
  rows held;
  myo_value numbers, moves, number, list;
  myoshu_status status = rows_make(slots, request, limit, &held, error);
  if (status == MYOSHU_OK) {
    bool is_step = request->type == MYO_STEP;
    bool has_moves = !is_step && myo_find(&request->map, "moves", &moves);
    (void)myo_find(&request->map, is_step ? "actions" : "seeds", &numbers);
    const uint8_t *at = numbers.data, *next = has_moves ? moves.data : NULL;
    for (size_t row = 0; row < held.count; row++) {
      at = myo_read(at, numbers.end, &number);
      if (has_moves) {
        (void)myo_read(next, moves.end, &list);
        next = myo_skip(next, moves.end);
      }
      if (is_step) step_row(slots, &held, row, number.integer);
      else reset_row(slots, &held, row, number.natural, has_moves ? &list : NULL);
    }
    write_states(slots, &held, request->id, reply);
  }
  rows_clear(&held);
  return status;
}

static void answer_spec(const myo_slots *slots, uint32_t id, myo_writer *writer) {
  const myoshu_game *game = &slots->rules->game;
  myo_write_map(writer, 4);
  myo_write_text(writer, "t");
  myo_write_text(writer, "spec");
  myo_write_text(writer, "id");
  myo_write_unsigned(writer, id);
  myo_write_text(writer, "slots");
  myo_write_unsigned(writer, slots->rules->slots);
  myo_write_text(writer, "game");
  myo_write_map(writer, 9U + (game->max_length > 0) + (game->planes != NULL) + (game->layout != NULL));
  myo_write_text(writer, "name");
  myo_write_text(writer, game->name);
  myo_write_text(writer, "players");
  myo_write_int(writer, game->players);
  myo_write_text(writer, "actions");
  myo_write_int(writer, game->actions);
  myo_write_text(writer, "observation");
  myo_write_array(writer, game->rank);
  for (size_t i = 0; i < game->rank; i++) myo_write_int(writer, game->shape[i]);
  myo_write_text(writer, "returns");
  myo_write_array(writer, 2);
  for (size_t i = 0; i < 2; i++) myo_write_double(writer, game->returns[i]);
  myo_write_text(writer, "zero_sum");
  myo_write_bool(writer, game->zero_sum != 0);
  myo_write_text(writer, "movers");
  myo_write_text(writer, game->alternate ? "alternate" : "predicted");
  myo_write_text(writer, "final_rewards_only");
  myo_write_bool(writer, game->final_rewards_only != 0);
  myo_write_text(writer, "stochastic");
  myo_write_bool(writer, game->stochastic != 0);
  if (game->max_length > 0) {
    myo_write_text(writer, "max_length");
    myo_write_int(writer, game->max_length);
  }
  if (game->planes != NULL) {
    myo_write_text(writer, "planes");
    myo_write_array(writer, (size_t)game->shape[0]);
    for (int64_t i = 0; i < game->shape[0]; i++) myo_write_text(writer, game->planes[i]);
  }
  if (game->layout != NULL) {
    myo_write_text(writer, "layout");
    myo_write_text(writer, game->layout);
  }
}

static myoshu_status answer_describe(const myo_slots *slots, const myo_message *request, myo_writer *writer,
                                     myoshu_error *error) {
  const myoshu_rules *rules = slots->rules;
  char text[8192] = "", name[128];
  int64_t slot = myo_integer_of(&request->map, "slot", 0);
  if (slot >= (int64_t)rules->slots || slots->phases[slot] == EMPTY)
    return myo_fail(error, MYOSHU_REFUSED, "invalid", "describe.slot", "one with a game", "%lld", (long long)slot);
  const void *game = game_at(slots, (size_t)slot);
  const uint8_t *mask = slots->masks + (size_t)slot * slots->width;
  size_t legal = 0;
  for (int32_t action = 0; action < rules->game.actions; action++) legal += mask[action / 8] >> (action % 8) & 1;
  rules->draw(game, text, sizeof text, rules->user);
  myo_write_map(writer, 4);
  myo_write_text(writer, "t");
  myo_write_text(writer, "description");
  myo_write_text(writer, "id");
  myo_write_unsigned(writer, request->id);
  myo_write_text(writer, "text");
  myo_write_text(writer, text);
  myo_write_text(writer, "names");
  myo_write_array(writer, legal);
  for (int32_t action = 0; action < rules->game.actions; action++) {
    if (!(mask[action / 8] >> (action % 8) & 1)) continue;
    (void)snprintf(name, sizeof name, "%d", (int)action);
    if (rules->name != NULL) rules->name(game, action, name, sizeof name, rules->user);
    myo_write_text(writer, name);
  }
  return MYOSHU_OK;
}

myoshu_status myo_slots_answer(myo_slots *slots, const myo_message *request, myo_writer *reply, size_t limit,
                               myoshu_error *error) {
  switch (request->type) {
    case MYO_ENV_SPEC: answer_spec(slots, request->id, reply); return MYOSHU_OK;
    case MYO_DESCRIBE: return answer_describe(slots, request, reply, error);
    default: return answer_games(slots, request, reply, limit, error);
  }
}
