/* MessagePack, as much of it as the protocol uses: no extension types, keys that are texts.
 *
 * The writer grows a buffer. The reader allocates nothing: a value points into the payload, which must outlive it. */
#ifndef MYOSHU_SRC_MSGPACK_H
#define MYOSHU_SRC_MSGPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../myoshu.h"

/* How deep maps and arrays may be nested, the message itself being 1. */
#define MYO_MOST_NESTING 16

typedef struct myo_writer {
  uint8_t *data;
  size_t size;
  size_t capacity;
  bool failed; /* no memory: what was written is incomplete */
} myo_writer;

void myo_write_nil(myo_writer *writer);
void myo_write_bool(myo_writer *writer, bool value);
void myo_write_int(myo_writer *writer, int64_t value);
void myo_write_unsigned(myo_writer *writer, uint64_t value);
void myo_write_double(myo_writer *writer, double value);
/* A text; in one that is not UTF-8, everything that is not ASCII becomes ?. */
void myo_write_text(myo_writer *writer, const char *text);
void myo_write_text_of(myo_writer *writer, const uint8_t *text, size_t size);
void myo_write_binary(myo_writer *writer, const void *data, size_t size);
void myo_write_array(myo_writer *writer, size_t count);
void myo_write_map(myo_writer *writer, size_t count);
/* Bytes as they are. */
void myo_write_raw(myo_writer *writer, const void *data, size_t size);
/* Binary of `size` bytes to be filled in, or NULL without memory; it moves with the next thing written. */
uint8_t *myo_write_space(myo_writer *writer, size_t size);
/* A tensor of floats: of `rows` times the shape, or of the shape alone if `rows` is 0. */
void myo_write_floats(myo_writer *writer, size_t rows, size_t rank, const int64_t *shape, const float *numbers);
void myo_writer_clear(myo_writer *writer);

typedef enum myo_kind {
  MYO_NIL,
  MYO_BOOL,
  MYO_INT,
  MYO_FLOAT,
  MYO_TEXT,
  MYO_BINARY,
  MYO_ARRAY,
  MYO_MAP
} myo_kind;

typedef struct myo_value {
  myo_kind kind;
  bool boolean;
  bool huge;           /* an integer above INT64_MAX */
  int64_t integer;     /* INT64_MAX if huge */
  uint64_t natural;    /* the integer if it is not negative */
  double number;       /* of a float */
  size_t size;         /* bytes of a text or binary, elements of an array, pairs of a map */
  const uint8_t *data; /* the bytes, or the first element */
  const uint8_t *end;  /* of the payload */
} myo_value;

/* The value at `at`; returns where the next thing begins (for arrays and maps: the first element), NULL if there is no
 * value that this reader knows. */
const uint8_t *myo_read(const uint8_t *at, const uint8_t *end, myo_value *value);

/* Where the value at `at` ends with everything in it, NULL if it does not end before `end`. */
const uint8_t *myo_skip(const uint8_t *at, const uint8_t *end);

/* Check that a payload is one map, whole, of texts in UTF-8, without extensions, not too deep: what the functions below
 * rely on. Fails with code `malformed`. */
myoshu_status myo_check(const uint8_t *payload, size_t size, myoshu_error *error);

/* The value of a key of a map: the last, if it occurs twice. nil counts as absent. */
bool myo_find(const myo_value *map, const char *key, myo_value *found);

#endif
