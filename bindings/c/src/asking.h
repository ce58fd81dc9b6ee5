/* What a request for decisions holds. */
#ifndef MYOSHU_SRC_ASKING_H
#define MYOSHU_SRC_ASKING_H

#include "link.h"

myoshu_status myo_check_limit(const myoshu_limit *limit, myoshu_error *error);
void myo_write_limit(myo_request *request, const myoshu_limit *limit);

/* Observations of `rows` positions, or of one if 0. */
void myo_write_observations(myo_request *request, const myoshu_game *game, const float *numbers, size_t rows);

#endif
