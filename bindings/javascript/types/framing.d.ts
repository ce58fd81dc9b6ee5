/**
 * The payload with its length before it.
 * @param {Uint8Array} payload
 */
export function frame(payload: Uint8Array): Uint8Array<ArrayBuffer>;
/**
 * Refuse a payload by its size.
 * @param {number} size in bytes
 * @param {number} limit
 */
export function checkSize(size: number, limit: number): void;
/** The largest payload before the handshake is over, in bytes. */
export const FIRST_FRAME: number;
/** The largest payload after it, where nothing else was announced. */
export const DEFAULT_FRAME: number;
/** Cuts a stream into payloads. What waits in it is at most one frame and what was fed beyond it. */
export class FrameReader {
    /** @param {number} limit the largest payload that is taken, in bytes */
    constructor(limit: number);
    /** The largest payload that is taken; may be changed between two payloads. */
    limit: number;
    /** @type {Uint8Array[]} */
    _chunks: Uint8Array[];
    _held: number;
    /**
     * Take received bytes in.
     * @param {Uint8Array} data
     */
    feed(data: Uint8Array): void;
    /**
     * The next payload, or null if it has not arrived in full.
     * @returns {Uint8Array | null}
     * @throws {ProtocolError} a length is 0 or above the limit
     */
    next(): Uint8Array | null;
    /**
     * Make the first chunk hold at least this many bytes, which are there.
     * @param {number} size
     */
    _gather(size: number): void;
}
