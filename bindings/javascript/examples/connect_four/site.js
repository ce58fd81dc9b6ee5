// Serves the page to browsers on this machine; nothing is loaded from elsewhere.
//
//     myoshu serve four.myoshu --websocket 7778
//     npm ci      once, in bindings/javascript
//     node examples/connect_four/site.js [PORT]
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { discover } from "myoshu";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = "/examples/connect_four/";
const folders = [page, "/src/", "/node_modules/@msgpack/msgpack/dist.esm/"];
const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css" };

const site = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://here").pathname));
  const type = types[extname(path)];
  const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
  if (path === "/") response.writeHead(302, { location: page }).end();
  else if (!folders.some((folder) => path.startsWith(folder)) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
    response.writeHead(404, { "content-type": "text/plain" }).end(`${path}: not here\n`);
  } else {
    const security = "default-src 'self' 'unsafe-inline' data:; connect-src ws: wss:";
    const headers = { "content-type": `${type ?? "text/html"}; charset=utf-8`, "content-security-policy": security };
    createReadStream(file).pipe(response.writeHead(200, { ...headers, "cache-control": "no-store" }));
  }
});

/** What the page must know of a server that has left a note on this machine. */
function agent() {
  try {
    const { ws, token } = discover();
    if (ws === null) return "";
    return `?server=${encodeURIComponent(ws)}${token === null ? "" : `#token=${encodeURIComponent(token)}`}`;
  } catch {
    return "";
  }
}

site.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (site.address());
  console.log(`http://127.0.0.1:${port}${page}${agent()}`);
});
