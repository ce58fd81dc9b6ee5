import { ConnectionLostError } from "./errors.js";
import { limitOf } from "./limit.js";
import { checkResult } from "./legality.js";
import { elements, tensor } from "./tensor.js";

/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./client.js").Times} Times */
/**
 * @typedef {object} Info the best so far
 * @property {number} action
 * @property {number} value what the player to move can expect
 * @property {number} simulations made so far
 * @property {number} elapsed seconds since the request arrived
 * @property {Float32Array} [policy] one for each action
 * @property {Int32Array} [visits] one for each action
 * @property {number[]} [pv] the line of play expected
 */
/**
 * @typedef {object} Decision
 * @property {number} action what to play: always a legal action
 * @property {number} value what the player to move can expect, in the game's units
 * @property {number[]} values the same for each player
 * @property {Float32Array} policy one for each action, adding up to 1
 * @property {Int32Array} visits one for each action
 * @property {number[]} pv the line of play expected; beyond the first it is imagined
 * @property {number} simulations made for this request
 * @property {"simulations" | "time" | "capacity" | "only_move" | "stopped"} stop why it ended
 * @property {Times} times seconds
 * @property {string} provider what computed the network
 * @property {string} model
 */
/**
 * @typedef {object} ThinkOptions
 * @property {Iterable<number> | Uint8Array} [legal] the legal actions, or a mask as `packMask` makes; all if not given
 * @property {number} [toPlay] the player to move; else player 0, or whose turn it is after the reported moves
 * @property {number[]} [moves] actions actually made since the last request
 * @property {number} [time] seconds
 * @property {number} [simulations]
 * @property {number} [priority] 0, 1 or 2; 1 if not given (of no effect on pondering)
 * @property {(info: Info) => void} [onInfo] called with the best so far while it thinks
 * @property {("policy" | "visits" | "pv")[]} [stream] what each info has besides action and value
 * @property {number} [every] seconds between two infos; 0.1 if not given
 * @property {AbortSignal} [signal] ends thinking: the decision is then the best so far
 */

/** One seat in one game, on a server; made by `Client.newSession`. */
export class Session {
  /**
   * @param {Client} client
   * @param {{session: number, model: string, hash: string, simulations: number}} opened
   */
  constructor(client, opened) {
    this._client = client;
    this._era = client.era;
    /** Its number on the server. */
    this.number = opened.session;
    /** What it plays with. */
    this.model = opened.model;
    /** Hash of the game's and the network's specification. */
    this.hash = opened.hash;
    /** What a move gets where no limit is given. */
    this.simulations = opened.simulations;
  }

  /**
   * Decide on a move.
   * @param {import("./tensor.js").Elements | any[]} observation what the player to move sees, in C order
   * @param {ThinkOptions} [options]
   * @returns {Promise<Decision>}
   * @throws {RequestError} the server answered with an error
   */
  think(observation, options = {}) {
    return this._search("think", observation, options);
  }

  /**
   * Think while another player decides; the next request for the session ends it.
   * @param {import("./tensor.js").Elements | any[]} observation what the player to move sees
   * @param {ThinkOptions} [options]
   * @returns {Promise<Decision>}
   */
  ponder(observation, options = {}) {
    return this._search("ponder", observation, options);
  }

  /**
   * Report moves actually made, by any player.
   * @param {...number} moves
   */
  async observe(...moves) {
    await this._ask({ t: "observe", moves });
  }

  /**
   * Set how strongly to play from now on.
   * @param {number} level one of the model's
   */
  async setLevel(level) {
    await this._ask({ t: "level", level });
  }

  /**
   * Continue with another model of the same game.
   * @param {string} model
   * @param {string} [hash] what its hash must be
   */
  async swap(model, hash) {
    await this._ask({ t: "swap", model, hash });
    this.model = model;
  }

  /** Give the seat back. What it still thinks about is ended first. */
  async close() {
    await this._ask({ t: "close" });
  }

  /**
   * @param {string} t
   * @param {import("./tensor.js").Elements | any[]} observation
   * @param {ThinkOptions} options
   * @returns {Promise<Decision>}
   */
  async _search(t, observation, options) {
    const { legal, toPlay, moves, onInfo, stream, every, signal, priority } = options;
    const game = this._client.models.find((each) => each.name === this.model)?.game;
    const allowed = legal === undefined || legal instanceof Uint8Array ? legal?.slice() : [...legal];
    const request = {
      t,
      obs: tensor(observation, game?.observation),
      legal: allowed,
      to_play: toPlay,
      moves,
      ...limitOf(options),
      stream: onInfo === undefined ? undefined : (stream ?? []),
      every,
      priority: t === "think" ? priority : undefined,
    };
    const tell = onInfo && ((/** @type {any} */ info) => onInfo(opened(info)));
    return opened(await this._ask(request, tell, signal, (reply) => checkResult(reply, game?.actions, allowed)));
  }

  /**
   * @param {import("./codec.js").Message} message
   * @param {(info: any) => void} [onInfo]
   * @param {AbortSignal} [signal]
   * @param {(reply: import("./codec.js").Message) => void} [check]
   */
  async _ask(message, onInfo, signal, check) {
    if (this._era !== this._client.era)
      throw new ConnectionLostError(`session ${this.number}: expected a server that knows it, got a restarted one`);
    return this._client.ask({ ...message, session: this.number }, onInfo, signal, check);
  }
}

/**
 * A reply with arrays in place of tensors.
 * @param {any} reply
 * @returns {any}
 */
function opened({ t: _type, id: _id, policy, visits, ...rest }) {
  if (policy !== undefined) rest.policy = elements(policy);
  if (visits !== undefined) rest.visits = elements(visits);
  return rest;
}
