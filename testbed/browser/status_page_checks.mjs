// Checks of the status page that hold in every state.

import { audit, check, fits, picture, watchedPage } from "./browser.mjs";

export const PATH = "/_b2-edge/";

/** Opens the page with one colour scheme and width, runs the checks that hold in all, and then `body`. */
export async function visit(browser, base, name, look, body = async () => {}) {
  const { page, problems, close } = await watchedPage(browser, base, look);
  const response = await page.goto(base + PATH);
  check(response.status() === 200, `${name}: the page is served`, `status ${response.status()}`);
  await body(page);
  await picture(page, name);
  await fits(page, name);
  await audit(page, name);
  check(problems.length === 0, `${name}: the console is clean and no request leaves the host`, problems.join("\n  "));
  await close();
}

/** Runs the body in both colour schemes, on a desktop and on a phone. */
export async function visitInAllLooks(browser, base, state, body) {
  for (const scheme of ["light", "dark"]) {
    for (const [device, width] of [["desktop", 1200], ["phone", 360]]) {
      await visit(browser, base, `${state}-${device}-${scheme}`, { scheme, width }, body);
    }
  }
}

/** Checks that each mistake is shown with its remedy, whose commands are in blocks, and no word is lost. */
export async function checkProblems(page, within, problems) {
  const items = page.locator(`${within} .problem`);
  check((await items.count()) === problems.length, `${within}: ${problems.length} problems`);
  for (const [i, { message, remedy }] of problems.entries()) {
    const shown = items.nth(i);
    const text = (await shown.locator(".message").textContent()).trim();
    check(text === message, `a mistake is named: ${message}`, text);
    const parts = await shown.locator(".remedy p, .remedy code").allTextContents();
    const words = (text) => text.replaceAll(/[,.]/g, "").split(/\s+/).join(" ").trim();
    check(words(parts.join(" ")) === words(remedy), "its remedy is whole", parts.join(" "));
    const commands = await shown.locator(".remedy code").allTextContents();
    check(
      commands.length > 0 && commands.every((command) => command.startsWith("fastly ") && !/[,.]$/.test(command)),
      "its commands can be copied",
      commands.join(" | "),
    );
  }
}
