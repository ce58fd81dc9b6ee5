// Tic-tac-toe, whole: rules for a trainer, and a game against an agent.
//
//     npm ci      once, in bindings/javascript
//     node examples/tic_tac_toe.js serve [PORT]      and then: myoshu train tcp://127.0.0.1:PORT --out ttt.myoshu
//     myoshu serve ttt.myoshu                        and then: node examples/tic_tac_toe.js play
import { createInterface } from "node:readline/promises";
import { pathToFileURL } from "node:url";
import { connect, serveEnvironment } from "myoshu";

const LINES = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

/** A position: who has which of nine cells. */
export class Position {
  cells = new Int8Array(9).fill(-1);
  moves = 0;
  winner = -1;

  toPlay() {
    return this.moves % 2;
  }

  legalActions() {
    const legal = [];
    if (this.isTerminal()) return legal;
    for (let cell = 0; cell < 9; cell++) if (this.cells[cell] < 0) legal.push(cell);
    return legal;
  }

  apply(action) {
    const player = this.toPlay();
    this.cells[action] = player;
    this.moves++;
    if (!LINES.some((line) => line.every((cell) => this.cells[cell] === player))) return [0, 0];
    this.winner = player;
    return player === 0 ? [1, -1] : [-1, 1];
  }

  isTerminal() {
    return this.winner >= 0 || this.moves === 9;
  }

  /** Planes of 3 × 3: the mover's stones, the other's. */
  observation() {
    const seen = new Float32Array(18);
    const mover = this.toPlay();
    for (let cell = 0; cell < 9; cell++)
      if (this.cells[cell] >= 0) seen[(this.cells[cell] === mover ? 0 : 9) + cell] = 1;
    return seen;
  }

  toString() {
    const drawn = Array.from(this.cells, (owner) => (owner < 0 ? "." : "xo"[owner])).join("");
    return `${drawn.slice(0, 3)}\n${drawn.slice(3, 6)}\n${drawn.slice(6)}`;
  }
}

export const game = {
  spec: {
    name: "javascript:tic_tac_toe",
    players: 2,
    actions: 9,
    observation: [2, 3, 3],
    returns: /** @type {[number, number]} */ ([-1, 1]),
    zero_sum: true,
    movers: /** @type {const} */ ("alternate"),
    final_rewards_only: true,
    max_length: 9,
  },
  newState: () => new Position(),
  actionName: (_state, action) => `${"abc"[action % 3]}${1 + Math.floor(action / 3)}`,
};

async function play() {
  const client = await connect();
  const session = await client.newSession();
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const position = new Position();
  while (!position.isTerminal()) {
    console.log(`\n${position}`);
    const legal = position.legalActions();
    let action;
    if (position.toPlay() === 1) {
      const options = { legal, toPlay: 1, simulations: 64 };
      ({ action } = await session.think(position.observation(), options));
      console.log(`the agent plays ${game.actionName(position, action)}`);
    } else {
      const names = legal.map((each) => game.actionName(position, each));
      const said = await terminal.question(`your move (${names.join(" ")}): `);
      action = legal[names.indexOf(said.trim())];
      if (action === undefined) continue;
    }
    position.apply(action);
    await session.observe(action);
  }
  console.log(`\n${position}\n${["you win", "the agent wins"][position.winner] ?? "a draw"}`);
  terminal.close();
  client.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv[2] === "serve") {
    const server = await serveEnvironment(game, { port: Number(process.argv[3] ?? 0) });
    console.log(`myoshu train ${server.url}`);
  } else if (process.argv[2] === "play") await play();
  else {
    console.error("node tic_tac_toe.js serve [PORT] | play");
    process.exitCode = 2;
  }
}
