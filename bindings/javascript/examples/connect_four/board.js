// The board as a picture: it draws a position and says which column was chosen. It knows no agent.

const NAMESPACE = "http://www.w3.org/2000/svg";
const SEATS = ["first", "second"];
const RADIUS = 0.4;
/** Room above the plate for the stone in hand, and below for how likely each move is. */
const ABOVE = 1;
const BELOW = 0.95;

function element(name, attributes, parent) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

export class Board {
  /**
   * @param {SVGSVGElement} svg
   * @param {number} columns
   * @param {number} rows
   * @param {(column: number) => void} onChoose
   */
  constructor(svg, columns, rows, onChoose) {
    this._svg = svg;
    this._columns = columns;
    this._rows = rows;
    this._hovered = -1;
    /** Stones by cell: what is already lying there is not drawn again. @type {Map<number, SVGElement>} */
    this._stones = new Map();
    svg.replaceChildren();
    svg.setAttribute("viewBox", `-0.1 ${-ABOVE} ${columns + 0.2} ${ABOVE + rows + BELOW}`);
    this._ghosts = element("g", {}, svg);
    this._layer = element("g", {}, svg);
    const mask = element("mask", { id: "holes" }, element("defs", {}, svg));
    element("rect", { x: -1, y: -1, width: columns + 2, height: rows + 2, fill: "white" }, mask);
    const plate = element("g", {}, svg);
    element("rect", { x: -0.06, y: -0.06, width: columns + 0.12, height: rows + 0.12, rx: 0.25, class: "plate", mask: "url(#holes)" }, plate);
    for (let cell = 0; cell < columns * rows; cell++) {
      const [cx, cy] = this._centre(cell);
      element("circle", { cx, cy, r: RADIUS, fill: "black" }, mask);
      element("circle", { cx, cy, r: RADIUS, class: "rim" }, plate);
    }
    this._marks = element("g", {}, svg);
    this._shares = Array.from({ length: columns }, (_, column) => {
      element("text", { x: column + 0.5, y: rows + 0.42, class: "number" }, svg).textContent = String(column + 1);
      return element("rect", { x: column + 0.15, y: rows + 0.55, width: 0, height: 0.14, rx: 0.05, class: "share" }, svg);
    });
    svg.onclick = (event) => onChoose(this._columnOf(event));
    svg.onpointermove = (event) => this._hover(event.pointerType === "touch" ? -1 : this._columnOf(event));
    svg.onpointerleave = () => this._hover(-1);
  }

  /**
   * Draw a position.
   * @param {import("./rules.js").Position} position
   * @param {{last: number, hint: number, mayPlay: boolean}} marks cell played last and column advised, or −1
   */
  draw(position, { last, hint, mayPlay }) {
    this._position = position;
    this._mayPlay = mayPlay;
    this._svg.classList.toggle("open", mayPlay);
    for (const [cell, stone] of this._stones)
      if (position.cells[cell] === -1 || stone.dataset.owner !== String(position.cells[cell])) {
        stone.remove();
        this._stones.delete(cell);
      }
    position.cells.forEach((owner, cell) => {
      if (owner === -1 || this._stones.has(cell)) return;
      const [cx, cy] = this._centre(cell);
      const stone = element("circle", { cx, r: RADIUS + 0.02, class: `stone ${SEATS[owner]}`, "data-owner": owner }, this._layer);
      stone.style.cy = `${-ABOVE / 2}px`;
      this._stones.set(cell, stone);
      stone.getBoundingClientRect(); // so that it falls from above
      stone.style.cy = `${cy}px`;
    });
    this._marks.replaceChildren();
    if (hint >= 0)
      element("rect", { x: hint + 0.04, y: 0, width: 0.92, height: this._rows, rx: 0.2, class: "hinted" }, this._marks);
    if (last < 0) return this._hover(this._hovered);
    const line = position.line(Math.floor(last / this._columns), last % this._columns);
    for (const cell of new Set(line)) {
      const [cx, cy] = this._centre(cell);
      element("circle", { cx, cy, r: RADIUS - 0.08, class: "won" }, this._marks);
    }
    const [cx, cy] = this._centre(last);
    if (line.length === 0) element("circle", { cx, cy, r: 0.09, class: "last" }, this._marks);
    this._hover(this._hovered);
  }

  /** Show how likely each move is; nothing for none. @param {ArrayLike<number>} [policy] */
  consider(policy) {
    this._shares.forEach((share, column) => share.setAttribute("width", String(0.7 * (policy?.[column] ?? 0))));
  }

  /** Show where a stone would fall from. @param {number} column or −1 */
  _hover(column) {
    this._hovered = column;
    this._ghosts.replaceChildren();
    if (!this._mayPlay || column < 0 || !this._position.legalActions().includes(column)) return;
    const seat = SEATS[this._position.toPlay()];
    element("circle", { cx: column + 0.5, cy: -ABOVE / 2, r: RADIUS, class: `ghost ${seat}` }, this._ghosts);
  }

  /** @param {number} cell @returns {[number, number]} */
  _centre(cell) {
    return [(cell % this._columns) + 0.5, this._rows - Math.floor(cell / this._columns) - 0.5];
  }

  /** @param {MouseEvent} event */
  _columnOf(event) {
    const { x } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this._svg.getScreenCTM().inverse());
    return x >= 0 && x < this._columns ? Math.floor(x) : -1;
  }
}
