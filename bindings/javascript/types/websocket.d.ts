/**
 * Open a WebSocket, in browsers and newer versions of Node.
 * @param {string} url
 * @param {number} timeout seconds
 * @returns {Promise<import("./link.js").Transport>}
 */
export function dialWebSocket(url: string, timeout: number): Promise<import("./link.js").Transport>;
