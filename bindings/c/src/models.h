/* What a server can play with, as its `welcome` says. */
#ifndef MYOSHU_SRC_MODELS_H
#define MYOSHU_SRC_MODELS_H

#include "message.h"

typedef struct tsj_models {
  myoshu_model *models;
  size_t count;
  struct tsj_models *before; /* of the server before it was started anew: sessions may still point there */
} tsj_models;

/* The models in a welcome; NULL without memory. */
tsj_models *tsj_models_of(const tsj_message *welcome);
void tsj_models_free(tsj_models *models);

#endif
