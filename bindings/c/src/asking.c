#include "asking.h"

#include "error.h"

myoshu_status myo_check_limit(const myoshu_limit *limit, myoshu_error *error) {
  if (!(limit->time >= 0.0 && limit->time <= 1e9))
    return myo_fail(error, MYOSHU_INVALID, "", "limit.time", "seconds from 0 to 1000000000", "%g", limit->time);
  if (limit->simulations < 0)
    return myo_fail(error, MYOSHU_INVALID, "", "limit.simulations", "0 or more", "%d", (int)limit->simulations);
  if (limit->priority < -1 || limit->priority > 1)
    return myo_fail(error, MYOSHU_INVALID, "", "limit.priority", "-1, 0 or 1", "%d", limit->priority);
  if (!(limit->every >= 0.0 && limit->every <= 1e9))
    return myo_fail(error, MYOSHU_INVALID, "", "limit.every", "seconds from 0 to 1000000000", "%g", limit->every);
  return MYOSHU_OK;
}

void myo_write_limit(myo_request *request, const myoshu_limit *limit) {
  if (limit->time > 0.0) myo_key(request, "time"), myo_write_double(&request->frame, limit->time);
  if (limit->simulations > 0) myo_key(request, "simulations"), myo_write_int(&request->frame, limit->simulations);
  if (limit->priority != 0 && request->type != MYO_PONDER)
    myo_key(request, "priority"), myo_write_int(&request->frame, limit->priority + 1);
}

void myo_write_observations(myo_request *request, const myoshu_game *game, const float *numbers, size_t rows) {
  myo_key(request, "obs");
  myo_write_floats(&request->frame, rows, game->rank, game->shape, numbers);
}
