/* One trainer's connection to an environment: the handshake, requests, heartbeat and end. It blocks nowhere. */
#ifndef MYOSHU_SRC_TRAINER_H
#define MYOSHU_SRC_TRAINER_H

#include "slots.h"
#include "wire.h"

typedef struct tsj_trainer tsj_trainer;

/* Takes the socket, also on failure (NULL, without memory). The rules and the token must outlive it. Who dialled says
 * hello first. */
tsj_trainer *tsj_trainer_new(int handle, const myoshu_rules *rules, const char *token, bool dials);
void tsj_trainer_free(tsj_trainer *trainer);

int tsj_trainer_handle(const tsj_trainer *trainer);
/* What to wait for, as for poll. */
short tsj_trainer_events(const tsj_trainer *trainer);
/* When something is due though nothing comes. */
double tsj_trainer_due(const tsj_trainer *trainer);
/* Read, answer and send what can be without waiting. False: it has ended. */
bool tsj_trainer_run(tsj_trainer *trainer);
/* Say goodbye. */
void tsj_trainer_bye(tsj_trainer *trainer);
/* Whether the handshake has been. */
bool tsj_trainer_met(const tsj_trainer *trainer);
/* How it has ended: MYOSHU_OK with the trainer's goodbye, MYOSHU_REFUSED or MYOSHU_PROTOCOL with what was said,
 * MYOSHU_LOST else. */
myoshu_status tsj_trainer_outcome(const tsj_trainer *trainer, myoshu_error *error);

#endif
