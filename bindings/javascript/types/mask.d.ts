/**
 * Legal actions as bits: action a is bit a mod 8, least significant first, of byte ⌊a/8⌋.
 * @param {Iterable<number>} legal
 * @param {number} actions how many there are
 */
export function packMask(legal: Iterable<number>, actions: number): Uint8Array<ArrayBuffer>;
/**
 * The legal actions of a mask, ascending.
 * @param {Uint8Array} packed
 * @returns {number[]}
 */
export function unpackMask(packed: Uint8Array): number[];
