import { decode as unpack, encode as pack } from "@msgpack/msgpack";
import { ProtocolError } from "./errors.js";
import { said } from "./fields.js";
import { scan } from "./scan.js";
import { MESSAGES, WITHOUT_ID } from "./schema.js";

/** The version of the protocol that this package speaks. */
export const VERSION = 1;
const ID = "an integer from 1 to 4294967295";

/**
 * @typedef {{t: string, id?: any, [key: string]: any}} Message a map with text keys; `t` is its type. PROTOCOL.md says
 *   what each holds.
 */

/**
 * A message's payload. Keys that are undefined are left out.
 * @param {Message} message
 * @returns {Uint8Array}
 */
export function encode(message) {
  return pack(message, { ignoreUndefined: true, useBigInt64: true, maxDepth: 32 });
}

/**
 * The message in a payload. Integers beyond 2⁵³ are bigints.
 * @param {Uint8Array} payload
 * @returns {Message}
 * @throws {ProtocolError} it holds no message
 */
export function decode(payload) {
  const { floatId } = scan(payload);
  /** @type {any} */
  let held;
  try {
    held = narrow(unpack(payload, { useBigInt64: true }));
  } catch (error) {
    throw new ProtocolError("malformed", "payload", "one MessagePack map", String(error).slice(0, 200));
  }
  const { t, id } = held;
  if (typeof t !== "string") throw new ProtocolError("malformed", "t", "a text", said(t));
  const present = id !== undefined && id !== null;
  if (present && (floatId || !Number.isInteger(id) || id < 1 || id > 0xffffffff))
    throw new ProtocolError("malformed", `${t.slice(0, 32)}.id`, ID, said(id));
  if (!Object.hasOwn(MESSAGES, t)) {
    const code = present ? "unknown_type" : "unexpected";
    throw new ProtocolError(code, "t", `a type of version ${VERSION}`, said(t), present ? id : undefined);
  }
  if (!present && !WITHOUT_ID.has(t)) throw new ProtocolError("malformed", `${t}.id`, ID, "nothing");
  if (t === "hello") checkVersions(held.proto);
  try {
    MESSAGES[t](held, t);
  } catch (error) {
    if (error instanceof ProtocolError && present) error.request = id;
    throw error;
  }
  return held;
}

/** A hello of other versions is refused as such, whatever else it says that this version does not know. @param {any} proto */
function checkVersions(proto) {
  if (!Array.isArray(proto) || proto.length !== 2 || !proto.every(Number.isInteger)) return;
  const [low, high] = proto;
  if (low <= high && !(low <= VERSION && VERSION <= high))
    throw new ProtocolError("version", "hello.proto", `a range with ${VERSION}`, `[${low}, ${high}]`);
}

/**
 * Bigints that a number holds exactly become numbers.
 * @param {any} value
 * @returns {any}
 */
function narrow(value) {
  if (typeof value === "bigint")
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (typeof value[i] === "bigint" || typeof value[i] === "object") value[i] = narrow(value[i]);
  } else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    for (const key of Object.keys(value)) value[key] = narrow(value[key]);
  }
  return value;
}
