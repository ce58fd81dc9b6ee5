/* The games that one trainer plays: requests about them, and their replies. It knows no sockets. */
#ifndef MYOSHU_SRC_SLOTS_H
#define MYOSHU_SRC_SLOTS_H

#include "message.h"

typedef struct myo_slots myo_slots;

/* NULL without memory. The rules must outlive it. */
myo_slots *myo_slots_new(const myoshu_rules *rules);
void myo_slots_free(myo_slots *slots);

/* Write the reply to an env_spec, reset, step or describe: a payload of at most `limit` bytes. On failure `error` has the
 * protocol's code, what was written is to be discarded, and no slot has changed. */
myoshu_status myo_slots_answer(myo_slots *slots, const myo_message *request, myo_writer *reply, size_t limit,
                               myoshu_error *error);

#endif
