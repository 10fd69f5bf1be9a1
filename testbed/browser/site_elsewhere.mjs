// A page of another origin that uses the sample site's font and reads a file of it with a script:
//
//   node site_elsewhere.mjs BASE --host HOST --allowed yes|no
//
// `--allowed`: whether cors.allow_origins allows it; `--host`: the bucket that responds.

import { createServer } from "node:http";

import { check, option, withBrowser } from "./browser.mjs";
import { visitor } from "./site_checks.mjs";

const base = process.argv[2];
const isAllowed = option("--allowed") === "yes";
const FONT = `${base}/assets/wordmark.woff2`;
const FILE = `${base}/where-am-i.txt`;
const IMAGE = `${base}/images/sunset.png`;

const PAGE = `<!doctype html>
<html lang="en">
<title>Elsewhere</title>
<link rel="icon" href="data:,">
<style>
  @font-face { font-family: Borrowed; src: url("${FONT}") format("woff2"); }
</style>
<h1>Elsewhere</h1>
<img src="${IMAGE}" alt="">
`;

/** Serves the page on another port, which is another origin. */
async function elsewhere() {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html; charset=utf-8").end(PAGE));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** Tries a promise in the page: its value, or the name of its error. */
const outcome = (page, script, ...args) => page.evaluate(script, ...args).catch((error) => `failed: ${error.message}`);

async function uses(page, url) {
  await page.goto(`${url}/`);
  const width = await page.locator("img").evaluate((image) => image.decode().then(() => image.naturalWidth));
  check(width === 320, "an image is shown in any case", `${width}`);

  const loaded = await outcome(page, () => document.fonts.load("20px Borrowed", "b2-edge").then((fonts) => fonts.map(({ status }) => status).join()));
  const font = await page.evaluate(() => [...document.fonts][0].status);
  check(font === (isAllowed ? "loaded" : "error"), `the font is ${isAllowed ? "" : "not "}loaded`, `${loaded}, ${font}`);

  // With a custom header, so that the browser sends a preflight first.
  const read = await outcome(
    page,
    async (file) => {
      const response = await fetch(file, { headers: { "X-Trace": "1" }, cache: "no-store" });
      return [response.status, response.headers.get("X-B2-Host"), await response.text()];
    },
    FILE,
  );
  if (isAllowed) {
    check(read[0] === 200 && read[2].startsWith("This copy"), "a script reads a file", String(read));
    check(read[1] === option("--host"), "and the header that names the bucket", String(read));
  } else {
    check(String(read).includes("Failed to fetch"), "a script does not read a file", String(read));
  }
}

/** `watchedPage` records each use; Chromium reports those that are not allowed in the console. */
function expected(url) {
  const uses = [IMAGE, FONT, FILE].map((used) => `elsewhere: ${used}`);
  if (isAllowed) return uses;
  const blocked = (kind, target, why) => `console: Access to ${kind} at '${target}' from origin '${url}' has been blocked by CORS policy: ${why}`;
  const why = "No 'Access-Control-Allow-Origin' header is present on the requested resource.";
  return [
    ...uses,
    blocked("font", FONT, why),
    blocked("fetch", FILE, `Response to preflight request doesn't pass access control check: ${why}`),
    ...[FONT, FILE].flatMap((target) => [`failed: ${target} net::ERR_FAILED`, "console: Failed to load resource: net::ERR_FAILED"]),
  ];
}

await withBrowser(async (browser) => {
  const { url, close } = await elsewhere();
  await visitor(browser, url, "elsewhere", (page) => uses(page, url), { problems: () => expected(url) });
  close();
});
