// Headless Chromium for the tests of pages. Everything that its console would show is recorded.
//
// playwright-core and axe-core are in B2_EDGE_BROWSER_MODULES, where `cargo xtask test` installs them.
// B2_EDGE_CHROMIUM names the browser; otherwise it is `chromium` on PATH.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const installed = createRequire(join(process.env.B2_EDGE_BROWSER_MODULES, "node_modules", "/"));
const { chromium } = installed("playwright-core");
const AXE = readFileSync(installed.resolve("axe-core/axe.min.js"), "utf8");

// It runs as root in containers, and must request nothing but the page.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const failures = [];

/** Records the result of a check. */
export function check(holds, what, detail = "") {
  const shown = detail === "" ? what : `${what}: ${detail}`;
  console.log(`${holds ? "ok" : "NOT OK"}: ${holds ? what : shown}`);
  if (!holds) failures.push(shown);
}

/** Polls until `holds`, for at most ten seconds. */
export async function eventually(what, holds) {
  const begun = Date.now();
  let last;
  do {
    try {
      last = await holds();
      if (last === true) return check(true, what);
    } catch (error) {
      last = error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() - begun < 10_000);
  check(false, what, String(last));
}

/** Runs the body with a browser; the process fails if a check has failed or none was made. */
export async function withBrowser(body) {
  const executablePath =
    process.env.B2_EDGE_CHROMIUM ?? execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  let checked = false;
  try {
    await body(browser);
    checked = true;
  } finally {
    await browser.close();
  }
  if (!checked || failures.length > 0) {
    console.error(`\n${failures.length} failed:\n${failures.join("\n")}`);
    process.exitCode = 1;
  }
}

/** A page in a new context that records console messages, failed requests, and requests to other hosts. */
export async function watchedPage(browser, base, { scheme = "light", width = 1200, height = 900 } = {}) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== base) problems.push(`elsewhere: ${url}`);
  });
  return { page, problems, close: () => context.close() };
}

/** Checks that axe-core finds no serious or critical violation. */
export async function audit(page, name) {
  // Evaluated, not added as an element: the page's Content-Security-Policy allows only its own script.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate("axe.run()");
  const grave = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id} (${nodes.length}) ${nodes[0].target} ${nodes[0].failureSummary.replaceAll(/\s+/g, " ")}`);
  check(grave.length === 0, `${name}: no serious accessibility violation`, grave.join("\n  "));
}

/** Checks that the page is not wider than the screen. */
export async function fits(page, name) {
  const [wide, screen] = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]");
  check(wide <= screen, `${name}: as wide as the screen`, `${wide} of ${screen}`);
}

/** The value after an argument such as `--pops`, if it is given. */
export function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : process.argv[at + 1];
}

/** Saves a screenshot if `--screenshot DIRECTORY` is given. */
export async function picture(page, name) {
  const directory = option("--screenshot");
  if (directory === null) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
