#include "link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decoded.h"
#include "error.h"

#define HANDSHAKE 10.0 /* seconds that it may take */
#define FIRST_PAUSE 0.05
#define LONGEST_PAUSE 1.0

static void drop(myo_link *link) {
  if (link->handle >= 0) (void)close(link->handle);
  link->handle = -1;
  myo_input_clear(&link->input);
}

static void finish(myo_request *request, myoshu_status status, const myoshu_error *error) {
  request->done = true;
  request->status = status;
  if (status != MYOSHU_OK) request->error = *error;
}

static void free_orphans(myo_link *link) {
  for (myo_request *each = link->requests, *next; each != NULL; each = next) {
    next = each->next;
    if (each->orphan && each->done) myo_request_free(link, each);
  }
}

/* All sessions are gone, and so are the requests under way. */
static myoshu_status give_up(myo_link *link, const myoshu_error *error) {
  myoshu_error kept = *error;
  drop(link);
  link->ticket[0] = '\0';
  link->generation++;
  for (myo_request *each = link->requests; each != NULL; each = each->next)
    if (!each->done) finish(each, kept.status, &kept);
  free_orphans(link);
  return kept.status;
}

/* ------------------------------------------------------------------ the handshake */

/* The next message, whole. The payload is valid until the next is read. */
static myoshu_status next_message(myo_link *link, double deadline, myo_message *message, const uint8_t **payload,
                                  size_t *size, myoshu_error *error) {
  for (;;) {
    switch (myo_input_next(&link->input, payload, size, error)) {
      case MYO_WHOLE: return myo_decode(*payload, *size, message, error);
      case MYO_REFUSED: return MYOSHU_PROTOCOL;
      case MYO_PARTIAL: break;
    }
    myoshu_status status = myo_receive(link->handle, &link->input, deadline, error);
    if (status != MYOSHU_OK) return status;
    link->heard = myo_now();
    link->asked = false;
  }
}

myoshu_status myo_link_refuse(myo_link *link, myoshu_error *error) {
  if (link->handle >= 0 && error->code[0] != '\0') {
    myo_writer writer = {.data = NULL};
    size_t begin = myo_frame_begin(&writer);
    myo_write_map(&writer, 4);
    myo_write_text(&writer, "t");
    myo_write_text(&writer, "error");
    myo_write_text(&writer, "code");
    myo_write_text(&writer, error->code);
    myo_write_text(&writer, "msg");
    myo_write_text(&writer, error->message);
    myo_write_text(&writer, "field");
    myo_write_text(&writer, error->field);
    if (myo_frame_end(&writer, begin, link->sendable, "error", NULL) == MYOSHU_OK)
      (void)myo_send(link->handle, writer.data, writer.size, myo_now() + 0.1, NULL);
    myo_writer_clear(&writer);
  }
  return give_up(link, error);
}

static myoshu_status greet(myo_link *link, double deadline, bool *resumed, myoshu_error *error) {
  static const char *const caps[] = {"batch", "examples", "resume", "stream"};
  myo_writer writer = {.data = NULL};
  size_t begin = myo_frame_begin(&writer), pending = 0;
  for (const myo_request *each = link->requests; each != NULL; each = each->next) pending += !each->done;
  bool resumes = link->ticket[0] != '\0' && pending <= 4096, has_token = link->token[0] != '\0';
  myo_write_map(&writer, 6U + (has_token ? 1U : 0U) + (resumes ? 2U : 0U));
  myo_write_text(&writer, "t");
  myo_write_text(&writer, "hello");
  myo_write_text(&writer, "proto");
  myo_write_array(&writer, 2);
  myo_write_int(&writer, 1);
  myo_write_int(&writer, 1);
  myo_write_text(&writer, "role");
  myo_write_text(&writer, "player");
  myo_write_text(&writer, "name");
  myo_write_text(&writer, "myoshu.h 1");
  myo_write_text(&writer, "caps");
  myo_write_array(&writer, 4);
  for (size_t i = 0; i < 4; i++) myo_write_text(&writer, caps[i]);
  myo_write_text(&writer, "heartbeat");
  myo_write_double(&writer, 0.0);
  if (has_token) {
    myo_write_text(&writer, "token");
    myo_write_text(&writer, link->token);
  }
  if (resumes) {
    myo_write_text(&writer, "resume");
    myo_write_text(&writer, link->ticket);
    myo_write_text(&writer, "pending");
    myo_write_array(&writer, pending);
    for (const myo_request *each = link->requests; each != NULL; each = each->next)
      if (!each->done) myo_write_unsigned(&writer, each->id);
  }
  myoshu_status status = myo_frame_end(&writer, begin, MYO_FIRST_FRAME, "hello", error);
  if (status == MYOSHU_OK) status = myo_send(link->handle, writer.data, writer.size, deadline, error);
  myo_writer_clear(&writer);
  if (status != MYOSHU_OK) return status;

  myo_message welcome;
  const uint8_t *payload;
  size_t size;
  char role[16];
  status = next_message(link, deadline, &welcome, &payload, &size, error);
  if (status != MYOSHU_OK) return status;
  if (welcome.type == MYO_ERROR && welcome.id == 0) return myo_error_of(&welcome, MYOSHU_REFUSED, error);
  if (welcome.type != MYO_WELCOME)
    return myo_fail(error, MYOSHU_PROTOCOL, "unexpected", "t", "welcome", "%s", myo_type_name(welcome.type));
  myo_text_of(&welcome.map, "role", role, sizeof role);
  if (strcmp(role, "agent") != 0)
    return myo_fail(error, MYOSHU_PROTOCOL, "role", "welcome.role", "agent", "%s", role);
  if (myo_integer_of(&welcome.map, "proto", 0) != 1)
    return myo_fail(error, MYOSHU_PROTOCOL, "version", "welcome.proto", "1", "%lld",
                    (long long)myo_integer_of(&welcome.map, "proto", 0));
  link->sendable = (size_t)myo_integer_of(&welcome.map, "frame", (int64_t)MYO_DEFAULT_FRAME);
  double heartbeat = myo_double_of(&welcome.map, "heartbeat", 0.0);
  link->heartbeat = heartbeat > 0.0 ? heartbeat : link->timeout / 2;
  link->batch = myo_has_word(&welcome.map, "caps", "batch");
  link->examples = myo_has_word(&welcome.map, "caps", "examples");
  link->stream = myo_has_word(&welcome.map, "caps", "stream");
  *resumed = resumes && myo_integer_of(&welcome.map, "resumed", 0) != 0;
  link->ticket[0] = '\0';
  if (myo_has_word(&welcome.map, "caps", "resume"))
    myo_text_of(&welcome.map, "ticket", link->ticket, sizeof link->ticket);
  return link->on_welcome(link->owner, &welcome, !*resumed, error);
}

/* Connect once. */
static myoshu_status connect_once(myo_link *link, bool *resumed, myoshu_error *error) {
  double deadline = myo_now() + (link->timeout < HANDSHAKE ? link->timeout : HANDSHAKE);
  drop(link);
  link->input.limit = MYO_DEFAULT_FRAME;
  link->sendable = MYO_FIRST_FRAME;
  link->heard = myo_now();
  link->asked = false;
  link->leaving = false;
  link->handle = myo_dial(&link->address, deadline, error);
  if (link->handle < 0) return error->status;
  myoshu_status status = greet(link, deadline, resumed, error);
  if (status == MYOSHU_PROTOCOL) return myo_link_refuse(link, error);
  if (status != MYOSHU_OK) drop(link);
  return status;
}

/* After a loss: connect again, with the old sessions if they are still there. MYOSHU_OK if there is a connection. */
static myoshu_status come_back(myo_link *link, myoshu_error *error) {
  double end = myo_now() + link->patience, wait = FIRST_PAUSE;
  bool resumed = false;
  for (;;) {
    myoshu_status status = connect_once(link, &resumed, error);
    if (status == MYOSHU_OK) break;
    bool hopeless = status != MYOSHU_LOST && status != MYOSHU_TIMEOUT;
    if (hopeless || myo_now() + wait > end) return give_up(link, error);
    myo_pause(wait);
    wait = wait * 2 < LONGEST_PAUSE ? wait * 2 : LONGEST_PAUSE;
  }
  if (resumed) {
    for (myo_request *each = link->requests; each != NULL; each = each->next) each->again = !each->done;
    return MYOSHU_OK;
  }
  link->generation++;
  myo_fail(error, MYOSHU_LOST, "lost", link->address.url, "this client's sessions",
           "a server that does not have them any more");
  for (myo_request *each = link->requests; each != NULL; each = each->next)
    if (!each->done) finish(each, MYOSHU_LOST, error);
  free_orphans(link);
  return MYOSHU_OK;
}

myoshu_status myo_link_ready(myo_link *link, myoshu_error *error) {
  bool over = link->leaving;
  for (const myo_request *each = link->requests; each != NULL; each = each->next) over = over && each->done;
  if (link->handle >= 0 && !over) return MYOSHU_OK;
  drop(link);
  bool resumed;
  if (link->generation == 0) { /* for the first time */
    myoshu_status status = connect_once(link, &resumed, error);
    if (status == MYOSHU_OK) link->generation = 1;
    return status;
  }
  if (link->patience <= 0.0)
    return myo_fail(error, MYOSHU_LOST, "", link->address.url, "a connection", "one that was lost");
  return come_back(link, error);
}

void myo_link_close(myo_link *link) {
  if (link->handle >= 0) {
    static const uint8_t bye[] = {7, 0, 0, 0, 0x81, 0xa1, 't', 0xa3, 'b', 'y', 'e'};
    (void)myo_send(link->handle, bye, sizeof bye, myo_now() + 0.1, NULL);
  }
  drop(link);
  while (link->requests != NULL) myo_request_free(link, link->requests);
}

/* ------------------------------------------------------------------ requests */

void myo_key(myo_request *request, const char *key) {
  request->pairs++;
  myo_write_text(&request->frame, key);
}

myo_request *myo_request_new(myo_link *link, myo_type type, myoshu_error *error) {
  static const uint8_t map[] = {0xde, 0, 0}; /* a map of as many pairs as will be known in the end */
  myo_request *request = calloc(1, sizeof *request);
  if (request == NULL) {
    myo_no_memory(error, myo_type_name(type));
    return NULL;
  }
  bool used;
  do {
    link->last_id = link->last_id == UINT32_MAX ? 1 : link->last_id + 1;
    used = false;
    for (const myo_request *each = link->requests; each != NULL; each = each->next) used |= each->id == link->last_id;
  } while (used);
  request->id = link->last_id;
  request->type = type;
  (void)myo_frame_begin(&request->frame);
  myo_write_raw(&request->frame, map, sizeof map);
  myo_key(request, "t");
  myo_write_text(&request->frame, myo_type_name(type));
  myo_key(request, "id");
  myo_write_unsigned(&request->frame, request->id);
  return request;
}

void myo_request_free(myo_link *link, myo_request *request) {
  if (request == NULL) return;
  for (myo_request **each = &link->requests; *each != NULL; each = &(*each)->next)
    if (*each == request) {
      *each = request->next;
      break;
    }
  myo_writer_clear(&request->frame);
  free(request->reply);
  free(request);
}

myoshu_status myo_request_send(myo_link *link, myo_request *request, myoshu_error *error) {
  myoshu_status status = myo_frame_end(&request->frame, 0, link->sendable, myo_type_name(request->type), error);
  if (status != MYOSHU_OK) {
    myo_request_free(link, request);
    return status;
  }
  request->frame.data[MYO_HEADER + 1] = (uint8_t)(request->pairs >> 8);
  request->frame.data[MYO_HEADER + 2] = (uint8_t)request->pairs;
  if (request->deadline <= 0.0) request->deadline = myo_now() + link->timeout;
  request->next = link->requests;
  link->requests = request;
  bool orphan = request->orphan;
  request->orphan = false; /* not to be freed on the way */
  status = myo_send(link->handle, request->frame.data, request->frame.size, myo_now() + link->timeout, error);
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
  if (status != MYOSHU_OK) myo_request_free(link, request);
  return status;
}

myoshu_status myo_request_cancel(myo_link *link, const myo_request *request, myoshu_error *error) {
  myo_request *cancel = myo_request_new(link, MYO_CANCEL, error);
  if (cancel == NULL) return MYOSHU_MEMORY;
  myo_key(cancel, "request");
  myo_write_unsigned(&cancel->frame, request->id);
  cancel->orphan = true;
  return myo_request_send(link, cancel, error);
}

static myo_type reply_to(myo_type type) {
  switch (type) {
    case MYO_PING: return MYO_PONG;
    case MYO_OPEN: return MYO_OPENED;
    case MYO_THINK: case MYO_PONDER: return MYO_RESULT;
    case MYO_ACT_BATCH: return MYO_ACTS;
    case MYO_EXAMPLES: return MYO_POSITIONS;
    case MYO_CHECK: return MYO_CHECKED;
    default: return MYO_OK;
  }
}

static myoshu_status pong(myo_link *link, uint32_t id, myoshu_error *error) {
  myo_writer writer = {.data = NULL};
  size_t begin = myo_frame_begin(&writer);
  myo_write_map(&writer, 2);
  myo_write_text(&writer, "t");
  myo_write_text(&writer, "pong");
  myo_write_text(&writer, "id");
  myo_write_unsigned(&writer, id);
  myoshu_status status = myo_frame_end(&writer, begin, link->sendable, "pong", error);
  if (status == MYOSHU_OK) status = myo_send(link->handle, writer.data, writer.size, myo_now() + link->timeout, error);
  myo_writer_clear(&writer);
  return status;
}

/* Give a message to the request that waits for it. */
static myoshu_status take(myo_link *link, const myo_message *message, const uint8_t *payload, size_t size,
                          myoshu_error *error) {
  if (message->type == MYO_PING) return pong(link, message->id, error);
  if (message->type == MYO_BYE) {
    link->leaving = true;
    return MYOSHU_OK;
  }
  if (message->type == MYO_ERROR && message->id == 0) return myo_error_of(message, MYOSHU_LOST, error);
  myo_request *request = link->requests;
  while (request != NULL && (request->id != message->id || request->done)) request = request->next;
  bool reply = message->type == MYO_ERROR || myo_type_part(message->type) == MYO_REPLY;
  if (!reply || request == NULL)
    return myo_fail(error, MYOSHU_PROTOCOL, "unexpected", "t", "a reply to a request under way", "%s with id %u",
                    myo_type_name(message->type), (unsigned)message->id);
  if (message->type == MYO_INFO && (request->type == MYO_THINK || request->type == MYO_PONDER)) {
    bool enough = request->on_info != NULL && !request->orphan && request->on_info(request, message) != 0;
    return enough ? myo_request_cancel(link, request, error) : MYOSHU_OK;
  }
  if (message->type == MYO_ERROR) {
    (void)myo_error_of(message, MYOSHU_REFUSED, &request->error);
    if (request->again && strcmp(request->error.code, "lost") == 0) { /* it never arrived */
      request->again = false;
      return myo_send(link->handle, request->frame.data, request->frame.size, myo_now() + link->timeout, error);
    }
    request->done = true;
    request->status = MYOSHU_REFUSED;
  } else if (message->type != reply_to(request->type)) {
    return myo_fail(error, MYOSHU_PROTOCOL, "unexpected", "t", myo_type_name(reply_to(request->type)), "%s",
                    myo_type_name(message->type));
  } else {
    request->reply = malloc(size);
    if (request->reply == NULL) return myo_no_memory(error, myo_type_name(message->type));
    memcpy(request->reply, payload, size);
    request->reply_size = size;
    request->done = true;
    request->status = MYOSHU_OK;
  }
  if (request->orphan) myo_request_free(link, request);
  return MYOSHU_OK;
}

/* Nothing has arrived for a while: ask whether the server is still there, without waiting. */
static myoshu_status ask_whether_there(myo_link *link, myoshu_error *error) {
  myo_request *ping = myo_request_new(link, MYO_PING, error);
  if (ping == NULL) return MYOSHU_MEMORY;
  ping->orphan = true;
  ping->deadline = HUGE_VAL;
  link->asked = true;
  return myo_request_send(link, ping, error);
}

myoshu_status myo_request_wait(myo_link *link, myo_request *request, double until, myoshu_error *error) {
  myoshu_error spare;
  if (error == NULL) error = &spare;
  while (!request->done) {
    double now = myo_now(), silent = link->heard + link->heartbeat * (link->asked ? 2.0 : 1.0);
    double end = until < request->deadline ? until : request->deadline;
    myo_message message;
    const uint8_t *payload;
    size_t size;
    myoshu_status status = MYOSHU_LOST;
    if (link->handle < 0) myo_fail(error, MYOSHU_LOST, "", link->address.url, "a connection", "one that was lost");
    else status = next_message(link, end < silent ? end : silent, &message, &payload, &size, error);
    if (status == MYOSHU_OK) status = take(link, &message, payload, size, error);
    else if (status == MYOSHU_TIMEOUT) {
      now = myo_now();
      if (now >= request->deadline) {
        myo_fail(error, MYOSHU_TIMEOUT, "", myo_type_name(request->type), "a reply in time", "none");
      } else if (now >= until) {
        return MYOSHU_OK;
      } else if (now >= silent) {
        if (!link->asked) status = ask_whether_there(link, error);
        else
          status = myo_fail(error, MYOSHU_LOST, "timeout", link->address.url, "an answer to a ping in time", "none");
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
    return status == MYOSHU_PROTOCOL ? myo_link_refuse(link, error) : give_up(link, error);
  }
  if (request->status != MYOSHU_OK) *error = request->error;
  return request->status;
}

myoshu_status myo_request_ask(myo_link *link, myo_request **request, myo_message *reply, myoshu_error *error) {
  myoshu_status status = myo_request_send(link, *request, error);
  if (status != MYOSHU_OK) {
    *request = NULL;
    return status;
  }
  status = myo_request_wait(link, *request, HUGE_VAL, error);
  if (status == MYOSHU_OK) status = myo_decode((*request)->reply, (*request)->reply_size, reply, error);
  if (status == MYOSHU_OK) return MYOSHU_OK;
  myo_request_free(link, *request);
  *request = NULL;
  return status;
}
