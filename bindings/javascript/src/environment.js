import { IllegalActionError, ProtocolError } from "./errors.js";
import { packMask } from "./mask.js";
import { tensor } from "./tensor.js";

/** @typedef {import("./codec.js").Message} Message */
/**
 * A game in progress.
 * @typedef {object} State
 * @property {() => number} toPlay the player to move
 * @property {() => number[]} legalActions ascending; at least one until the end
 * @property {(action: number) => ArrayLike<number> | void} apply play it; returns the rewards, or nothing for 0
 * @property {() => boolean} isTerminal
 * @property {() => ArrayLike<number>} observation what the player to move sees, in C order
 * @property {boolean} [truncated] whether the end came from outside, not from the rules
 */
/**
 * The rules of a game.
 * @typedef {object} Game
 * @property {import("./client.js").GameSpec} spec
 * @property {(seed: number | bigint) => State} newState a game at its beginning; the seed decides all chance in it
 * @property {(state: any, action: number) => string} [actionName] for a person
 */

/** Answers one trainer's requests with a game; games wait for their next step (lockstep). It knows no sockets. */
export class EnvironmentService {
  /**
   * @param {Game} game
   * @param {number} slots how many games at once
   */
  constructor(game, slots) {
    this._game = game;
    /** @type {(State | null)[]} */
    this._states = new Array(slots).fill(null);
  }

  /**
   * The reply to a request.
   * @param {Message} request
   * @returns {Message}
   */
  handle(request) {
    const { t, id } = request;
    try {
      switch (t) {
        case "ping":
          return { t: "pong", id };
        case "env_spec":
          return { t: "spec", id, game: this._game.spec, slots: this._states.length };
        case "reset":
          return this._each(request, (slot, row) => this._begin(slot, request.seeds[row], request.moves?.[row] ?? []));
        case "step":
          return this._each(request, (slot, row) => this._play(slot, request.actions[row]));
        case "describe":
          return this._describe(request);
        default:
          throw new ProtocolError("unexpected", "t", "a request of a trainer", t);
      }
    } catch (error) {
      if (error instanceof ProtocolError) {
        const { code, message: msg, field, expected, got } = error;
        return { t: "error", id, code, msg, field, expected, got };
      }
      return { t: "error", id, code: "environment", msg: said(error) };
    }
  }

  /** @param {number} slot @param {number | bigint} seed @param {number[]} moves */
  _begin(slot, seed, moves) {
    this._states[slot] = null;
    const state = this._game.newState(seed);
    const paid = new Float32Array(this._game.spec.players);
    for (const action of moves) {
      if (state.isTerminal()) throw new IllegalActionError(`expected no action after the end, got ${action}`);
      this._apply(state, action).forEach((reward, player) => (paid[player] += reward));
    }
    this._states[slot] = state;
    return paid;
  }

  /** @param {number} slot @param {number} action */
  _play(slot, action) {
    const state = this._states[slot];
    if (state === null || state.isTerminal()) return null;
    try {
      return this._apply(state, action);
    } catch (error) {
      if (!(error instanceof IllegalActionError)) this._states[slot] = null;
      throw error;
    }
  }

  /** @param {State} state @param {number} action @returns {number[]} */
  _apply(state, action) {
    if (!state.legalActions().includes(action))
      throw new IllegalActionError(`expected one of ${state.legalActions().slice(0, 32)}, got ${action}`);
    const paid = state.apply(action);
    return paid === undefined ? new Array(this._game.spec.players).fill(0) : Array.from(paid);
  }

  /**
   * The state of slots after something was done in each.
   * @param {Message} request
   * @param {(slot: number, row: number) => ArrayLike<number> | null} act rewards, or null where no game is in progress
   * @returns {Message}
   */
  _each({ t, id, slots }, act) {
    this._check(t, slots);
    const { players, actions, observation } = this._game.spec;
    const rows = slots.length;
    const size = observation.reduce((product, side) => product * side, 1);
    const width = (actions + 7) >> 3;
    const observations = new Float32Array(rows * size);
    const legal = new Uint8Array(rows * width);
    const rewards = new Float32Array(rows * players);
    const toPlay = new Array(rows).fill(0);
    const terminated = new Array(rows).fill(false);
    const truncated = new Array(rows).fill(false);
    /** @type {{slot: number, code: string, msg: string}[]} */
    const errors = [];
    slots.forEach((/** @type {number} */ slot, /** @type {number} */ row) => {
      try {
        const paid = act(slot, row);
        if (paid === null) {
          errors.push({ slot, code: "ended", msg: `slot ${slot}: expected a game in progress` });
          return;
        }
        const state = /** @type {State} */ (this._states[slot]);
        const seen = state.observation();
        if (seen.length !== size) throw new Error(`observation: expected ${size} numbers, got ${seen.length}`);
        if (paid.length !== players) throw new Error(`apply: expected ${players} rewards, got ${paid.length}`);
        const over = state.isTerminal();
        observations.set(seen, row * size);
        rewards.set(paid, row * players);
        if (over) (state.truncated ? truncated : terminated)[row] = true;
        else {
          legal.set(packMask(state.legalActions(), actions), row * width);
          toPlay[row] = state.toPlay();
        }
      } catch (error) {
        const illegal = error instanceof IllegalActionError;
        if (!illegal || t === "reset") this._states[slot] = null;
        errors.push({ slot, code: illegal ? "illegal_action" : "environment", msg: said(error) });
      }
    });
    return {
      t: "states", id, slots, obs: tensor(observations, [rows, ...observation]), legal, to_play: toPlay,
      rewards: tensor(rewards, [rows, players]), terminated, truncated, errors: errors.length ? errors : undefined,
    };
  }

  /** @param {Message} request @returns {Message} */
  _describe({ id, slot }) {
    this._check("describe", [slot]);
    const state = this._states[slot];
    if (state === null) throw new ProtocolError("invalid", "describe.slot", "one with a game", String(slot));
    const legal = state.isTerminal() ? [] : state.legalActions();
    const names = legal.map((action) => this._game.actionName?.(state, action) ?? String(action));
    return { t: "description", id, text: String(state), names };
  }

  /** @param {string} kind @param {number[]} slots */
  _check(kind, slots) {
    const most = slots.reduce((greatest, slot) => Math.max(greatest, slot), 0);
    if (most >= this._states.length)
      throw new ProtocolError("invalid", `${kind}.slots`, `slots below ${this._states.length}`, String(most));
  }
}

/** @param {unknown} error */
function said(error) {
  return error instanceof IllegalActionError ? error.message : String(error).split("\n")[0].slice(0, 1000);
}
