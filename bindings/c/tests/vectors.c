/* Every golden frame: valid ones are read, written again byte for byte (those of longer encodings as the frame of the
 * same message in the shortest), read in pieces and cut off; the others are refused
 * with the code, the field and the id that the index says. Usage: vectors FOLDER */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/error.h"
#include "../src/frame.h"
#include "../src/message.h"

static int wrong = 0;

static void expect(const char *name, const char *what, const char *expected, const char *got) {
  if (strcmp(expected, got) == 0) return;
  printf("%s: %s: expected %s, got %s\n", name, what, expected, got);
  wrong++;
}

/* A value written again as the generator's packer does: each in its shortest form, floats with 64 bits. */
static const uint8_t *copy(const uint8_t *at, const uint8_t *end, myo_writer *writer) {
  myo_value value;
  at = myo_read(at, end, &value);
  if (at == NULL) return NULL;
  switch (value.kind) {
    case MYO_NIL: myo_write_nil(writer); return at;
    case MYO_BOOL: myo_write_bool(writer, value.boolean); return at;
    case MYO_INT:
      if (value.integer < 0) myo_write_int(writer, value.integer);
      else myo_write_unsigned(writer, value.natural);
      return at;
    case MYO_FLOAT: myo_write_double(writer, value.number); return at;
    case MYO_TEXT: myo_write_text_of(writer, value.data, value.size); return at;
    case MYO_BINARY: myo_write_binary(writer, value.data, value.size); return at;
    case MYO_ARRAY: myo_write_array(writer, value.size); break;
    case MYO_MAP: myo_write_map(writer, value.size); break;
  }
  size_t things = value.kind == MYO_MAP ? 2 * value.size : value.size;
  for (size_t i = 0; i < things && at != NULL; i++) at = copy(at, end, writer);
  return at;
}

static myo_cut feed(myo_input *input, const uint8_t *data, size_t size, size_t step, const uint8_t **payload,
                    size_t *length, myoshu_error *error) {
  myo_cut cut = MYO_PARTIAL;
  for (size_t at = 0; at < size && cut == MYO_PARTIAL; at += step) {
    size_t room, piece = size - at < step ? size - at : step;
    uint8_t *space = myo_input_space(input, &room);
    if (space == NULL || room < piece) abort();
    memcpy(space, data + at, piece);
    myo_input_came(input, piece);
    cut = myo_input_next(input, payload, length, error);
  }
  return cut;
}

static void check(const char *name, bool valid, const char *type, const char *code, const char *field, const char *id,
                  const uint8_t *data, size_t size, const uint8_t *shortest, size_t shortest_size) {
  static const size_t steps[] = {16384, 1, 3};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    myo_input input = {.limit = MYO_DEFAULT_FRAME};
    myoshu_error error = {.status = MYOSHU_OK};
    const uint8_t *payload = NULL;
    size_t length = 0;
    myo_message message = {.type = MYO_TYPES};
    char number[16] = "";
    myo_cut cut = feed(&input, data, size, steps[i], &payload, &length, &error);
    if (cut == MYO_PARTIAL) expect(name, "frame", "whole", "partial");
    myoshu_status status = cut == MYO_WHOLE ? myo_decode(payload, length, &message, &error) : error.status;
    if (valid) {
      expect(name, "code", "", error.code);
      expect(name, "message", "", error.message);
      expect(name, "type", type, myo_type_name(message.type));
      myo_writer writer = {.data = NULL};
      size_t begin = myo_frame_begin(&writer);
      if (copy(payload, payload + length, &writer) != payload + length ||
          myo_frame_end(&writer, begin, MYO_DEFAULT_FRAME, name, NULL) != MYOSHU_OK || writer.size != shortest_size ||
          memcmp(writer.data, shortest, shortest_size) != 0)
        expect(name, "written again", "the same bytes", "others");
      myo_writer_clear(&writer);
      if (message.id != 0) (void)snprintf(number, sizeof number, "%u", message.id);
      expect(name, "id", id, number);
      for (size_t cut_off = 0; cut_off < length; cut_off++)
        if (myo_decode(payload, cut_off, &message, NULL) == MYOSHU_OK) expect(name, "cut off", "refused", "read");
    } else {
      if (status == MYOSHU_OK) expect(name, "status", "refused", "read");
      expect(name, "code", code, error.code);
      expect(name, "field", field, error.field);
      if (message.id != 0) (void)snprintf(number, sizeof number, "%u", message.id);
      expect(name, "id", id, number);
      char said[700];
      (void)snprintf(said, sizeof said, "%s: expected %s, got %s", error.field, error.expected, error.got);
      expect(name, "message", said, error.message);
    }
    myo_input_clear(&input);
  }
}

static size_t read_frame(const char *folder, const char *name, uint8_t *data, size_t room) {
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/frames/%s.bin", folder, name);
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(2);
  }
  size_t size = fread(data, 1, room, file);
  (void)fclose(file);
  return size;
}

int main(int count, char **arguments) {
  char path[1024], line[512];
  if (count != 2) return 2;
  (void)snprintf(path, sizeof path, "%s/cases.tsv", arguments[1]);
  FILE *index = fopen(path, "r");
  if (index == NULL) {
    perror(path);
    return 2;
  }
  int cases = 0;
  while (fgets(line, sizeof line, index) != NULL) {
    char *columns[7], *rest = line;
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
      columns[i] = rest;
      char *tab = strchr(rest, '\t');
      if (tab == NULL) tab = rest + strlen(rest);
      else *tab++ = '\0';
      rest = tab;
    }
    static uint8_t data[1 << 20], shortest[1 << 20];
    size_t size = read_frame(arguments[1], columns[0], data, sizeof data);
    size_t shortest_size =
        read_frame(arguments[1], columns[6][0] == '\0' ? columns[0] : columns[6], shortest, sizeof shortest);
    check(columns[0], strcmp(columns[1], "valid") == 0, columns[2], columns[3], columns[4], columns[5], data, size, shortest,
          shortest_size);
    cases++;
  }
  (void)fclose(index);
  printf("%d cases, %d wrong\n", cases, wrong);
  return wrong > 0 || cases == 0;
}
