/**
 * Walk through a payload before it is decoded: one MessagePack map with text keys, at most 16 levels deep, without
 * extension types, every length within the payload. Nothing is built, so no length can cause memory to be allocated.
 * @param {Uint8Array} payload
 * @returns {{floatId: boolean}} whether the value of the key `id` is encoded as floating point, which a decoded
 *   number does not show
 */
export function scan(payload: Uint8Array): {
    floatId: boolean;
};
