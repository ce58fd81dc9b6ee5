/* Replies that hold decisions. */
#ifndef MYOSHU_SRC_DECISION_H
#define MYOSHU_SRC_DECISION_H

#include "message.h"

/* The decision in a `result`: checked against the game and the legal actions, legal [actions] 0 or 1. */
myoshu_status myo_decision_of(const myo_message *result, const myoshu_game *game, const uint8_t *legal,
                              myoshu_decision *decision, myoshu_error *error);

/* Pass an `info` to the callback; returns the callback's value, or 0 if the info cannot be used. */
int myo_tell(const myo_message *message, const myoshu_game *game, int (*on_info)(const myoshu_info *info, void *user),
             void *user);

#endif
