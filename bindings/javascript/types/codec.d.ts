/**
 * @typedef {{t: string, id?: any, [key: string]: any}} Message a map with text keys; `t` is its type. PROTOCOL.md says
 *   what each holds.
 */
/**
 * A message's payload. Keys that are undefined are left out.
 * @param {Message} message
 * @returns {Uint8Array}
 */
export function encode(message: Message): Uint8Array;
/**
 * The message in a payload. Integers beyond 2⁵³ are bigints.
 * @param {Uint8Array} payload
 * @returns {Message}
 * @throws {ProtocolError} it holds no message
 */
export function decode(payload: Uint8Array): Message;
/** The version of the protocol that this package speaks. */
export const VERSION: 1;
/**
 * a map with text keys; `t` is its type. PROTOCOL.md says
 *   what each holds.
 */
export type Message = {
    t: string;
    id?: any;
    [key: string]: any;
};
