/* The models of a server, from its `welcome`. */
#ifndef MYOSHU_SRC_MODELS_H
#define MYOSHU_SRC_MODELS_H

#include "message.h"

typedef struct myo_models {
  myoshu_model *models;
  size_t count;
  struct myo_models *before; /* of the server before it was restarted: sessions may still point there */
} myo_models;

/* The models in a welcome; NULL without memory. */
myo_models *myo_models_of(const myo_message *welcome);
void myo_models_free(myo_models *models);

#endif
