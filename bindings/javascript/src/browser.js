import { Client } from "./client.js";
import { ArgumentError } from "./errors.js";
import { dialWebSocket } from "./websocket.js";

export * from "./exports.js";

/**
 * Connect to an agent server.
 * @param {string} address `ws://` or `wss://`
 * @param {import("./client.js").ConnectOptions} [options]
 * @returns {Promise<Client>}
 * @throws {ConnectionLostError} nothing answers there
 * @throws {RequestError} the server refuses
 */
export async function connect(address, options = {}) {
  if (!/^wss?:/.test(address)) throw new ArgumentError(`address: expected ws or wss, got ${JSON.stringify(address)}`);
  return new Client(address, async () => dialWebSocket(address, options.timeout ?? 30), options).open();
}
