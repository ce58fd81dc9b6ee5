/* What the fields of every message may hold, as tables. */
#ifndef MYOSHU_SRC_FIELDS_H
#define MYOSHU_SRC_FIELDS_H

#include "message.h"

typedef enum myo_form {
  MYO_A_INTEGER, MYO_A_NUMBER, MYO_A_BOOLEAN, MYO_A_TEXT, MYO_A_BINARY, MYO_A_TENSOR, MYO_A_WORD, MYO_A_MAP, MYO_A_LIST,
  MYO_A_MASK, MYO_SOME_OPTIONS, MYO_ANY_NUMBER
} myo_form;

typedef struct myo_field {
  const char *key; /* NULL after the last; empty for the element of a list */
  myo_form form;
  bool required;
  int64_t low, high;             /* an integer's */
  double least, most;            /* a number's; infinite: any number, NaN too */
  bool above;                    /* a number's: `least` itself is out */
  size_t fewest, longest;        /* elements of a list, bytes and characters of a text; 0 for longest: any */
  const char *const *words;      /* a word's, up to NULL */
  const struct myo_field *parts; /* a map's fields; a list's element, NULL for any */
} myo_field;

typedef struct myo_type_entry {
  const char *name;
  myo_part part;
  const myo_field *fields;
} myo_type_entry;

extern const myo_type_entry myo_types[MYO_TYPES];

/* The element of a list of actions. */
extern const myo_field myo_actions;

#endif
