import net from "node:net";
import tls from "node:tls";
import { ConnectionLostError } from "./errors.js";

/**
 * Open a TCP connection, with TLS or without, or a Unix socket.
 * @param {{host: string, port: number} | {path: string}} where
 * @param {number} timeout seconds
 * @param {boolean} [secure]
 * @returns {Promise<import("./link.js").Transport>}
 */
export function dialTcp(where, timeout, secure = false) {
  return new Promise((resolve, reject) => {
    const options = /** @type {any} */ ("host" in where ? { servername: where.host, ...where } : where);
    const socket = secure ? tls.connect(options) : net.connect(options);
    const transport = streamTransport(socket);
    let open = false;
    const timer = setTimeout(() => socket.destroy(new Error(`nothing within ${timeout} s`)), timeout * 1000);
    socket.once(secure ? "secureConnect" : "connect", () => {
      open = true;
      clearTimeout(timer);
      resolve(transport);
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      if (!open) reject(new ConnectionLostError(`expected a server, got: ${error.message}`));
    });
  });
}

/**
 * A stream as a transport.
 * @param {net.Socket} socket
 * @returns {import("./link.js").Transport}
 */
export function streamTransport(socket) {
  /** @type {import("./link.js").Transport} */
  const transport = {
    framed: true,
    send: (data) => {
      if (!socket.destroyed && socket.writable) socket.write(data);
    },
    close: () => {
      socket.end();
      setTimeout(() => socket.destroy(), 1000).unref();
    },
    onData: () => {},
    onEnd: () => {},
  };
  let why = "the end of the connection";
  socket.setNoDelay(true);
  socket.on("data", (data) => transport.onData(data));
  socket.on("error", (error) => (why = error.message));
  socket.on("end", () => transport.onEnd(`expected an answer, got ${why}`));
  socket.on("close", () => transport.onEnd(`expected an answer, got ${why}`));
  return transport;
}
