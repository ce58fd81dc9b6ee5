import { ArgumentError } from "./errors.js";

/** @typedef {{dt: string, sh: number[], b: Uint8Array}} Tensor element type, shape, little-endian bytes in C order */
/** @typedef {Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array | Uint32Array} Elements */

/** Bytes of an element, and the array that holds many. @type {Record<string, {size: number, array: any}>} */
export const TYPES = {
  f32: { size: 4, array: Float32Array },
  f64: { size: 8, array: Float64Array },
  i8: { size: 1, array: Int8Array },
  i16: { size: 2, array: Int16Array },
  i32: { size: 4, array: Int32Array },
  i64: { size: 8, array: BigInt64Array },
  u8: { size: 1, array: Uint8Array },
  u16: { size: 2, array: Uint16Array },
  u32: { size: 4, array: Uint32Array },
  bool: { size: 1, array: Uint8Array },
};

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) throw new Error("myoshu: expected a little-endian machine");

/**
 * A tensor of numbers; plain arrays and nested arrays become f32.
 * @param {Elements | any[]} values in C order
 * @param {number[]} [shape] as long as the values if not given
 * @returns {Tensor}
 * @throws {ArgumentError} the shape does not fit
 */
export function tensor(values, shape) {
  const held = Array.isArray(values) ? Float32Array.from(/** @type {number[]} */ (values.flat(8))) : values;
  const sh = shape ?? [held.length];
  const count = sh.reduce((product, size) => product * size, 1);
  if (count !== held.length)
    throw new ArgumentError(`tensor: expected ${count} elements for [${sh}], got ${held.length}`);
  const dt = Object.keys(TYPES).find((name) => held instanceof TYPES[name].array);
  if (dt === undefined) throw new ArgumentError("tensor: expected an array of numbers or a typed array, got another");
  return { dt, sh, b: new Uint8Array(held.buffer, held.byteOffset, held.byteLength) };
}

/**
 * A copy of a tensor's elements in C order, as a typed array.
 * @param {Tensor} given
 * @returns {any}
 */
export function elements(given) {
  const { array } = TYPES[given.dt];
  return new array(new Uint8Array(given.b).buffer);
}
