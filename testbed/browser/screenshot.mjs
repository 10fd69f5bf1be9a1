// Takes the screenshot of the status page for the README:
//
//   node screenshot.mjs FILE [BASE]
//
// of the application at BASE, such as http://127.0.0.1:7676 while `cargo xtask serve` runs, or else of the
// state `healthy` of reports.mjs.

import { withBrowser, watchedPage, eventually } from "./browser.mjs";
import { preview } from "./preview.mjs";
import { healthy } from "./reports.mjs";
import { PATH } from "./status_page_checks.mjs";

const [file, base] = process.argv.slice(2);

await withBrowser(async (browser) => {
  const server = base ? null : await preview(healthy());
  const url = base ?? server.url;
  const { page, close } = await watchedPage(browser, url, { width: 1200, height: 1500 });
  await page.goto(url + PATH);
  await page.fill("#pop", "AMS");
  await page.click("#send");
  await eventually("there is an answer", async () => (await page.locator("#answer .verdict").count()) === 1);
  await page.locator("[data-pop=GRU]").focus();
  // Without the configuration, which is long.
  const { y, height } = await page.locator("#columns").boundingBox();
  await page.screenshot({ path: file, clip: { x: 0, y: 0, width: 1200, height: Math.round(y + height + 20) } });
  await close();
  server?.close();
});
