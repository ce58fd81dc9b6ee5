import { createHash, timingSafeEqual } from "node:crypto";
import net from "node:net";
import { decode, encode, VERSION } from "./codec.js";
import { EnvironmentService } from "./environment.js";
import { ArgumentError, ConnectionLostError, ProtocolError, RequestError, MyoshuError } from "./errors.js";
import { DEFAULT_FRAME, FIRST_FRAME, frame, FrameReader } from "./framing.js";
import { game as checkGame } from "./schema.js";

/** @typedef {import("./codec.js").Message} Message */
/** @typedef {{url: string, port: number, close: () => Promise<void>}} EnvironmentServer */
/** @typedef {(why: MyoshuError | null) => void} Ended hears once how a conversation ended: null for a goodbye */

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const HANDSHAKE = 10_000;
const PAUSE = 200; // milliseconds between two attempts to connect
const NAME = "myoshu.js environment";
const REQUESTS = new Set(["ping", "env_spec", "reset", "step", "describe"]);

/**
 * Serve a game to trainers over TCP: `myoshu train tcp://127.0.0.1:PORT` learns it. Each trainer has its own slots.
 * @param {import("./environment.js").Game} game
 * @param {object} [options]
 * @param {string} [options.host] beyond this machine a token is needed
 * @param {number} [options.port] 0 for any free one
 * @param {number} [options.slots] how many games at once for each trainer
 * @param {string} [options.token] what trainers must show
 * @returns {Promise<EnvironmentServer>}
 * @throws {ArgumentError} the game's specification is wrong
 */
export async function serveEnvironment(game, { host = "127.0.0.1", port = 0, slots = 256, token } = {}) {
  checkArguments(game, slots);
  if (!LOOPBACK.has(host) && !token) throw new ArgumentError(`token: expected one to listen on ${host}, got none`);
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, new EnvironmentService(game, slots), token, false, () => {});
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(undefined));
  });
  const chosen = /** @type {net.AddressInfo} */ (server.address()).port;
  return {
    url: `tcp://${host.includes(":") ? `[${host}]` : host}:${chosen}`,
    port: chosen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.end(frame(encode({ t: "bye" })), () => socket.destroy());
      }),
  };
}

/**
 * Connect to a trainer that listens (`myoshu train --listen HOST:PORT`) and serve it a game until it says goodbye. A
 * trainer that has not started yet, or is lost, is waited for.
 * @param {import("./environment.js").Game} game
 * @param {object} options
 * @param {string} [options.host]
 * @param {number} options.port
 * @param {number} [options.slots] how many games at once
 * @param {string} [options.token] what the trainer requires
 * @param {number} [options.patience] seconds for which a trainer is waited for
 * @returns {Promise<void>}
 * @throws {ArgumentError} the game's specification is wrong
 * @throws {ConnectionLostError} no trainer came within the patience
 * @throws {RequestError} the trainer refuses
 */
export async function joinTrainer(game, { host = "127.0.0.1", port, slots = 256, token, patience = 60 }) {
  checkArguments(game, slots);
  for (let limit = Date.now() + 1000 * patience; ; ) {
    const { why, met } = await join(game, host, port, slots, token);
    if (why === null) return;
    if (!(why instanceof ConnectionLostError)) throw why;
    if (met) limit = Date.now() + 1000 * patience;
    else if (Date.now() >= limit) throw why;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/**
 * One conversation with a trainer that listens: returns how it ended, and whether it had begun.
 * @param {import("./environment.js").Game} game
 * @param {string} host @param {number} port @param {number} slots @param {string | undefined} token
 * @returns {Promise<{why: MyoshuError | null, met: boolean}>}
 */
function join(game, host, port, slots, token) {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const early = (/** @type {Error} */ error) =>
      resolve({ why: new ConnectionLostError(`${host}:${port}: expected a trainer, got: ${error.message}`), met: false });
    socket.once("error", early);
    socket.once("connect", () => {
      socket.removeListener("error", early);
      serve(socket, new EnvironmentService(game, slots), token, true, (why) => resolve({ why, met: true }));
    });
  });
}

/** @param {import("./environment.js").Game} game @param {number} slots */
function checkArguments(game, slots) {
  try {
    checkGame(game.spec, "game.spec");
  } catch (error) {
    throw new ArgumentError(/** @type {Error} */ (error).message);
  }
  if (!Number.isInteger(slots) || slots < 1 || slots > 65536)
    throw new ArgumentError(`slots: expected an integer from 1 to 65536, got ${slots}`);
}

/**
 * Talk with one trainer until the end.
 * @param {net.Socket} socket
 * @param {EnvironmentService} service
 * @param {string | undefined} token
 * @param {boolean} dials whether we connected to the trainer, and greet it
 * @param {Ended} ended
 */
function serve(socket, service, token, dials, ended) {
  /** @type {MyoshuError | null} */
  let why = new ConnectionLostError("expected the trainer's goodbye, got the end of the connection");
  const reader = new FrameReader(FIRST_FRAME);
  let greeted = false;
  let sendable = DEFAULT_FRAME;
  /** @type {Set<string>} */
  let caps = new Set();

  /** @param {Message} message */
  function send(message) {
    const payload = encode(message);
    if (payload.length > sendable && message.t !== "error") {
      const [expected, got] = [`at most ${sendable} bytes`, String(payload.length)];
      const msg = `${message.t}: expected ${expected}, got ${got}`;
      return send({ t: "error", id: message.id, code: "environment", msg, field: message.t, expected, got });
    }
    if (!socket.write(frame(payload))) {
      socket.pause();
      socket.once("drain", () => socket.resume());
    }
  }

  /** @param {ProtocolError} error @param {number} [id] */
  function refuse({ code, message: msg, field, expected, got }, id) {
    send({ t: "error", id, code, msg, field, expected, got });
    if (id === undefined) {
      why = new ProtocolError(code, field, expected, got);
      clearTimeout(timer);
      socket.removeListener("data", take);
      socket.resume();
      socket.end();
    }
  }

  const timer = setTimeout(
    () => refuse(new ProtocolError("timeout", "hello", `one within ${HANDSHAKE / 1000} s`, "none")),
    HANDSHAKE,
  );

  /** @param {Message} message */
  function begin(message) {
    clearTimeout(timer);
    greeted = true;
    reader.limit = DEFAULT_FRAME;
    sendable = message.frame ?? DEFAULT_FRAME;
    caps = new Set(["describe"].filter((word) => message.caps?.includes(word)));
  }

  /** @param {Message} message */
  function meet(message) {
    if (message.t === "error") {
      why = new RequestError(/** @type {any} */ (message));
      socket.end();
      return;
    }
    if (message.t !== "welcome") throw new ProtocolError("unexpected", "t", "welcome", message.t);
    if (message.proto !== VERSION)
      throw new ProtocolError("version", "welcome.proto", String(VERSION), String(message.proto));
    if (message.role !== "trainer") throw new ProtocolError("role", "welcome.role", "trainer", message.role);
    begin(message);
  }

  /** @param {Message} message */
  function greet(message) {
    if (message.t !== "hello") throw new ProtocolError("unexpected", "t", "hello", message.t);
    if (token !== undefined && !same(message.token ?? "", token))
      throw new ProtocolError("unauthorized", "hello.token", "the server's token", message.token ? "another" : "none");
    const [low, high] = message.proto;
    if (low > VERSION || high < VERSION)
      throw new ProtocolError("version", "hello.proto", `a range with ${VERSION}`, `[${low}, ${high}]`);
    if (message.role !== "trainer") throw new ProtocolError("role", "hello.role", "trainer", message.role);
    begin(message);
    send({ t: "welcome", proto: VERSION, role: "environment", name: NAME, caps: [...caps], heartbeat: 0 });
  }

  /** @param {Message} message */
  function answer(message) {
    if (message.t === "bye" || (message.t === "error" && message.id === undefined)) {
      why = message.t === "bye" ? null : new RequestError(/** @type {any} */ (message));
      socket.end();
      return;
    }
    if (!REQUESTS.has(message.t)) throw new ProtocolError("unexpected", "t", "a request of a trainer", message.t);
    if (message.t === "describe" && !caps.has("describe"))
      throw new ProtocolError("unsupported", "describe", "capability describe in the handshake", "none", message.id);
    send(service.handle(message));
  }

  /** @param {Buffer} data */
  function take(data) {
    reader.feed(data);
    while (socket.writable) {
      let asked = false;
      try {
        const payload = reader.next();
        if (payload === null) return;
        const message = decode(payload);
        asked = true;
        if (greeted) answer(message);
        else if (dials) meet(message);
        else greet(message);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        refuse(error, greeted && (asked || error.field === "t" || isRequest(error.field)) ? error.request : undefined);
      }
    }
  }

  socket.setNoDelay(true);
  socket.on("data", take);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    clearTimeout(timer);
    ended(why);
  });
  if (dials)
    send({ t: "hello", proto: [VERSION, VERSION], role: "environment", name: NAME, token, caps: ["describe"], heartbeat: 0 });
}

/** Whether a field is one of a request. @param {string} field */
function isRequest(field) {
  return REQUESTS.has(field.split(/[.[]/)[0]);
}

/** Compare in a time that tells nothing. @param {string} given @param {string} expected */
function same(given, expected) {
  const digest = (/** @type {string} */ text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
