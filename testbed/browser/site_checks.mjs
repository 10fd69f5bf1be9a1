// Shared by the scripts about the sample site.

import { check, eventually, watchedPage } from "./browser.mjs";

/** The pages of the site, with their headings. */
export const PAGES = {
  "/": "A private bucket, served from nearby",
  "/docs/": "Docs",
  "/docs/getting-started.html": "Getting started",
  "/docs/large-files/": "Large files",
};

/** Transfers that the browser itself stops: of a video that has enough data, and of a page that is left. */
const isStoppedTransfer = (problem) => /^failed: \S+ net::ERR_ABORTED$/.test(problem);

/** Runs the body on a new page, which must cause exactly these problems, in any order, or none. */
export async function visitor(browser, base, name, body, { look = {}, problems: expected = () => [] } = {}) {
  const { page, problems, close } = await watchedPage(browser, base, look);
  await body(page);
  const wanted = expected().toSorted();
  const found = () => problems.filter((problem) => !isStoppedTransfer(problem)).toSorted();
  const what = wanted.length === 0 ? "the console is clean and every request succeeded" : "exactly the expected problems";
  await eventually(`${name}: ${what}`, () => found().join("\n  ") === wanted.join("\n  ") || `\n  ${found().join("\n  ")}\n`);
  await close();
}

/** What Chromium and `watchedPage` report for a 404. */
export const missing = (url) => [
  "console: Failed to load resource: the server responded with a status of 404 (Not Found)",
  `404: ${url}`,
];

/**
 * Records which responses come over the network and which from the browser's own cache. For a path it returns, in
 * the order of the responses, the status that was sent, or "cached", and the headers.
 */
export async function watchNetwork(page) {
  const client = await page.context().newCDPSession(page);
  const exchanges = new Map();
  const exchange = (id) => {
    if (!exchanges.has(id)) exchanges.set(id, {});
    return exchanges.get(id);
  };
  client.on("Network.responseReceived", ({ requestId, response }) => {
    const fromCache = response.fromDiskCache || response.fromPrefetchCache;
    Object.assign(exchange(requestId), { url: new URL(response.url), shown: response.status, headers: response.headers });
    if (fromCache) exchange(requestId).fromCache = true;
  });
  client.on("Network.requestServedFromCache", ({ requestId }) => (exchange(requestId).fromCache = true));
  // The status as it was sent: for a 304, the page shows the 200 of the cached response.
  client.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => (exchange(requestId).sent = statusCode));
  await client.send("Network.enable");
  return {
    forget: () => exchanges.clear(),
    of: (path) =>
      [...exchanges.values()]
        .filter(({ url }) => url?.pathname === path)
        .map(({ fromCache, sent, shown, headers }) => ({ status: fromCache ? "cached" : (sent ?? shown), headers })),
  };
}

/** Checks by its heading which page is shown. */
export async function shows(page, path, heading) {
  const text = await page.locator("h1").textContent({ timeout: 5000 }).catch((error) => error.message);
  check(text === heading, `${path} shows "${heading}"`, text);
}
