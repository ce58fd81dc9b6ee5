#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define CHUNK ((size_t)1 << 14)
#define KEEP ((size_t)1 << 20) /* an empty buffer that is larger is freed */

uint8_t *myo_input_space(myo_input *input, size_t *room) {
  if (input->start > 0) {
    input->size -= input->start;
    if (input->size > 0) memmove(input->data, input->data + input->start, input->size);
    input->start = 0;
    if (input->size == 0 && input->capacity > KEEP) {
      free(input->data);
      input->data = NULL;
      input->capacity = 0;
    }
  }
  if (input->capacity - input->size < CHUNK) {
    size_t capacity = input->capacity + (input->capacity / 2 > CHUNK ? input->capacity / 2 : CHUNK);
    uint8_t *data = realloc(input->data, capacity);
    if (data == NULL) return NULL;
    input->data = data;
    input->capacity = capacity;
  }
  *room = input->capacity - input->size;
  return input->data + input->size;
}

void myo_input_came(myo_input *input, size_t size) { input->size += size; }

myo_cut myo_input_next(myo_input *input, const uint8_t **payload, size_t *size, myoshu_error *error) {
  size_t there = input->size - input->start;
  if (there < MYO_HEADER) return MYO_PARTIAL;
  const uint8_t *at = input->data + input->start;
  size_t length = (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
  if (length == 0) {
    myo_fail(error, MYOSHU_PROTOCOL, "malformed", "frame.length", "1 or more", "0");
    return MYO_REFUSED;
  }
  if (length > input->limit) {
    char expected[48];
    (void)snprintf(expected, sizeof expected, "at most %zu", input->limit);
    myo_fail(error, MYOSHU_PROTOCOL, "too_large", "frame.length", expected, "%zu", length);
    return MYO_REFUSED;
  }
  if (there - MYO_HEADER < length) return MYO_PARTIAL;
  *payload = at + MYO_HEADER;
  *size = length;
  input->start += MYO_HEADER + length;
  return MYO_WHOLE;
}

void myo_input_clear(myo_input *input) {
  free(input->data);
  memset(input, 0, sizeof *input);
}

size_t myo_frame_begin(myo_writer *writer) {
  static const uint8_t nothing[MYO_HEADER] = {0};
  size_t begin = writer->size;
  myo_write_raw(writer, nothing, sizeof nothing);
  return begin;
}

myoshu_status myo_frame_end(myo_writer *writer, size_t begin, size_t limit, const char *what, myoshu_error *error) {
  if (writer->failed) {
    writer->size = begin;
    writer->failed = false;
    return myo_no_memory(error, what);
  }
  size_t size = writer->size - begin - MYO_HEADER;
  if (size > limit) {
    char expected[64];
    (void)snprintf(expected, sizeof expected, "at most %zu bytes", limit);
    writer->size = begin;
    return myo_fail(error, MYOSHU_INVALID, "too_large", what, expected, "%zu", size);
  }
  for (unsigned i = 0; i < MYO_HEADER; i++) writer->data[begin + i] = (uint8_t)(size >> (8 * i));
  return MYOSHU_OK;
}
