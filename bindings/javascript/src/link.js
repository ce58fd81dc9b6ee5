import { decode, encode, VERSION } from "./codec.js";
import { ConnectionLostError, ProtocolError, RequestError } from "./errors.js";
import { checkSize, DEFAULT_FRAME, FIRST_FRAME, frame, FrameReader } from "./framing.js";

/** @typedef {import("./codec.js").Message} Message */
/**
 * One way to send and receive bytes.
 * @typedef {object} Transport
 * @property {boolean} framed whether frames have a length, as on streams
 * @property {(data: Uint8Array) => void} send
 * @property {() => void} close end it; `onEnd` may still be called
 * @property {(data: Uint8Array) => void} onData called with what comes
 * @property {(why: string) => void} onEnd called once when it has ended
 */

/**
 * The user of a link. Nothing that comes after `welcome` is processed before `onWelcome` has returned.
 * @typedef {object} Listener
 * @property {(link: Link) => void} onWelcome called once, when the other side has answered the handshake
 * @property {(message: Message) => void} onReply called with each reply
 * @property {(why: string, broken: boolean) => void} onLost called once when a greeted connection is lost; `broken`:
 *   because the other side broke the protocol
 */

/** The reply of each request, where it is no `error`. @type {Record<string, string>} */
const FINAL = {
  ping: "pong", open: "opened", think: "result", ponder: "result", observe: "ok", cancel: "ok", act_batch: "acts",
  examples: "positions", check: "checked",
  level: "ok", swap: "ok", close: "ok",
};

/**
 * A greeted connection to an agent: messages in, messages out. It knows no requests' meaning and never reopens
 * anything.
 */
export class Link {
  /**
   * Say `hello` and wait for `welcome`.
   * @param {Transport} transport
   * @param {Message} hello
   * @param {number} timeout seconds
   * @param {Listener} listener
   * @returns {Promise<void>}
   */
  static greet(transport, hello, timeout, listener) {
    return new Promise((resolve, reject) => {
      const link = new Link(transport, hello, listener);
      const timer = setTimeout(() => link._end(`expected welcome within ${timeout} s, got none`), timeout * 1000);
      link._greeted = (/** @type {Error | null} */ error) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve();
      };
      link._write(hello);
    });
  }

  /** @param {Transport} transport @param {Message} hello @param {Listener} listener */
  constructor(transport, hello, listener) {
    this._transport = transport;
    this._listener = listener;
    this._reader = new FrameReader(hello.frame ?? DEFAULT_FRAME);
    this._sendable = FIRST_FRAME;
    this._heartbeat = hello.heartbeat;
    /** What the acceptor said. @type {Message} */
    this.welcome = { t: "welcome" };
    /** Requests without a final reply: type by id. @type {Map<number, string>} */
    this.asked = new Map();
    this.ended = false;
    /** Whether the other side has said goodbye: it answers what is pending, and nothing new is asked. */
    this._leaving = false;
    /** @type {((error: Error | null) => void) | null} */
    this._greeted = null;
    /** @type {any} */
    this._silence = undefined;
    transport.onData = (data) => this._feed(data);
    transport.onEnd = (why) => this._end(why);
  }

  /**
   * Send a message.
   * @param {Message} message
   * @throws {RequestError} it is larger than the other side takes: nothing was sent
   */
  send(message) {
    const payload = encode(message);
    if (payload.length > this._sendable)
      throw new RequestError({
        code: "too_large", msg: `${message.t}: expected at most ${this._sendable} bytes, got ${payload.length}`,
        field: message.t, expected: `at most ${this._sendable} bytes`, got: String(payload.length),
      });
    if (message.id !== undefined && message.t in FINAL) this.asked.set(message.id, message.t);
    this._transport.send(this._transport.framed ? frame(payload) : payload);
  }

  /** Say `bye` and close. */
  close() {
    if (this.ended) return;
    this._write({ t: "bye" });
    this._finish();
  }

  /** @param {Message} message */
  _write(message) {
    const payload = encode(message);
    this._transport.send(this._transport.framed ? frame(payload) : payload);
  }

  /** @param {Uint8Array} data */
  _feed(data) {
    if (this.ended) return;
    this._listen();
    try {
      if (!this._transport.framed) {
        checkSize(data.length, this._reader.limit);
        this._meet(decode(data));
        return;
      }
      this._reader.feed(data);
      for (let payload = this._reader.next(); payload !== null && !this.ended; payload = this._reader.next())
        this._meet(decode(payload));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const { code, message, field, expected, got } = error;
      this._write({ t: "error", code, msg: message, field, expected, got });
      this._end(`the server broke the protocol: ${message}`, true);
    }
  }

  /** @param {Message} message */
  _meet(message) {
    if (this._greeted !== null) return this._settle(message);
    if (message.t === "ping") return this._write({ t: "pong", id: message.id });
    if (message.t === "bye") {
      this._leaving = true;
      return this._leave();
    }
    if (message.t === "error" && message.id === undefined)
      return this._end(`${message.code}: ${message.msg}`);
    const request = this.asked.get(message.id);
    const partial = message.t === "info" && (request === "think" || request === "ponder");
    if (request === undefined || !(partial || message.t === "error" || FINAL[request] === message.t))
      throw new ProtocolError("unexpected", "t", `a reply to ${request ?? "a pending request"}`, message.t);
    if (!partial) this.asked.delete(message.id);
    this._listener.onReply(message);
    this._leave();
  }

  /** After the other side's goodbye the connection ends as soon as nothing is pending. */
  _leave() {
    if (this._leaving && this.asked.size === 0) this._end("the server has said goodbye");
  }

  /** @param {Message} message */
  _settle(message) {
    if (message.t === "error") {
      this._refuse(new RequestError(/** @type {any} */ (message)));
    } else if (message.t !== "welcome") {
      throw new ProtocolError("unexpected", "t", "welcome", message.t);
    } else if (message.proto !== VERSION) {
      throw new ProtocolError("version", "welcome.proto", String(VERSION), String(message.proto));
    } else if (message.role !== "agent") {
      throw new ProtocolError("role", "welcome.role", "agent", message.role);
    } else {
      this.welcome = message;
      this._sendable = message.frame ?? DEFAULT_FRAME;
      this._heartbeat = message.heartbeat ?? this._heartbeat;
      const greeted = this._greeted;
      this._greeted = null;
      this._listen();
      this._listener.onWelcome(this);
      greeted?.(null);
    }
  }

  /** @param {Error} error */
  _refuse(error) {
    const greeted = this._greeted;
    this._greeted = null;
    this.ended = true;
    this._transport.close();
    greeted?.(error);
  }

  /** After a silence ask whether the other side is there; after another give it up. */
  _listen() {
    clearTimeout(this._silence);
    if (!this._heartbeat || this._greeted !== null || this.ended) return;
    this._silence = setTimeout(() => {
      let id = 0xffffffff;
      while (this.asked.has(id)) id--;
      this.asked.set(id, "ping");
      this._write({ t: "ping", id });
      const total = 2 * this._heartbeat;
      this._silence = setTimeout(() => this._end(`expected a word within ${total} s, got none`), this._heartbeat * 1000);
    }, this._heartbeat * 1000);
  }

  /** @param {string} why @param {boolean} [broken] whether the other side broke the protocol */
  _end(why, broken = false) {
    if (this.ended) return;
    if (this._greeted !== null) return this._refuse(new ConnectionLostError(why));
    this._finish();
    this._listener.onLost(why, broken);
  }

  _finish() {
    this.ended = true;
    clearTimeout(this._silence);
    this._transport.close();
  }
}
