/* What the protocol's messages hold: every payload that comes is checked against these tables before it is used. */
#ifndef MYOSHU_SRC_MESSAGE_H
#define MYOSHU_SRC_MESSAGE_H

#include "msgpack.h"

typedef enum myo_type {
  MYO_HELLO, MYO_WELCOME, MYO_PING, MYO_PONG, MYO_BYE, MYO_ERROR,
  MYO_OPEN, MYO_OPENED, MYO_THINK, MYO_INFO, MYO_RESULT, MYO_OBSERVE, MYO_PONDER, MYO_CANCEL, MYO_ACT_BATCH, MYO_ACTS,
  MYO_LEVEL, MYO_SWAP, MYO_CLOSE, MYO_OK, MYO_EXAMPLES, MYO_POSITIONS, MYO_CHECK, MYO_CHECKED,
  MYO_ENV_SPEC, MYO_SPEC, MYO_RESET, MYO_STEP, MYO_STATES, MYO_DESCRIBE, MYO_DESCRIPTION,
  MYO_TYPES
} myo_type;

/* Whether a message is a request, the reply to one, or neither. */
typedef enum myo_part { MYO_ALONE, MYO_REQUEST, MYO_REPLY } myo_part;

typedef struct myo_message {
  myo_type type;
  uint32_t id; /* 0 if there is none */
  myo_value map;
} myo_message;

/* Read a payload. On failure `error` has the protocol's code (`malformed`, `unknown_type`, `unexpected`, `invalid`) and
 * the field; message->id is the id as far as it could be read, and message->type is MYO_TYPES unless it is known. */
myoshu_status myo_decode(const uint8_t *payload, size_t size, myo_message *message, myoshu_error *error);

const char *myo_type_name(myo_type type);
myo_part myo_type_part(myo_type type);

/* Fields of what was decoded: they are as the tables say, or absent. */
int64_t myo_integer_of(const myo_value *map, const char *key, int64_t otherwise);
double myo_double_of(const myo_value *map, const char *key, double otherwise);
double myo_number(const myo_value *value);
/* A copy that ends with 0, cut where it does not fit. */
void myo_text_of(const myo_value *map, const char *key, char *text, size_t size);
/* A copy that ends with 0, to be freed; NULL without memory. */
char *myo_copy_of(const myo_value *map, const char *key);
/* Whether an array of texts has one. */
bool myo_has_word(const myo_value *map, const char *key, const char *word);

/* What an `error` says, as a failure of this status. */
myoshu_status myo_error_of(const myo_message *message, myoshu_status status, myoshu_error *error);

typedef struct myo_tensor {
  char type[5];
  size_t rank;
  int64_t shape[8];
  const uint8_t *data;
  size_t size; /* bytes */
} myo_tensor;

/* The tensor of a key; false if it is absent. */
bool myo_tensor_of(const myo_value *map, const char *key, myo_tensor *tensor);
/* Whether it is of a type and a shape. */
bool myo_tensor_is(const myo_tensor *tensor, const char *type, size_t rank, const int64_t *shape);

#endif
