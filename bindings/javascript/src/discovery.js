import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConnectionLostError } from "./errors.js";

/** @typedef {{proto: [number, number], pid: number, tcp: string | null, unix: string | null, ws: string | null, metrics: string | null, token: string | null}} Discovery */

/** Where the file is where nobody says. */
export function discoveryPath() {
  const runtime = process.env.XDG_RUNTIME_DIR;
  if (runtime) return join(runtime, "myoshu", "server.json");
  return join(tmpdir(), `myoshu-${process.getuid?.() ?? 0}`, "server.json");
}

/**
 * A server's address, from its discovery file.
 * @param {string} [path]
 * @returns {Discovery}
 * @throws {ConnectionLostError} there is no such file, or it is damaged
 */
export function discover(path = discoveryPath()) {
  try {
    const found = JSON.parse(readFileSync(path, "utf8"));
    if (typeof found?.pid !== "number") throw new Error("no pid");
    return { tcp: null, unix: null, ws: null, metrics: null, token: null, ...found };
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const none = "none: no server is running; start one with 'myoshu serve AGENT', or give its address";
    const said = code === "ENOENT" ? none : message;
    throw new ConnectionLostError(`${path}: expected a server's discovery file, got${code === "ENOENT" ? " " : ": "}${said}`);
  }
}
