/* Sockets that never wait past a deadline. */
#ifndef MYOSHU_SRC_WIRE_H
#define MYOSHU_SRC_WIRE_H

#include <sys/types.h>

#include "address.h"
#include "frame.h"

/* Seconds on a monotonic clock. */
double myo_now(void);

/* Sleep for this many seconds. */
void myo_pause(double seconds);

/* Connect; the socket, or -1 with `error` filled in. */
int myo_dial(const myo_address *address, double deadline, myoshu_error *error);

/* Listen on a TCP address; the socket, or -1. *port is the one asked for, 0 for any, and becomes the one it has.
 * *loopback says whether only this machine can reach it. */
int myo_listen(const char *host, uint16_t *port, bool *loopback, myoshu_error *error);

/* Have a socket never block, and send without delay. */
void myo_prepare(int handle);

/* Send all of it. */
myoshu_status myo_send(int handle, const uint8_t *data, size_t size, double deadline, myoshu_error *error);

/* Wait for bytes and receive them: MYOSHU_TIMEOUT if none come, MYOSHU_LOST at the end of the connection. */
myoshu_status myo_receive(int handle, myo_input *input, double deadline, myoshu_error *error);

#endif
