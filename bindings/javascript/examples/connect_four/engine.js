// An engine that tesuji learns from: it keeps the rules and many games, and a trainer plays them over TCP.
//
//     node examples/connect_four/engine.js [--port PORT] [--columns 5] [--rows 4]
//     tesuji train tcp://127.0.0.1:PORT --minutes 1 --out four.tesuji
import { parseArgs } from "node:util";
import { serveEnvironment } from "tesuji";
import { connectFour } from "./rules.js";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    columns: { type: "string", default: "5" },
    rows: { type: "string", default: "4" },
  },
});
const [columns, rows] = [Number(values.columns), Number(values.rows)];
const server = await serveEnvironment(connectFour(columns, rows), { port: Number(values.port) });
console.log(`Connect four on ${columns} by ${rows}. To learn it: tesuji train ${server.url}`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.close());
