/* The games that one trainer plays: requests about them, and their replies. It knows no sockets. */
#ifndef MYOSHU_SRC_SLOTS_H
#define MYOSHU_SRC_SLOTS_H

#include "message.h"

typedef struct tsj_slots tsj_slots;

/* NULL without memory. The rules must outlive it. */
tsj_slots *tsj_slots_new(const myoshu_rules *rules);
void tsj_slots_free(tsj_slots *slots);

/* Write the reply to an env_spec, reset, step or describe: a payload of at most `limit` bytes. On failure `error` has the
 * protocol's code, what was written is of no use, and no slot has changed. */
myoshu_status tsj_slots_answer(tsj_slots *slots, const tsj_message *request, tsj_writer *reply, size_t limit,
                               myoshu_error *error);

#endif
