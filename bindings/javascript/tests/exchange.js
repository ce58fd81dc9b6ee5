// Makes the calls of one script of exchanges (tests/vectors/protocol/exchanges.json) to the agent at an address, and prints
// what became of each: node tests/exchange.js ADDRESS CALLS
import { connect } from "../src/node.js";

const [address, calls] = process.argv.slice(2);
let client, session;

async function make(call) {
  if (call.do === "connect") client = await connect(address, { timeout: 10, resume: 1, heartbeat: 0 });
  else if (call.do === "open") session = await client.newSession({ seed: 1 });
  else if (call.do === "observe") await session.observe(...new Array(call.moves).fill(0));
  else if (call.do === "close") await session.close();
  else {
    let infos = 0;
    const onInfo = call.infos ? () => infos++ : undefined;
    const decision = await session.think(new Float32Array(27), { legal: call.legal, onInfo, stream: ["policy", "visits", "pv"] });
    return { action: decision.action, infos };
  }
  return { ok: true };
}

function failure(error) {
  if (error.name === "RequestError") return { error: error.code };
  if (error.name !== "ConnectionLostError") throw error;
  return error.message.includes("broke the protocol") ? { broken: true } : { lost: true };
}

const outcomes = [];
for (const call of JSON.parse(calls)) outcomes.push(await make(call).catch(failure));
client?.close();
console.log(JSON.stringify(outcomes));
