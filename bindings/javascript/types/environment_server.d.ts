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
export function serveEnvironment(game: import("./environment.js").Game, { host, port, slots, token }?: {
    host?: string | undefined;
    port?: number | undefined;
    slots?: number | undefined;
    token?: string | undefined;
}): Promise<EnvironmentServer>;
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
export function joinTrainer(game: import("./environment.js").Game, { host, port, slots, token, patience }: {
    host?: string | undefined;
    port: number;
    slots?: number | undefined;
    token?: string | undefined;
    patience?: number | undefined;
}): Promise<void>;
export type Message = import("./codec.js").Message;
export type EnvironmentServer = {
    url: string;
    port: number;
    close: () => Promise<void>;
};
/**
 * hears once how a conversation ended: null for a goodbye
 */
export type Ended = (why: MyoshuError | null) => void;
import { MyoshuError } from "./errors.js";
