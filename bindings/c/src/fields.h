/* What the fields of every message may hold, as tables. */
#ifndef MYOSHU_SRC_FIELDS_H
#define MYOSHU_SRC_FIELDS_H

#include "message.h"

typedef enum tsj_form {
  TSJ_A_INTEGER, TSJ_A_NUMBER, TSJ_A_BOOLEAN, TSJ_A_TEXT, TSJ_A_BINARY, TSJ_A_TENSOR, TSJ_A_WORD, TSJ_A_MAP, TSJ_A_LIST,
  TSJ_A_MASK, TSJ_SOME_OPTIONS, TSJ_ANY_NUMBER
} tsj_form;

typedef struct tsj_field {
  const char *key; /* NULL after the last; empty for the element of a list */
  tsj_form form;
  bool required;
  int64_t low, high;             /* an integer's */
  double least, most;            /* a number's; infinite: any number, NaN too */
  bool above;                    /* a number's: `least` itself is out */
  size_t fewest, longest;        /* elements of a list, bytes and characters of a text; 0 for longest: any */
  const char *const *words;      /* a word's, up to NULL */
  const struct tsj_field *parts; /* a map's fields; a list's element, NULL for any */
} tsj_field;

typedef struct tsj_type_entry {
  const char *name;
  tsj_part part;
  const tsj_field *fields;
} tsj_type_entry;

extern const tsj_type_entry tsj_types[TSJ_TYPES];

/* The element of a list of actions. */
extern const tsj_field tsj_actions;

#endif
