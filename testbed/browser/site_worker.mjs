// A service worker that a bucket stores: `node site_worker.mjs BASE`.
//
// Browsers install one only if its script has a JavaScript type, no redirect and a scope that its path allows.

import { check, eventually, withBrowser } from "./browser.mjs";
import { visitor } from "./site_checks.mjs";

const base = process.argv[2];

async function theWorker(page) {
  await page.goto(`${base}/worker/`);
  await eventually("the worker controls its page", () =>
    page.evaluate(() => navigator.serviceWorker.controller !== null),
  );
  const answer = await page.evaluate(async () => (await fetch("/worker/made-by-the-worker.txt")).text());
  check(answer === "from the worker", "it answers a request itself", answer);
  const response = await page.evaluate(async () => {
    const range = await fetch("/worker/data.bin", { headers: { range: "bytes=2-4" } });
    return [range.status, range.headers.get("content-range"), await range.text()];
  });
  check(response.join() === "206,bytes 2-4/10,234", "it passes a range on", response.join());
}

await withBrowser(async (browser) => {
  await visitor(browser, base, "the service worker", theWorker);
});
