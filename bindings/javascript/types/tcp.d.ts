/**
 * Open a TCP connection, with TLS or without, or a Unix socket.
 * @param {{host: string, port: number} | {path: string}} where
 * @param {number} timeout seconds
 * @param {boolean} [secure]
 * @returns {Promise<import("./link.js").Transport>}
 */
export function dialTcp(where: {
    host: string;
    port: number;
} | {
    path: string;
}, timeout: number, secure?: boolean): Promise<import("./link.js").Transport>;
/**
 * A stream as a transport.
 * @param {net.Socket} socket
 * @returns {import("./link.js").Transport}
 */
export function streamTransport(socket: net.Socket): import("./link.js").Transport;
import net from "node:net";
