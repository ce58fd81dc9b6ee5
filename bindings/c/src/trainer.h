/* One trainer's connection to an environment: the handshake, requests, heartbeat and end. It never blocks. */
#ifndef MYOSHU_SRC_TRAINER_H
#define MYOSHU_SRC_TRAINER_H

#include "slots.h"
#include "wire.h"

typedef struct myo_trainer myo_trainer;

/* Takes the socket, also on failure (NULL, without memory). The rules and the token must outlive it. The side that
 * dialled says hello first. */
myo_trainer *myo_trainer_new(int handle, const myoshu_rules *rules, const char *token, bool dials);
void myo_trainer_free(myo_trainer *trainer);

int myo_trainer_handle(const myo_trainer *trainer);
/* What to wait for, as for poll. */
short myo_trainer_events(const myo_trainer *trainer);
/* The time at which something is due even if nothing arrives. */
double myo_trainer_due(const myo_trainer *trainer);
/* Read, answer and send as much as possible without waiting. False: it has ended. */
bool myo_trainer_run(myo_trainer *trainer);
/* Say goodbye. */
void myo_trainer_bye(myo_trainer *trainer);
/* Whether the handshake is over. */
bool myo_trainer_met(const myo_trainer *trainer);
/* How it ended: MYOSHU_OK with the trainer's goodbye, MYOSHU_REFUSED or MYOSHU_PROTOCOL with the error that was sent,
 * MYOSHU_LOST otherwise. */
myoshu_status myo_trainer_outcome(const myo_trainer *trainer, myoshu_error *error);

#endif
