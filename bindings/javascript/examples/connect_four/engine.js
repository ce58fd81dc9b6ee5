// An engine that myoshu learns from: it keeps the rules and many games, and a trainer plays them over TCP.
//
//     npm ci      once, in bindings/javascript
//     node examples/connect_four/engine.js [--port PORT] [--columns 5] [--rows 4]
//     myoshu train tcp://127.0.0.1:PORT --minutes 1 --out four.myoshu
//
// With --join PORT it connects to a trainer instead: myoshu train --listen 127.0.0.1:PORT --minutes 1 --out four.myoshu
import { parseArgs } from "node:util";
import { joinTrainer, serveEnvironment } from "myoshu";
import { connectFour } from "./rules.js";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    join: { type: "string" },
    columns: { type: "string", default: "5" },
    rows: { type: "string", default: "4" },
  },
});
const [columns, rows] = [Number(values.columns), Number(values.rows)];
const rules = connectFour(columns, rows);
if (values.join !== undefined) {
  await joinTrainer(rules, { port: Number(values.join), token: process.env.MYOSHU_TOKEN });
  console.log("The trainer has learned enough.");
} else {
  const server = await serveEnvironment(rules, { port: Number(values.port) });
  console.log(`Connect four on ${columns} by ${rows}. To learn it: myoshu train ${server.url}`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.close());
}
