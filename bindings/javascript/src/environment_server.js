import { createHash, timingSafeEqual } from "node:crypto";
import net from "node:net";
import { decode, encode, VERSION } from "./codec.js";
import { EnvironmentService } from "./environment.js";
import { ArgumentError, ProtocolError } from "./errors.js";
import { DEFAULT_FRAME, FIRST_FRAME, frame, FrameReader } from "./framing.js";
import { game as checkGame } from "./schema.js";

/** @typedef {import("./codec.js").Message} Message */
/** @typedef {{url: string, port: number, close: () => Promise<void>}} EnvironmentServer */

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const HANDSHAKE = 10_000;
const REQUESTS = new Set(["ping", "env_spec", "reset", "step", "describe"]);

/**
 * Serve a game to trainers over TCP: `tesuji train tcp://127.0.0.1:PORT` learns it. Each trainer has slots of its own.
 * @param {import("./environment.js").Game} game
 * @param {object} [options]
 * @param {string} [options.host] beyond this machine a token is needed
 * @param {number} [options.port] 0 for one that is free
 * @param {number} [options.slots] how many games at once for each trainer
 * @param {string} [options.token] what trainers must show
 * @returns {Promise<EnvironmentServer>}
 * @throws {ArgumentError} the game's specification is wrong
 */
export async function serveEnvironment(game, { host = "127.0.0.1", port = 0, slots = 256, token } = {}) {
  try {
    checkGame(game.spec, "game.spec");
  } catch (error) {
    throw new ArgumentError(/** @type {Error} */ (error).message);
  }
  if (!Number.isInteger(slots) || slots < 1 || slots > 65536)
    throw new ArgumentError(`slots: expected an integer from 1 to 65536, got ${slots}`);
  if (!LOOPBACK.has(host) && !token) throw new ArgumentError(`token: expected one to listen on ${host}, got none`);
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, new EnvironmentService(game, slots), token);
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
 * Talk with one trainer until the end.
 * @param {net.Socket} socket
 * @param {EnvironmentService} service
 * @param {string | undefined} token
 */
function serve(socket, service, token) {
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
  function greet(message) {
    if (message.t !== "hello") throw new ProtocolError("unexpected", "t", "hello", message.t);
    if (token !== undefined && !same(message.token ?? "", token))
      throw new ProtocolError("unauthorized", "hello.token", "the server's token", message.token ? "another" : "none");
    const [low, high] = message.proto;
    if (low > VERSION || high < VERSION)
      throw new ProtocolError("version", "hello.proto", `a range with ${VERSION}`, `[${low}, ${high}]`);
    if (message.role !== "trainer") throw new ProtocolError("role", "hello.role", "trainer", message.role);
    clearTimeout(timer);
    greeted = true;
    reader.limit = DEFAULT_FRAME;
    sendable = message.frame ?? DEFAULT_FRAME;
    caps = new Set(["describe"].filter((word) => message.caps?.includes(word)));
    const name = "tesuji.js environment";
    send({ t: "welcome", proto: VERSION, role: "environment", name, caps: [...caps], heartbeat: 0 });
  }

  /** @param {Message} message */
  function answer(message) {
    if (message.t === "bye" || (message.t === "error" && message.id === undefined)) {
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
  socket.on("close", () => clearTimeout(timer));
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
