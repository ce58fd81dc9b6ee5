#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define CHUNK ((size_t)1 << 14)
#define KEEP ((size_t)1 << 20) /* an empty buffer that is larger is given back */

uint8_t *tsj_input_space(tsj_input *input, size_t *room) {
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

void tsj_input_came(tsj_input *input, size_t size) { input->size += size; }

tsj_cut tsj_input_next(tsj_input *input, const uint8_t **payload, size_t *size, myoshu_error *error) {
  size_t there = input->size - input->start;
  if (there < TSJ_HEADER) return TSJ_PARTIAL;
  const uint8_t *at = input->data + input->start;
  size_t length = (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
  if (length == 0) {
    tsj_fail(error, MYOSHU_PROTOCOL, "malformed", "frame.length", "1 or more", "0");
    return TSJ_REFUSED;
  }
  if (length > input->limit) {
    char expected[48];
    (void)snprintf(expected, sizeof expected, "at most %zu", input->limit);
    tsj_fail(error, MYOSHU_PROTOCOL, "too_large", "frame.length", expected, "%zu", length);
    return TSJ_REFUSED;
  }
  if (there - TSJ_HEADER < length) return TSJ_PARTIAL;
  *payload = at + TSJ_HEADER;
  *size = length;
  input->start += TSJ_HEADER + length;
  return TSJ_WHOLE;
}

void tsj_input_clear(tsj_input *input) {
  free(input->data);
  memset(input, 0, sizeof *input);
}

size_t tsj_frame_begin(tsj_writer *writer) {
  static const uint8_t nothing[TSJ_HEADER] = {0};
  size_t begin = writer->size;
  tsj_write_raw(writer, nothing, sizeof nothing);
  return begin;
}

myoshu_status tsj_frame_end(tsj_writer *writer, size_t begin, size_t limit, const char *what, myoshu_error *error) {
  if (writer->failed) {
    writer->size = begin;
    writer->failed = false;
    return tsj_no_memory(error, what);
  }
  size_t size = writer->size - begin - TSJ_HEADER;
  if (size > limit) {
    char expected[64];
    (void)snprintf(expected, sizeof expected, "at most %zu bytes", limit);
    writer->size = begin;
    return tsj_fail(error, MYOSHU_INVALID, "too_large", what, expected, "%zu", size);
  }
  for (unsigned i = 0; i < TSJ_HEADER; i++) writer->data[begin + i] = (uint8_t)(size >> (8 * i));
  return MYOSHU_OK;
}
