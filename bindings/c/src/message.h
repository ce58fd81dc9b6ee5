/* What the protocol's messages hold: every received payload is checked against these tables before it is used. */
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

#endif
