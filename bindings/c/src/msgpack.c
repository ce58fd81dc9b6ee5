#include "msgpack.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

/* ------------------------------------------------------------------ writing */

static bool reserve(myo_writer *writer, size_t more) {
  if (writer->failed) return false;
  if (more > SIZE_MAX / 2 - writer->size) {
    writer->failed = true;
    return false;
  }
  size_t needed = writer->size + more;
  if (needed <= writer->capacity) return true;
  size_t capacity = writer->capacity < 128 ? 128 : writer->capacity;
  while (capacity < needed) capacity *= 2;
  uint8_t *data = realloc(writer->data, capacity);
  if (data == NULL) {
    writer->failed = true;
    return false;
  }
  writer->data = data;
  writer->capacity = capacity;
  return true;
}

void myo_write_raw(myo_writer *writer, const void *data, size_t size) {
  if (size == 0 || !reserve(writer, size)) return;
  memcpy(writer->data + writer->size, data, size);
  writer->size += size;
}

/* A first byte and `bytes` bytes of a number, the greatest first. */
static void head(myo_writer *writer, unsigned first, uint64_t number, unsigned bytes) {
  uint8_t out[9];
  out[0] = (uint8_t)first;
  for (unsigned i = 0; i < bytes; i++) out[1 + i] = (uint8_t)(number >> (8 * (bytes - 1 - i)));
  myo_write_raw(writer, out, 1 + (size_t)bytes);
}

void myo_write_nil(myo_writer *writer) { head(writer, 0xc0, 0, 0); }

void myo_write_bool(myo_writer *writer, bool value) { head(writer, value ? 0xc3 : 0xc2, 0, 0); }

void myo_write_unsigned(myo_writer *writer, uint64_t value) {
  if (value < 0x80) head(writer, (unsigned)value, 0, 0);
  else if (value <= UINT8_MAX) head(writer, 0xcc, value, 1);
  else if (value <= UINT16_MAX) head(writer, 0xcd, value, 2);
  else if (value <= UINT32_MAX) head(writer, 0xce, value, 4);
  else head(writer, 0xcf, value, 8);
}

void myo_write_int(myo_writer *writer, int64_t value) {
  uint64_t bits = (uint64_t)value;
  if (value >= 0) myo_write_unsigned(writer, bits);
  else if (value >= -32) head(writer, (unsigned)(bits & 0xff), 0, 0);
  else if (value >= INT8_MIN) head(writer, 0xd0, bits, 1);
  else if (value >= INT16_MIN) head(writer, 0xd1, bits, 2);
  else if (value >= INT32_MIN) head(writer, 0xd2, bits, 4);
  else head(writer, 0xd3, bits, 8);
}

void myo_write_double(myo_writer *writer, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  head(writer, 0xcb, bits, 8);
}

void myo_write_text_of(myo_writer *writer, const uint8_t *text, size_t size) {
  if (size < 32) head(writer, 0xa0U | (unsigned)size, 0, 0);
  else if (size <= UINT8_MAX) head(writer, 0xd9, size, 1);
  else if (size <= UINT16_MAX) head(writer, 0xda, size, 2);
  else head(writer, 0xdb, size, 4);
  myo_write_raw(writer, text, size);
}

static bool is_utf8(const uint8_t *at, size_t size) {
  const uint8_t *end = at + size;
  while (at < end) {
    unsigned first = *at++;
    unsigned more, low = 0x80, high = 0xbf;
    if (first < 0x80) continue;
    if (first >= 0xc2 && first <= 0xdf) more = 1;
    else if (first >= 0xe0 && first <= 0xef) more = 2;
    else if (first >= 0xf0 && first <= 0xf4) more = 3;
    else return false;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
    for (; more > 0; more--) {
      if (at == end || *at < low || *at > high) return false;
      at++;
      low = 0x80;
      high = 0xbf;
    }
  }
  return true;
}

void myo_write_text(myo_writer *writer, const char *text) {
  size_t size = strlen(text), begin;
  bool right = is_utf8((const uint8_t *)text, size);
  myo_write_text_of(writer, (const uint8_t *)text, size);
  begin = writer->size - size;
  for (size_t i = begin; !right && !writer->failed && i < writer->size; i++)
    if (writer->data[i] >= 0x80) writer->data[i] = '?'; /* the peer accepts only UTF-8 */
}

static void binary_head(myo_writer *writer, size_t size) {
  if (size <= UINT8_MAX) head(writer, 0xc4, size, 1);
  else if (size <= UINT16_MAX) head(writer, 0xc5, size, 2);
  else if (size <= UINT32_MAX) head(writer, 0xc6, size, 4);
  else writer->failed = true;
}

void myo_write_binary(myo_writer *writer, const void *data, size_t size) {
  binary_head(writer, size);
  myo_write_raw(writer, data, size);
}

uint8_t *myo_write_space(myo_writer *writer, size_t size) {
  binary_head(writer, size);
  if (!reserve(writer, size)) return NULL;
  uint8_t *space = writer->data + writer->size;
  writer->size += size;
  return space;
}

void myo_write_array(myo_writer *writer, size_t count) {
  if (count < 16) head(writer, 0x90U | (unsigned)count, 0, 0);
  else if (count <= UINT16_MAX) head(writer, 0xdc, count, 2);
  else head(writer, 0xdd, count, 4);
}

void myo_write_map(myo_writer *writer, size_t count) {
  if (count < 16) head(writer, 0x80U | (unsigned)count, 0, 0);
  else if (count <= UINT16_MAX) head(writer, 0xde, count, 2);
  else head(writer, 0xdf, count, 4);
}

void myo_write_floats(myo_writer *writer, size_t rows, size_t rank, const int64_t *shape, const float *numbers) {
  size_t count = rows > 0 ? rows : 1;
  myo_write_map(writer, 3);
  myo_write_text(writer, "dt");
  myo_write_text(writer, "f32");
  myo_write_text(writer, "sh");
  myo_write_array(writer, rank + (rows > 0 ? 1 : 0));
  if (rows > 0) myo_write_unsigned(writer, rows);
  for (size_t i = 0; i < rank; i++) {
    myo_write_int(writer, shape[i]);
    count *= (size_t)shape[i];
  }
  myo_write_text(writer, "b");
  uint8_t *space = myo_write_space(writer, 4 * count);
  for (size_t i = 0; space != NULL && i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &numbers[i], sizeof bits);
    for (unsigned j = 0; j < 4; j++) space[4 * i + j] = (uint8_t)(bits >> (8 * j));
  }
}

void myo_writer_clear(myo_writer *writer) {
  free(writer->data);
  memset(writer, 0, sizeof *writer);
}

/* ------------------------------------------------------------------ reading */

static uint64_t big_endian(const uint8_t *at, unsigned bytes) {
  uint64_t number = 0;
  for (unsigned i = 0; i < bytes; i++) number = number << 8 | at[i];
  return number;
}

static void natural(myo_value *value, uint64_t number) {
  value->kind = MYO_INT;
  value->natural = number;
  value->huge = number > INT64_MAX;
  value->integer = value->huge ? INT64_MAX : (int64_t)number;
}

static void negative(myo_value *value, int64_t number) {
  if (number >= 0) {
    natural(value, (uint64_t)number);
    return;
  }
  value->kind = MYO_INT;
  value->integer = number;
}

const uint8_t *myo_read(const uint8_t *at, const uint8_t *end, myo_value *value) {
  memset(value, 0, sizeof *value);
  value->end = end;
  if (at >= end) return NULL;
  unsigned first = *at++;
  unsigned bytes = 0; /* of the number that follows */
  switch (first) {
    case 0xc4: case 0xcc: case 0xd0: case 0xd9: bytes = 1; break;
    case 0xc5: case 0xcd: case 0xd1: case 0xda: case 0xdc: case 0xde: bytes = 2; break;
    case 0xc6: case 0xca: case 0xce: case 0xd2: case 0xdb: case 0xdd: case 0xdf: bytes = 4; break;
    case 0xcb: case 0xcf: case 0xd3: bytes = 8; break;
    default: break;
  }
  if ((size_t)(end - at) < bytes) return NULL;
  uint64_t number = big_endian(at, bytes);
  at += bytes;
  value->data = at;
  if (first < 0x80) {
    natural(value, first);
    return at;
  }
  if (first >= 0xe0) {
    negative(value, (int64_t)first - 0x100);
    return at;
  }
  if (first < 0x90 || first == 0xde || first == 0xdf) {
    value->kind = MYO_MAP;
    value->size = first < 0x90 ? first & 0x0fU : (size_t)number;
    return at;
  }
  if (first < 0xa0 || first == 0xdc || first == 0xdd) {
    value->kind = MYO_ARRAY;
    value->size = first < 0xa0 ? first & 0x0fU : (size_t)number;
    return at;
  }
  if (first < 0xc0 || (first >= 0xd9 && first <= 0xdb)) {
    value->kind = MYO_TEXT;
    value->size = first < 0xc0 ? first & 0x1fU : (size_t)number;
    return (size_t)(end - at) < value->size ? NULL : at + value->size;
  }
  switch (first) {
    case 0xc0: value->kind = MYO_NIL; return at;
    case 0xc2: case 0xc3: value->kind = MYO_BOOL; value->boolean = first == 0xc3; return at;
    case 0xc4: case 0xc5: case 0xc6:
      value->kind = MYO_BINARY;
      value->size = (size_t)number;
      return (size_t)(end - at) < value->size ? NULL : at + value->size;
    case 0xca: {
      uint32_t bits = (uint32_t)number;
      float single;
      memcpy(&single, &bits, sizeof single);
      value->kind = MYO_FLOAT;
      value->number = (double)single;
      return at;
    }
    case 0xcb:
      value->kind = MYO_FLOAT;
      memcpy(&value->number, &number, sizeof value->number);
      return at;
    case 0xcc: case 0xcd: case 0xce: case 0xcf: natural(value, number); return at;
    case 0xd0: negative(value, number < 0x80 ? (int64_t)number : (int64_t)number - 0x100); return at;
    case 0xd1: negative(value, number < 0x8000 ? (int64_t)number : (int64_t)number - 0x10000); return at;
    case 0xd2: negative(value, number < 0x80000000U ? (int64_t)number : (int64_t)number - 0x100000000LL); return at;
    case 0xd3: {
      int64_t whole;
      memcpy(&whole, &number, sizeof whole);
      negative(value, whole);
      return at;
    }
    default: return NULL; /* extension types, and 0xc1, which is never used */
  }
}

const uint8_t *myo_skip(const uint8_t *at, const uint8_t *end) {
  /* Each thing that is still to come takes a byte at least, so the count cannot run over. */
  for (uint64_t left = 1; left > 0; left--) {
    myo_value value;
    at = myo_read(at, end, &value);
    if (at == NULL) return NULL;
    if (value.kind == MYO_ARRAY) left += value.size;
    if (value.kind == MYO_MAP) left += 2 * (uint64_t)value.size;
    if (left - 1 > (uint64_t)(end - at)) return NULL;
  }
  return at;
}

myoshu_status myo_check(const uint8_t *payload, size_t size, myoshu_error *error) {
  const uint8_t *at = payload, *end = payload + size;
  uint64_t left[MYO_MOST_NESTING]; /* things that are still to come at each level */
  bool is_map[MYO_MOST_NESTING];
  size_t depth = 0;
  do {
    while (depth > 0 && left[depth - 1] == 0) depth--;
    if (depth == 0 && at != payload) break;
    bool key = depth > 0 && is_map[depth - 1] && left[depth - 1] % 2 == 0;
    if (depth > 0) left[depth - 1]--;
    myo_value value;
    const uint8_t *next = myo_read(at, end, &value);
    if (next == NULL) {
      bool extension = at < end && (*at == 0xc7 || *at == 0xc8 || *at == 0xc9 || (*at >= 0xd4 && *at <= 0xd8));
      return myo_fail(error, MYOSHU_PROTOCOL, "malformed", "payload", "one MessagePack map",
                      extension  ? "an extension type"
                      : at < end ? "something cut off or unknown"
                                 : "its end too early");
    }
    if (at == payload && value.kind != MYO_MAP)
      return myo_fail(error, MYOSHU_PROTOCOL, "malformed", "payload", "a map", "something else");
    if (key && value.kind != MYO_TEXT)
      return myo_fail(error, MYOSHU_PROTOCOL, "malformed", "payload", "keys that are texts", "another");
    if (value.kind == MYO_TEXT && !is_utf8(value.data, value.size))
      return myo_fail(error, MYOSHU_PROTOCOL, "malformed", "payload", "texts in UTF-8", "another");
    if (value.kind == MYO_ARRAY || value.kind == MYO_MAP) {
      if (depth == MYO_MOST_NESTING)
        return myo_fail(error, MYOSHU_PROTOCOL, "malformed", "payload", "at most 16 levels", "more");
      is_map[depth] = value.kind == MYO_MAP;
      left[depth++] = (uint64_t)value.size * (value.kind == MYO_MAP ? 2 : 1);
    }
    at = next;
  } while (true);
  if (at != end)
    return myo_fail(error, MYOSHU_PROTOCOL, "malformed", "payload", "one MessagePack map", "%zu bytes after it",
                    (size_t)(end - at));
  return MYOSHU_OK;
}

bool myo_find(const myo_value *map, const char *key, myo_value *found) {
  size_t length = strlen(key);
  bool is_there = false;
  const uint8_t *at = map->data;
  for (size_t i = 0; i < map->size && at != NULL; i++) {
    myo_value name;
    at = myo_read(at, map->end, &name);
    if (at == NULL) break;
    if (name.kind == MYO_TEXT && name.size == length && memcmp(name.data, key, length) == 0) {
      is_there = myo_read(at, map->end, found) != NULL && found->kind != MYO_NIL;
    }
    at = myo_skip(at, map->end);
  }
  return is_there;
}
