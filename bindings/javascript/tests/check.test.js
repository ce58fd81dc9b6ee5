// Whether a program shows an agent what it learned from: tic-tac-toe, on a server that tests/bindings/test_javascript.py
// started and names in MYOSHU_TEST_SERVER.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ArgumentError, connect, RequestError } from "myoshu";

const path = process.env.MYOSHU_TEST_SERVER;
const skip = path === undefined ? "MYOSHU_TEST_SERVER names no server" : false;
const given = skip ? {} : JSON.parse(readFileSync(path, "utf8"));
const model = "tic_tac_toe";
let client;

before(async () => {
  if (!skip) client = await connect(given.discovery);
});
after(() => client?.close());

/** The planes as OpenSpiel has them: empty squares, noughts, crosses. */
function raw(moves) {
  const planes = [new Array(9).fill(1), new Array(9).fill(0), new Array(9).fill(0)];
  moves.forEach((square, i) => {
    planes[0][square] = 0;
    planes[i % 2 === 0 ? 2 : 1][square] = 1;
  });
  return planes;
}

/** As the agent learned: the mover's stones, the opponent's, the empty squares. */
function right(moves) {
  const [empty, noughts, crosses] = raw(moves);
  return moves.length % 2 === 0 ? [crosses, noughts, empty] : [noughts, crosses, empty];
}

test("what the agent saw in a few positions is told, and what it made of them", { skip }, async () => {
  const { positions, planes, layout } = await client.examples(model);
  assert.equal(positions.length, 8);
  assert.deepEqual(planes, ["the mover's stones", "the opponent's stones", "empty squares"]);
  assert.match(layout, /^row 0 is the top/);
  const session = await client.newSession({ model, seed: 1 });
  for (const { moves, drawn, toPlay, legal, observation, prior, value, action } of positions) {
    assert.equal(drawn, false);
    assert.equal(toPlay, moves.length % 2);
    assert.deepEqual([...observation], right(moves).flat());
    assert.deepEqual(legal, [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((square) => !moves.includes(square)));
    assert.ok(Math.abs(prior.reduce((sum, share) => sum + share, 0) - 1) < 1e-4);
    assert.ok(value >= -1 && value <= 1);
    const decision = await session.think(observation, { legal, toPlay, simulations: 1 });
    assert.equal(decision.action, action);
  }
  await session.close();
});

test("observations that are right are said to be, whatever they are made of", { skip }, async () => {
  for (const observe of [
    right,
    (moves) => Float32Array.from(right(moves).flat()),
    async (moves) => right(moves).flat(),
  ]) {
    const found = await client.checkObservations(observe, model);
    assert.deepEqual(found, {
      compared: 8,
      differ: [],
      right: true,
      text: "8 positions: the observations are those that the agent learned from",
    });
  }
});

test("OpenSpiel's own tensor has the right shape and is found to be another", { skip }, async () => {
  const found = await client.checkObservations(raw, model);
  assert.equal(found.right, false);
  assert.deepEqual(found.differ, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.match(found.text, /the planes are in another order, which depends on the player to move/);
  assert.match(found.text, /plane 0 \(the mover's stones\) is your plane 2 \(player 0 to move\) or 1/);
});

test("an agent without positions, and what is no observation", { skip }, async () => {
  const { compared, right: fine, text } = await client.checkObservations(right, "agent");
  assert.deepEqual([compared, fine], [0, false]);
  assert.match(text, /^nothing was compared/);
  assert.deepEqual((await client.examples("agent")).positions, []);
  await assert.rejects(client.checkObservations(() => [1, 2], model), (error) => {
    assert.ok(error instanceof ArgumentError);
    assert.match(error.message, /^observe: expected 27 numbers after \[\], got 2/);
    return true;
  });
  await assert.rejects(client.checkObservations(right, "none"), (error) => {
    assert.ok(error instanceof RequestError);
    assert.equal(error.code, "unknown_model");
    return true;
  });
  await assert.rejects(client.checkObservations(() => new Array(27).fill(NaN), model), RequestError);
});
