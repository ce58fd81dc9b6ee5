/** What Node and browsers share. */
export { Client } from "./client.js";
export { ArgumentError, ConnectionLostError, IllegalActionError, ProtocolError, RequestError, MyoshuError } from "./errors.js";
export { packMask, unpackMask } from "./mask.js";
export { Session } from "./session.js";
