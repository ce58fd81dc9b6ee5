/* Frames on a stream of bytes: a length of 32 bits, little-endian, then the payload. */
#ifndef MYOSHU_SRC_FRAME_H
#define MYOSHU_SRC_FRAME_H

#include "msgpack.h"

#define TSJ_HEADER 4
#define TSJ_FIRST_FRAME ((size_t)1 << 16)   /* the largest payload before the handshake is over */
#define TSJ_DEFAULT_FRAME ((size_t)1 << 24) /* after it, where nothing else was announced */

/* Cuts a stream into payloads. It grows with what has really come, never with what a length announces. */
typedef struct tsj_input {
  uint8_t *data;
  size_t start; /* of what has not been handed out */
  size_t size;  /* of what has come, from the beginning of data */
  size_t capacity;
  size_t limit; /* the largest payload taken */
} tsj_input;

typedef enum tsj_cut { TSJ_WHOLE, TSJ_PARTIAL, TSJ_REFUSED } tsj_cut;

/* Room for bytes that come, at least one; NULL without memory. Payloads handed out are of no use afterwards. */
uint8_t *tsj_input_space(tsj_input *input, size_t *room);
/* So many bytes were put there. */
void tsj_input_came(tsj_input *input, size_t size);
/* The next payload; TSJ_REFUSED fills `error` (`malformed`, `too_large`). It is of use until the next tsj_input_space. */
tsj_cut tsj_input_next(tsj_input *input, const uint8_t **payload, size_t *size, myoshu_error *error);
void tsj_input_clear(tsj_input *input);

/* Begin a frame: its length is put in by tsj_frame_end. Returns where it begins. */
size_t tsj_frame_begin(tsj_writer *writer);
/* Fails (`too_large`) and takes the frame back if its payload is larger than `limit`, or without memory. */
myoshu_status tsj_frame_end(tsj_writer *writer, size_t begin, size_t limit, const char *what, myoshu_error *error);

#endif
