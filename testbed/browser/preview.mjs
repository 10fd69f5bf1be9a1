// The status page without the application: `node preview.mjs [STATE] [PORT]` serves one of the states of
// reports.mjs, rendered as `page` in crates/b2-edge-core/src/status_page/mod.rs does, for work on the page.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

import * as reports from "./reports.mjs";

const read = (name) => readFileSync(new URL(`../../crates/b2-edge-core/src/status_page/${name}`, import.meta.url), "utf8");
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function document(report) {
  const style = read("style.css");
  const rust = read("mod.rs");
  const script = [...rust.matchAll(/include_str!\("(script\/[a-z0-9]+\.js)"\)/g)].map(([, name]) => read(name)).join("");
  const json = JSON.stringify(report).replace(/[<>&\u2028\u2029]/g, (character) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const parts = { style, script, report: json, land: read("land.txt").trimEnd() };
  const html = read("page.html")
    .replace(/\{(style|script|report|land)\}/g, (_, name) => parts[name])
    .replace("{{3}}", "{3}");
  const policy =
    `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; img-src data:; connect-src 'self'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return { html, policy };
}

/** Serves the page of a report, and below `/` responses like those of the application. */
export async function preview(report, port = 0) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    if (url.pathname === "/_b2-edge/") {
      const { html, policy } = document(report);
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.setHeader("content-security-policy", policy);
      response.end(html);
    } else if (url.pathname === "/_b2-edge/status.json") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(report));
    } else {
      const pop = report.pops.find(({ code }) => code === url.searchParams.get("pop"));
      const order = pop?.order ?? report.origins.map(({ backend }) => backend);
      const origins = order.map((backend) => report.origins.find((origin) => origin.backend === backend));
      const server = origins.find(({ state }) => state === "healthy");
      const failed = server ? origins.slice(0, origins.indexOf(server)) : origins;
      const attempts = failed.map(({ backend }) => `attempt;desc="${backend} server_error";dur=21.4`);
      response.statusCode = server ? 200 : 502;
      response.setHeader("content-type", "text/plain");
      response.setHeader("x-cache", "MISS");
      response.setHeader("x-request-id", "0d6f1c2ab87e4f0c");
      if (server) {
        attempts.push(`attempt;desc="${server.backend} served";dur=11.7`, `origin;desc="${server.backend}";dur=11.7`);
        response.setHeader("x-b2-host", server.host);
      }
      response.setHeader("server-timing", ['cache;desc="MISS"', ...attempts].join(", "));
      response.end("somewhere\n");
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [state = "healthy", port = "7680"] = process.argv.slice(2);
  const { url } = await preview(reports[state](), Number(port));
  console.log(`${url}/_b2-edge/`);
}
