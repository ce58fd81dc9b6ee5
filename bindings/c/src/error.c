#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

myoshu_status myo_fail(myoshu_error *error, myoshu_status status, const char *code, const char *field,
                       const char *expected, const char *got, ...) {
  if (error == NULL) return status;
  memset(error, 0, sizeof *error);
  error->status = status;
  (void)snprintf(error->code, sizeof error->code, "%s", code);
  (void)snprintf(error->field, sizeof error->field, "%s", field);
  (void)snprintf(error->expected, sizeof error->expected, "%s", expected);
  va_list rest;
  va_start(rest, got);
  (void)vsnprintf(error->got, sizeof error->got, got, rest);
  va_end(rest);
  (void)snprintf(error->message, sizeof error->message, "%s: expected %s, got %s", error->field, error->expected,
                 error->got);
  return status;
}

myoshu_status myo_no_memory(myoshu_error *error, const char *what) {
  return myo_fail(error, MYOSHU_MEMORY, "", what, "memory for it", "none");
}
