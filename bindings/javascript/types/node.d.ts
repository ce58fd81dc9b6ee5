/**
 * Connect to an agent server.
 * @param {string} [address] `tcp://`, `tcps://` (TLS), `unix://`, `ws://` or `wss://`, or a discovery file; the
 *   default one if not given
 * @param {import("./client.js").ConnectOptions} [options]
 * @returns {Promise<Client>}
 * @throws {ConnectionLostError} nothing answers there
 * @throws {RequestError} the server refuses
 */
export function connect(address?: string, options?: import("./client.js").ConnectOptions): Promise<Client>;
export * from "./exports.js";
import { Client } from "./client.js";
export { discover, discoveryPath } from "./discovery.js";
export { joinTrainer, serveEnvironment } from "./environment_server.js";
