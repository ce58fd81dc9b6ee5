/* A connection to an agent server: requests and their replies, and resuming after a loss. */
#ifndef MYOSHU_SRC_LINK_H
#define MYOSHU_SRC_LINK_H

#include "message.h"
#include "wire.h"

typedef struct myo_link myo_link;

/* A request under way. It is kept as it was sent, so that it can be sent again. */
typedef struct myo_request {
  uint32_t id;
  myo_type type;
  myo_writer frame;
  size_t pairs;    /* keys written */
  double deadline; /* when its reply is late */
  bool done;
  bool again;  /* the connection was resumed: an error `lost` means that it never arrived */
  bool orphan; /* nobody waits: freed when its reply comes */
  myoshu_status status;
  myoshu_error error; /* if the status is not MYOSHU_OK */
  uint8_t *reply;     /* the final reply's payload, if it is */
  size_t reply_size;
  int (*on_info)(struct myo_request *request, const myo_message *info); /* nonzero: end it */
  void *owner;
  struct myo_request *next;
} myo_request;

struct myo_link {
  myo_address address;
  char token[1025]; /* empty: none */
  double timeout;
  double patience;
  int handle; /* -1: no connection */
  myo_input input;
  size_t sendable;
  uint32_t last_id;
  char ticket[520]; /* empty: none */
  bool batch;
  bool examples;
  bool stream;
  uint64_t generation; /* grows when sessions are gone */
  double heard;        /* when something came last */
  bool asked;          /* whether a ping is out because nothing came */
  double heartbeat;    /* seconds of silence before a ping */
  bool leaving;        /* the server has said goodbye: nothing new is asked over this connection */
  myo_request *requests;
  /* Takes the server's `welcome`; `fresh` unless the sessions are still there. */
  myoshu_status (*on_welcome)(void *owner, const myo_message *welcome, bool fresh, myoshu_error *error);
  void *owner;
};

/* Connect for the first time, or again if there is no connection. */
myoshu_status myo_link_ready(myo_link *link, myoshu_error *error);
/* Say goodbye; all requests are freed. */
void myo_link_close(myo_link *link);

/* A request to be filled in: after each myo_key comes one value, written to request->frame. NULL without memory. */
myo_request *myo_request_new(myo_link *link, myo_type type, myoshu_error *error);
void myo_key(myo_request *request, const char *key);
/* Send it. It is the link's from now on, until myo_request_free; on failure it is freed. */
myoshu_status myo_request_send(myo_link *link, myo_request *request, myoshu_error *error);
void myo_request_free(myo_link *link, myo_request *request);
/* Read what the server sends until the request is done, or until `until`: MYOSHU_OK with request->done or without. On
 * another status the connection is gone, and the request is done too. */
myoshu_status myo_request_wait(myo_link *link, myo_request *request, double until, myoshu_error *error);
/* Send it, wait for its reply, and read it; the request stays to be freed, *request is NULL on failure. */
myoshu_status myo_request_ask(myo_link *link, myo_request **request, myo_message *reply, myoshu_error *error);
/* End a think or ponder. */
myoshu_status myo_request_cancel(myo_link *link, const myo_request *request, myoshu_error *error);
/* Give the connection up, because of what the server sent. */
myoshu_status myo_link_refuse(myo_link *link, myoshu_error *error);

#endif
