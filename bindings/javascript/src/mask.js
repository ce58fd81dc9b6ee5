/**
 * Legal actions as bits: action a is bit a mod 8, least significant first, of byte ⌊a/8⌋.
 * @param {Iterable<number>} legal
 * @param {number} actions how many there are
 */
export function packMask(legal, actions) {
  const packed = new Uint8Array((actions + 7) >> 3);
  for (const action of legal) packed[action >> 3] |= 1 << (action & 7);
  return packed;
}

/**
 * The legal actions of a mask, ascending.
 * @param {Uint8Array} packed
 * @returns {number[]}
 */
export function unpackMask(packed) {
  const legal = [];
  for (let action = 0; action < packed.length * 8; action++)
    if (packed[action >> 3] & (1 << (action & 7))) legal.push(action);
  return legal;
}
