/**
 * A tensor of numbers; plain arrays and nested arrays become f32.
 * @param {Elements | any[]} values in C order
 * @param {number[]} [shape] as long as the values if not given
 * @returns {Tensor}
 * @throws {ArgumentError} the shape does not fit
 */
export function tensor(values: Elements | any[], shape?: number[]): Tensor;
/**
 * A copy of a tensor's elements in C order, as a typed array.
 * @param {Tensor} given
 * @returns {any}
 */
export function elements(given: Tensor): any;
/** @typedef {{dt: string, sh: number[], b: Uint8Array}} Tensor element type, shape, little-endian bytes in C order */
/** @typedef {Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array | Uint32Array} Elements */
/** Bytes of an element, and the array that holds many. @type {Record<string, {size: number, array: any}>} */
export const TYPES: Record<string, {
    size: number;
    array: any;
}>;
/**
 * element type, shape, little-endian bytes in C order
 */
export type Tensor = {
    dt: string;
    sh: number[];
    b: Uint8Array;
};
export type Elements = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array | Uint32Array;
