import { ProtocolError } from "./errors.js";
import { TYPES } from "./tensor.js";

/**
 * Checks one field.
 * @typedef {(value: any, path: string) => void} Check
 */

/** @param {string} path @param {string} expected @param {any} got @returns {never} */
export function invalid(path, expected, got) {
  throw new ProtocolError("invalid", path, expected, said(got));
}

/** A value in a few words. @param {any} value */
export function said(value) {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  if (value instanceof Uint8Array) return "binary";
  return Array.isArray(value) ? "an array" : "a map";
}

/** @param {any} value */
export function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** @param {number} least @param {number} most @returns {Check} */
export const integer = (least, most) => (value, path) => {
  if (!Number.isInteger(value) || value < least || value > most)
    invalid(path, `an integer from ${least} to ${most}`, value);
};

/** An integer from 0 to 2⁶³ − 1: a number where that is exact, else a bigint. @type {Check} */
export const seed = (value, path) => {
  const right =
    typeof value === "bigint" ? value >= 0n && value < 1n << 63n : Number.isSafeInteger(value) && value >= 0;
  if (!right) invalid(path, "an integer from 0 to 2^63 - 1", value);
};

/** @param {number} least @param {number} most @param {boolean} [above] whether the least itself is out @returns {Check} */
export const float = (least, most, above = false) => (value, path) => {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !(number >= least && number <= most) || (above && number === least))
    invalid(path, `a number ${above ? "above" : "from"} ${least} to ${most}`, value);
};

/** Any number. @type {Check} */
export const number = (value, path) => {
  if (typeof value !== "number" && typeof value !== "bigint") invalid(path, "a number", value);
};

/** @type {Check} */
export const boolean = (value, path) => {
  if (typeof value !== "boolean") invalid(path, "a boolean", value);
};

/** @type {Check} */
export const binary = (value, path) => {
  if (!(value instanceof Uint8Array)) invalid(path, "binary", value);
};

/** @param {number} most characters @param {number} [least] @returns {Check} */
export const text = (most, least = 0) => (value, path) => {
  if (typeof value !== "string") invalid(path, "a text", value);
  if (value.length < least) invalid(path, `at least ${least} characters`, value.length);
  if (value.length > most && [...value].length > most) invalid(path, `at most ${most} characters`, value);
};

/** @param {...string} words @returns {Check} */
export const word = (...words) => (value, path) => {
  if (!words.includes(value)) invalid(path, `one of ${words.join(", ")}`, value);
};

/** @param {Check} each @param {number} [least] @param {number} [most] @returns {Check} */
export const list = (each, least = 0, most = Infinity) => (value, path) => {
  if (!Array.isArray(value)) invalid(path, "an array", value);
  if (value.length < least || value.length > most)
    invalid(path, `an array of ${least === most ? least : `${least} to ${most}`}`, `${value.length}`);
  value.forEach((/** @type {any} */ item, /** @type {number} */ index) => each(item, `${path}[${index}]`));
};

/** @param {Check} first @param {Check} second @param {(value: any) => boolean} isFirst @returns {Check} */
export const either = (first, second, isFirst) => (value, path) => (isFirst(value) ? first : second)(value, path);

/** A map with any keys. @param {Check} each @returns {Check} */
export const dictionary = (each) => (value, path) => {
  if (!isMap(value)) invalid(path, "a map", value);
  for (const [key, held] of Object.entries(value)) each(held, `${path}.${key.slice(0, 64)}`);
};

/**
 * A map with these keys; others are ignored, and nil is the same as absence for an optional one.
 * @param {Record<string, Check>} required
 * @param {Record<string, Check>} [optional]
 * @param {Check} [whole] checks all of it afterwards
 * @returns {Check}
 */
export const map = (required, optional = {}, whole) => (value, path) => {
  if (!isMap(value)) invalid(path, "a map", value);
  for (const [key, check] of Object.entries(required)) {
    if (value[key] === undefined) invalid(`${path}.${key}`, "a value", undefined);
    check(value[key], `${path}.${key}`);
  }
  for (const [key, check] of Object.entries(optional)) {
    if (value[key] === null) delete value[key];
    else if (value[key] !== undefined) check(value[key], `${path}.${key}`);
  }
  whole?.(value, path);
};

/** @type {Check} */
export const tensorField = map(
  { dt: text(Infinity), sh: list((size, path) => integer(0, 0xffffffff)(size, path.replace(/\[\d+\]$/, "")), 0, 8), b: binary },
  {},
  (value, path) => {
    const type = Object.hasOwn(TYPES, value.dt) ? TYPES[value.dt] : undefined;
    if (type === undefined) return invalid(`${path}.dt`, `one of ${Object.keys(TYPES).join(", ")}`, value.dt);
    const size = value.sh.reduce((/** @type {number} */ product, /** @type {number} */ side) => product * side, type.size);
    if (value.b.length !== size) invalid(`${path}.b`, `${size} bytes for ${value.dt} [${value.sh}]`, value.b.length);
    if (value.dt === "bool" && value.b.some((/** @type {number} */ byte) => byte > 1))
      invalid(`${path}.b`, "0 or 1 for bool", value.b.find((/** @type {number} */ byte) => byte > 1));
  },
);
