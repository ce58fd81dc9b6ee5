/* Filling in a tesuji_error. */
#ifndef TESUJI_SRC_ERROR_H
#define TESUJI_SRC_ERROR_H

#include "../tesuji.h"

#if defined(__GNUC__)
#define TSJ_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TSJ_PRINTF(text, first)
#endif

/* Say what went wrong: "FIELD: expected EXPECTED, got GOT". `error` may be NULL. Returns `status`. */
tesuji_status tsj_fail(tesuji_error *error, tesuji_status status, const char *code, const char *field,
                       const char *expected, const char *got, ...) TSJ_PRINTF(6, 7);

/* There is no memory for `what`. */
tesuji_status tsj_no_memory(tesuji_error *error, const char *what);

#endif
