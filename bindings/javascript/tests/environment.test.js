import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { ArgumentError, serveEnvironment } from "myoshu";
import { game, Position } from "../examples/tic_tac_toe.js";
import { decode, encode } from "../src/codec.js";
import { EnvironmentService } from "../src/environment.js";
import { frame, FrameReader } from "../src/framing.js";
import { unpackMask } from "../src/mask.js";
import { elements } from "../src/tensor.js";

test("a service plays games in slots", () => {
  const service = new EnvironmentService(game, 4);
  const spec = service.handle({ t: "env_spec", id: 1 });
  assert.deepEqual(spec, { t: "spec", id: 1, game: game.spec, slots: 4 });
  const begun = service.handle({ t: "reset", id: 2, slots: [3, 1], seeds: [0, 1], moves: [[], [0, 3, 1, 4]] });
  assert.equal(decode(encode(begun)).t, "states");
  assert.deepEqual(unpackMask(begun.legal.subarray(0, 2)), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(unpackMask(begun.legal.subarray(2)), [2, 5, 6, 7, 8]);
  assert.deepEqual(begun.obs.sh, [2, 2, 3, 3]);
  const stepped = service.handle({ t: "step", id: 3, slots: [1, 3, 0], actions: [2, 4, 4] });
  assert.deepEqual(stepped.terminated, [true, false, false]);
  assert.deepEqual([...elements(stepped.rewards)], [1, -1, 0, 0, 0, 0]);
  assert.deepEqual(unpackMask(stepped.legal.subarray(0, 2)), []);
  assert.deepEqual(stepped.to_play, [0, 1, 0]);
  assert.deepEqual(stepped.errors.map((each) => [each.slot, each.code]), [[0, "ended"]]);
  const wrong = service.handle({ t: "step", id: 4, slots: [1, 3], actions: [5, 4] });
  assert.deepEqual(wrong.errors.map((each) => [each.slot, each.code]), [[1, "ended"], [3, "illegal_action"]]);
  const right = service.handle({ t: "step", id: 5, slots: [3], actions: [0] });
  assert.equal(right.errors, undefined, "after an illegal action the game is as it was");
  const described = service.handle({ t: "describe", id: 6, slot: 3 });
  assert.equal(described.text, "o..\n.x.\n...");
  assert.equal(described.names[0], "b1");
  assert.equal(service.handle({ t: "step", id: 7, slots: [4], actions: [0] }).field, "step.slots");
});

test("a game that fails costs its slot alone", () => {
  class Failing extends Position {
    apply(action) {
      if (action === 8) throw new RangeError("out of paint");
      return super.apply(action);
    }
  }
  const service = new EnvironmentService({ ...game, newState: () => new Failing() }, 2);
  service.handle({ t: "reset", id: 1, slots: [0, 1], seeds: [0, 0] });
  const stepped = service.handle({ t: "step", id: 2, slots: [0, 1], actions: [8, 0] });
  assert.deepEqual(stepped.errors, [{ slot: 0, code: "environment", msg: "RangeError: out of paint" }]);
  const next = service.handle({ t: "step", id: 3, slots: [0, 1], actions: [0, 1] });
  assert.deepEqual(next.errors.map((each) => [each.slot, each.code]), [[0, "ended"]]);
});

/** What a server says to some bytes, until it closes or has said as much as is waited for. */
function exchange(port, bytes, replies) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    const reader = new FrameReader(1 << 24);
    const said = [];
    socket.on("data", (data) => {
      reader.feed(data);
      for (let payload = reader.next(); payload; payload = reader.next()) said.push(decode(payload));
      if (said.length >= replies) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(said));
    socket.write(bytes);
  });
}

const write = (...messages) => Buffer.concat(messages.map((each) => frame(encode(each))));
const hello = { t: "hello", proto: [1, 1], role: "trainer", caps: ["describe"] };

test("a server greets, answers, and refuses what is wrong", async () => {
  const server = await serveEnvironment(game, { slots: 8, token: "s3cret" });
  const greeted = { ...hello, token: "s3cret" };
  const talk = (...messages) => exchange(server.port, write(...messages), Infinity);
  try {
    const [welcome, spec, pong] = await exchange(
      server.port, write(greeted, { t: "env_spec", id: 1 }, { t: "ping", id: 2 }), 3,
    );
    assert.deepEqual([welcome.t, welcome.role, welcome.caps, spec.t, pong.t], ["welcome", "environment", ["describe"], "spec", "pong"]);
    const refused = async (code, field, ...messages) => {
      const said = (await talk(...messages)).at(-1);
      assert.deepEqual([said.t, said.id, said.code, said.field], ["error", undefined, code, field]);
    };
    await refused("unauthorized", "hello.token", hello);
    await refused("version", "hello.proto", { ...greeted, proto: [2, 3] });
    await refused("role", "hello.role", { ...greeted, role: "player" });
    await refused("unexpected", "t", { t: "ping", id: 1 });
    await refused("unexpected", "t", greeted, greeted);
    await refused("malformed", "step.id", greeted, { t: "step" });
    const [, invalid, unknown, alive] = await exchange(
      server.port,
      write(greeted, { t: "step", id: 5, slots: [], actions: [] }, { t: "dance", id: 6 }, { t: "ping", id: 7 }), 4,
    );
    assert.deepEqual([invalid.id, invalid.code, invalid.field], [5, "invalid", "step.slots"]);
    assert.deepEqual([unknown.id, unknown.code], [6, "unknown_type"]);
    assert.deepEqual(alive, { t: "pong", id: 7 });
    const lies = await exchange(server.port, Buffer.from([0xff, 0xff, 0xff, 0xff]), Infinity);
    assert.equal(lies[0].code, "too_large");
    const [capless] = (await exchange(server.port, write({ ...greeted, caps: [] }, { t: "describe", id: 3, slot: 0 }), 2)).slice(1);
    assert.deepEqual([capless.id, capless.code], [3, "unsupported"]);
  } finally {
    await server.close();
  }
});

test("what is wrong with a game or an address is said at once", async () => {
  await assert.rejects(serveEnvironment({ ...game, spec: { ...game.spec, players: 0 } }), /game\.spec\.players/);
  await assert.rejects(serveEnvironment(game, { host: "0.0.0.0" }), ArgumentError);
  await assert.rejects(serveEnvironment(game, { slots: 0 }), ArgumentError);
});
