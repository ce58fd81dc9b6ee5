/**
 * Open a WebSocket, as browsers and newer Nodes have it.
 * @param {string} url
 * @param {number} timeout seconds
 * @returns {Promise<import("./link.js").Transport>}
 */
export function dialWebSocket(url: string, timeout: number): Promise<import("./link.js").Transport>;
