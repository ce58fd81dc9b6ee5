import { Client } from "./client.js";
import { discover } from "./discovery.js";
import { ArgumentError } from "./errors.js";
import { dialTcp } from "./tcp.js";
import { dialWebSocket } from "./websocket.js";

export * from "./exports.js";
export { discover, discoveryPath } from "./discovery.js";
export { joinTrainer, serveEnvironment } from "./environment_server.js";

/**
 * Connect to an agent server.
 * @param {string} [address] `tcp://`, `tcps://` (TLS), `unix://`, `ws://` or `wss://`, or a discovery file; the
 *   default one if not given
 * @param {import("./client.js").ConnectOptions} [options]
 * @returns {Promise<Client>}
 * @throws {ConnectionLostError} nothing answers there
 * @throws {RequestError} the server refuses
 */
export async function connect(address, options = {}) {
  if (address !== undefined && address.includes("://")) {
    const dial = dialler(address, options.timeout ?? 30);
    return new Client(address, dial, options).open();
  }
  const found = discover(address);
  const url = found.tcp ?? (found.unix === null ? found.ws : `unix://${found.unix}`);
  if (url === null) throw new ArgumentError(`${address}: expected a discovery file with tcp, unix or ws, got none`);
  const dial = dialler(url, options.timeout ?? 30);
  return new Client(url, dial, { ...options, token: options.token ?? found.token ?? undefined }).open();
}

/**
 * @param {string} address
 * @param {number} timeout seconds
 * @returns {() => Promise<import("./link.js").Transport>}
 */
function dialler(address, timeout) {
  if (/^wss?:/.test(address)) return async () => dialWebSocket(address, timeout);
  if (address.startsWith("unix:///")) return () => dialTcp({ path: address.slice("unix://".length) }, timeout);
  const [, scheme, host, port] = /^(tcps?):\/\/(\[[^\]]+\]|[^:/]+):(\d+)\/?$/.exec(address) ?? [];
  if (!scheme || !(Number(port) > 0 && Number(port) < 65536))
    throw new ArgumentError(`address: expected one such as tcp://127.0.0.1:7777, got ${JSON.stringify(address)}`);
  const where = { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  return () => dialTcp(where, timeout, scheme === "tcps");
}
