/* What the protocol's messages hold: every payload that comes is checked against these tables before it is used. */
#ifndef MYOSHU_SRC_MESSAGE_H
#define MYOSHU_SRC_MESSAGE_H

#include "msgpack.h"

typedef enum tsj_type {
  TSJ_HELLO, TSJ_WELCOME, TSJ_PING, TSJ_PONG, TSJ_BYE, TSJ_ERROR,
  TSJ_OPEN, TSJ_OPENED, TSJ_THINK, TSJ_INFO, TSJ_RESULT, TSJ_OBSERVE, TSJ_PONDER, TSJ_CANCEL, TSJ_ACT_BATCH, TSJ_ACTS,
  TSJ_LEVEL, TSJ_SWAP, TSJ_CLOSE, TSJ_OK, TSJ_EXAMPLES, TSJ_POSITIONS, TSJ_CHECK, TSJ_CHECKED,
  TSJ_ENV_SPEC, TSJ_SPEC, TSJ_RESET, TSJ_STEP, TSJ_STATES, TSJ_DESCRIBE, TSJ_DESCRIPTION,
  TSJ_TYPES
} tsj_type;

/* Whether a message is a request, the reply to one, or neither. */
typedef enum tsj_part { TSJ_ALONE, TSJ_REQUEST, TSJ_REPLY } tsj_part;

typedef struct tsj_message {
  tsj_type type;
  uint32_t id; /* 0 if there is none */
  tsj_value map;
} tsj_message;

/* Read a payload. On failure `error` has the protocol's code (`malformed`, `unknown_type`, `unexpected`, `invalid`) and
 * the field; message->id is the id as far as it could be read, and message->type is TSJ_TYPES unless it is known. */
myoshu_status tsj_decode(const uint8_t *payload, size_t size, tsj_message *message, myoshu_error *error);

const char *tsj_type_name(tsj_type type);
tsj_part tsj_type_part(tsj_type type);

/* Fields of what was decoded: they are as the tables say, or absent. */
int64_t tsj_integer_of(const tsj_value *map, const char *key, int64_t otherwise);
double tsj_double_of(const tsj_value *map, const char *key, double otherwise);
double tsj_number(const tsj_value *value);
/* A copy that ends with 0, cut where it does not fit. */
void tsj_text_of(const tsj_value *map, const char *key, char *text, size_t size);
/* A copy that ends with 0, to be freed; NULL without memory. */
char *tsj_copy_of(const tsj_value *map, const char *key);
/* Whether an array of texts has one. */
bool tsj_has_word(const tsj_value *map, const char *key, const char *word);

/* What an `error` says, as a failure of this status. */
myoshu_status tsj_error_of(const tsj_message *message, myoshu_status status, myoshu_error *error);

typedef struct tsj_tensor {
  char type[5];
  size_t rank;
  int64_t shape[8];
  const uint8_t *data;
  size_t size; /* bytes */
} tsj_tensor;

/* The tensor of a key; false if it is absent. */
bool tsj_tensor_of(const tsj_value *map, const char *key, tsj_tensor *tensor);
/* Whether it is of a type and a shape. */
bool tsj_tensor_is(const tsj_tensor *tensor, const char *type, size_t rank, const int64_t *shape);

#endif
