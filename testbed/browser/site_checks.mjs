// What the scripts about the sample site share.

import { check, eventually, watchedPage } from "./browser.mjs";

/** The pages of the site, with their headings. */
export const PAGES = {
  "/": "A private bucket, served from nearby",
  "/docs/": "Docs",
  "/docs/getting-started.html": "Getting started",
  "/docs/large-files/": "Large files",
};

/** The browser's own doing: a player stops when it has what it wants, and a page that is left does, too. */
const isStoppedTransfer = (trouble) => /^failed: \S+ net::ERR_ABORTED$/.test(trouble);

/** Gives the body a page of its own, whose troubles are to be these in any order, or none. */
export async function visitor(browser, base, name, body, { look = {}, troubles: expected = () => [] } = {}) {
  const { page, troubles, close } = await watchedPage(browser, base, look);
  await body(page);
  const wanted = expected().toSorted();
  const found = () => troubles.filter((trouble) => !isStoppedTransfer(trouble)).toSorted();
  const what = wanted.length === 0 ? "the console is clean and every request went well" : "exactly the expected troubles";
  await eventually(`${name}: ${what}`, () => found().join("\n  ") === wanted.join("\n  ") || `\n  ${found().join("\n  ")}\n`);
  await close();
}

/** What Chromium and `watchedPage` say of an answer with 404. */
export const missing = (url) => [
  "console: Failed to load resource: the server responded with a status of 404 (Not Found)",
  `404: ${url}`,
];

/**
 * Notes what comes over the network and what from the browser's own cache. Of a path it tells, in the order of
 * the answers: the status that was sent, or "cached", and the headers.
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
  // The status as it was sent: for a page, a 304 is the 200 that it confirms.
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

/** Checks the page that is shown by its heading. */
export async function shows(page, path, heading) {
  const text = await page.locator("h1").textContent({ timeout: 5000 }).catch((error) => error.message);
  check(text === heading, `${path} shows "${heading}"`, text);
}
