/* Where a server is, as a person writes it or as its discovery file says. */
#ifndef MYOSHU_SRC_ADDRESS_H
#define MYOSHU_SRC_ADDRESS_H

#include <stdbool.h>

#include "../myoshu.h"

typedef struct myo_address {
  bool is_unix;
  char host[256]; /* the path of a Unix socket */
  char port[8];
  char url[288];    /* as a person writes it */
  char token[1025]; /* the discovery file's, empty if there is none */
} myo_address;

/* `tcp://host:port`, `unix:///path`, the path of a discovery file, or the default one if NULL. */
myoshu_status myo_address_of(const char *given, myo_address *address, myoshu_error *error);

#endif
