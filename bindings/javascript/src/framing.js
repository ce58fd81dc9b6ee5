import { ProtocolError } from "./errors.js";

/** The largest payload before the handshake is over, in bytes. */
export const FIRST_FRAME = 1 << 16;
/** The largest payload after it, where nothing else was announced. */
export const DEFAULT_FRAME = 1 << 24;
const HEADER = 4;

/**
 * The payload with its length before it.
 * @param {Uint8Array} payload
 */
export function frame(payload) {
  const framed = new Uint8Array(HEADER + payload.length);
  new DataView(framed.buffer).setUint32(0, payload.length, true);
  framed.set(payload, HEADER);
  return framed;
}

/**
 * Refuse a payload by its size.
 * @param {number} size in bytes
 * @param {number} limit
 */
export function checkSize(size, limit) {
  if (size === 0) throw new ProtocolError("malformed", "frame.length", "1 or more", "0");
  if (size > limit) throw new ProtocolError("too_large", "frame.length", `at most ${limit}`, String(size));
}

/** Cuts a stream into payloads. What waits in it is at most one frame and what was fed beyond it. */
export class FrameReader {
  /** @param {number} limit the largest payload that is taken, in bytes */
  constructor(limit) {
    /** The largest payload that is taken; may be changed between two payloads. */
    this.limit = limit;
    /** @type {Uint8Array[]} */
    this._chunks = [];
    this._held = 0;
  }

  /**
   * Take received bytes in.
   * @param {Uint8Array} data
   */
  feed(data) {
    if (data.length === 0) return;
    this._chunks.push(data);
    this._held += data.length;
  }

  /**
   * The next payload, or null if it has not arrived in full.
   * @returns {Uint8Array | null}
   * @throws {ProtocolError} a length is 0 or above the limit
   */
  next() {
    if (this._held < HEADER) return null;
    this._gather(HEADER);
    const head = this._chunks[0];
    const size = new DataView(head.buffer, head.byteOffset, HEADER).getUint32(0, true);
    checkSize(size, this.limit);
    if (this._held < HEADER + size) return null;
    this._gather(HEADER + size);
    const whole = this._chunks[0];
    const rest = whole.subarray(HEADER + size);
    if (rest.length) this._chunks[0] = rest;
    else this._chunks.shift();
    this._held -= HEADER + size;
    return whole.subarray(HEADER, HEADER + size);
  }

  /**
   * Make the first chunk hold at least this many bytes, which are there.
   * @param {number} size
   */
  _gather(size) {
    if (this._chunks[0].length >= size) return;
    let count = 0;
    let length = 0;
    while (length < size) length += this._chunks[count++].length;
    const joined = new Uint8Array(length);
    let at = 0;
    for (const chunk of this._chunks.splice(0, count)) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this._chunks.unshift(joined);
  }
}
