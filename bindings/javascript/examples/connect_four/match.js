// A game between a person and an agent: what was played, whose turn it is, what the agent thinks. It draws nothing.
import { Position } from "./rules.js";

/** Strengths of an agent whose levels were not measured. */
export const STRENGTHS = [
  { name: "Careless", temperature: 1, simulations: 1 },
  { name: "Easy", temperature: 0.5, simulations: 4 },
  { name: "Medium", temperature: 0.2, simulations: 24 },
  { name: "Hard", temperature: 0, simulations: 200 },
  { name: "Hardest", temperature: 0, simulations: 1000 },
];
const HINT = { simulations: 400 };
/** Seconds that a move takes at least, so that a person can follow. */
const PACE = 0.6;
export const WATCH = 2;

export class Match {
  /**
   * @param {import("myoshu").Client} client
   * @param {any} model one of the client's
   * @param {() => void} onChange called after everything that can be seen
   */
  constructor(client, model, onChange) {
    this._client = client;
    this._model = model;
    this._onChange = onChange;
    [, this.rows, this.columns] = model.game.observation;
    this.strengths = model.levels?.length
      ? model.levels.map((level) => ({ name: `Level ${level}`, level }))
      : STRENGTHS;
    this.strength = this.strengths[Math.floor((this.strengths.length - 1) / 2)];
    this.seat = 0;
    this._round = 0;
    /** @type {AbortController | null} */
    this._abort = null;
    this.start();
  }

  /** Begin again; moves that should have been played already may be given. @param {number[]} [moves] */
  start(moves = []) {
    this._round++;
    this._abort?.abort();
    this._abort = null;
    this.moves = moves;
    this.position = this._replay(moves);
    this.hint = -1;
    this.failure = "";
    /** @type {{action: number, value: number, simulations: number, policy?: Float32Array} | null} */
    this.thought = null;
    this.wanted = 0;
    this._onChange();
    void this._goOn();
  }

  /** Whether the person is to move. */
  get mayPlay() {
    return !this.position.isTerminal() && this.position.toPlay() === this.seat && !this.asking;
  }

  /** Whether a thought is under way. */
  get asking() {
    return this._abort !== null;
  }

  /** The cell played last, or −1. */
  get last() {
    const column = this.moves.at(-1);
    return column === undefined ? -1 : (this.position.heights[column] - 1) * this.columns + column;
  }

  /** The person plays. @param {number} column */
  play(column) {
    if (!this.mayPlay || !this.position.legalActions().includes(column)) return;
    this._apply(column);
    void this._goOn();
  }

  /** Take back what was played since the person's last move, and that. */
  undo() {
    const mine = this.moves.map((_, i) => i).filter((i) => this.seat === WATCH || i % 2 === this.seat);
    const until = mine.at(-1);
    if (until !== undefined) this.start(this.moves.slice(0, until));
  }

  get mayUndo() {
    return this.moves.length > (this.seat === 1 ? 1 : 0);
  }

  /** Ask for advice. */
  async advise() {
    if (!this.mayPlay) return;
    const decision = await this._think(HINT, {});
    if (decision === null) return;
    this.hint = decision.action;
    this._onChange();
  }

  /** The agent plays until the person is to move. */
  async _goOn() {
    while (!this.position.isTerminal() && this.position.toPlay() !== this.seat) {
      const { level, temperature, simulations } = this.strength;
      const decision = await this._think({ simulations }, { level, temperature });
      if (decision === null) return;
      this._apply(decision.action);
    }
  }

  /** @param {number} column */
  _apply(column) {
    this.position.apply(column);
    this.moves = [...this.moves, column];
    this.hint = -1;
    this._onChange();
  }

  /**
   * Think about the position; null if it is no longer needed.
   * @param {{simulations?: number}} limit
   * @param {object} options of the session
   */
  async _think(limit, options) {
    const round = this._round;
    const abort = new AbortController();
    this._abort = abort;
    this._onChange();
    const current = () => round === this._round;
    try {
      const session = await this._client.newSession({ model: this._model.name, ...options });
      this.wanted = limit.simulations ?? session.simulations;
      const pace = new Promise((resolve) => setTimeout(resolve, PACE * 1000));
      const decision = await session.think(this.position.observation(), {
        ...limit,
        legal: this.position.legalActions(),
        toPlay: this.position.toPlay(),
        stream: ["policy"],
        every: 0.05,
        signal: abort.signal,
        onInfo: (info) => current() && this._show(info),
      });
      await session.close();
      if (current()) this._show(decision);
      await pace;
      return current() ? decision : null;
    } catch (error) {
      if (current()) this.failure = /** @type {Error} */ (error).message;
      return null;
    } finally {
      if (current()) {
        this._abort = null;
        this._onChange();
      }
    }
  }

  /** @param {any} thought */
  _show(thought) {
    this.thought = { ...thought, mover: this.position.toPlay() };
    this._onChange();
  }

  /** @param {number[]} moves */
  _replay(moves) {
    const position = new Position(this.columns, this.rows);
    for (const column of moves) position.apply(column);
    return position;
  }
}
