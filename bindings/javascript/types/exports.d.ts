export { Client } from "./client.js";
export { Session } from "./session.js";
export { ArgumentError, ConnectionLostError, IllegalActionError, ProtocolError, RequestError, MyoshuError } from "./errors.js";
export { packMask, unpackMask } from "./mask.js";
