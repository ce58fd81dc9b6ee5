// The page: joins the board, the match and the buttons. ?server=ws://… is the agent's address, #token=… its token.
import { connect } from "myoshu";
import { Board } from "./board.js";
import { Match, WATCH } from "./match.js";

const NAMES = ["Red", "Gold"];
const RETRY = 2;
const at = (id) => document.getElementById(id);
const server = new URLSearchParams(location.search).get("server") ?? "ws://127.0.0.1:7778";
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;

/** One line for the person. @param {Match} match */
function status(match) {
  const { position, seat } = match;
  const mover = position.toPlay();
  if (match.failure) return match.failure;
  if (position.winner >= 0) {
    if (seat === WATCH) return `${NAMES[position.winner]} wins.`;
    return position.winner === seat ? "You win!" : "The agent wins.";
  }
  if (position.isTerminal()) return "A draw.";
  if (match.asking) return mover === seat ? "Looking for a good move …" : `${NAMES[mover]} thinks …`;
  if (match.hint >= 0) return `Column ${match.hint + 1} looks best.`;
  return `Your turn: you play ${NAMES[mover].toLowerCase()}.`;
}

/** @param {Match} match @param {Board} board */
function show(match, board) {
  const { thought } = match;
  at("said").textContent = status(match);
  board.draw(match.position, match);
  board.consider(thought?.policy);
  const done = thought === null ? 0 : match.asking ? Math.min(1, thought.simulations / match.wanted) : 1;
  at("progress").style.width = `${100 * done}%`;
  at("count").textContent = thought === null ? "" : thought.stop === "only_move" ? "the only move" : `${thought.simulations} simulations`;
  // Values are the mover's; the bar is red's share.
  let red = thought === null ? 0 : thought.mover === 0 ? thought.value : -thought.value;
  if (match.position.isTerminal()) red = [1, -1][match.position.winner] ?? 0;
  at("balance").style.width = `${50 + 50 * Math.max(-1, Math.min(1, red))}%`;
  at("value").textContent = Math.abs(red) < 0.1 ? "even" : `${NAMES[red > 0 ? 0 : 1]} ${Math.round(100 * Math.abs(red))}%`;
  at("undo").disabled = !match.mayUndo;
  at("hint").disabled = !match.mayPlay;
}

async function dial() {
  for (;;) {
    try {
      return await connect(server, { token, name: "connect four" });
    } catch (error) {
      at("said").textContent = `${error.message}. Start one: myoshu serve AGENT --websocket 7778`;
      await new Promise((resolve) => setTimeout(resolve, RETRY * 1000));
    }
  }
}

const client = await dial();
const model = client.models.find(({ game }) => game.observation.length === 3 && game.observation[0] === 3 && game.observation[2] === game.actions);
if (model === undefined) at("said").textContent = `${server}: expected an agent for connect four, got ${client.models.map((each) => each.name)}`;
else {
  const [, rows, columns] = model.game.observation;
  /** @type {Match} */
  let match;
  const board = new Board(at("board"), columns, rows, (column) => match.play(column));
  match = new Match(client, model, () => match && show(match, board));
  at("level").replaceChildren(...match.strengths.map(({ name }) => new Option(name)));
  at("level").selectedIndex = match.strengths.indexOf(match.strength);
  at("level").onchange = () => (match.strength = match.strengths[at("level").selectedIndex]);
  at("seat").onchange = () => {
    match.seat = Number(at("seat").value);
    match.start();
  };
  const actions = { restart: () => match.start(), undo: () => match.undo(), hint: () => void match.advise() };
  for (const [id, act] of Object.entries(actions)) at(id).onclick = act;
  document.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target instanceof HTMLSelectElement) return;
    const act = { n: actions.restart, u: actions.undo, h: actions.hint }[event.key.toLowerCase()];
    if (act) act();
    else if (Number(event.key) >= 1) match.play(Number(event.key) - 1);
  };
  show(match, board);
}
