/* Frames on a stream of bytes: a length of 32 bits, little-endian, then the payload. */
#ifndef MYOSHU_SRC_FRAME_H
#define MYOSHU_SRC_FRAME_H

#include "msgpack.h"

#define MYO_HEADER 4
#define MYO_FIRST_FRAME ((size_t)1 << 16)   /* the largest payload before the handshake is over */
#define MYO_DEFAULT_FRAME ((size_t)1 << 24) /* after it, unless another limit was announced */

/* Cuts a stream into payloads. It grows with what has actually arrived, never with what a length announces. */
typedef struct myo_input {
  uint8_t *data;
  size_t start; /* of what has not been handed out */
  size_t size;  /* of what has come, from the beginning of data */
  size_t capacity;
  size_t limit; /* the largest payload taken */
} myo_input;

typedef enum myo_cut { MYO_WHOLE, MYO_PARTIAL, MYO_REFUSED } myo_cut;

/* Room for at least one byte; NULL without memory. Payloads handed out before are invalid afterwards. */
uint8_t *myo_input_space(myo_input *input, size_t *room);
/* Note that `size` bytes were written there. */
void myo_input_came(myo_input *input, size_t size);
/* The next payload; MYO_REFUSED fills `error` (`malformed`, `too_large`). Valid until the next myo_input_space. */
myo_cut myo_input_next(myo_input *input, const uint8_t **payload, size_t *size, myoshu_error *error);
void myo_input_clear(myo_input *input);

/* Begin a frame: myo_frame_end writes its length. Returns where it begins. */
size_t myo_frame_begin(myo_writer *writer);
/* Fails (`too_large`) and takes the frame back if its payload is larger than `limit`, or without memory. */
myoshu_status myo_frame_end(myo_writer *writer, size_t begin, size_t limit, const char *what, myoshu_error *error);

#endif
