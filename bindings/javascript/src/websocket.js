import { ArgumentError, ConnectionLostError } from "./errors.js";

/**
 * Open a WebSocket, in browsers and newer versions of Node.
 * @param {string} url
 * @param {number} timeout seconds
 * @returns {Promise<import("./link.js").Transport>}
 */
export function dialWebSocket(url, timeout) {
  if (typeof WebSocket === "undefined")
    throw new ArgumentError(`${url}: expected a runtime with WebSocket (Node 22 or a browser), got one without`);
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, "myoshu.v1");
    socket.binaryType = "arraybuffer";
    /** @type {import("./link.js").Transport} */
    const transport = {
      framed: false,
      send: (data) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(/** @type {Uint8Array<ArrayBuffer>} */ (data));
      },
      close: () => socket.close(),
      onData: () => {},
      onEnd: () => {},
    };
    const lost = (/** @type {string} */ why) => {
      clearTimeout(timer);
      reject(new ConnectionLostError(why));
      transport.onEnd(why);
    };
    const timer = setTimeout(() => {
      lost(`expected a server, got: nothing within ${timeout} s`);
      socket.close();
    }, timeout * 1000);
    socket.onopen = () => {
      clearTimeout(timer);
      resolve(transport);
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        lost("expected a binary message, got a text");
        socket.close();
      } else transport.onData(new Uint8Array(data));
    };
    socket.onerror = () => lost("expected a server, got none");
    socket.onclose = () => lost("expected an answer, got the end of the connection");
  });
}
