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
export function serveEnvironment(game: import("./environment.js").Game, { host, port, slots, token }?: {
    host?: string | undefined;
    port?: number | undefined;
    slots?: number | undefined;
    token?: string | undefined;
}): Promise<EnvironmentServer>;
export type Message = import("./codec.js").Message;
export type EnvironmentServer = {
    url: string;
    port: number;
    close: () => Promise<void>;
};
