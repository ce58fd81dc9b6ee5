#include "fields.h"

#include <math.h>

#define U32 UINT32_MAX
#define I31 INT32_MAX
#define ANY .least = -HUGE_VAL, .most = HUGE_VAL
#define NAME .form = TSJ_A_TEXT, .longest = 128
#define WORDS .form = TSJ_A_LIST, .longest = 64, .parts = &name_element
#define ACTIONS .form = TSJ_A_LIST, .parts = &action_element
#define PLANES .form = TSJ_A_LIST, .longest = 1024, .parts = &plane_element
#define LAYOUT .form = TSJ_A_TEXT, .longest = 1024
#define END {.key = NULL}

static const char *const roles[] = {"player", "agent", "trainer", "environment", NULL};
static const char *const movers[] = {"alternate", "predicted", NULL};
static const char *const modes[] = {"lockstep", "realtime", NULL};
static const char *const streams[] = {"policy", "visits", "pv", NULL};
static const char *const stops[] = {"simulations", "time", "capacity", "only_move", "stopped", NULL};
static const char *const slot_codes[] = {"illegal_action", "ended", "environment", NULL};
static const char *const option_types[] = {"int", "float", "bool", NULL};

static const tsj_field name_element = {.key = "", NAME};
static const tsj_field text_element = {.key = "", .form = TSJ_A_TEXT, .longest = 65536};
static const tsj_field action_element = {.key = "", .form = TSJ_A_INTEGER, .low = 0, .high = I31};
const tsj_field tsj_actions = {.key = "", ACTIONS};
static const tsj_field plane_element = {.key = "", .form = TSJ_A_TEXT, .fewest = 1, .longest = 256};
static const tsj_field step_element = {.key = "", .form = TSJ_A_INTEGER, .low = -1, .high = I31};
static const tsj_field slot_element = {.key = "", .form = TSJ_A_INTEGER, .low = 0, .high = U32};
static const tsj_field seed_element = {.key = "", .form = TSJ_A_INTEGER, .low = 0, .high = INT64_MAX};
static const tsj_field id_element = {.key = "", .form = TSJ_A_INTEGER, .low = 1, .high = U32};
static const tsj_field count_element = {.key = "", .form = TSJ_A_INTEGER, .low = 0, .high = INT64_MAX};
static const tsj_field version_element = {.key = "", .form = TSJ_A_INTEGER, .low = 0, .high = 65535};
static const tsj_field size_element = {.key = "", .form = TSJ_A_INTEGER, .low = 1, .high = U32};
static const tsj_field number_element = {.key = "", .form = TSJ_A_NUMBER, ANY};
static const tsj_field flag_element = {.key = "", .form = TSJ_A_BOOLEAN};
static const tsj_field stream_element = {.key = "", .form = TSJ_A_WORD, .words = streams};

static const tsj_field game_fields[] = {
    {.key = "name", .form = TSJ_A_TEXT, .required = true, .fewest = 1, .longest = 65536},
    {.key = "players", .form = TSJ_A_INTEGER, .required = true, .low = 1, .high = 64},
    {.key = "actions", .form = TSJ_A_INTEGER, .required = true, .low = 1, .high = 1 << 20},
    {.key = "observation", .form = TSJ_A_LIST, .required = true, .fewest = 1, .longest = 8, .parts = &size_element},
    {.key = "returns", .form = TSJ_A_LIST, .required = true, .fewest = 2, .longest = 2, .parts = &number_element},
    {.key = "zero_sum", .form = TSJ_A_BOOLEAN},
    {.key = "movers", .form = TSJ_A_WORD, .words = movers},
    {.key = "final_rewards_only", .form = TSJ_A_BOOLEAN},
    {.key = "stochastic", .form = TSJ_A_BOOLEAN},
    {.key = "max_length", .form = TSJ_A_INTEGER, .low = 1, .high = INT64_C(1) << 31},
    {.key = "planes", PLANES},
    {.key = "layout", LAYOUT},
    END};
static const tsj_field model_fields[] = {
    {.key = "name", NAME, .required = true},
    {.key = "hash", NAME, .required = true},
    {.key = "game", .form = TSJ_A_MAP, .required = true, .parts = game_fields},
    {.key = "levels", .form = TSJ_A_LIST, .parts = &number_element},
    {.key = "elo", .form = TSJ_A_LIST, .parts = &number_element},
    {.key = "simulations", .form = TSJ_A_INTEGER, .low = 1, .high = I31},
    {.key = "provider", NAME},
    END};
static const tsj_field model_element = {.key = "", .form = TSJ_A_MAP, .parts = model_fields};
static const tsj_field limits_fields[] = {
    {.key = "sessions", .form = TSJ_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "thinking", .form = TSJ_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "simulations", .form = TSJ_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "batch", .form = TSJ_A_INTEGER, .required = true, .high = INT64_MAX},
    END};
static const tsj_field option_fields[] = {
    {.key = "name", NAME, .required = true},
    {.key = "type", .form = TSJ_A_WORD, .required = true, .words = option_types},
    {.key = "default", .form = TSJ_ANY_NUMBER, .required = true},
    {.key = "min", .form = TSJ_A_NUMBER, ANY},
    {.key = "max", .form = TSJ_A_NUMBER, ANY},
    END};
static const tsj_field option_element = {.key = "", .form = TSJ_A_MAP, .parts = option_fields};
static const tsj_field times_fields[] = {
    {.key = "queue", .form = TSJ_A_NUMBER, .required = true, ANY},
    {.key = "network", .form = TSJ_A_NUMBER, .required = true, ANY},
    {.key = "search", .form = TSJ_A_NUMBER, .required = true, ANY},
    {.key = "total", .form = TSJ_A_NUMBER, .required = true, ANY},
    END};
static const tsj_field slot_error_fields[] = {
    {.key = "slot", .form = TSJ_A_INTEGER, .required = true, .high = U32},
    {.key = "code", .form = TSJ_A_WORD, .required = true, .words = slot_codes},
    {.key = "msg", .form = TSJ_A_TEXT, .required = true, .longest = 65536},
    END};
static const tsj_field slot_error_element = {.key = "", .form = TSJ_A_MAP, .parts = slot_error_fields};

static const tsj_field hello_fields[] = {
    {.key = "proto", .form = TSJ_A_LIST, .required = true, .fewest = 2, .longest = 2, .parts = &version_element},
    {.key = "role", .form = TSJ_A_WORD, .required = true, .words = roles},
    {.key = "name", NAME},
    {.key = "token", .form = TSJ_A_TEXT, .longest = 1024},
    {.key = "caps", WORDS},
    {.key = "frame", .form = TSJ_A_INTEGER, .low = 65536, .high = 1 << 30},
    {.key = "heartbeat", .form = TSJ_A_NUMBER, .most = 3600},
    {.key = "resume", NAME},
    {.key = "pending", .form = TSJ_A_LIST, .longest = 4096, .parts = &id_element},
    {.key = "models", .form = TSJ_A_LIST, .longest = 256, .parts = &model_element},
    END};
static const tsj_field welcome_fields[] = {
    {.key = "proto", .form = TSJ_A_INTEGER, .required = true, .low = 1, .high = 65535},
    {.key = "role", .form = TSJ_A_WORD, .required = true, .words = roles},
    {.key = "name", NAME},
    {.key = "caps", WORDS},
    {.key = "frame", .form = TSJ_A_INTEGER, .low = 65536, .high = 1 << 30},
    {.key = "heartbeat", .form = TSJ_A_NUMBER, .most = 3600},
    {.key = "models", .form = TSJ_A_LIST, .longest = 256, .parts = &model_element},
    {.key = "limits", .form = TSJ_A_MAP, .parts = limits_fields},
    {.key = "options", .form = TSJ_A_LIST, .longest = 64, .parts = &option_element},
    {.key = "ticket", NAME},
    {.key = "resumed", .form = TSJ_A_BOOLEAN},
    END};
static const tsj_field no_fields[] = {END};
static const tsj_field bye_fields[] = {{.key = "reason", .form = TSJ_A_TEXT, .longest = 65536}, END};
static const tsj_field error_fields[] = {
    {.key = "code", .form = TSJ_A_TEXT, .required = true, .longest = 64},
    {.key = "msg", .form = TSJ_A_TEXT, .required = true, .longest = 65536},
    {.key = "field", .form = TSJ_A_TEXT, .longest = 65536},
    {.key = "expected", .form = TSJ_A_TEXT, .longest = 65536},
    {.key = "got", .form = TSJ_A_TEXT, .longest = 65536},
    {.key = "retry", .form = TSJ_A_NUMBER, .most = 1e9},
    END};
static const tsj_field open_fields[] = {
    {.key = "model", NAME},
    {.key = "hash", NAME},
    {.key = "seed", .form = TSJ_A_INTEGER, .high = INT64_MAX},
    {.key = "level", .form = TSJ_A_NUMBER, ANY},
    {.key = "elo", .form = TSJ_A_NUMBER, ANY},
    {.key = "options", .form = TSJ_SOME_OPTIONS},
    END};
static const tsj_field opened_fields[] = {
    {.key = "session", .form = TSJ_A_INTEGER, .required = true, .high = U32},
    {.key = "model", NAME, .required = true},
    {.key = "hash", NAME, .required = true},
    {.key = "simulations", .form = TSJ_A_INTEGER, .required = true, .low = 1, .high = I31},
    END};
#define SEARCH                                                                          \
  {.key = "session", .form = TSJ_A_INTEGER, .required = true, .high = U32},                   \
      {.key = "obs", .form = TSJ_A_TENSOR, .required = true}, {.key = "legal", .form = TSJ_A_MASK}, \
      {.key = "to_play", .form = TSJ_A_INTEGER, .high = I31}, {.key = "moves", ACTIONS},      \
      {.key = "time", .form = TSJ_A_NUMBER, .above = true, .most = 1e9},                      \
      {.key = "simulations", .form = TSJ_A_INTEGER, .low = 1, .high = I31},                   \
      {.key = "stream", .form = TSJ_A_LIST, .longest = 8, .parts = &stream_element},          \
  {                                                                                     \
    .key = "every", .form = TSJ_A_NUMBER, .least = 0.01, .most = 1e9                          \
  }
static const tsj_field think_fields[] = {SEARCH, {.key = "priority", .form = TSJ_A_INTEGER, .high = 2}, END};
static const tsj_field ponder_fields[] = {SEARCH, END};
static const tsj_field info_fields[] = {
    {.key = "action", .form = TSJ_A_INTEGER, .required = true, .high = I31},
    {.key = "value", .form = TSJ_A_NUMBER, .required = true, ANY},
    {.key = "simulations", .form = TSJ_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "elapsed", .form = TSJ_A_NUMBER, .required = true, ANY},
    {.key = "policy", .form = TSJ_A_TENSOR},
    {.key = "visits", .form = TSJ_A_TENSOR},
    {.key = "pv", ACTIONS},
    END};
static const tsj_field result_fields[] = {
    {.key = "action", .form = TSJ_A_INTEGER, .required = true, .high = I31},
    {.key = "value", .form = TSJ_A_NUMBER, .required = true, ANY},
    {.key = "values", .form = TSJ_A_LIST, .required = true, .parts = &number_element},
    {.key = "policy", .form = TSJ_A_TENSOR, .required = true},
    {.key = "visits", .form = TSJ_A_TENSOR, .required = true},
    {.key = "pv", ACTIONS, .required = true},
    {.key = "simulations", .form = TSJ_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "stop", .form = TSJ_A_WORD, .required = true, .words = stops},
    {.key = "times", .form = TSJ_A_MAP, .required = true, .parts = times_fields},
    {.key = "provider", NAME, .required = true},
    {.key = "model", NAME, .required = true},
    END};
static const tsj_field session_fields[] = {{.key = "session", .form = TSJ_A_INTEGER, .required = true, .high = U32}, END};
static const tsj_field observe_fields[] = {
    {.key = "session", .form = TSJ_A_INTEGER, .required = true, .high = U32},
    {.key = "moves", ACTIONS, .required = true},
    END};
static const tsj_field cancel_fields[] = {{.key = "request", .form = TSJ_A_INTEGER, .required = true, .low = 1, .high = U32}, END};
static const tsj_field act_batch_fields[] = {
    {.key = "model", NAME},
    {.key = "obs", .form = TSJ_A_TENSOR, .required = true},
    {.key = "legal", .form = TSJ_A_BINARY},
    {.key = "to_play", ACTIONS},
    {.key = "time", .form = TSJ_A_NUMBER, .above = true, .most = 1e9},
    {.key = "simulations", .form = TSJ_A_INTEGER, .low = 1, .high = I31},
    {.key = "temperature", .form = TSJ_A_NUMBER, .most = 1e6},
    {.key = "seed", .form = TSJ_A_INTEGER, .high = INT64_MAX},
    {.key = "priority", .form = TSJ_A_INTEGER, .high = 2},
    END};
static const tsj_field acts_fields[] = {
    {.key = "actions", ACTIONS, .required = true},
    {.key = "values", .form = TSJ_A_LIST, .required = true, .parts = &number_element},
    {.key = "simulations", .form = TSJ_A_LIST, .required = true, .parts = &count_element},
    {.key = "stop", .form = TSJ_A_WORD, .required = true, .words = stops},
    {.key = "times", .form = TSJ_A_MAP, .required = true, .parts = times_fields},
    {.key = "provider", NAME, .required = true},
    {.key = "model", NAME, .required = true},
    END};
static const tsj_field level_fields[] = {
    {.key = "session", .form = TSJ_A_INTEGER, .required = true, .high = U32},
    {.key = "level", .form = TSJ_A_NUMBER, .required = true, ANY},
    END};
static const tsj_field swap_fields[] = {
    {.key = "session", .form = TSJ_A_INTEGER, .required = true, .high = U32},
    {.key = "model", NAME, .required = true},
    {.key = "hash", NAME},
    END};
static const tsj_field examples_fields[] = {{.key = "model", NAME}, END};
static const tsj_field positions_fields[] = {
    {.key = "model", NAME, .required = true},
    {.key = "planes", PLANES},
    {.key = "layout", LAYOUT},
    {.key = "moves", .form = TSJ_A_LIST, .required = true, .parts = &tsj_actions},
    {.key = "drawn", .form = TSJ_A_LIST, .required = true, .parts = &flag_element},
    {.key = "to_play", ACTIONS, .required = true},
    {.key = "legal", .form = TSJ_A_BINARY, .required = true},
    {.key = "obs", .form = TSJ_A_TENSOR, .required = true},
    {.key = "prior", .form = TSJ_A_TENSOR, .required = true},
    {.key = "values", .form = TSJ_A_LIST, .required = true, .parts = &number_element},
    {.key = "actions", ACTIONS, .required = true},
    END};
static const tsj_field check_fields[] = {
    {.key = "model", NAME},
    {.key = "rows", .form = TSJ_A_LIST, .required = true, .fewest = 1, .longest = 64, .parts = &slot_element},
    {.key = "obs", .form = TSJ_A_TENSOR, .required = true},
    END};
static const tsj_field checked_fields[] = {
    {.key = "differ", .form = TSJ_A_LIST, .required = true, .parts = &slot_element},
    {.key = "text", .form = TSJ_A_TEXT, .required = true, .longest = 65536},
    END};
static const tsj_field ok_fields[] = {{.key = "found", .form = TSJ_A_BOOLEAN}, END};
static const tsj_field spec_fields[] = {
    {.key = "game", .form = TSJ_A_MAP, .required = true, .parts = game_fields},
    {.key = "slots", .form = TSJ_A_INTEGER, .required = true, .low = 1, .high = 65536},
    {.key = "mode", .form = TSJ_A_WORD, .words = modes},
    {.key = "tick", .form = TSJ_A_NUMBER, .above = true, .most = 1e9},
    END};
static const tsj_field reset_fields[] = {
    {.key = "slots", .form = TSJ_A_LIST, .required = true, .fewest = 1, .parts = &slot_element},
    {.key = "seeds", .form = TSJ_A_LIST, .required = true, .parts = &seed_element},
    {.key = "moves", .form = TSJ_A_LIST, .parts = &tsj_actions},
    END};
static const tsj_field step_fields[] = {
    {.key = "slots", .form = TSJ_A_LIST, .required = true, .fewest = 1, .parts = &slot_element},
    {.key = "actions", .form = TSJ_A_LIST, .required = true, .parts = &step_element},
    END};
static const tsj_field states_fields[] = {
    {.key = "slots", .form = TSJ_A_LIST, .required = true, .fewest = 1, .parts = &slot_element},
    {.key = "obs", .form = TSJ_A_TENSOR, .required = true},
    {.key = "legal", .form = TSJ_A_BINARY, .required = true},
    {.key = "to_play", ACTIONS, .required = true},
    {.key = "rewards", .form = TSJ_A_TENSOR, .required = true},
    {.key = "terminated", .form = TSJ_A_LIST, .required = true, .parts = &flag_element},
    {.key = "truncated", .form = TSJ_A_LIST, .required = true, .parts = &flag_element},
    {.key = "ticks", .form = TSJ_A_LIST, .parts = &slot_element},
    {.key = "errors", .form = TSJ_A_LIST, .parts = &slot_error_element},
    END};
static const tsj_field describe_fields[] = {{.key = "slot", .form = TSJ_A_INTEGER, .required = true, .high = U32}, END};
static const tsj_field description_fields[] = {
    {.key = "text", .form = TSJ_A_TEXT, .required = true, .longest = 65536},
    {.key = "names", .form = TSJ_A_LIST, .required = true, .parts = &text_element},
    END};

const tsj_type_entry tsj_types[TSJ_TYPES] = {
    [TSJ_HELLO] = {"hello", TSJ_ALONE, hello_fields},
    [TSJ_WELCOME] = {"welcome", TSJ_ALONE, welcome_fields},
    [TSJ_PING] = {"ping", TSJ_REQUEST, no_fields},
    [TSJ_PONG] = {"pong", TSJ_REPLY, no_fields},
    [TSJ_BYE] = {"bye", TSJ_ALONE, bye_fields},
    [TSJ_ERROR] = {"error", TSJ_ALONE, error_fields},
    [TSJ_OPEN] = {"open", TSJ_REQUEST, open_fields},
    [TSJ_OPENED] = {"opened", TSJ_REPLY, opened_fields},
    [TSJ_THINK] = {"think", TSJ_REQUEST, think_fields},
    [TSJ_INFO] = {"info", TSJ_REPLY, info_fields},
    [TSJ_RESULT] = {"result", TSJ_REPLY, result_fields},
    [TSJ_OBSERVE] = {"observe", TSJ_REQUEST, observe_fields},
    [TSJ_PONDER] = {"ponder", TSJ_REQUEST, ponder_fields},
    [TSJ_CANCEL] = {"cancel", TSJ_REQUEST, cancel_fields},
    [TSJ_ACT_BATCH] = {"act_batch", TSJ_REQUEST, act_batch_fields},
    [TSJ_ACTS] = {"acts", TSJ_REPLY, acts_fields},
    [TSJ_LEVEL] = {"level", TSJ_REQUEST, level_fields},
    [TSJ_SWAP] = {"swap", TSJ_REQUEST, swap_fields},
    [TSJ_CLOSE] = {"close", TSJ_REQUEST, session_fields},
    [TSJ_OK] = {"ok", TSJ_REPLY, ok_fields},
    [TSJ_EXAMPLES] = {"examples", TSJ_REQUEST, examples_fields},
    [TSJ_POSITIONS] = {"positions", TSJ_REPLY, positions_fields},
    [TSJ_CHECK] = {"check", TSJ_REQUEST, check_fields},
    [TSJ_CHECKED] = {"checked", TSJ_REPLY, checked_fields},
    [TSJ_ENV_SPEC] = {"env_spec", TSJ_REQUEST, no_fields},
    [TSJ_SPEC] = {"spec", TSJ_REPLY, spec_fields},
    [TSJ_RESET] = {"reset", TSJ_REQUEST, reset_fields},
    [TSJ_STEP] = {"step", TSJ_REQUEST, step_fields},
    [TSJ_STATES] = {"states", TSJ_REPLY, states_fields},
    [TSJ_DESCRIBE] = {"describe", TSJ_REQUEST, describe_fields},
    [TSJ_DESCRIPTION] = {"description", TSJ_REPLY, description_fields},
};
