#include "decoded.h"

#include <stdlib.h>
#include <string.h>

double myo_number(const myo_value *value) {
  if (value->kind == MYO_FLOAT) return value->number;
  return value->huge ? (double)value->natural : (double)value->integer;
}

int64_t myo_integer_of(const myo_value *map, const char *key, int64_t otherwise) {
  myo_value value;
  return myo_find(map, key, &value) ? value.kind == MYO_BOOL ? value.boolean : value.integer : otherwise;
}

double myo_double_of(const myo_value *map, const char *key, double otherwise) {
  myo_value value;
  return myo_find(map, key, &value) ? myo_number(&value) : otherwise;
}

void myo_text_of(const myo_value *map, const char *key, char *text, size_t size) {
  myo_value value;
  text[0] = '\0';
  if (!myo_find(map, key, &value)) return;
  size_t length = value.size < size ? value.size : size - 1;
  if (length > 0) memcpy(text, value.data, length);
  text[length] = '\0';
}

char *myo_copy_of(const myo_value *map, const char *key) {
  myo_value value;
  size_t size = myo_find(map, key, &value) ? value.size : 0;
  char *copy = malloc(size + 1);
  if (copy == NULL) return NULL;
  if (size > 0) memcpy(copy, value.data, size);
  copy[size] = '\0';
  return copy;
}

bool myo_has_word(const myo_value *map, const char *key, const char *word) {
  myo_value list;
  if (!myo_find(map, key, &list)) return false;
  const uint8_t *at = list.data;
  for (size_t i = 0; i < list.size; i++) {
    myo_value each;
    at = myo_read(at, list.end, &each);
    if (each.size == strlen(word) && memcmp(each.data, word, each.size) == 0) return true;
  }
  return false;
}

bool myo_tensor_of(const myo_value *map, const char *key, myo_tensor *tensor) {
  myo_value held, shape, bytes;
  memset(tensor, 0, sizeof *tensor);
  if (!myo_find(map, key, &held) || !myo_find(&held, "sh", &shape) || !myo_find(&held, "b", &bytes)) return false;
  myo_text_of(&held, "dt", tensor->type, sizeof tensor->type);
  tensor->rank = shape.size;
  const uint8_t *at = shape.data;
  for (size_t i = 0; i < shape.size; i++) {
    myo_value size;
    at = myo_read(at, shape.end, &size);
    tensor->shape[i] = size.integer;
  }
  tensor->data = bytes.data;
  tensor->size = bytes.size;
  return true;
}

bool myo_tensor_is(const myo_tensor *tensor, const char *type, size_t rank, const int64_t *shape) {
  if (strcmp(tensor->type, type) != 0 || tensor->rank != rank) return false;
  for (size_t i = 0; i < rank; i++)
    if (tensor->shape[i] != shape[i]) return false;
  return true;
}

myoshu_status myo_error_of(const myo_message *message, myoshu_status status, myoshu_error *error) {
  if (error == NULL) return status;
  memset(error, 0, sizeof *error);
  error->status = status;
  myo_text_of(&message->map, "code", error->code, sizeof error->code);
  myo_text_of(&message->map, "field", error->field, sizeof error->field);
  myo_text_of(&message->map, "expected", error->expected, sizeof error->expected);
  myo_text_of(&message->map, "got", error->got, sizeof error->got);
  myo_text_of(&message->map, "msg", error->message, sizeof error->message);
  error->retry = myo_double_of(&message->map, "retry", 0.0);
  return status;
}
