#include "fields.h"

#include <math.h>

#define U32 UINT32_MAX
#define I31 INT32_MAX
#define ANY .least = -HUGE_VAL, .most = HUGE_VAL
#define NAME .form = MYO_A_TEXT, .longest = 128
#define WORDS .form = MYO_A_LIST, .longest = 64, .parts = &name_element
#define ACTIONS .form = MYO_A_LIST, .parts = &action_element
#define PLANES .form = MYO_A_LIST, .longest = 1024, .parts = &plane_element
#define LAYOUT .form = MYO_A_TEXT, .longest = 1024
#define END {.key = NULL}

static const char *const roles[] = {"player", "agent", "trainer", "environment", NULL};
static const char *const movers[] = {"alternate", "predicted", NULL};
static const char *const modes[] = {"lockstep", "realtime", NULL};
static const char *const streams[] = {"policy", "visits", "pv", NULL};
static const char *const stops[] = {"simulations", "time", "capacity", "only_move", "stopped", NULL};
static const char *const slot_codes[] = {"illegal_action", "ended", "environment", NULL};
static const char *const option_types[] = {"int", "float", "bool", NULL};

static const myo_field name_element = {.key = "", NAME};
static const myo_field text_element = {.key = "", .form = MYO_A_TEXT, .longest = 65536};
static const myo_field action_element = {.key = "", .form = MYO_A_INTEGER, .low = 0, .high = I31};
const myo_field myo_actions = {.key = "", ACTIONS};
static const myo_field plane_element = {.key = "", .form = MYO_A_TEXT, .fewest = 1, .longest = 256};
static const myo_field step_element = {.key = "", .form = MYO_A_INTEGER, .low = -1, .high = I31};
static const myo_field slot_element = {.key = "", .form = MYO_A_INTEGER, .low = 0, .high = U32};
static const myo_field seed_element = {.key = "", .form = MYO_A_INTEGER, .low = 0, .high = INT64_MAX};
static const myo_field id_element = {.key = "", .form = MYO_A_INTEGER, .low = 1, .high = U32};
static const myo_field count_element = {.key = "", .form = MYO_A_INTEGER, .low = 0, .high = INT64_MAX};
static const myo_field version_element = {.key = "", .form = MYO_A_INTEGER, .low = 0, .high = 65535};
static const myo_field size_element = {.key = "", .form = MYO_A_INTEGER, .low = 1, .high = U32};
static const myo_field number_element = {.key = "", .form = MYO_A_NUMBER, ANY};
static const myo_field flag_element = {.key = "", .form = MYO_A_BOOLEAN};
static const myo_field stream_element = {.key = "", .form = MYO_A_WORD, .words = streams};

static const myo_field game_fields[] = {
    {.key = "name", .form = MYO_A_TEXT, .required = true, .fewest = 1, .longest = 65536},
    {.key = "players", .form = MYO_A_INTEGER, .required = true, .low = 1, .high = 64},
    {.key = "actions", .form = MYO_A_INTEGER, .required = true, .low = 1, .high = 1 << 20},
    {.key = "observation", .form = MYO_A_LIST, .required = true, .fewest = 1, .longest = 8, .parts = &size_element},
    {.key = "returns", .form = MYO_A_LIST, .required = true, .fewest = 2, .longest = 2, .parts = &number_element},
    {.key = "zero_sum", .form = MYO_A_BOOLEAN},
    {.key = "movers", .form = MYO_A_WORD, .words = movers},
    {.key = "final_rewards_only", .form = MYO_A_BOOLEAN},
    {.key = "stochastic", .form = MYO_A_BOOLEAN},
    {.key = "max_length", .form = MYO_A_INTEGER, .low = 1, .high = INT64_C(1) << 31},
    {.key = "planes", PLANES},
    {.key = "layout", LAYOUT},
    END};
static const myo_field model_fields[] = {
    {.key = "name", NAME, .required = true},
    {.key = "hash", NAME, .required = true},
    {.key = "game", .form = MYO_A_MAP, .required = true, .parts = game_fields},
    {.key = "levels", .form = MYO_A_LIST, .parts = &number_element},
    {.key = "elo", .form = MYO_A_LIST, .parts = &number_element},
    {.key = "simulations", .form = MYO_A_INTEGER, .low = 1, .high = I31},
    {.key = "provider", NAME},
    END};
static const myo_field model_element = {.key = "", .form = MYO_A_MAP, .parts = model_fields};
static const myo_field limits_fields[] = {
    {.key = "sessions", .form = MYO_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "thinking", .form = MYO_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "simulations", .form = MYO_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "batch", .form = MYO_A_INTEGER, .required = true, .high = INT64_MAX},
    END};
static const myo_field option_fields[] = {
    {.key = "name", NAME, .required = true},
    {.key = "type", .form = MYO_A_WORD, .required = true, .words = option_types},
    {.key = "default", .form = MYO_ANY_NUMBER, .required = true},
    {.key = "min", .form = MYO_A_NUMBER, ANY},
    {.key = "max", .form = MYO_A_NUMBER, ANY},
    END};
static const myo_field option_element = {.key = "", .form = MYO_A_MAP, .parts = option_fields};
static const myo_field times_fields[] = {
    {.key = "queue", .form = MYO_A_NUMBER, .required = true, ANY},
    {.key = "network", .form = MYO_A_NUMBER, .required = true, ANY},
    {.key = "search", .form = MYO_A_NUMBER, .required = true, ANY},
    {.key = "total", .form = MYO_A_NUMBER, .required = true, ANY},
    END};
static const myo_field slot_error_fields[] = {
    {.key = "slot", .form = MYO_A_INTEGER, .required = true, .high = U32},
    {.key = "code", .form = MYO_A_WORD, .required = true, .words = slot_codes},
    {.key = "msg", .form = MYO_A_TEXT, .required = true, .longest = 65536},
    END};
static const myo_field slot_error_element = {.key = "", .form = MYO_A_MAP, .parts = slot_error_fields};

static const myo_field hello_fields[] = {
    {.key = "proto", .form = MYO_A_LIST, .required = true, .fewest = 2, .longest = 2, .parts = &version_element},
    {.key = "role", .form = MYO_A_WORD, .required = true, .words = roles},
    {.key = "name", NAME},
    {.key = "token", .form = MYO_A_TEXT, .longest = 1024},
    {.key = "caps", WORDS},
    {.key = "frame", .form = MYO_A_INTEGER, .low = 65536, .high = 1 << 30},
    {.key = "heartbeat", .form = MYO_A_NUMBER, .most = 3600},
    {.key = "resume", NAME},
    {.key = "pending", .form = MYO_A_LIST, .longest = 4096, .parts = &id_element},
    {.key = "models", .form = MYO_A_LIST, .longest = 256, .parts = &model_element},
    END};
static const myo_field welcome_fields[] = {
    {.key = "proto", .form = MYO_A_INTEGER, .required = true, .low = 1, .high = 65535},
    {.key = "role", .form = MYO_A_WORD, .required = true, .words = roles},
    {.key = "name", NAME},
    {.key = "caps", WORDS},
    {.key = "frame", .form = MYO_A_INTEGER, .low = 65536, .high = 1 << 30},
    {.key = "heartbeat", .form = MYO_A_NUMBER, .most = 3600},
    {.key = "models", .form = MYO_A_LIST, .longest = 256, .parts = &model_element},
    {.key = "limits", .form = MYO_A_MAP, .parts = limits_fields},
    {.key = "options", .form = MYO_A_LIST, .longest = 64, .parts = &option_element},
    {.key = "ticket", NAME},
    {.key = "resumed", .form = MYO_A_BOOLEAN},
    END};
static const myo_field no_fields[] = {END};
static const myo_field bye_fields[] = {{.key = "reason", .form = MYO_A_TEXT, .longest = 65536}, END};
static const myo_field error_fields[] = {
    {.key = "code", .form = MYO_A_TEXT, .required = true, .longest = 64},
    {.key = "msg", .form = MYO_A_TEXT, .required = true, .longest = 65536},
    {.key = "field", .form = MYO_A_TEXT, .longest = 65536},
    {.key = "expected", .form = MYO_A_TEXT, .longest = 65536},
    {.key = "got", .form = MYO_A_TEXT, .longest = 65536},
    {.key = "retry", .form = MYO_A_NUMBER, .most = 1e9},
    END};
static const myo_field open_fields[] = {
    {.key = "model", NAME},
    {.key = "hash", NAME},
    {.key = "seed", .form = MYO_A_INTEGER, .high = INT64_MAX},
    {.key = "level", .form = MYO_A_NUMBER, ANY},
    {.key = "elo", .form = MYO_A_NUMBER, ANY},
    {.key = "options", .form = MYO_SOME_OPTIONS},
    END};
static const myo_field opened_fields[] = {
    {.key = "session", .form = MYO_A_INTEGER, .required = true, .high = U32},
    {.key = "model", NAME, .required = true},
    {.key = "hash", NAME, .required = true},
    {.key = "simulations", .form = MYO_A_INTEGER, .required = true, .low = 1, .high = I31},
    END};
#define SEARCH                                                                          \
  {.key = "session", .form = MYO_A_INTEGER, .required = true, .high = U32},                   \
      {.key = "obs", .form = MYO_A_TENSOR, .required = true}, {.key = "legal", .form = MYO_A_MASK}, \
      {.key = "to_play", .form = MYO_A_INTEGER, .high = I31}, {.key = "moves", ACTIONS},      \
      {.key = "time", .form = MYO_A_NUMBER, .above = true, .most = 1e9},                      \
      {.key = "simulations", .form = MYO_A_INTEGER, .low = 1, .high = I31},                   \
      {.key = "stream", .form = MYO_A_LIST, .longest = 8, .parts = &stream_element},          \
  {                                                                                     \
    .key = "every", .form = MYO_A_NUMBER, .least = 0.01, .most = 1e9                          \
  }
static const myo_field think_fields[] = {SEARCH, {.key = "priority", .form = MYO_A_INTEGER, .high = 2}, END};
static const myo_field ponder_fields[] = {SEARCH, END};
static const myo_field info_fields[] = {
    {.key = "action", .form = MYO_A_INTEGER, .required = true, .high = I31},
    {.key = "value", .form = MYO_A_NUMBER, .required = true, ANY},
    {.key = "simulations", .form = MYO_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "elapsed", .form = MYO_A_NUMBER, .required = true, ANY},
    {.key = "policy", .form = MYO_A_TENSOR},
    {.key = "visits", .form = MYO_A_TENSOR},
    {.key = "pv", ACTIONS},
    END};
static const myo_field result_fields[] = {
    {.key = "action", .form = MYO_A_INTEGER, .required = true, .high = I31},
    {.key = "value", .form = MYO_A_NUMBER, .required = true, ANY},
    {.key = "values", .form = MYO_A_LIST, .required = true, .parts = &number_element},
    {.key = "policy", .form = MYO_A_TENSOR, .required = true},
    {.key = "visits", .form = MYO_A_TENSOR, .required = true},
    {.key = "pv", ACTIONS, .required = true},
    {.key = "simulations", .form = MYO_A_INTEGER, .required = true, .high = INT64_MAX},
    {.key = "stop", .form = MYO_A_WORD, .required = true, .words = stops},
    {.key = "times", .form = MYO_A_MAP, .required = true, .parts = times_fields},
    {.key = "provider", NAME, .required = true},
    {.key = "model", NAME, .required = true},
    END};
static const myo_field session_fields[] = {{.key = "session", .form = MYO_A_INTEGER, .required = true, .high = U32}, END};
static const myo_field observe_fields[] = {
    {.key = "session", .form = MYO_A_INTEGER, .required = true, .high = U32},
    {.key = "moves", ACTIONS, .required = true},
    END};
static const myo_field cancel_fields[] = {{.key = "request", .form = MYO_A_INTEGER, .required = true, .low = 1, .high = U32}, END};
static const myo_field act_batch_fields[] = {
    {.key = "model", NAME},
    {.key = "obs", .form = MYO_A_TENSOR, .required = true},
    {.key = "legal", .form = MYO_A_BINARY},
    {.key = "to_play", ACTIONS},
    {.key = "time", .form = MYO_A_NUMBER, .above = true, .most = 1e9},
    {.key = "simulations", .form = MYO_A_INTEGER, .low = 1, .high = I31},
    {.key = "temperature", .form = MYO_A_NUMBER, .most = 1e6},
    {.key = "seed", .form = MYO_A_INTEGER, .high = INT64_MAX},
    {.key = "priority", .form = MYO_A_INTEGER, .high = 2},
    END};
static const myo_field acts_fields[] = {
    {.key = "actions", ACTIONS, .required = true},
    {.key = "values", .form = MYO_A_LIST, .required = true, .parts = &number_element},
    {.key = "simulations", .form = MYO_A_LIST, .required = true, .parts = &count_element},
    {.key = "stop", .form = MYO_A_WORD, .required = true, .words = stops},
    {.key = "times", .form = MYO_A_MAP, .required = true, .parts = times_fields},
    {.key = "provider", NAME, .required = true},
    {.key = "model", NAME, .required = true},
    END};
static const myo_field level_fields[] = {
    {.key = "session", .form = MYO_A_INTEGER, .required = true, .high = U32},
    {.key = "level", .form = MYO_A_NUMBER, .required = true, ANY},
    END};
static const myo_field swap_fields[] = {
    {.key = "session", .form = MYO_A_INTEGER, .required = true, .high = U32},
    {.key = "model", NAME, .required = true},
    {.key = "hash", NAME},
    END};
static const myo_field examples_fields[] = {{.key = "model", NAME}, END};
static const myo_field positions_fields[] = {
    {.key = "model", NAME, .required = true},
    {.key = "planes", PLANES},
    {.key = "layout", LAYOUT},
    {.key = "moves", .form = MYO_A_LIST, .required = true, .parts = &myo_actions},
    {.key = "drawn", .form = MYO_A_LIST, .required = true, .parts = &flag_element},
    {.key = "to_play", ACTIONS, .required = true},
    {.key = "legal", .form = MYO_A_BINARY, .required = true},
    {.key = "obs", .form = MYO_A_TENSOR, .required = true},
    {.key = "prior", .form = MYO_A_TENSOR, .required = true},
    {.key = "values", .form = MYO_A_LIST, .required = true, .parts = &number_element},
    {.key = "actions", ACTIONS, .required = true},
    END};
static const myo_field check_fields[] = {
    {.key = "model", NAME},
    {.key = "rows", .form = MYO_A_LIST, .required = true, .fewest = 1, .longest = 64, .parts = &slot_element},
    {.key = "obs", .form = MYO_A_TENSOR, .required = true},
    END};
static const myo_field checked_fields[] = {
    {.key = "differ", .form = MYO_A_LIST, .required = true, .parts = &slot_element},
    {.key = "text", .form = MYO_A_TEXT, .required = true, .longest = 65536},
    END};
static const myo_field ok_fields[] = {{.key = "found", .form = MYO_A_BOOLEAN}, END};
static const myo_field spec_fields[] = {
    {.key = "game", .form = MYO_A_MAP, .required = true, .parts = game_fields},
    {.key = "slots", .form = MYO_A_INTEGER, .required = true, .low = 1, .high = 65536},
    {.key = "mode", .form = MYO_A_WORD, .words = modes},
    {.key = "tick", .form = MYO_A_NUMBER, .above = true, .most = 1e9},
    END};
static const myo_field reset_fields[] = {
    {.key = "slots", .form = MYO_A_LIST, .required = true, .fewest = 1, .parts = &slot_element},
    {.key = "seeds", .form = MYO_A_LIST, .required = true, .parts = &seed_element},
    {.key = "moves", .form = MYO_A_LIST, .parts = &myo_actions},
    END};
static const myo_field step_fields[] = {
    {.key = "slots", .form = MYO_A_LIST, .required = true, .fewest = 1, .parts = &slot_element},
    {.key = "actions", .form = MYO_A_LIST, .required = true, .parts = &step_element},
    END};
static const myo_field states_fields[] = {
    {.key = "slots", .form = MYO_A_LIST, .required = true, .fewest = 1, .parts = &slot_element},
    {.key = "obs", .form = MYO_A_TENSOR, .required = true},
    {.key = "legal", .form = MYO_A_BINARY, .required = true},
    {.key = "to_play", ACTIONS, .required = true},
    {.key = "rewards", .form = MYO_A_TENSOR, .required = true},
    {.key = "terminated", .form = MYO_A_LIST, .required = true, .parts = &flag_element},
    {.key = "truncated", .form = MYO_A_LIST, .required = true, .parts = &flag_element},
    {.key = "ticks", .form = MYO_A_LIST, .parts = &slot_element},
    {.key = "errors", .form = MYO_A_LIST, .parts = &slot_error_element},
    END};
static const myo_field describe_fields[] = {{.key = "slot", .form = MYO_A_INTEGER, .required = true, .high = U32}, END};
static const myo_field description_fields[] = {
    {.key = "text", .form = MYO_A_TEXT, .required = true, .longest = 65536},
    {.key = "names", .form = MYO_A_LIST, .required = true, .parts = &text_element},
    END};

const myo_type_entry myo_types[MYO_TYPES] = {
    [MYO_HELLO] = {"hello", MYO_ALONE, hello_fields},
    [MYO_WELCOME] = {"welcome", MYO_ALONE, welcome_fields},
    [MYO_PING] = {"ping", MYO_REQUEST, no_fields},
    [MYO_PONG] = {"pong", MYO_REPLY, no_fields},
    [MYO_BYE] = {"bye", MYO_ALONE, bye_fields},
    [MYO_ERROR] = {"error", MYO_ALONE, error_fields},
    [MYO_OPEN] = {"open", MYO_REQUEST, open_fields},
    [MYO_OPENED] = {"opened", MYO_REPLY, opened_fields},
    [MYO_THINK] = {"think", MYO_REQUEST, think_fields},
    [MYO_INFO] = {"info", MYO_REPLY, info_fields},
    [MYO_RESULT] = {"result", MYO_REPLY, result_fields},
    [MYO_OBSERVE] = {"observe", MYO_REQUEST, observe_fields},
    [MYO_PONDER] = {"ponder", MYO_REQUEST, ponder_fields},
    [MYO_CANCEL] = {"cancel", MYO_REQUEST, cancel_fields},
    [MYO_ACT_BATCH] = {"act_batch", MYO_REQUEST, act_batch_fields},
    [MYO_ACTS] = {"acts", MYO_REPLY, acts_fields},
    [MYO_LEVEL] = {"level", MYO_REQUEST, level_fields},
    [MYO_SWAP] = {"swap", MYO_REQUEST, swap_fields},
    [MYO_CLOSE] = {"close", MYO_REQUEST, session_fields},
    [MYO_OK] = {"ok", MYO_REPLY, ok_fields},
    [MYO_EXAMPLES] = {"examples", MYO_REQUEST, examples_fields},
    [MYO_POSITIONS] = {"positions", MYO_REPLY, positions_fields},
    [MYO_CHECK] = {"check", MYO_REQUEST, check_fields},
    [MYO_CHECKED] = {"checked", MYO_REPLY, checked_fields},
    [MYO_ENV_SPEC] = {"env_spec", MYO_REQUEST, no_fields},
    [MYO_SPEC] = {"spec", MYO_REPLY, spec_fields},
    [MYO_RESET] = {"reset", MYO_REQUEST, reset_fields},
    [MYO_STEP] = {"step", MYO_REQUEST, step_fields},
    [MYO_STATES] = {"states", MYO_REPLY, states_fields},
    [MYO_DESCRIBE] = {"describe", MYO_REQUEST, describe_fields},
    [MYO_DESCRIPTION] = {"description", MYO_REPLY, description_fields},
};
