/* MessagePack, as much of it as the protocol uses: no extension types, keys that are texts.
 *
 * The writer grows a buffer. The reader allocates nothing: a value points into the payload, which must outlive it. */
#ifndef MYOSHU_SRC_MSGPACK_H
#define MYOSHU_SRC_MSGPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../myoshu.h"

/* How deep maps and arrays may lie in each other, the message itself being 1. */
#define TSJ_MOST_NESTING 16

typedef struct tsj_writer {
  uint8_t *data;
  size_t size;
  size_t capacity;
  bool failed; /* no memory: what was written is incomplete */
} tsj_writer;

void tsj_write_nil(tsj_writer *writer);
void tsj_write_bool(tsj_writer *writer, bool value);
void tsj_write_int(tsj_writer *writer, int64_t value);
void tsj_write_unsigned(tsj_writer *writer, uint64_t value);
void tsj_write_double(tsj_writer *writer, double value);
/* A text; one that is not UTF-8 has ? in the place of all that is not ASCII. */
void tsj_write_text(tsj_writer *writer, const char *text);
void tsj_write_text_of(tsj_writer *writer, const uint8_t *text, size_t size);
void tsj_write_binary(tsj_writer *writer, const void *data, size_t size);
void tsj_write_array(tsj_writer *writer, size_t count);
void tsj_write_map(tsj_writer *writer, size_t count);
/* Bytes as they are. */
void tsj_write_raw(tsj_writer *writer, const void *data, size_t size);
/* Binary of `size` bytes to be filled in, or NULL without memory; it moves with the next thing written. */
uint8_t *tsj_write_space(tsj_writer *writer, size_t size);
/* A tensor of floats: of `rows` times the shape, or of the shape alone if `rows` is 0. */
void tsj_write_floats(tsj_writer *writer, size_t rows, size_t rank, const int64_t *shape, const float *numbers);
void tsj_writer_clear(tsj_writer *writer);

typedef enum tsj_kind {
  TSJ_NIL,
  TSJ_BOOL,
  TSJ_INT,
  TSJ_FLOAT,
  TSJ_TEXT,
  TSJ_BINARY,
  TSJ_ARRAY,
  TSJ_MAP
} tsj_kind;

typedef struct tsj_value {
  tsj_kind kind;
  bool boolean;
  bool huge;           /* an integer above INT64_MAX */
  int64_t integer;     /* INT64_MAX if huge */
  uint64_t natural;    /* the integer if it is not negative */
  double number;       /* of a float */
  size_t size;         /* bytes of a text or binary, elements of an array, pairs of a map */
  const uint8_t *data; /* the bytes, or the first element */
  const uint8_t *end;  /* of the payload */
} tsj_value;

/* The value at `at`; returns where the next thing begins (for arrays and maps: the first element), NULL if there is no
 * value that this reader knows. */
const uint8_t *tsj_read(const uint8_t *at, const uint8_t *end, tsj_value *value);

/* Where the value at `at` ends with everything in it, NULL if it does not end before `end`. */
const uint8_t *tsj_skip(const uint8_t *at, const uint8_t *end);

/* Check that a payload is one map, whole, of texts in UTF-8, without extensions, not too deep: what the functions below
 * rely on. Fails with code `malformed`. */
myoshu_status tsj_check(const uint8_t *payload, size_t size, myoshu_error *error);

/* The value of a key of a map: the last, if it comes twice. nil counts as absent. */
bool tsj_find(const tsj_value *map, const char *key, tsj_value *found);

#endif
