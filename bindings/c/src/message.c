#include "message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decoded.h"
#include "error.h"
#include "fields.h"

const char *myo_type_name(myo_type type) { return type < MYO_TYPES ? myo_types[type].name : "message"; }

myo_part myo_type_part(myo_type type) { return type < MYO_TYPES ? myo_types[type].part : MYO_ALONE; }

/* ------------------------------------------------------------------ checking */

typedef struct place {
  char text[96];
  size_t size;
  myoshu_error *error;
} place;

static void enter(place *where, const char *dot, const char *key) {
  int wrote = snprintf(where->text + where->size, sizeof where->text - where->size, "%s%s", dot, key);
  if (wrote > 0) where->size += (size_t)wrote;
  if (where->size >= sizeof where->text) where->size = sizeof where->text - 1;
}

static void leave(place *where, size_t size) {
  where->size = size;
  where->text[size] = '\0';
}

static void say(const myo_value *value, char *text, size_t size) {
  static const char *const kinds[] = {"nothing", "", "", "", "a text", "binary", "an array", "a map"};
  switch (value->kind) {
    case MYO_BOOL: (void)snprintf(text, size, "%s", value->boolean ? "true" : "false"); break;
    case MYO_INT:
      if (value->huge) (void)snprintf(text, size, "%llu", (unsigned long long)value->natural);
      else (void)snprintf(text, size, "%lld", (long long)value->integer);
      break;
    case MYO_FLOAT: (void)snprintf(text, size, "%g", value->number); break;
    case MYO_NIL: case MYO_TEXT: case MYO_BINARY: case MYO_ARRAY: case MYO_MAP:
      (void)snprintf(text, size, "%s", kinds[value->kind]);
      break;
  }
}

static myoshu_status wrong(place *where, const char *expected, const myo_value *got) {
  char text[48];
  say(got, text, sizeof text);
  return myo_fail(where->error, MYOSHU_PROTOCOL, "invalid", where->text, expected, "%s", text);
}

static size_t characters(const myo_value *text) {
  size_t count = 0;
  for (size_t i = 0; i < text->size; i++) count += (text->data[i] & 0xc0) != 0x80;
  return count;
}

static myoshu_status check_value(place *where, const myo_field *wanted, const myo_value *value);

static myoshu_status check_map(place *where, const myo_field *fields, const myo_value *map) {
  size_t depth = where->size;
  for (const myo_field *wanted = fields; wanted->key != NULL; wanted++) {
    myo_value value;
    bool there = myo_find(map, wanted->key, &value);
    if (!there && !wanted->required) continue;
    enter(where, ".", wanted->key);
    if (!there)
      return myo_fail(where->error, MYOSHU_PROTOCOL, "invalid", where->text, "a value", "nothing");
    myoshu_status status = check_value(where, wanted, &value);
    if (status != MYOSHU_OK) return status;
    leave(where, depth);
  }
  return MYOSHU_OK;
}

static myoshu_status check_list(place *where, const myo_field *wanted, const myo_value *list) {
  if (list->kind != MYO_ARRAY) return wrong(where, "an array", list);
  if (list->size < wanted->fewest || (wanted->longest > 0 && list->size > wanted->longest)) {
    char expected[64];
    if (wanted->longest == 0) (void)snprintf(expected, sizeof expected, "at least %zu elements", wanted->fewest);
    else (void)snprintf(expected, sizeof expected, "%zu to %zu elements", wanted->fewest, wanted->longest);
    return myo_fail(where->error, MYOSHU_PROTOCOL, "invalid", where->text, expected, "%zu", list->size);
  }
  size_t depth = where->size;
  const uint8_t *at = list->data;
  for (size_t i = 0; wanted->parts != NULL && i < list->size; i++) {
    myo_value element;
    if (myo_read(at, list->end, &element) == NULL) return wrong(where, "an array in whole", list);
    /* Most lists are of integers: they are not worth a name unless something is wrong. */
    bool fine = wanted->parts->form == MYO_A_INTEGER && element.kind == MYO_INT && !element.huge &&
                element.integer >= wanted->parts->low && element.integer <= wanted->parts->high;
    if (!fine) {
      char index[32];
      (void)snprintf(index, sizeof index, "[%zu]", i);
      enter(where, "", index);
      myoshu_status status = check_value(where, wanted->parts, &element);
      if (status != MYOSHU_OK) return status;
      leave(where, depth);
    }
    at = myo_skip(at, list->end);
  }
  return MYOSHU_OK;
}

static const struct {
  const char *name;
  size_t size;
} element_types[] = {{"f32", 4}, {"f64", 8}, {"i8", 1}, {"i16", 2}, {"i32", 4},
                     {"i64", 8}, {"u8", 1},  {"u16", 2}, {"u32", 4}, {"bool", 1}};

static myoshu_status check_tensor(place *where, const myo_value *map) {
  static const myo_field parts[] = {{.key = "dt", .form = MYO_A_TEXT, .required = true},
                                {.key = "sh", .form = MYO_A_LIST, .required = true, .longest = 8},
                                {.key = "b", .form = MYO_A_BINARY, .required = true},
                                {.key = NULL}};
  if (map->kind != MYO_MAP) return wrong(where, "a tensor (a map)", map);
  myoshu_status status = check_map(where, parts, map);
  if (status != MYOSHU_OK) return status;
  myo_value type, shape, bytes;
  (void)(myo_find(map, "dt", &type) && myo_find(map, "sh", &shape) && myo_find(map, "b", &bytes));
  uint64_t size = 0;
  for (size_t i = 0; i < sizeof element_types / sizeof *element_types; i++)
    if (type.size == strlen(element_types[i].name) && memcmp(type.data, element_types[i].name, type.size) == 0)
      size = element_types[i].size;
  if (size == 0) {
    enter(where, ".", "dt");
    return wrong(where, "one of f32, f64, i8, i16, i32, i64, u8, u16, u32, bool", &type);
  }
  const uint8_t *at = shape.data;
  bool over = false, none = false;
  for (size_t i = 0; i < shape.size; i++) {
    myo_value element;
    if (myo_read(at, shape.end, &element) == NULL || element.kind != MYO_INT || element.integer < 0 ||
        element.integer > UINT32_MAX) {
      enter(where, ".", "sh");
      return wrong(where, "integers from 0 to 4294967295", &element);
    }
    at = myo_skip(at, shape.end);
    if (element.natural == 0) none = true;
    else if (size > UINT64_MAX / element.natural) over = true;
    else size *= element.natural;
  }
  if (none) size = 0;
  if ((over && !none) || size != bytes.size) {
    enter(where, ".", "b");
    char expected[64];
    if (over && !none) (void)snprintf(expected, sizeof expected, "more bytes than there are");
    else (void)snprintf(expected, sizeof expected, "%llu bytes", (unsigned long long)size);
    return myo_fail(where->error, MYOSHU_PROTOCOL, "invalid", where->text, expected, "%zu", bytes.size);
  }
  for (size_t i = 0; type.size == 4 && memcmp(type.data, "bool", 4) == 0 && i < bytes.size; i++)
    if (bytes.data[i] > 1) {
      enter(where, ".", "b");
      return myo_fail(where->error, MYOSHU_PROTOCOL, "invalid", where->text, "0 or 1 for bool", "%u", bytes.data[i]);
    }
  return MYOSHU_OK;
}

static myoshu_status check_options(place *where, const myo_value *map) {
  if (map->kind != MYO_MAP) return wrong(where, "a map", map);
  const uint8_t *at = map->data;
  for (size_t i = 0; i < map->size; i++) {
    myo_value name, value;
    at = myo_read(at, map->end, &name);
    if (at == NULL || myo_read(at, map->end, &value) == NULL) return wrong(where, "a map in whole", map);
    if (value.kind != MYO_BOOL && value.kind != MYO_INT && value.kind != MYO_FLOAT) {
      char key[65];
      (void)snprintf(key, sizeof key, "%.*s", (int)(name.size < 64 ? name.size : 64), (const char *)name.data);
      enter(where, ".", key);
      return wrong(where, "a boolean or a number", &value);
    }
    at = myo_skip(at, map->end);
  }
  return MYOSHU_OK;
}

static myoshu_status check_value(place *where, const myo_field *wanted, const myo_value *value) {
  char expected[96];
  switch (wanted->form) {
    case MYO_A_INTEGER:
      if (value->kind == MYO_INT && !value->huge && value->integer >= wanted->low && value->integer <= wanted->high)
        return MYOSHU_OK;
      (void)snprintf(expected, sizeof expected, "an integer from %lld to %lld", (long long)wanted->low,
                     (long long)wanted->high);
      return wrong(where, expected, value);
    case MYO_A_NUMBER: {
      double number = myo_number(value);
      if (value->kind != MYO_INT && value->kind != MYO_FLOAT) return wrong(where, "a number", value);
      if (isinf(wanted->most)) return MYOSHU_OK; /* any, NaN and infinity too */
      bool fits = wanted->above ? number > wanted->least : number >= wanted->least;
      if (fits && number <= wanted->most) return MYOSHU_OK;
      (void)snprintf(expected, sizeof expected, "a number %s %g, at most %g", wanted->above ? "above" : "from",
                     wanted->least, wanted->most);
      return wrong(where, expected, value);
    }
    case MYO_A_BOOLEAN: return value->kind == MYO_BOOL ? MYOSHU_OK : wrong(where, "a boolean", value);
    case MYO_A_TEXT:
      if (value->kind != MYO_TEXT) return wrong(where, "a text", value);
      if (value->size < wanted->fewest) return wrong(where, "a text that is not empty", value);
      if (wanted->longest == 0 || characters(value) <= wanted->longest) return MYOSHU_OK;
      (void)snprintf(expected, sizeof expected, "at most %zu characters", wanted->longest);
      return myo_fail(where->error, MYOSHU_PROTOCOL, "invalid", where->text, expected, "%zu", characters(value));
    case MYO_A_BINARY: return value->kind == MYO_BINARY ? MYOSHU_OK : wrong(where, "binary", value);
    case MYO_A_TENSOR: return check_tensor(where, value);
    case MYO_A_WORD:
      if (value->kind != MYO_TEXT) return wrong(where, "a text", value);
      expected[0] = '\0';
      for (size_t i = 0; wanted->words[i] != NULL; i++) {
        size_t length = strlen(wanted->words[i]), used = strlen(expected);
        if (value->size == length && memcmp(value->data, wanted->words[i], length) == 0) return MYOSHU_OK;
        (void)snprintf(expected + used, sizeof expected - used, "%s%s", i > 0 ? ", " : "one of ", wanted->words[i]);
      }
      return myo_fail(where->error, MYOSHU_PROTOCOL, "invalid", where->text, expected, "%.*s",
                      (int)(value->size < 32 ? value->size : 32), (const char *)value->data);
    case MYO_A_MAP: return value->kind == MYO_MAP ? check_map(where, wanted->parts, value) : wrong(where, "a map", value);
    case MYO_A_LIST: return check_list(where, wanted, value);
    case MYO_A_MASK:
      if (value->kind == MYO_BINARY) return MYOSHU_OK;
      if (value->kind == MYO_ARRAY) return check_list(where, &myo_actions, value);
      return wrong(where, "a mask (binary) or an array of actions", value);
    case MYO_SOME_OPTIONS: return check_options(where, value);
    case MYO_ANY_NUMBER:
      if (value->kind == MYO_BOOL || value->kind == MYO_INT || value->kind == MYO_FLOAT) return MYOSHU_OK;
      return wrong(where, "a boolean or a number", value);
  }
  return wrong(where, "another", value);
}

/* ------------------------------------------------------------------ what no table says */

static myoshu_status unlike(myoshu_error *error, const char *type, const char *key, size_t expected, size_t got) {
  char where[192], wanted[64];
  (void)snprintf(where, sizeof where, "%s.%s", type, key);
  (void)snprintf(wanted, sizeof wanted, "%zu, one for each of the others", expected);
  return myo_fail(error, MYOSHU_PROTOCOL, "invalid", where, wanted, "%zu", got);
}

static int compare(const void *left, const void *right) {
  uint32_t a, b;
  memcpy(&a, left, sizeof a);
  memcpy(&b, right, sizeof b);
  return (a > b) - (a < b);
}

/* Numbers of a list are different. */
static myoshu_status check_different(const char *type, const char *key, const myo_value *map, myoshu_error *error) {
  myo_value slots;
  if (!myo_find(map, key, &slots)) return MYOSHU_OK;
  char where[96];
  uint32_t *sorted = malloc(slots.size * sizeof *sorted); /* at most four times the payload */
  if (sorted == NULL) return myo_no_memory(error, key);
  const uint8_t *at = slots.data;
  for (size_t i = 0; i < slots.size; i++) {
    myo_value slot;
    at = myo_read(at, slots.end, &slot);
    sorted[i] = (uint32_t)slot.natural;
  }
  qsort(sorted, slots.size, sizeof *sorted, compare);
  size_t twice = 0;
  for (size_t i = 1; i < slots.size; i++) twice += sorted[i] == sorted[i - 1];
  free(sorted);
  if (twice > 0) {
    (void)snprintf(where, sizeof where, "%s.%s", type, key);
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", where, "different ones", "one twice");
  }
  return MYOSHU_OK;
}

/* The other lists, and tensors, are as long as this one. */
static myoshu_status check_lengths(const char *type, const char *key, const char *const *lists,
                                   const char *const *tensors, const myo_value *map, myoshu_error *error) {
  myo_value slots, other;
  char where[96];
  if (!myo_find(map, key, &slots)) return MYOSHU_OK;
  for (size_t i = 0; lists[i] != NULL; i++)
    if (myo_find(map, lists[i], &other) && other.kind == MYO_ARRAY && other.size != slots.size)
      return unlike(error, type, lists[i], slots.size, other.size);
  for (size_t i = 0; tensors[i] != NULL; i++) {
    myo_tensor tensor;
    if (!myo_tensor_of(map, tensors[i], &tensor)) continue;
    if (tensor.rank == 0 || tensor.shape[0] != (int64_t)slots.size) {
      (void)snprintf(where, sizeof where, "%s.sh", tensors[i]);
      return unlike(error, type, where, slots.size, tensor.rank == 0 ? 0 : (size_t)tensor.shape[0]);
    }
  }
  return MYOSHU_OK;
}

static myoshu_status check_rows(myo_type type, const myo_value *map, myoshu_error *error) {
  static const char *const slot_lists[] = {"seeds", "moves", "actions", "to_play", "terminated", "truncated", "ticks",
                                           NULL};
  static const char *const slot_tensors[] = {"obs", "rewards", NULL};
  static const char *const position_lists[] = {"drawn", "to_play", "values", "actions", NULL};
  static const char *const position_tensors[] = {"obs", "prior", NULL};
  static const char *const no_lists[] = {NULL}, *const row_tensors[] = {"obs", NULL};
  const char *name = myo_types[type].name;
  if (type == MYO_POSITIONS) return check_lengths(name, "moves", position_lists, position_tensors, map, error);
  const char *key = type == MYO_CHECK ? "rows" : "slots";
  myoshu_status status = check_different(name, key, map, error);
  if (status != MYOSHU_OK) return status;
  if (type == MYO_CHECK) return check_lengths(name, key, no_lists, row_tensors, map, error);
  return check_lengths(name, key, slot_lists, slot_tensors, map, error);
}

static myoshu_status check_game(const char *type, const myo_value *game, myoshu_error *error) {
  myo_value returns, shape, low, high;
  char where[96];
  if (!myo_find(game, "returns", &returns) || !myo_find(game, "observation", &shape)) return MYOSHU_OK;
  const uint8_t *at = myo_read(returns.data, returns.end, &low);
  (void)myo_read(at, returns.end, &high);
  double least = myo_number(&low), greatest = myo_number(&high);
  if (!isfinite(least) || !isfinite(greatest) || least > greatest) {
    (void)snprintf(where, sizeof where, "%s.returns", type);
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", where, "two finite numbers in order", "[%g, %g]", least,
                    greatest);
  }
  myo_value planes, first;
  (void)myo_read(shape.data, shape.end, &first);
  if (myo_find(game, "planes", &planes) && planes.size > 0 && planes.size != first.natural) {
    char expected[64];
    (void)snprintf(where, sizeof where, "%s.planes", type);
    (void)snprintf(expected, sizeof expected, "%llu texts, one a plane", (unsigned long long)first.natural);
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", where, expected, "%zu", planes.size);
  }
  uint64_t elements = 1;
  at = shape.data;
  for (size_t i = 0; i < shape.size; i++) {
    myo_value size;
    at = myo_read(at, shape.end, &size);
    elements = elements > UINT32_MAX ? elements : elements * size.natural;
  }
  if (elements > UINT64_C(1) << 26) {
    (void)snprintf(where, sizeof where, "%s.observation", type);
    return myo_fail(error, MYOSHU_PROTOCOL, "invalid", where, "at most 67108864 elements", "more");
  }
  return MYOSHU_OK;
}

/* A hello of other versions is refused as such, whatever else it says that this version does not know. */
static myoshu_status check_versions(const myo_value *map, myoshu_error *error) {
  myo_value list, low, high;
  if (!myo_find(map, "proto", &list) || list.kind != MYO_ARRAY || list.size != 2) return MYOSHU_OK;
  const uint8_t *at = myo_read(list.data, list.end, &low);
  if (low.kind != MYO_INT || low.huge) return MYOSHU_OK;
  (void)myo_read(at, list.end, &high);
  if (high.kind != MYO_INT || high.huge || low.integer > high.integer) return MYOSHU_OK;
  if (low.integer <= 1 && high.integer >= 1) return MYOSHU_OK;
  return myo_fail(error, MYOSHU_PROTOCOL, "version", "hello.proto", "a range with 1", "[%lld, %lld]",
                  (long long)low.integer, (long long)high.integer);
}

static myoshu_status check_rest(myo_type type, const myo_value *map, myoshu_error *error) {
  myo_value value, first, second;
  if (type == MYO_HELLO && myo_find(map, "proto", &value)) {
    const uint8_t *at = myo_read(value.data, value.end, &first);
    (void)myo_read(at, value.end, &second);
    if (first.integer > second.integer)
      return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "hello.proto", "two versions in order", "[%lld, %lld]",
                      (long long)first.integer, (long long)second.integer);
    double heartbeat = myo_double_of(map, "heartbeat", 0.0);
    if (heartbeat > 0.0 && heartbeat < 0.05)
      return myo_fail(error, MYOSHU_PROTOCOL, "invalid", "hello.heartbeat", "0 or from 0.05", "%g", heartbeat);
  }
  if (type == MYO_SPEC && myo_find(map, "game", &value)) return check_game("spec.game", &value, error);
  if ((type == MYO_WELCOME || type == MYO_HELLO) && myo_find(map, "models", &value)) {
    const uint8_t *at = value.data;
    for (size_t i = 0; i < value.size; i++) {
      char where[64];
      (void)snprintf(where, sizeof where, "%s.models[%zu].game", myo_types[type].name, i);
      myo_value model, game;
      (void)myo_read(at, value.end, &model);
      myo_value levels = {.size = 0}, elo;
      (void)myo_find(&model, "levels", &levels);
      if (myo_find(&model, "elo", &elo) && elo.size != levels.size) {
        char wanted[64];
        (void)snprintf(where, sizeof where, "%s.models[%zu].elo", myo_types[type].name, i);
        (void)snprintf(wanted, sizeof wanted, "%zu, one a level", levels.size);
        return myo_fail(error, MYOSHU_PROTOCOL, "invalid", where, wanted, "%zu", elo.size);
      }
      if (myo_find(&model, "game", &game)) {
        myoshu_status status = check_game(where, &game, error);
        if (status != MYOSHU_OK) return status;
      }
      at = myo_skip(at, value.end);
    }
  }
  if (type == MYO_RESET || type == MYO_STEP || type == MYO_STATES || type == MYO_POSITIONS || type == MYO_CHECK)
    return check_rows(type, map, error);
  return MYOSHU_OK;
}

myoshu_status myo_decode(const uint8_t *payload, size_t size, myo_message *message, myoshu_error *error) {
  memset(message, 0, sizeof *message);
  message->type = MYO_TYPES;
  myoshu_status status = myo_check(payload, size, error);
  if (status != MYOSHU_OK) return status;
  (void)myo_read(payload, payload + size, &message->map);
  myo_value type, id;
  char text[48];
  if (!myo_find(&message->map, "t", &type) || type.kind != MYO_TEXT)
    return myo_fail(error, MYOSHU_PROTOCOL, "malformed", "t", "a text", "nothing or something else");
  char name[40];
  (void)snprintf(name, sizeof name, "%.*s", (int)(type.size < 32 ? type.size : 32), (const char *)type.data);
  (void)snprintf(text, sizeof text, "%s.id", name);
  bool has_id = myo_find(&message->map, "id", &id);
  if (has_id && (id.kind != MYO_INT || id.huge || id.integer < 1 || id.integer > UINT32_MAX)) {
    char got[48];
    say(&id, got, sizeof got);
    return myo_fail(error, MYOSHU_PROTOCOL, "malformed", text, "an integer from 1 to 4294967295", "%s", got);
  }
  message->id = has_id ? (uint32_t)id.integer : 0;
  myo_type found = MYO_HELLO;
  while (found < MYO_TYPES && (type.size != strlen(myo_types[found].name) ||
                               memcmp(type.data, myo_types[found].name, type.size) != 0))
    found = (myo_type)(found + 1);
  message->type = found;
  if (found == MYO_TYPES)
    return myo_fail(error, MYOSHU_PROTOCOL, has_id ? "unknown_type" : "unexpected", "t", "a type of version 1", "%s",
                    name);
  if (!has_id && myo_types[found].part != MYO_ALONE)
    return myo_fail(error, MYOSHU_PROTOCOL, "malformed", text, "an integer from 1 to 4294967295", "nothing");
  if (found == MYO_HELLO && (status = check_versions(&message->map, error)) != MYOSHU_OK) return status;
  place where = {.error = error};
  enter(&where, "", myo_types[found].name);
  status = check_map(&where, myo_types[found].fields, &message->map);
  return status == MYOSHU_OK ? check_rest(found, &message->map, error) : status;
}
