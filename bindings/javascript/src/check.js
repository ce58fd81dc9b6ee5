import { ArgumentError } from "./errors.js";
import { unpackMask } from "./mask.js";
import { elements, tensor } from "./tensor.js";

/** @typedef {import("./client.js").Client} Client */
/**
 * @typedef {object} Example a position of a real game that came with an agent
 * @property {number[]} moves the actions from the beginning, by any player
 * @property {boolean} drawn chance takes part: the moves alone do not determine the position
 * @property {number} toPlay the player to move
 * @property {number[]} legal the legal actions, ascending
 * @property {Float32Array} observation what the player to move saw, in C order
 * @property {Float32Array} prior the network's own policy, including illegal actions
 * @property {number} value what the network expects for the player to move
 * @property {number} action what `Session.think` answers with 1 simulation and temperature 0
 */
/**
 * @typedef {object} Examples
 * @property {Example[]} positions may be none
 * @property {string[]} planes what each index of an observation's first dimension holds; empty: not stated
 * @property {string} layout what its other dimensions are; empty: not stated
 */
/**
 * @typedef {object} Check
 * @property {number} compared positions that were compared; 0 if the agent has none that moves alone determine
 * @property {number[]} differ the indices of those whose observation is not what the agent learned from
 * @property {boolean} right whether positions were compared and none differs
 * @property {string} text that in words and, if known, how they differ
 */
/**
 * What the player to move sees after these actions since the beginning of a game, in C order.
 * @callback Observe
 * @param {number[]} moves
 * @returns {import("./tensor.js").Elements | any[] | Promise<import("./tensor.js").Elements | any[]>}
 */

/** Positions that one check compares at most. */
const MOST = 64;

/**
 * The positions that came with a model.
 * @param {Client} client
 * @param {string} [model]
 * @returns {Promise<Examples>}
 */
export async function examplesOf(client, model) {
  const reply = await client.ask({ t: "examples", model });
  const observations = elements(reply.obs);
  const priors = elements(reply.prior);
  const count = reply.moves.length;
  const size = count === 0 ? 0 : observations.length / count;
  const actions = count === 0 ? 0 : priors.length / count;
  const width = Math.ceil(actions / 8);
  return {
    positions: reply.moves.map((/** @type {number[]} */ moves, /** @type {number} */ row) => ({
      moves,
      drawn: reply.drawn[row],
      toPlay: reply.to_play[row],
      legal: unpackMask(reply.legal.subarray(row * width, (row + 1) * width)),
      observation: observations.slice(row * size, (row + 1) * size),
      prior: priors.slice(row * actions, (row + 1) * actions),
      value: reply.values[row],
      action: reply.actions[row],
    })),
    planes: reply.planes ?? [],
    layout: reply.layout ?? "",
  };
}

/**
 * Compare what a program shows in a model's positions with what the model saw.
 * @param {Client} client
 * @param {Observe} observe
 * @param {string} [model]
 * @returns {Promise<Check>}
 */
export async function checkObservations(client, observe, model) {
  const { positions } = await examplesOf(client, model);
  const held = model === undefined ? client.models[0] : client.models.find((each) => each.name === model);
  const rows = [];
  const shown = [];
  for (const [row, { moves, drawn, observation }] of positions.entries()) {
    if (drawn || rows.length === MOST) continue;
    const seen = Float32Array.from(/** @type {any[]} */ ([...(await observe(moves))].flat(8)));
    if (seen.length !== observation.length)
      throw new ArgumentError(`observe: expected ${observation.length} numbers after [${moves}], got ${seen.length}`);
    rows.push(row);
    shown.push(seen);
  }
  if (rows.length === 0) {
    const why = "its file has no positions that moves alone bring about";
    return { compared: 0, differ: [], right: false, text: `nothing was compared with what the agent learned from: ${why}` };
  }
  const all = new Float32Array(rows.length * shown[0].length);
  shown.forEach((seen, place) => all.set(seen, place * seen.length));
  const shape = held?.game.observation ?? [shown[0].length];
  const { differ, text } = await client.ask({ t: "check", model, rows, obs: tensor(all, [rows.length, ...shape]) });
  return { compared: rows.length, differ, right: differ.length === 0, text };
}
