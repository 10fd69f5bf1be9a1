// The status page of a running application:
//
//   node status_page.mjs BASE --pops COUNT --path PATH --pop CODE --host HOST [--screenshot DIRECTORY]
//       all POPs are on the map, and trying PATH at the POP shows the bucket HOST
//   node status_page.mjs BASE --mistake TEXT --command TEXT [--screenshot DIRECTORY]
//       a mistake in the configuration is shown with the command that fixes it

import { check, eventually, option, withBrowser } from "./browser.mjs";
import { visit, visitInAllLooks } from "./status_page_checks.mjs";

const base = process.argv[2];

async function mapIsWhole(page) {
  const count = Number(option("--pops"));
  const codes = await page.locator("#map [data-pop]").evaluateAll((all) => all.map((dot) => dot.dataset.pop));
  check(codes.length === count && new Set(codes).size === count, `all ${count} POPs are on the map`, `${codes.length}`);

  // Each in its origin's colour in the legend, and within the map.
  const astray = await page.evaluate(() => {
    const colours = new Map(
      [...document.querySelectorAll("#legend li")].map((entry) => [
        entry.querySelector("b")?.textContent,
        getComputedStyle(entry.firstChild).backgroundColor,
      ]),
    );
    const frame = document.getElementById("map").getBoundingClientRect();
    return [...document.querySelectorAll("#map [data-pop]")]
      .filter((dot) => {
        const { fill, stroke } = getComputedStyle(dot);
        const box = dot.getBoundingClientRect();
        const isInside = box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
        return !isInside || ![fill, stroke].includes(colours.get(dot.dataset.origin));
      })
      .map((dot) => dot.dataset.pop);
  });
  check(astray.length === 0, "each dot is on the map in its origin's colour", astray.join(" "));
}

async function dotsTellTheirPop(page) {
  const readout = page.locator("#readout");
  const focused = () => page.evaluate(() => document.activeElement.dataset.pop ?? "");

  await page.focus("#views button:last-child");
  await page.keyboard.press("Tab");
  check((await focused()) !== "", "Tab focuses a dot");
  await page.keyboard.press("Home");
  const reached = new Set();
  for (let i = 0; i < Number(option("--pops")); i += 1) {
    reached.add(await focused());
    await page.keyboard.press("ArrowRight");
  }
  check(reached.size === Number(option("--pops")), "the arrow keys reach every dot", `${reached.size}`);
  const [code, text] = [await focused(), await readout.textContent()];
  check(text.startsWith(`${code} `) && /\d km/.test(text), "a focused dot shows its POP and distances", text);
  await page.keyboard.press("ArrowUp");
  const north = await focused();
  check(north !== code && (await readout.textContent()).startsWith(`${north} `), "so does the one to the north", north);

  const johannesburg = await page.locator("[data-pop=JNB]").boundingBox();
  await page.mouse.move(johannesburg.x + johannesburg.width / 2, johannesburg.y + johannesburg.height / 2);
  await eventually("a dot under the pointer shows its POP", async () => {
    const text = await readout.textContent();
    return (text.startsWith("JNB Johannesburg, ZA") && /\d km/.test(text)) || text;
  });
}

async function aClickTakesAPop(page) {
  const santiago = await page.locator("[data-pop=SCL]").boundingBox();
  await page.mouse.click(santiago.x + santiago.width / 2, santiago.y + santiago.height / 2);
  check((await page.inputValue("#pop")) === "SCL", "a click on a dot takes its POP to the box");
  await page.mouse.move(1, 1);
  const text = await page.locator("#readout").textContent();
  check(text.startsWith("SCL "), "and the dot goes on telling its POP", text);
}

async function tryingAPopShowsItsBucket(page) {
  const pop = option("--pop");
  await page.fill("#path", option("--path"));
  await page.locator(`[data-pop=${pop}]`).focus();
  await page.keyboard.press("Enter");
  check((await page.inputValue("#pop")) === pop, `Enter on a dot takes ${pop} to the box`);
  await page.keyboard.press("Enter");
  const value = (name) => page.locator(`#answer [data-header="${name}"]`).textContent({ timeout: 1000 });
  await eventually(`trying ${pop} shows ${option("--host")}`, async () => {
    const host = await value("X-B2-Host");
    return host === option("--host") || host;
  });
  const verdict = await page.locator("#answer .verdict").textContent();
  check(verdict.startsWith("200 "), "and the status", verdict);
  check(["MISS", "HIT"].includes(await value("X-Cache")), "and the state of the cache");
  check((await page.locator("#answer .timeline li, #answer > .muted").count()) > 0, "and the attempts");
}

async function asksForANewReport(page) {
  const [response] = await Promise.all([page.waitForResponse(`${base}/_b2-edge/status.json`), page.click("#refresh")]);
  check(response.headers()["content-type"].startsWith("application/json"), "the report is there as JSON");
  await eventually("and the page still has its map", async () => (await page.locator("#map [data-pop]").count()) > 0);
  check((await page.locator("#fields tr").count()) > 5, "the configuration is listed");
  const secrets = await page.locator("#secrets .state").allTextContents();
  check(secrets.length > 0 && secrets.every((text) => text === "set"), "the secrets are set", secrets.join(" "));
  const states = await page.locator("#origins .state").allTextContents();
  check(states.length > 0 && states.every((text) => text === "healthy"), "the origins are healthy", states.join(" "));
}

async function showsTheMistake(page) {
  const text = await page.locator("#problems").innerText();
  check(text.includes(option("--mistake")), `the mistake is shown: ${option("--mistake")}`, text);
  const commands = await page.locator("#problems code").allTextContents();
  check(commands.some((command) => command.includes(option("--command"))), "with the command that mends it", commands.join(" | "));
}

await withBrowser(async (browser) => {
  if (option("--mistake") !== null) {
    await visitInAllLooks(browser, base, "mistake", showsTheMistake);
    return;
  }
  await visitInAllLooks(browser, base, "status", mapIsWhole);
  await visit(browser, base, "tried", {}, async (page) => {
    await dotsTellTheirPop(page);
    await aClickTakesAPop(page);
    await asksForANewReport(page);
    await tryingAPopShowsItsBucket(page);
    await page.click("#listing summary");
    await eventually("the POPs are there as a table", async () => (await page.locator("#listing tbody tr").count()) === Number(option("--pops")));
    await page.click("#listing summary");
  });
});
