/* Filling in a myoshu_error. */
#ifndef MYOSHU_SRC_ERROR_H
#define MYOSHU_SRC_ERROR_H

#include "../myoshu.h"

#if defined(__GNUC__)
#define MYO_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define MYO_PRINTF(text, first)
#endif

/* Say what went wrong: "FIELD: expected EXPECTED, got GOT". `error` may be NULL. Returns `status`. */
myoshu_status myo_fail(myoshu_error *error, myoshu_status status, const char *code, const char *field,
                       const char *expected, const char *got, ...) MYO_PRINTF(6, 7);

/* There is no memory for `what`. */
myoshu_status myo_no_memory(myoshu_error *error, const char *what);

#endif
