import { ProtocolError } from "./errors.js";

/** How deep maps and arrays may lie in each other, the message itself being 1. */
const MOST_NESTING = 16;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @param {string} got @param {string} [expected] @returns {never} */
function malformed(got, expected = "one MessagePack map") {
  throw new ProtocolError("malformed", "payload", expected, got);
}

/**
 * Walk through a payload before it is decoded: one MessagePack map with text keys, at most 16 levels deep, without
 * extension types, every length within the payload. Nothing is built, so no length can cause memory to be allocated.
 * @param {Uint8Array} payload
 * @returns {{floatId: boolean}} whether the value of the key `id` is encoded as floating point, which a decoded
 *   number does not show
 */
export function scan(payload) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const seen = { floatId: false };
  let at = 0;

  /** @param {number} count */
  function take(count) {
    if (at + count > payload.length) malformed("an end too early");
    const start = at;
    at += count;
    return start;
  }

  /** @param {1 | 2 | 4} width @returns {number} */
  function length(width) {
    const start = take(width);
    return width === 1 ? view.getUint8(start) : width === 2 ? view.getUint16(start) : view.getUint32(start);
  }

  /** @param {number} size */
  function text(size) {
    const start = take(size);
    try {
      return utf8.decode(payload.subarray(start, start + size));
    } catch {
      return malformed("a text that is not UTF-8");
    }
  }

  /** @param {number} count @param {number} depth */
  function array(count, depth) {
    if (depth > MOST_NESTING) malformed("more", `at most ${MOST_NESTING} levels`);
    if (count > payload.length - at) malformed("an end too early");
    for (let i = 0; i < count; i++) value(depth);
  }

  /** @param {number} count @param {number} depth */
  function map(count, depth) {
    if (depth > MOST_NESTING) malformed("more", `at most ${MOST_NESTING} levels`);
    if (count > payload.length - at) malformed("an end too early");
    for (let i = 0; i < count; i++) {
      const head = payload[take(1)];
      let key = "";
      if (head >= 0xa0 && head <= 0xbf) key = text(head & 0x1f);
      else if (head >= 0xd9 && head <= 0xdb) key = text(length(/** @type {1|2|4} */ (1 << (head - 0xd9))));
      else malformed("others", "keys that are texts");
      if (key === "__proto__") malformed("the key __proto__", "another");
      if (depth === 1 && key === "id") seen.floatId = payload[at] === 0xca || payload[at] === 0xcb;
      value(depth);
    }
  }

  /** @param {number} depth of the map or array around it */
  function value(depth) {
    const head = payload[take(1)];
    if (head <= 0x7f || head >= 0xe0) return;
    if (head <= 0x8f) return map(head & 0x0f, depth + 1);
    if (head <= 0x9f) return array(head & 0x0f, depth + 1);
    if (head <= 0xbf) return void text(head & 0x1f);
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return void take(length(/** @type {1|2|4} */ (1 << (head - 0xc4))));
      case 0xca:
        return void take(4);
      case 0xcb:
        return void take(8);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return void take(1 << (head - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return void take(1 << (head - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return void text(length(/** @type {1|2|4} */ (1 << (head - 0xd9))));
      case 0xdc:
        return array(length(2), depth + 1);
      case 0xdd:
        return array(length(4), depth + 1);
      case 0xde:
        return map(length(2), depth + 1);
      case 0xdf:
        return map(length(4), depth + 1);
      case 0xc1:
        return malformed("the byte c1");
      default:
        return malformed("an extension", "no extension types");
    }
  }

  const head = payload[0];
  if (!((head >= 0x80 && head <= 0x8f) || head === 0xde || head === 0xdf)) malformed("something else", "a map");
  value(0);
  if (at !== payload.length) malformed(`${payload.length - at} bytes after it`);
  return seen;
}
