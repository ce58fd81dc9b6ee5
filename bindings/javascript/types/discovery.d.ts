/** @typedef {{proto: [number, number], pid: number, tcp: string | null, unix: string | null, ws: string | null, metrics: string | null, token: string | null}} Discovery */
/** Where the file is where nobody says. */
export function discoveryPath(): string;
/**
 * A server's address, from its discovery file.
 * @param {string} [path]
 * @returns {Discovery}
 * @throws {ConnectionLostError} there is no such file, or it is damaged
 */
export function discover(path?: string): Discovery;
export type Discovery = {
    proto: [number, number];
    pid: number;
    tcp: string | null;
    unix: string | null;
    ws: string | null;
    metrics: string | null;
    token: string | null;
};
