#include "link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

#define HANDSHAKE 10.0 /* seconds that it may take */
#define FIRST_PAUSE 0.05
#define LONGEST_PAUSE 1.0

static void drop(tsj_link *link) {
  if (link->handle >= 0) (void)close(link->handle);
  link->handle = -1;
  tsj_input_clear(&link->input);
}

static void finish(tsj_request *request, myoshu_status status, const myoshu_error *error) {
  request->done = true;
  request->status = status;
  if (status != MYOSHU_OK) request->error = *error;
}

static void free_orphans(tsj_link *link) {
  for (tsj_request *each = link->requests, *next; each != NULL; each = next) {
    next = each->next;
    if (each->orphan && each->done) tsj_request_free(link, each);
  }
}

/* All sessions are gone, and so are the requests under way. */
static myoshu_status give_up(tsj_link *link, const myoshu_error *error) {
  myoshu_error kept = *error;
  drop(link);
  link->ticket[0] = '\0';
  link->generation++;
  for (tsj_request *each = link->requests; each != NULL; each = each->next)
    if (!each->done) finish(each, kept.status, &kept);
  free_orphans(link);
  return kept.status;
}

/* ------------------------------------------------------------------ the handshake */

/* The next message, whole. The payload is of use until the next is read. */
static myoshu_status next_message(tsj_link *link, double deadline, tsj_message *message, const uint8_t **payload,
                                  size_t *size, myoshu_error *error) {
  for (;;) {
    switch (tsj_input_next(&link->input, payload, size, error)) {
      case TSJ_WHOLE: return tsj_decode(*payload, *size, message, error);
      case TSJ_REFUSED: return MYOSHU_PROTOCOL;
      case TSJ_PARTIAL: break;
    }
    myoshu_status status = tsj_receive(link->handle, &link->input, deadline, error);
    if (status != MYOSHU_OK) return status;
    link->heard = tsj_now();
    link->asked = false;
  }
}

myoshu_status tsj_link_refuse(tsj_link *link, myoshu_error *error) {
  if (link->handle >= 0 && error->code[0] != '\0') {
    tsj_writer writer = {.data = NULL};
    size_t begin = tsj_frame_begin(&writer);
    tsj_write_map(&writer, 4);
    tsj_write_text(&writer, "t");
    tsj_write_text(&writer, "error");
    tsj_write_text(&writer, "code");
    tsj_write_text(&writer, error->code);
    tsj_write_text(&writer, "msg");
    tsj_write_text(&writer, error->message);
    tsj_write_text(&writer, "field");
    tsj_write_text(&writer, error->field);
    if (tsj_frame_end(&writer, begin, link->sendable, "error", NULL) == MYOSHU_OK)
      (void)tsj_send(link->handle, writer.data, writer.size, tsj_now() + 0.1, NULL);
    tsj_writer_clear(&writer);
  }
  return give_up(link, error);
}

static myoshu_status greet(tsj_link *link, double deadline, bool *resumed, myoshu_error *error) {
  static const char *const caps[] = {"batch", "examples", "resume", "stream"};
  tsj_writer writer = {.data = NULL};
  size_t begin = tsj_frame_begin(&writer), pending = 0;
  for (const tsj_request *each = link->requests; each != NULL; each = each->next) pending += !each->done;
  bool resumes = link->ticket[0] != '\0' && pending <= 4096, has_token = link->token[0] != '\0';
  tsj_write_map(&writer, 6U + (has_token ? 1U : 0U) + (resumes ? 2U : 0U));
  tsj_write_text(&writer, "t");
  tsj_write_text(&writer, "hello");
  tsj_write_text(&writer, "proto");
  tsj_write_array(&writer, 2);
  tsj_write_int(&writer, 1);
  tsj_write_int(&writer, 1);
  tsj_write_text(&writer, "role");
  tsj_write_text(&writer, "player");
  tsj_write_text(&writer, "name");
  tsj_write_text(&writer, "myoshu.h 1");
  tsj_write_text(&writer, "caps");
  tsj_write_array(&writer, 4);
  for (size_t i = 0; i < 4; i++) tsj_write_text(&writer, caps[i]);
  tsj_write_text(&writer, "heartbeat");
  tsj_write_double(&writer, 0.0);
  if (has_token) {
    tsj_write_text(&writer, "token");
    tsj_write_text(&writer, link->token);
  }
  if (resumes) {
    tsj_write_text(&writer, "resume");
    tsj_write_text(&writer, link->ticket);
    tsj_write_text(&writer, "pending");
    tsj_write_array(&writer, pending);
    for (const tsj_request *each = link->requests; each != NULL; each = each->next)
      if (!each->done) tsj_write_unsigned(&writer, each->id);
  }
  myoshu_status status = tsj_frame_end(&writer, begin, TSJ_FIRST_FRAME, "hello", error);
  if (status == MYOSHU_OK) status = tsj_send(link->handle, writer.data, writer.size, deadline, error);
  tsj_writer_clear(&writer);
  if (status != MYOSHU_OK) return status;

  tsj_message welcome;
  const uint8_t *payload;
  size_t size;
  char role[16];
  status = next_message(link, deadline, &welcome, &payload, &size, error);
  if (status != MYOSHU_OK) return status;
  if (welcome.type == TSJ_ERROR && welcome.id == 0) return tsj_error_of(&welcome, MYOSHU_REFUSED, error);
  if (welcome.type != TSJ_WELCOME)
    return tsj_fail(error, MYOSHU_PROTOCOL, "unexpected", "t", "welcome", "%s", tsj_type_name(welcome.type));
  tsj_text_of(&welcome.map, "role", role, sizeof role);
  if (strcmp(role, "agent") != 0)
    return tsj_fail(error, MYOSHU_PROTOCOL, "role", "welcome.role", "agent", "%s", role);
  if (tsj_integer_of(&welcome.map, "proto", 0) != 1)
    return tsj_fail(error, MYOSHU_PROTOCOL, "version", "welcome.proto", "1", "%lld",
                    (long long)tsj_integer_of(&welcome.map, "proto", 0));
  link->sendable = (size_t)tsj_integer_of(&welcome.map, "frame", (int64_t)TSJ_DEFAULT_FRAME);
  double heartbeat = tsj_double_of(&welcome.map, "heartbeat", 0.0);
  link->heartbeat = heartbeat > 0.0 ? heartbeat : link->timeout / 2;
  link->batch = tsj_has_word(&welcome.map, "caps", "batch");
  link->examples = tsj_has_word(&welcome.map, "caps", "examples");
  link->stream = tsj_has_word(&welcome.map, "caps", "stream");
  *resumed = resumes && tsj_integer_of(&welcome.map, "resumed", 0) != 0;
  link->ticket[0] = '\0';
  if (tsj_has_word(&welcome.map, "caps", "resume"))
    tsj_text_of(&welcome.map, "ticket", link->ticket, sizeof link->ticket);
  return link->on_welcome(link->owner, &welcome, !*resumed, error);
}

/* Connect once. */
static myoshu_status connect_once(tsj_link *link, bool *resumed, myoshu_error *error) {
  double deadline = tsj_now() + (link->timeout < HANDSHAKE ? link->timeout : HANDSHAKE);
  drop(link);
  link->input.limit = TSJ_DEFAULT_FRAME;
  link->sendable = TSJ_FIRST_FRAME;
  link->heard = tsj_now();
  link->asked = false;
  link->leaving = false;
  link->handle = tsj_dial(&link->address, deadline, error);
  if (link->handle < 0) return error->status;
  myoshu_status status = greet(link, deadline, resumed, error);
  if (status == MYOSHU_PROTOCOL) return tsj_link_refuse(link, error);
  if (status != MYOSHU_OK) drop(link);
  return status;
}

/* After a loss: connect anew, with the old sessions if they are still there. MYOSHU_OK if there is a connection. */
static myoshu_status come_back(tsj_link *link, myoshu_error *error) {
  double end = tsj_now() + link->patience, wait = FIRST_PAUSE;
  bool resumed = false;
  for (;;) {
    myoshu_status status = connect_once(link, &resumed, error);
    if (status == MYOSHU_OK) break;
    bool hopeless = status != MYOSHU_LOST && status != MYOSHU_TIMEOUT;
    if (hopeless || tsj_now() + wait > end) return give_up(link, error);
    tsj_pause(wait);
    wait = wait * 2 < LONGEST_PAUSE ? wait * 2 : LONGEST_PAUSE;
  }
  if (resumed) {
    for (tsj_request *each = link->requests; each != NULL; each = each->next) each->again = !each->done;
    return MYOSHU_OK;
  }
  link->generation++;
  tsj_fail(error, MYOSHU_LOST, "lost", link->address.url, "this client's sessions",
           "a server that does not have them any more");
  for (tsj_request *each = link->requests; each != NULL; each = each->next)
    if (!each->done) finish(each, MYOSHU_LOST, error);
  free_orphans(link);
  return MYOSHU_OK;
}

myoshu_status tsj_link_ready(tsj_link *link, myoshu_error *error) {
  bool over = link->leaving;
  for (const tsj_request *each = link->requests; each != NULL; each = each->next) over = over && each->done;
  if (link->handle >= 0 && !over) return MYOSHU_OK;
  drop(link);
  bool resumed;
  if (link->generation == 0) { /* for the first time */
    myoshu_status status = connect_once(link, &resumed, error);
    if (status == MYOSHU_OK) link->generation = 1;
    return status;
  }
  if (link->patience <= 0.0)
    return tsj_fail(error, MYOSHU_LOST, "", link->address.url, "a connection", "one that was lost");
  return come_back(link, error);
}

void tsj_link_close(tsj_link *link) {
  if (link->handle >= 0) {
    static const uint8_t bye[] = {7, 0, 0, 0, 0x81, 0xa1, 't', 0xa3, 'b', 'y', 'e'};
    (void)tsj_send(link->handle, bye, sizeof bye, tsj_now() + 0.1, NULL);
  }
  drop(link);
  while (link->requests != NULL) tsj_request_free(link, link->requests);
}

/* ------------------------------------------------------------------ requests */

void tsj_key(tsj_request *request, const char *key) {
  request->pairs++;
  tsj_write_text(&request->frame, key);
}

tsj_request *tsj_request_new(tsj_link *link, tsj_type type, myoshu_error *error) {
  static const uint8_t map[] = {0xde, 0, 0}; /* a map of as many pairs as will be known in the end */
  tsj_request *request = calloc(1, sizeof *request);
  if (request == NULL) {
    tsj_no_memory(error, tsj_type_name(type));
    return NULL;
  }
  bool used;
  do {
    link->last_id = link->last_id == UINT32_MAX ? 1 : link->last_id + 1;
    used = false;
    for (const tsj_request *each = link->requests; each != NULL; each = each->next) used |= each->id == link->last_id;
  } while (used);
  request->id = link->last_id;
  request->type = type;
  (void)tsj_frame_begin(&request->frame);
  tsj_write_raw(&request->frame, map, sizeof map);
  tsj_key(request, "t");
  tsj_write_text(&request->frame, tsj_type_name(type));
  tsj_key(request, "id");
  tsj_write_unsigned(&request->frame, request->id);
  return request;
}

void tsj_request_free(tsj_link *link, tsj_request *request) {
  if (request == NULL) return;
  for (tsj_request **each = &link->requests; *each != NULL; each = &(*each)->next)
    if (*each == request) {
      *each = request->next;
      break;
    }
  tsj_writer_clear(&request->frame);
  free(request->reply);
  free(request);
}

myoshu_status tsj_request_send(tsj_link *link, tsj_request *request, myoshu_error *error) {
  myoshu_status status = tsj_frame_end(&request->frame, 0, link->sendable, tsj_type_name(request->type), error);
  if (status != MYOSHU_OK) {
    tsj_request_free(link, request);
    return status;
  }
  request->frame.data[TSJ_HEADER + 1] = (uint8_t)(request->pairs >> 8);
  request->frame.data[TSJ_HEADER + 2] = (uint8_t)request->pairs;
  if (request->deadline <= 0.0) request->deadline = tsj_now() + link->timeout;
  request->next = link->requests;
  link->requests = request;
  bool orphan = request->orphan;
  request->orphan = false; /* not to be freed on the way */
  status = tsj_send(link->handle, request->frame.data, request->frame.size, tsj_now() + link->timeout, error);
  if (status == MYOSHU_LOST && link->patience > 0.0 && link->ticket[0] != '\0') {
    drop(link);
    status = come_back(link, error);
  } else if (status != MYOSHU_OK) {
    give_up(link, error);
  }
  if (status == MYOSHU_OK && request->done) { /* the sessions are gone */
    if (error != NULL) *error = request->error;
    status = request->status;
  }
  request->orphan = orphan;
  if (status != MYOSHU_OK) tsj_request_free(link, request);
  return status;
}

myoshu_status tsj_request_cancel(tsj_link *link, const tsj_request *request, myoshu_error *error) {
  tsj_request *cancel = tsj_request_new(link, TSJ_CANCEL, error);
  if (cancel == NULL) return MYOSHU_MEMORY;
  tsj_key(cancel, "request");
  tsj_write_unsigned(&cancel->frame, request->id);
  cancel->orphan = true;
  return tsj_request_send(link, cancel, error);
}

static tsj_type reply_to(tsj_type type) {
  switch (type) {
    case TSJ_PING: return TSJ_PONG;
    case TSJ_OPEN: return TSJ_OPENED;
    case TSJ_THINK: case TSJ_PONDER: return TSJ_RESULT;
    case TSJ_ACT_BATCH: return TSJ_ACTS;
    case TSJ_EXAMPLES: return TSJ_POSITIONS;
    case TSJ_CHECK: return TSJ_CHECKED;
    default: return TSJ_OK;
  }
}

static myoshu_status pong(tsj_link *link, uint32_t id, myoshu_error *error) {
  tsj_writer writer = {.data = NULL};
  size_t begin = tsj_frame_begin(&writer);
  tsj_write_map(&writer, 2);
  tsj_write_text(&writer, "t");
  tsj_write_text(&writer, "pong");
  tsj_write_text(&writer, "id");
  tsj_write_unsigned(&writer, id);
  myoshu_status status = tsj_frame_end(&writer, begin, link->sendable, "pong", error);
  if (status == MYOSHU_OK) status = tsj_send(link->handle, writer.data, writer.size, tsj_now() + link->timeout, error);
  tsj_writer_clear(&writer);
  return status;
}

/* What a message is for whoever waits. */
static myoshu_status take(tsj_link *link, const tsj_message *message, const uint8_t *payload, size_t size,
                          myoshu_error *error) {
  if (message->type == TSJ_PING) return pong(link, message->id, error);
  if (message->type == TSJ_BYE) {
    link->leaving = true;
    return MYOSHU_OK;
  }
  if (message->type == TSJ_ERROR && message->id == 0) return tsj_error_of(message, MYOSHU_LOST, error);
  tsj_request *request = link->requests;
  while (request != NULL && (request->id != message->id || request->done)) request = request->next;
  bool reply = message->type == TSJ_ERROR || tsj_type_part(message->type) == TSJ_REPLY;
  if (!reply || request == NULL)
    return tsj_fail(error, MYOSHU_PROTOCOL, "unexpected", "t", "a reply to a request under way", "%s with id %u",
                    tsj_type_name(message->type), (unsigned)message->id);
  if (message->type == TSJ_INFO && (request->type == TSJ_THINK || request->type == TSJ_PONDER)) {
    bool enough = request->on_info != NULL && !request->orphan && request->on_info(request, message) != 0;
    return enough ? tsj_request_cancel(link, request, error) : MYOSHU_OK;
  }
  if (message->type == TSJ_ERROR) {
    (void)tsj_error_of(message, MYOSHU_REFUSED, &request->error);
    if (request->again && strcmp(request->error.code, "lost") == 0) { /* it never arrived */
      request->again = false;
      return tsj_send(link->handle, request->frame.data, request->frame.size, tsj_now() + link->timeout, error);
    }
    request->done = true;
    request->status = MYOSHU_REFUSED;
  } else if (message->type != reply_to(request->type)) {
    return tsj_fail(error, MYOSHU_PROTOCOL, "unexpected", "t", tsj_type_name(reply_to(request->type)), "%s",
                    tsj_type_name(message->type));
  } else {
    request->reply = malloc(size);
    if (request->reply == NULL) return tsj_no_memory(error, tsj_type_name(message->type));
    memcpy(request->reply, payload, size);
    request->reply_size = size;
    request->done = true;
    request->status = MYOSHU_OK;
  }
  if (request->orphan) tsj_request_free(link, request);
  return MYOSHU_OK;
}

/* Nothing has come for long: ask whether the server is still there, without waiting. */
static myoshu_status ask_whether_there(tsj_link *link, myoshu_error *error) {
  tsj_request *ping = tsj_request_new(link, TSJ_PING, error);
  if (ping == NULL) return MYOSHU_MEMORY;
  ping->orphan = true;
  ping->deadline = HUGE_VAL;
  link->asked = true;
  return tsj_request_send(link, ping, error);
}

myoshu_status tsj_request_wait(tsj_link *link, tsj_request *request, double until, myoshu_error *error) {
  myoshu_error spare;
  if (error == NULL) error = &spare;
  while (!request->done) {
    double now = tsj_now(), silent = link->heard + link->heartbeat * (link->asked ? 2.0 : 1.0);
    double end = until < request->deadline ? until : request->deadline;
    tsj_message message;
    const uint8_t *payload;
    size_t size;
    myoshu_status status = MYOSHU_LOST;
    if (link->handle < 0) tsj_fail(error, MYOSHU_LOST, "", link->address.url, "a connection", "one that was lost");
    else status = next_message(link, end < silent ? end : silent, &message, &payload, &size, error);
    if (status == MYOSHU_OK) status = take(link, &message, payload, size, error);
    else if (status == MYOSHU_TIMEOUT) {
      now = tsj_now();
      if (now >= request->deadline) {
        tsj_fail(error, MYOSHU_TIMEOUT, "", tsj_type_name(request->type), "a reply in time", "none");
      } else if (now >= until) {
        return MYOSHU_OK;
      } else if (now >= silent) {
        if (!link->asked) status = ask_whether_there(link, error);
        else
          status = tsj_fail(error, MYOSHU_LOST, "timeout", link->address.url, "an answer to a ping in time", "none");
      } else {
        continue;
      }
    }
    if (status == MYOSHU_OK || request->done) continue;
    if (status == MYOSHU_LOST && link->patience > 0.0 && link->ticket[0] != '\0') {
      drop(link);
      status = come_back(link, error);
      if (status == MYOSHU_OK) continue;
      return status;
    }
    return status == MYOSHU_PROTOCOL ? tsj_link_refuse(link, error) : give_up(link, error);
  }
  if (request->status != MYOSHU_OK) *error = request->error;
  return request->status;
}

myoshu_status tsj_request_ask(tsj_link *link, tsj_request **request, tsj_message *reply, myoshu_error *error) {
  myoshu_status status = tsj_request_send(link, *request, error);
  if (status != MYOSHU_OK) {
    *request = NULL;
    return status;
  }
  status = tsj_request_wait(link, *request, HUGE_VAL, error);
  if (status == MYOSHU_OK) status = tsj_decode((*request)->reply, (*request)->reply_size, reply, error);
  if (status == MYOSHU_OK) return MYOSHU_OK;
  tsj_request_free(link, *request);
  *request = NULL;
  return status;
}
