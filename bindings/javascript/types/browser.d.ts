/**
 * Connect to an agent server.
 * @param {string} address `ws://` or `wss://`
 * @param {import("./client.js").ConnectOptions} [options]
 * @returns {Promise<Client>}
 * @throws {ConnectionLostError} nothing answers there
 * @throws {RequestError} the server refuses
 */
export function connect(address: string, options?: import("./client.js").ConnectOptions): Promise<Client>;
export * from "./exports.js";
import { Client } from "./client.js";
