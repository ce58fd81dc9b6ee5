import { ProtocolError } from "./errors.js";

/** @typedef {import("./codec.js").Message} Message */

/**
 * Whether a mask or a list has an action; all are legal where there is none.
 * @param {number} action
 * @param {number | undefined} actions how many the game has, if that is known
 * @param {Uint8Array | number[] | undefined} legal
 */
function isLegal(action, actions, legal) {
  if (actions !== undefined && action >= actions) return false;
  if (legal === undefined) return true;
  return legal instanceof Uint8Array ? ((legal[action >> 3] ?? 0) & (1 << (action & 7))) !== 0 : legal.includes(action);
}

/**
 * Check that a reply's action is one that its request called legal.
 * @param {Message} result
 * @param {number | undefined} actions
 * @param {Uint8Array | number[] | undefined} legal
 * @throws {ProtocolError} it is not
 */
export function checkResult(result, actions, legal) {
  if (!isLegal(result.action, actions, legal))
    throw new ProtocolError("invalid", "result.action", "a legal action", String(result.action));
}

/**
 * The same for a crowd.
 * @param {Message} acts
 * @param {number} rows
 * @param {number | undefined} actions
 * @param {Uint8Array | undefined} legal masks, each row beginning with a new byte
 * @throws {ProtocolError} an action is not legal, or there are more or fewer rows
 */
export function checkActs(acts, rows, actions, legal) {
  for (const field of ["actions", "values", "simulations"])
    if (acts[field].length !== rows)
      throw new ProtocolError("invalid", `acts.${field}`, String(rows), String(acts[field].length));
  const width = legal === undefined ? 0 : legal.length / rows;
  acts.actions.forEach((/** @type {number} */ action, /** @type {number} */ row) => {
    if (!isLegal(action, actions, legal?.subarray(row * width, (row + 1) * width)))
      throw new ProtocolError("invalid", `acts.actions[${row}]`, "a legal action", String(action));
  });
}
