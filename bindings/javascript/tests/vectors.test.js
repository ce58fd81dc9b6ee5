import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { decode, encode } from "../src/codec.js";
import { ProtocolError } from "../src/errors.js";
import { DEFAULT_FRAME, frame, FrameReader } from "../src/framing.js";

const folder = new URL("../../../tests/vectors/protocol/", import.meta.url);
// Integers that a number does not hold exactly are kept as texts until they are bigints.
const index = readFileSync(new URL("cases.json", folder), "utf8").replace(/(?<=[\s:[,])\d{17,}(?=[\s,\]}])/g, '{"$big":"$&"}');
const cases = JSON.parse(index);
const read = (name) => new Uint8Array(readFileSync(new URL(`frames/${name}.bin`, folder)));

function withBinary(value) {
  if (Array.isArray(value)) return value.map(withBinary);
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$bin === "string") return new Uint8Array(Buffer.from(value.$bin, "hex"));
  if (typeof value.$big === "string") return BigInt(value.$big);
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, withBinary(held)]));
}

function message(bytes) {
  const reader = new FrameReader(DEFAULT_FRAME);
  reader.feed(bytes);
  const payload = reader.next();
  assert.notEqual(payload, null);
  return decode(payload);
}

// A key that is nil means the same as one that is left out.
const plain = (held) => {
  const kept = { ...held };
  for (const key of Object.keys(kept)) if (kept[key] === null) delete kept[key];
  return kept;
};

test("the index lists every frame", () => {
  const there = readdirSync(new URL("frames", folder)).map((name) => name.replace(/\.bin$/, "")).sort();
  assert.deepEqual(cases.map((each) => each.name).sort(), there);
  assert.ok(there.length >= 100);
});

for (const each of cases) {
  if (each.kind === "valid") {
    test(`valid: ${each.name}`, () => {
      const bytes = read(each.name);
      const expected = plain(withBinary(each.message));
      assert.deepEqual(message(bytes), expected);
      assert.deepEqual(message(frame(encode(expected))), expected, "as this client writes it");
      const reader = new FrameReader(DEFAULT_FRAME);
      for (const byte of bytes.subarray(0, -1)) {
        reader.feed(Uint8Array.of(byte));
        assert.equal(reader.next(), null);
      }
      reader.feed(new Uint8Array([bytes.at(-1), ...bytes, 9, 0]));
      assert.deepEqual(decode(reader.next()), expected);
      assert.deepEqual(decode(reader.next()), expected);
      assert.equal(reader.next(), null);
    });
    test(`cut short: ${each.name}`, () => {
      const payload = read(each.name).subarray(4);
      for (let size = 0; size < payload.length; size++) assert.throws(() => decode(payload.slice(0, size)), ProtocolError);
    });
  } else {
    test(`rejected: ${each.name}`, () => {
      assert.throws(
        () => message(read(each.name)),
        (error) => {
          assert.ok(error instanceof ProtocolError, String(error));
          assert.equal(error.code, each.code);
          assert.equal(error.field, each.field);
          // What is wrong in a reply or a handshake ends the connection; its id is nobody's request.
          if (each.id !== undefined && each.id !== null) assert.equal(error.request, each.id);
          assert.ok(error.expected && error.got);
          return true;
        },
      );
    });
  }
}

test("integers beyond 2^53 are exact", () => {
  const seeds = [0, 2 ** 53 - 1, 2n ** 63n - 1n];
  const reset = { t: "reset", id: 1, slots: [0, 1, 2], seeds };
  assert.deepEqual(decode(encode(reset)), reset);
});

test("random bytes are refused with the documented error, never another", () => {
  let state = 12345;
  const random = (below) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below;
  const valid = cases.filter((each) => each.kind === "valid").map((each) => read(each.name).subarray(4));
  for (let round = 0; round < 4000; round++) {
    const payload = valid[random(valid.length)].slice();
    for (let i = 0; i <= random(3); i++) payload[random(payload.length)] = random(256);
    try {
      decode(payload);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error?.stack));
    }
  }
});
