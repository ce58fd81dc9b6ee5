/* Fields of what was decoded: they are as the tables say, or absent. */
#ifndef MYOSHU_SRC_DECODED_H
#define MYOSHU_SRC_DECODED_H

#include "message.h"

int64_t myo_integer_of(const myo_value *map, const char *key, int64_t otherwise);
double myo_double_of(const myo_value *map, const char *key, double otherwise);
double myo_number(const myo_value *value);
/* A copy that ends with 0, cut where it does not fit. */
void myo_text_of(const myo_value *map, const char *key, char *text, size_t size);
/* A copy that ends with 0, to be freed; NULL without memory. */
char *myo_copy_of(const myo_value *map, const char *key);
/* Whether an array of texts has one. */
bool myo_has_word(const myo_value *map, const char *key, const char *word);

/* What an `error` says, as a failure of this status. */
myoshu_status myo_error_of(const myo_message *message, myoshu_status status, myoshu_error *error);

typedef struct myo_tensor {
  char type[5];
  size_t rank;
  int64_t shape[8];
  const uint8_t *data;
  size_t size; /* bytes */
} myo_tensor;

/* The tensor of a key; false if it is absent. */
bool myo_tensor_of(const myo_value *map, const char *key, myo_tensor *tensor);
/* Whether it is of a type and a shape. */
bool myo_tensor_is(const myo_tensor *tensor, const char *type, size_t rank, const int64_t *shape);

#endif
