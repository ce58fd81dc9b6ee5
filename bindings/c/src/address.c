#include "address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

#define LONGEST 65536 /* bytes of a discovery file */
#define DEEPEST 16

/* ------------------------------------------------------------------ as a person writes it */

static myoshu_status parse(const char *url, myo_address *address, myoshu_error *error) {
  const char *expected = "one such as tcp://127.0.0.1:7777 or unix:///tmp/socket";
  (void)snprintf(address->url, sizeof address->url, "%s", url);
  if (strncmp(url, "unix://", 7) == 0 && url[7] != '\0' && strlen(url + 7) < sizeof address->host) {
    address->is_unix = true;
    (void)snprintf(address->host, sizeof address->host, "%s", url + 7);
    return MYOSHU_OK;
  }
  if (strncmp(url, "tcp://", 6) != 0) return myo_fail(error, MYOSHU_INVALID, "", "address", expected, "%s", url);
  const char *host = url + 6, *colon = strrchr(host, ':');
  char *end = NULL;
  long port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);
  size_t length = colon == NULL ? 0 : (size_t)(colon - host);
  if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
    host++;
    length -= 2;
  }
  if (port < 1 || port > 65535 || end == NULL || *end != '\0' || length == 0 || length >= sizeof address->host)
    return myo_fail(error, MYOSHU_INVALID, "", "address", expected, "%s", url);
  memcpy(address->host, host, length);
  address->host[length] = '\0';
  (void)snprintf(address->port, sizeof address->port, "%ld", port);
  return MYOSHU_OK;
}

/* ------------------------------------------------------------------ discovery files: as much JSON as they need */

typedef struct json {
  const char *at;
  const char *end;
} json;

static void blank(json *text) {
  while (text->at < text->end && strchr(" \t\r\n", *text->at) != NULL && *text->at != '\0') text->at++;
}

static bool take(json *text, char wanted) {
  blank(text);
  if (text->at == text->end || *text->at != wanted) return false;
  text->at++;
  return true;
}

static bool hexadecimal(json *text, unsigned *number) {
  *number = 0;
  for (int i = 0; i < 4; i++, text->at++) {
    static const char digits[] = "0123456789abcdef";
    if (text->at == text->end || *text->at == '\0') return false;
    const char *digit = strchr(digits, *text->at >= 'A' && *text->at <= 'F' ? *text->at + 32 : *text->at);
    if (digit == NULL) return false;
    *number = *number * 16 + (unsigned)(digit - digits);
  }
  return true;
}

/* A text into `out`; false if it is not a text or does not fit. Only characters below U+0800 may be escaped: the file's
 * addresses and tokens need no others. */
static bool string(json *text, char *out, size_t size) {
  if (!take(text, '"')) return false;
  size_t length = 0;
  while (text->at < text->end && *text->at != '"') {
    unsigned letter = (unsigned char)*text->at++;
    if (letter < 0x20) return false;
    bool escaped = letter == '\\';
    if (escaped) {
      static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
      if (text->at == text->end || *text->at == '\0') return false;
      char name = *text->at++;
      const char *found = strchr(names, name);
      if (found != NULL) letter = (unsigned char)meant[found - names];
      else if (name != 'u' || !hexadecimal(text, &letter) || letter == 0 || letter >= 0x800) return false;
    }
    if (length + 3 > size) return false;
    if (escaped && letter >= 0x80) {
      out[length++] = (char)(0xc0 | letter >> 6);
      letter = 0x80 | (letter & 0x3f);
    }
    out[length++] = (char)letter;
  }
  out[length] = '\0';
  return take(text, '"');
}

/* Skip any value. */
static bool pass(json *text, int depth) {
  char out[2048];
  blank(text);
  if (text->at == text->end || depth > DEEPEST) return false;
  if (*text->at == '"') return string(text, out, sizeof out);
  if (*text->at == '[' || *text->at == '{') {
    bool map = *text->at == '{';
    char last = map ? '}' : ']';
    text->at++;
    if (take(text, last)) return true;
    do {
      if (map && (!string(text, out, sizeof out) || !take(text, ':'))) return false;
      if (!pass(text, depth + 1)) return false;
    } while (take(text, ','));
    return take(text, last);
  }
  const char *begin = text->at;
  while (text->at < text->end && *text->at != '\0' && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *text->at))
    text->at++;
  return text->at > begin;
}

static bool read_file(json *text, char *tcp, char *path, char *token, size_t token_size) {
  char key[64];
  tcp[0] = path[0] = token[0] = '\0';
  if (!take(text, '{')) return false;
  if (!take(text, '}')) {
    do {
      if (!string(text, key, sizeof key) || !take(text, ':')) return false;
      blank(text);
      bool is_text = text->at < text->end && *text->at == '"';
      bool right = is_text && strcmp(key, "tcp") == 0     ? string(text, tcp, 288)
                   : is_text && strcmp(key, "unix") == 0  ? string(text, path, 256)
                   : is_text && strcmp(key, "token") == 0 ? string(text, token, token_size)
                                                          : pass(text, 0);
      if (!right) return false;
    } while (take(text, ','));
    if (!take(text, '}')) return false;
  }
  blank(text);
  return text->at == text->end;
}

static myoshu_status discover(const char *path, myo_address *address, myoshu_error *error) {
  char tcp[288], socket_path[256], url[288];
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return myo_fail(error, MYOSHU_LOST, "", path, "a server's discovery file", "%s",
                    errno == ENOENT ? "none: no server is running; start one with 'myoshu serve AGENT', or give its address"
                                    : strerror(errno));
  char *held = malloc(LONGEST + 1);
  size_t size = held == NULL ? 0 : fread(held, 1, LONGEST + 1, file);
  (void)fclose(file);
  if (held == NULL) return myo_no_memory(error, "discovery file");
  json text = {held, held + size};
  bool right = size <= LONGEST && read_file(&text, tcp, socket_path, address->token, sizeof address->token);
  free(held);
  if (!right) return myo_fail(error, MYOSHU_LOST, "", path, "a server's discovery file", "something else");
  if (tcp[0] == '\0' && socket_path[0] == '\0')
    return myo_fail(error, MYOSHU_LOST, "", path, "a discovery file with tcp or unix", "one with neither");
  if (strncmp(tcp, "tcps://", 7) == 0 && socket_path[0] == '\0')
    return myo_fail(error, MYOSHU_INVALID, "", path, "a server without TLS (or one with a Unix socket)", "%s", tcp);
  if (tcp[0] != '\0' && strncmp(tcp, "tcps://", 7) != 0) return parse(tcp, address, error);
  (void)snprintf(url, sizeof url, "unix://%s", socket_path);
  return parse(url, address, error);
}

myoshu_status myo_address_of(const char *given, myo_address *address, myoshu_error *error) {
  memset(address, 0, sizeof *address);
  if (given != NULL && strstr(given, "://") != NULL) return parse(given, address, error);
  if (given != NULL) return discover(given, address, error);
  char path[512];
  const char *runtime = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");
  if (runtime != NULL && runtime[0] != '\0')
    (void)snprintf(path, sizeof path, "%s/myoshu/server.json", runtime);
  else
    (void)snprintf(path, sizeof path, "%s/myoshu-%ld/server.json",
                   temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp", (long)getuid());
  return discover(path, address, error);
}
