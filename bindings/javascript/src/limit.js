import { ArgumentError } from "./errors.js";

/** @typedef {{time?: number, simulations?: number}} Limit seconds, simulations: what is reached first ends a search */

/**
 * The keys of a request that limit its search.
 * @param {Limit} limit
 * @throws {ArgumentError} a limit is out of range
 */
export function limitOf({ time, simulations }) {
  if (time !== undefined && !(Number.isFinite(time) && time > 0))
    throw new ArgumentError(`time: expected seconds above 0, got ${time}`);
  if (simulations !== undefined && !(Number.isInteger(simulations) && simulations > 0))
    throw new ArgumentError(`simulations: expected an integer of 1 or more, got ${simulations}`);
  return { time, simulations };
}
