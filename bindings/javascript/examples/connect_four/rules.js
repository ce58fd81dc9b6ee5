// Connect four on a board of any size: rules for an engine in Node and for the page in a browser alike.

export const IN_A_ROW = 4;
const DIRECTIONS = [[0, 1], [1, 0], [1, 1], [1, -1]];
const NOBODY = -1;

/** A position: who has which cell. Cell `row * columns + column`; row 0 is the bottom. */
export class Position {
  /** @param {number} columns @param {number} rows */
  constructor(columns, rows) {
    this.columns = columns;
    this.rows = rows;
    this.cells = new Int8Array(rows * columns).fill(NOBODY);
    /** How many stones lie in each column. */
    this.heights = new Int8Array(columns);
    this.moves = 0;
    this.winner = NOBODY;
  }

  toPlay() {
    return this.moves % 2;
  }

  isTerminal() {
    return this.winner !== NOBODY || this.moves === this.cells.length;
  }

  legalActions() {
    const legal = [];
    if (this.isTerminal()) return legal;
    for (let column = 0; column < this.columns; column++) if (this.heights[column] < this.rows) legal.push(column);
    return legal;
  }

  /** Drop a stone into a column. @param {number} column @returns {[number, number] | undefined} what it pays at the end */
  apply(column) {
    const row = this.heights[column]++;
    const player = this.toPlay();
    this.cells[row * this.columns + column] = player;
    this.moves++;
    if (this.line(row, column).length === 0) return undefined;
    this.winner = player;
    return player === 0 ? [1, -1] : [-1, 1];
  }

  /** The cells of the lines through a cell that are long enough to win. @returns {number[]} */
  line(row, column) {
    const { columns, rows, cells } = this;
    const player = cells[row * columns + column];
    const found = [];
    for (const [up, right] of DIRECTIONS) {
      const line = [row * columns + column];
      for (const sign of [1, -1]) {
        let r = row + sign * up;
        let c = column + sign * right;
        while (r >= 0 && r < rows && c >= 0 && c < columns && cells[r * columns + c] === player) {
          line.push(r * columns + c);
          r += sign * up;
          c += sign * right;
        }
      }
      if (line.length >= IN_A_ROW) found.push(...line);
    }
    return found;
  }

  /** Three planes of rows × columns: the mover's stones, the other's, empty cells. */
  observation() {
    const { cells } = this;
    const size = cells.length;
    const seen = new Float32Array(3 * size);
    const mover = this.toPlay();
    for (let cell = 0; cell < size; cell++) {
      const owner = cells[cell];
      seen[(owner === NOBODY ? 2 * size : owner === mover ? 0 : size) + cell] = 1;
    }
    return seen;
  }

  toString() {
    const drawn = [];
    for (let row = this.rows - 1; row >= 0; row--) {
      const owners = this.cells.subarray(row * this.columns, (row + 1) * this.columns);
      drawn.push(Array.from(owners, (owner) => (owner === NOBODY ? "." : "xo"[owner])).join(""));
    }
    return drawn.join("\n");
  }
}

/**
 * The game on a board of this size.
 * @param {number} columns
 * @param {number} rows
 */
export function connectFour(columns, rows) {
  return {
    spec: {
      name: `javascript:connect_four ${columns}x${rows}`,
      players: 2,
      actions: columns,
      observation: [3, rows, columns],
      planes: ["the mover's stones", "the opponent's stones", "empty cells"],
      layout: "row 0 is the lowest, column 0 the left; an action is a column",
      returns: /** @type {[number, number]} */ ([-1, 1]),
      zero_sum: true,
      movers: /** @type {const} */ ("alternate"),
      final_rewards_only: true,
      max_length: columns * rows,
    },
    newState: () => new Position(columns, rows),
    actionName: (_position, column) => String(column + 1),
  };
}
