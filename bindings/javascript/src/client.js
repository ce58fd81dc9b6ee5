import { checkObservations, examplesOf } from "./check.js";
import { VERSION } from "./codec.js";
import { ConnectionLostError, RequestError } from "./errors.js";
import { Link } from "./link.js";
import { Session } from "./session.js";
import { tensor } from "./tensor.js";
import { checkActs } from "./legality.js";
import { limitOf } from "./limit.js";

/** @typedef {import("./codec.js").Message} Message */
/** @typedef {import("./link.js").Transport} Transport */
/**
 * @typedef {object} ConnectOptions
 * @property {string} [token] what the server requires; the discovery file's if not given
 * @property {number} [timeout] seconds that connecting may take; 30 if not given
 * @property {number} [heartbeat] seconds of silence after which each side checks whether the other is there; 0 for
 *   never; 10 if not given
 * @property {number} [resume] seconds to try to restore a lost connection, with its sessions and requests; 0
 *   for never; 30 if not given
 * @property {string} [name] program and version, for the server's log
 */
/** @typedef {{name: string, players: number, actions: number, observation: number[], returns: [number, number], zero_sum?: boolean, movers?: "alternate" | "predicted", final_rewards_only?: boolean, stochastic?: boolean, max_length?: number, planes?: string[], layout?: string}} GameSpec */
/** @typedef {{name: string, hash: string, game: GameSpec, levels?: number[], elo?: number[], simulations?: number, provider?: string}} Model */
/** @typedef {{queue: number, network: number, search: number, total: number}} Times seconds */
/** @typedef {{actions: number[], values: number[], simulations: number[], stop: string, times: Times, provider: string, model: string}} Acts */
/** @typedef {{message: Message, resolve: (reply: any) => void, reject: (error: Error) => void, onInfo?: (info: Message) => void, check?: (reply: Message) => void}} Waiting */

const RETRY = 0.2;

/** A connection to an agent server; made by `connect`. */
export class Client {
  /**
   * @param {string} url for messages
   * @param {() => Promise<Transport>} dial
   * @param {ConnectOptions} options
   */
  constructor(url, dial, options) {
    this._url = url;
    this._dial = dial;
    this._options = { timeout: 30, heartbeat: 10, resume: 30, name: "myoshu.js", ...options };
    this._next = 1;
    /** @type {Map<number, Waiting>} */
    this._waiting = new Map();
    /** @type {Link | null} */
    this._link = null;
    /** @type {Error | null} */
    this._failure = null;
    /** Counts the server's memories of this client: sessions of another are gone. */
    this.era = 0;
    /** @type {Message} */
    this._welcome = { t: "welcome" };
  }

  /** What the server can play with; the first is the default. @returns {Model[]} */
  get models() {
    return this._welcome.models ?? [];
  }

  /** What this connection may ask for. @returns {{sessions: number, thinking: number, simulations: number, batch: number} | undefined} */
  get limits() {
    return this._welcome.limits;
  }

  /** The server's name and version. @returns {string | undefined} */
  get server() {
    return this._welcome.name;
  }

  /** The handshake. @returns {Promise<this>} */
  async open() {
    await this._greet();
    return this;
  }

  /**
   * Take a seat in a game.
   * @param {object} [options]
   * @param {string} [options.model] its name; the first if not given
   * @param {string} [options.hash] what the model's hash must be
   * @param {number | bigint} [options.seed] of the session's random numbers; another each time if not given
   * @param {number} [options.level] how strongly to play, one of the model's levels
   * @param {number} [options.elo] the same in measured points above random play, between those of two levels
   * @param {number} [options.temperature] how freely moves are drawn; 0 plays the best
   * @param {boolean} [options.keepTree] whether searches continue from the kept tree after moves that were reported
   * @returns {Promise<Session>}
   * @throws {RequestError} the server refuses
   */
  async newSession({ model, hash, seed, level, elo, temperature, keepTree } = {}) {
    const settings = { temperature, keep_tree: keepTree };
    const options = temperature === undefined && keepTree === undefined ? undefined : settings;
    return new Session(this, await this.ask({ t: "open", model, hash, seed, level, elo, options }));
  }

  /**
   * Moves for a crowd, without sessions.
   * @param {import("./tensor.js").Elements} observations the rows, concatenated
   * @param {object} options
   * @param {number} options.rows how many
   * @param {Uint8Array} [options.legal] masks, each row beginning with a new byte
   * @param {number[]} [options.toPlay]
   * @param {string} [options.model]
   * @param {number} [options.time] seconds
   * @param {number} [options.simulations]
   * @param {number} [options.temperature]
   * @param {number | bigint} [options.seed] row i plays as a new session with seed + i
   * @returns {Promise<Acts>}
   */
  actBatch(observations, { rows, legal, toPlay, model, time, simulations, temperature, seed }) {
    const held = model === undefined ? this.models[0] : this.models.find((each) => each.name === model);
    const shape = held?.game.observation ?? [observations.length / rows];
    const request = {
      t: "act_batch", model, obs: tensor(observations, [rows, ...shape]), legal, to_play: toPlay, temperature, seed,
      ...limitOf({ time, simulations }),
    };
    return this.ask(request, undefined, undefined, (acts) => checkActs(acts, rows, held?.game.actions, legal));
  }

  /**
   * A few positions of real games that came with a model: what it saw in them, and its network's outputs.
   * @param {string} [model] its name; the first if not given
   * @returns {Promise<import("./check.js").Examples>}
   * @throws {RequestError} the server is older than this request
   */
  examples(model) {
    return examplesOf(this, model);
  }

  /**
   * Check that a model is shown what it learned from: an observation of the right size may still hold other planes, in
   * another order or turned, and then the agent plays badly and nothing else shows it.
   * @param {import("./check.js").Observe} observe
   * @param {string} [model] its name; the first if not given
   * @returns {Promise<import("./check.js").Check>}
   * @throws {RequestError} the server is older than this request
   */
  checkObservations(observe, model) {
    return checkObservations(this, observe, model);
  }

  /**
   * Make any request and wait for its final reply.
   * @param {Message} message without an id
   * @param {(info: Message) => void} [onInfo]
   * @param {AbortSignal} [signal] ends thinking: the reply is then the best so far
   * @param {(reply: Message) => void} [check] throws a `ProtocolError` if the reply does not answer this request
   * @returns {Promise<any>}
   * @throws {RequestError} the server answered with an error
   * @throws {ConnectionLostError} the server is gone
   */
  ask(message, onInfo, signal, check) {
    return new Promise((resolve, reject) => {
      if (this._failure !== null) throw this._failure;
      const id = this._takeId();
      const request = { ...message, id };
      const abort = () => this._cancel(id);
      const done = () => signal?.removeEventListener("abort", abort);
      this._waiting.set(id, {
        message: request,
        onInfo,
        check,
        resolve: (reply) => (done(), resolve(reply)),
        reject: (error) => (done(), reject(error)),
      });
      try {
        if (this._link !== null) this._link.send(request);
      } catch (error) {
        this._waiting.delete(id);
        throw error;
      }
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
    });
  }

  /** Whether the server is there. @returns {Promise<void>} */
  async ping() {
    await this.ask({ t: "ping" });
  }

  /** Say goodbye; the server takes all sessions back. Requests under way end with an error. */
  close() {
    this._link?.close();
    this._fail(new ConnectionLostError(`${this._url}: the connection is closed`));
  }

  /** @param {number} id */
  _cancel(id) {
    if (this._waiting.has(id)) this.ask({ t: "cancel", request: id }).catch(() => {});
  }

  _takeId() {
    while (this._waiting.has(this._next)) this._next = (this._next % 0x7fffffff) + 1;
    const id = this._next;
    this._next = (this._next % 0x7fffffff) + 1;
    return id;
  }

  /** @param {string} [ticket] of the connection that was lost */
  async _greet(ticket) {
    const { token, timeout, heartbeat, resume, name } = this._options;
    const caps = resume > 0 ? ["batch", "examples", "stream", "resume"] : ["batch", "examples", "stream"];
    const pending = ticket === undefined ? undefined : [...this._waiting.keys()];
    const proto = [VERSION, VERSION];
    const hello = { t: "hello", proto, role: "player", name, token, caps, heartbeat, resume: ticket, pending };
    try {
      await Link.greet(await this._dial(), hello, timeout, {
        onWelcome: (link) => this._take(link, pending),
        onReply: (message) => this._meet(message),
        onLost: (why, broken) => void this._recover(why, broken),
      });
    } catch (error) {
      if (error instanceof ConnectionLostError) throw new ConnectionLostError(`${this._url}: ${error.message}`);
      throw error;
    }
  }

  /**
   * Take over a link whose handshake is complete.
   * @param {Link} link
   * @param {number[]} [pending] requests that the server was asked to resume, if a connection had been lost
   */
  _take(link, pending) {
    if (this._failure !== null) return link.close();
    this._welcome = link.welcome;
    this._link = link;
    if (pending === undefined) return;
    if (!link.welcome.resumed) this.era++;
    for (const id of pending) {
      const waiting = this._waiting.get(id);
      if (waiting === undefined) continue;
      if (link.welcome.resumed) link.asked.set(id, waiting.message.t);
      else {
        this._waiting.delete(id);
        waiting.reject(new ConnectionLostError(`${this._url}: the server was restarted: the session is gone`));
      }
    }
    for (const [id, waiting] of this._waiting) if (!pending.includes(id)) link.send(waiting.message);
  }

  /** @param {Message} message */
  _meet(message) {
    const waiting = this._waiting.get(message.id);
    if (waiting === undefined) return;
    if (message.t === "info") return waiting.onInfo?.(message);
    if (message.t === "error" && message.code === "lost" && this._link !== null) return this._link.send(waiting.message);
    if (message.t !== "error") waiting.check?.(message);
    this._waiting.delete(message.id);
    if (message.t === "error") waiting.reject(new RequestError(/** @type {any} */ (message)));
    else waiting.resolve(message);
  }

  /** @param {string} why @param {boolean} broken whether the server broke the protocol, and would again */
  async _recover(why, broken) {
    const ticket = broken ? undefined : this._welcome.ticket;
    this._link = null;
    const end = Date.now() + this._options.resume * 1000;
    let said = why;
    while (ticket !== undefined && this._failure === null && Date.now() < end) {
      try {
        return await this._greet(ticket);
      } catch (error) {
        said = /** @type {Error} */ (error).message;
        if (error instanceof RequestError && error.code !== "shutdown") break;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY * 1000));
    }
    this._fail(new ConnectionLostError(said.startsWith(this._url) ? said : `${this._url}: ${said}`));
  }

  /** @param {Error} error every request under way ends with it */
  _fail(error) {
    this._failure ??= error;
    this._link = null;
    const waiting = [...this._waiting.values()];
    this._waiting.clear();
    for (const each of waiting) each.reject(this._failure);
  }
}

