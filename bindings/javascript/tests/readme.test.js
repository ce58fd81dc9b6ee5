// The examples in README.md are run as they stand there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [asking, serving] = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);
const path = process.env.MYOSHU_TEST_SERVER;

/** Start a program and give its output, a line at a time. */
function start(t, code, variables) {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root, env: { ...process.env, ...variables }, stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill());
  child.stdout.setEncoding("utf8");
  return child;
}

test("the example asks for a move", { skip: path === undefined ? "MYOSHU_TEST_SERVER names no server" : false }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "myoshu-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "myoshu"));
  copyFileSync(JSON.parse(readFileSync(path, "utf8")).discovery, join(folder, "myoshu", "server.json"));
  const child = start(t, asking, { XDG_RUNTIME_DIR: folder });
  let said = "";
  for await (const text of child.stdout) said += text;
  assert.match(said, /agent plays [048] of 9 and expects -?\d\.\d\d\n$/);
});

test("the example serves a game", async (t) => {
  const child = start(t, serving, {});
  for await (const text of child.stdout) {
    assert.match(text, /^myoshu train tcp:\/\/127\.0\.0\.1:\d+ /);
    break;
  }
});
