/* The client's structure, for the calls that concern the whole connection. */
#ifndef MYOSHU_SRC_CLIENT_H
#define MYOSHU_SRC_CLIENT_H

#include "link.h"
#include "models.h"

struct myoshu_client {
  myo_link link;
  myo_models *models;
  myoshu_session *sessions;
};

/* The model of a name, the first if NULL; NULL if there is none. */
const myoshu_model *myo_model_named(const myoshu_client *client, const char *name);

#endif
