/**
 * Check that a reply's action is one that its request called legal.
 * @param {Message} result
 * @param {number | undefined} actions
 * @param {Uint8Array | number[] | undefined} legal
 * @throws {ProtocolError} it is not
 */
export function checkResult(result: Message, actions: number | undefined, legal: Uint8Array | number[] | undefined): void;
/**
 * The same for a crowd.
 * @param {Message} acts
 * @param {number} rows
 * @param {number | undefined} actions
 * @param {Uint8Array | undefined} legal masks, each row beginning with a new byte
 * @throws {ProtocolError} an action is not legal, or there are more or fewer rows
 */
export function checkActs(acts: Message, rows: number, actions: number | undefined, legal: Uint8Array | undefined): void;
export type Message = import("./codec.js").Message;
