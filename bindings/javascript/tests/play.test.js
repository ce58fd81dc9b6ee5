// A real server, started by tests/bindings/test_javascript.py, which says in MYOSHU_TEST_SERVER where it is and what
// Python plays.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { after, before, test } from "node:test";
import { ArgumentError, connect, ConnectionLostError, packMask, RequestError } from "myoshu";

const path = process.env.MYOSHU_TEST_SERVER;
const skip = path === undefined ? "MYOSHU_TEST_SERVER names no server" : false;
const given = skip ? {} : JSON.parse(readFileSync(path, "utf8"));
const observations = (given.observations ?? []).map((each) => Float32Array.from(each));
let client;

before(async () => {
  if (!skip) client = await connect(given.discovery);
});
after(() => client?.close());

test("the discovery file leads to the server, which says what it has", { skip }, () => {
  assert.equal(client.models[0].name, "agent");
  assert.equal(client.models[0].game.actions, 9);
  assert.match(client.server, /^myoshu /);
  assert.ok(client.limits.sessions > 0);
});

test("the same seed plays the same moves as in Python", { skip }, async () => {
  const session = await client.newSession({ seed: given.seed, temperature: 1 });
  const moves = [];
  for (const [i, observation] of observations.entries()) {
    const decision = await session.think(observation, { legal: given.legal[i], simulations: 30 });
    assert.ok(given.legal[i].includes(decision.action));
    assert.deepEqual([...decision.visits], given.visits[i]);
    assert.ok(Math.abs(decision.policy.reduce((sum, share) => sum + share, 0) - 1) < 1e-5);
    assert.equal(decision.stop, "simulations");
    moves.push(decision.action);
  }
  assert.deepEqual(moves, given.moves);
  await session.close();
});

test("a mask does as well as a list, and a crowd needs no session", { skip }, async () => {
  const legal = [1, 4, 8];
  const one = await (await client.newSession({ seed: 5 })).think(observations[0], { legal, simulations: 20 });
  const two = await (await client.newSession({ seed: 5 })).think(observations[0], { legal: packMask(legal, 9), simulations: 20 });
  assert.deepEqual({ ...one, times: 0 }, { ...two, times: 0 });
  const rows = new Float32Array(54);
  rows.set(observations[0]);
  rows.set(observations[1], 27);
  const masks = new Uint8Array([...packMask(legal, 9), ...packMask([0], 9)]);
  const acts = await client.actBatch(rows, { rows: 2, legal: masks, simulations: 20, seed: 5 });
  assert.deepEqual(acts.actions, [one.action, 0]);
});

test("infos come while it thinks, and abort ends it with the best so far", { skip }, async () => {
  const session = await client.newSession({ seed: 1 });
  const abort = new AbortController();
  const infos = [];
  const decision = await session.think(observations[0], {
    time: 60,
    simulations: client.limits.simulations,
    every: 0.01,
    stream: ["visits", "pv"],
    signal: abort.signal,
    onInfo: (info) => {
      infos.push(info);
      if (infos.length === 3) abort.abort();
    },
  });
  assert.equal(decision.stop, "stopped");
  assert.ok(infos.length >= 3);
  assert.ok(infos[2].simulations >= infos[0].simulations);
  assert.equal(infos[0].visits.length, 9);
  assert.ok(decision.simulations >= infos[0].simulations);
  const after = await session.think(observations[0], { simulations: 4, signal: AbortSignal.abort() });
  assert.ok(after.action >= 0);
});

test("what is pondered ends with the next request, and observe tells moves", { skip }, async () => {
  const session = await client.newSession({ seed: 1 });
  const pondered = session.ponder(observations[0], { toPlay: 0 });
  await session.observe(3);
  assert.equal((await pondered).stop, "stopped");
  await session.close();
  await assert.rejects(session.observe(1), (error) => error instanceof RequestError && error.code === "unknown_session");
});

test("errors name the field, what was expected and what came", { skip }, async () => {
  const session = await client.newSession();
  await assert.rejects(client.ask({ t: "think", session: session.number, obs: { dt: "f32", sh: [2], b: new Uint8Array(8) } }), (error) => {
    assert.ok(error instanceof RequestError);
    assert.equal(error.code, "invalid");
    assert.match(error.field, /^think\.obs/);
    assert.ok(error.expected && error.got);
    return true;
  });
  await assert.rejects(client.newSession({ model: "nobody" }), { code: "unknown_model" });
  await assert.rejects(client.newSession({ hash: "abc" }), { code: "mismatch" });
  await assert.rejects(session.think(new Float32Array(3)), ArgumentError);
  await assert.rejects(session.think(observations[0], { time: -1 }), ArgumentError);
  assert.ok((await session.think(observations[0], { simulations: 2 })).action >= 0, "the session lives on");
});

test("many at once are all answered, each with its own", { skip }, async () => {
  const sessions = await Promise.all(Array.from({ length: 32 }, () => client.newSession({ seed: 9 })));
  const decisions = await Promise.all(sessions.map((each) => each.think(observations[2], { simulations: 25 })));
  assert.equal(new Set(decisions.map((each) => each.action)).size, 1);
  assert.equal(new Set(decisions.map((each) => each.visits.join())).size, 1);
  await Promise.all(sessions.map((each) => each.close()));
});

/** A door to the server that can be slammed. */
async function door(t) {
  const { hostname, port } = new URL(given.tcp.replace("tcp:", "http:"));
  const pairs = new Set();
  const server = net.createServer((outer) => {
    const inner = net.connect(Number(port), hostname);
    const pair = [outer, inner];
    pairs.add(pair);
    outer.pipe(inner).pipe(outer);
    for (const each of pair) each.on("error", () => {});
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const slam = () => {
    for (const pair of pairs) for (const each of pair) each.destroy();
    pairs.clear();
  };
  const shut = () => {
    server.close();
    slam();
  };
  t.after(shut);
  return {
    url: `tcp://127.0.0.1:${server.address().port}`,
    slam,
    shut,
    stall: () => {
      for (const [outer, inner] of pairs) {
        outer.unpipe(inner);
        inner.unpipe(outer);
      }
    },
  };
}

test("a lost connection is resumed: the session lives on, the request is answered", { skip }, async (t) => {
  const between = await door(t);
  const own = await connect(between.url, { token: given.token });
  t.after(() => own.close());
  const session = await own.newSession({ seed: given.seed, temperature: 1 });
  const first = await session.think(observations[0], { legal: given.legal[0], simulations: 30 });
  const second = session.think(observations[1], { legal: given.legal[1], simulations: 30 });
  between.slam();
  assert.deepEqual([first.action, (await second).action], given.moves.slice(0, 2));
  const third = await session.think(observations[2], { legal: given.legal[2], simulations: 30 });
  assert.equal(third.action, given.moves[2]);
});

test("a server that is gone for good ends requests with an error", { skip }, async (t) => {
  const between = await door(t);
  const own = await connect(between.url, { token: given.token, resume: 0 });
  t.after(() => own.close());
  const session = await own.newSession();
  const thinking = session.think(observations[0], { time: 30 });
  between.shut();
  await assert.rejects(thinking, ConnectionLostError);
  await assert.rejects(own.newSession(), ConnectionLostError);
});

test("a server that says nothing any more is given up after twice the heartbeat", { skip }, async (t) => {
  const between = await door(t);
  const own = await connect(between.url, { token: given.token, resume: 0, heartbeat: 0.2 });
  t.after(() => own.close());
  await new Promise((resolve) => setTimeout(resolve, 700));
  await own.ping();
  between.stall();
  const begun = performance.now();
  await assert.rejects(own.newSession(), /expected a word within 0.4 s, got none/);
  assert.ok(performance.now() - begun < 5000);
});

test("who cannot be reached or refuses says so", { skip }, async () => {
  await assert.rejects(connect("tcp://127.0.0.1:9"), /tcp:\/\/127\.0\.0\.1:9: expected a server/);
  await assert.rejects(connect("/nowhere/server.json"), /expected a server's discovery file, got none: no server is running; start one/);
  await assert.rejects(connect("http://127.0.0.1:9"), ArgumentError);
  await assert.rejects(connect(given.tcp, { token: "wrong" }), { code: "unauthorized", field: "hello.token" });
});

test("over WebSocket the moves are the same, or the runtime has none and that is said", { skip }, async (t) => {
  if (typeof WebSocket === "undefined") {
    await assert.rejects(connect(given.ws), /expected a runtime with WebSocket/);
    return;
  }
  const own = await connect(given.ws, { token: given.token });
  t.after(() => own.close());
  const session = await own.newSession({ seed: given.seed, temperature: 1 });
  const decision = await session.think(observations[0], { legal: given.legal[0], simulations: 30 });
  assert.equal(decision.action, given.moves[0]);
});
