import {
  binary, boolean, dictionary, either, float, integer, invalid, list, map, number, seed, tensorField, text, word,
} from "./fields.js";

/** @typedef {import("./fields.js").Check} Check */

const id = integer(1, 0xffffffff);
const count = integer(1, 0x7fffffff);
const slot = integer(0, 0xffffffff);
const action = integer(0, 0x7fffffff);
const actions = list(action);
const name = text(128);
const words = list(name, 0, 64);
const prose = text(65536);
const version = integer(1, 0xffff);
const frameSize = integer(1 << 16, 1 << 30);
const seconds = float(0, 1e9, true);
const every = float(0.01, 1e9);
const whole = integer(0, Number.MAX_SAFE_INTEGER);
const priority = integer(0, 2);
const stop = word("simulations", "time", "capacity", "only_move", "stopped");
const role = word("player", "agent", "trainer", "environment");
const heartbeat = float(0, 3600);

const planes = list(text(256, 1), 0, 1024);
const layout = text(1024);

/** What is fixed about a game. */
export const game = map(
  {
    name: text(65536), players: integer(1, 64), actions: count, observation: list(count, 0, 8),
    returns: list(float(-Number.MAX_VALUE, Number.MAX_VALUE), 2, 2),
  },
  {
    zero_sum: boolean, movers: word("alternate", "predicted"), final_rewards_only: boolean, stochastic: boolean,
    max_length: integer(1, 2 ** 31), planes, layout,
  },
  (value, path) => {
    const [least, greatest] = value.returns;
    if (!(least <= greatest)) invalid(`${path}.returns`, "two numbers in order", `${least}, ${greatest}`);
    if (value.planes?.length && value.planes.length !== value.observation[0])
      invalid(`${path}.planes`, `${value.observation[0]} texts, one a plane`, value.planes.length);
  },
);
const model = map(
  { name, hash: name, game },
  { levels: list(number), elo: list(number), simulations: count, provider: name },
  (value, path) => {
    const levels = value.levels?.length ?? 0;
    if (value.elo && value.elo.length !== levels) invalid(`${path}.elo`, `${levels}, one a level`, value.elo.length);
  },
);
const limits = map({ sessions: whole, thinking: whole, simulations: whole, batch: whole });
const option = map(
  { name, type: word("int", "float", "bool"), default: either(boolean, number, (value) => typeof value === "boolean") },
  { min: number, max: number },
);
const setting = either(boolean, number, (value) => typeof value === "boolean");
const legal = either(binary, actions, (value) => value instanceof Uint8Array);
const times = map({ queue: number, network: number, search: number, total: number });
const slotError = map({ slot, code: word("illegal_action", "ended", "environment"), msg: prose });

/** @type {Record<string, Check>} */
const search = {
  legal, to_play: action, moves: actions, time: seconds, simulations: count,
  stream: list(word("policy", "visits", "pv"), 0, 8), every,
};
/** @type {Record<string, Check>} */
const played = { simulations: whole, stop, times, provider: name, model: name };

/** @param {any} value @param {string} path @param {string} [key] */
function differentSlots(value, path, key = "slots") {
  if (value[key].length === 0) invalid(`${path}.${key}`, "at least 1", "none");
  if (new Set(value[key]).size !== value[key].length) invalid(`${path}.${key}`, "different ones", "one twice");
}

/** @param {any} value @param {string} path @param {number} count @param {...string} fields tensors */
function oneRowEach(value, path, count, ...fields) {
  for (const field of fields)
    if (value[field].sh[0] !== count) invalid(`${path}.${field}.sh`, `${count} rows`, `[${value[field].sh}]`);
}

/** @param {any} value @param {string} path @param {...string} fields */
function oneEach(value, path, ...fields) {
  for (const field of fields)
    if (value[field] !== undefined && value[field].length !== value.slots.length)
      invalid(`${path}.${field}`, `${value.slots.length}, one a slot`, value[field].length);
}

/** Every message by its type. @type {Record<string, Check>} */
export const MESSAGES = {
  hello: map(
    { proto: list(integer(0, 0xffff), 2, 2), role },
    {
      name, token: text(1024), caps: words, frame: frameSize, heartbeat, resume: name, pending: list(id, 0, 4096),
      models: list(model, 0, 256),
    },
    (value, path) => {
      if (value.proto[0] > value.proto[1]) invalid(`${path}.proto`, "two versions in order", `${value.proto}`);
      if (value.heartbeat > 0 && value.heartbeat < 0.05)
        invalid(`${path}.heartbeat`, "0 or from 0.05", value.heartbeat);
    },
  ),
  welcome: map(
    { proto: version, role },
    {
      name, caps: words, frame: frameSize, heartbeat, models: list(model, 0, 256), limits,
      options: list(option, 0, 64), ticket: name, resumed: boolean,
    },
  ),
  ping: map({ id }),
  pong: map({ id }),
  bye: map({}, { reason: prose }),
  error: map({ code: name, msg: prose }, { id, field: prose, expected: prose, got: prose, retry: number }),
  open: map({ id }, { model: name, hash: name, seed, level: number, elo: number, options: dictionary(setting) }),
  opened: map({ id, session: slot, model: name, hash: name, simulations: count }),
  think: map({ id, session: slot, obs: tensorField }, { ...search, priority }),
  ponder: map({ id, session: slot, obs: tensorField }, search),
  info: map(
    { id, action, value: number, simulations: whole, elapsed: number },
    { policy: tensorField, visits: tensorField, pv: actions },
  ),
  result: map({
    id, action, value: number, values: list(number), policy: tensorField, visits: tensorField, pv: actions, ...played,
  }),
  observe: map({ id, session: slot, moves: actions }),
  cancel: map({ id, request: id }),
  act_batch: map(
    { id, obs: tensorField },
    {
      model: name, legal: binary, to_play: actions, time: seconds, simulations: count, temperature: float(0, 1e6), seed,
      priority,
    },
  ),
  acts: map({ id, actions, values: list(number), ...played, simulations: list(whole) }),
  level: map({ id, session: slot, level: number }),
  swap: map({ id, session: slot, model: name }, { hash: name }),
  close: map({ id, session: slot }),
  examples: map({ id }, { model: name }),
  positions: map(
    {
      id, model: name, moves: list(actions), drawn: list(boolean), to_play: actions, legal: binary, obs: tensorField,
      prior: tensorField, values: list(number), actions,
    },
    { planes, layout },
    (value, path) => {
      const count = value.moves.length;
      for (const field of ["drawn", "to_play", "values", "actions"])
        if (value[field].length !== count) invalid(`${path}.${field}`, `${count}, one a position`, value[field].length);
      oneRowEach(value, path, count, "obs", "prior");
    },
  ),
  check: map({ id, rows: list(slot, 1, 64), obs: tensorField }, { model: name }, (value, path) => {
    differentSlots(value, path, "rows");
    oneRowEach(value, path, value.rows.length, "obs");
  }),
  checked: map({ id, differ: list(slot), text: prose }),
  ok: map({ id }, { found: boolean }),
  env_spec: map({ id }),
  spec: map({ id, game, slots: integer(1, 65536) }, { mode: word("lockstep", "realtime"), tick: seconds }),
  reset: map({ id, slots: list(slot), seeds: list(seed) }, { moves: list(actions) }, (value, path) => {
    differentSlots(value, path);
    oneEach(value, path, "seeds", "moves");
  }),
  step: map({ id, slots: list(slot), actions: list(integer(-1, 0x7fffffff)) }, {}, (value, path) => {
    differentSlots(value, path);
    oneEach(value, path, "actions");
  }),
  states: map(
    {
      id, slots: list(slot), obs: tensorField, legal: binary, to_play: actions, rewards: tensorField,
      terminated: list(boolean), truncated: list(boolean),
    },
    { ticks: list(slot), errors: list(slotError) },
    (value, path) => {
      differentSlots(value, path);
      oneEach(value, path, "to_play", "terminated", "truncated", "ticks");
      oneRowEach(value, path, value.slots.length, "obs", "rewards");
    },
  ),
  describe: map({ id, slot }),
  description: map({ id, text: prose, names: list(prose) }),
};

/** Messages that carry no id. */
export const WITHOUT_ID = new Set(["hello", "welcome", "bye", "error"]);
