// The sample site in a browser, as the application serves it:
//
//   node site.mjs BASE --eu-host HOST --eu-city CITY [--screenshot DIRECTORY]
//
// The application has the configuration `CONFIG` of testbed/src/demo/origins.rs.

import { audit, check, eventually, fits, option, picture, withBrowser } from "./browser.mjs";
import { missing, PAGES, shows, visitor, watchNetwork } from "./site_checks.mjs";

const base = process.argv[2];

const SECURITY = {
  "x-content-type-options": "nosniff",
  "strict-transport-security": "max-age=31536000",
  "referrer-policy": "strict-origin-when-cross-origin",
  "content-security-policy": "base-uri 'self'; frame-ancestors 'self'",
  "x-frame-options": "SAMEORIGIN",
};

// Everything that the home page loads.
const RESOURCES = {
  "/assets/style.css": [200, "text/css; charset=utf-8", "public, max-age=3600"],
  // Stored without a type.
  "/assets/site.js": [200, "text/javascript; charset=utf-8", "public, max-age=3600"],
  "/assets/wordmark.woff2": [200, "font/woff2", "public, max-age=3600"],
  // Stored with Cache-Control.
  "/images/sunset.png": [200, "image/png", "public, max-age=86400"],
  "/images/logo.svg": [200, "image/svg+xml", "public, max-age=86400"],
  "/media/test-pattern.mp4": [206, "video/mp4", "public, max-age=60"],
  "/where-am-i.txt": [200, "text/plain; charset=utf-8", "public, max-age=60"],
};

async function pageIsWhole(page, path) {
  const response = await page.goto(base + path);
  const headers = response.headers();
  check(response.status() === 200, `${path}: 200`, `${response.status()}`);
  check(headers["content-type"] === "text/html; charset=utf-8", `${path} is HTML`, headers["content-type"]);
  check(headers["cache-control"] === "no-cache", `${path} is revalidated`, headers["cache-control"]);
  for (const [name, value] of Object.entries(SECURITY)) {
    check(headers[name] === value, `${path} has ${name}`, headers[name]);
  }
  await shows(page, path, PAGES[path]);
  await eventually(`${path} has its style and its font`, () =>
    page.evaluate(() => {
      const [font] = document.fonts;
      return getComputedStyle(document.body).maxWidth !== "none" && font?.family === "Wordmark" && font.status === "loaded";
    }),
  );
}

async function resourcesAreRight(page) {
  const seen = {};
  page.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    const headers = response.headers();
    seen[pathname] = [response.status(), headers["content-type"], headers["cache-control"]];
    const nosniff = headers["x-content-type-options"];
    check(nosniff === "nosniff", `${pathname} has nosniff`, nosniff);
  });
  await page.goto(`${base}/`);
  await eventually("the home page's script shows the bucket of its copy", async () => {
    const text = await page.locator("#copy").textContent();
    return /b2-edge-demo-us\.s3\.us-west-004\.\S+, (HIT|MISS)$/.test(text) || text;
  });
  await eventually("its picture and its video are shown", () =>
    page.evaluate(() => document.querySelector(".hero").naturalWidth === 320 && document.querySelector("video").videoWidth === 320),
  );
  delete seen["/"];
  for (const path of new Set([...Object.keys(RESOURCES), ...Object.keys(seen)])) {
    const [wanted, found] = [RESOURCES[path], seen[path]].map((resource) => resource?.join(" | "));
    check(wanted === found, `${path}: ${wanted}`, found);
  }
}

async function everyLinkLeadsSomewhere(page) {
  const links = new Set();
  for (const path of Object.keys(PAGES)) {
    await page.goto(base + path);
    // Resolved by the browser, as for a click.
    for (const link of await page.locator("a, link").evaluateAll((all) => all.map(({ href }) => href))) links.add(link);
  }
  check(links.size > 12, "the pages have links", `${links.size}`);
  for (const link of links) {
    const wanted = link.endsWith("/no-such-page") ? 404 : 200;
    const status = (await page.request.get(link)).status();
    check(status === wanted, `the link to ${link.slice(base.length)}: ${wanted}`, `${status}`);
  }
}

async function aPlaceIsSimulated(page) {
  await page.goto(`${base}/where-am-i.txt?pop=AMS`);
  const text = await page.locator("body").textContent();
  check(text.includes(option("--eu-city")), "as a POP in Amsterdam, where-am-i.txt is the EU copy", text);
  await page.goto(`${base}/`);
  await page.selectOption("#pop", "AMS");
  await page.click("#where button");
  await eventually("and the home page shows it", async () => {
    const text = await page.locator("#copy").textContent();
    return (text.includes(option("--eu-city")) && text.includes(option("--eu-host"))) || text;
  });
}

/** Opens a path that redirects, and checks each step. */
async function leadsTo(page, path, status, target, heading) {
  const response = await page.goto(base + path);
  const redirect = await response.request().redirectedFrom()?.response();
  const [found, location] = [redirect?.status(), redirect && (await redirect.headerValue("location"))];
  check(found === status && response.status() === 200, `${path}: ${status}, then 200`, `${found}, ${response.status()}`);
  check(location === target && page.url() === base + target, `${path} leads to ${target}`, `${location}, ${page.url()}`);
  await shows(page, path, heading);
}

async function redirectsAreFollowed(page) {
  await leadsTo(page, "/docs", 301, "/docs/", PAGES["/docs/"]);
  await leadsTo(page, "/docs?from=mail&x=%20", 301, "/docs/?from=mail&x=%20", PAGES["/docs/"]);
  await leadsTo(page, "/docs/large-files", 301, "/docs/large-files/", PAGES["/docs/large-files/"]);
  await leadsTo(page, "/start", 301, "/docs/", PAGES["/docs/"]);
  await leadsTo(page, "/manual/getting-started.html", 308, "/docs/getting-started.html", PAGES["/docs/getting-started.html"]);
}

async function historyAndCache(page) {
  const network = await watchNetwork(page);
  const states = (path) => network.of(path).map(({ status }) => status).join();
  const click = async (selector, path) => {
    await page.click(selector);
    await page.waitForURL(base + path);
    await page.waitForLoadState();
    await shows(page, path, PAGES[path]);
  };
  await page.goto(`${base}/`);
  await eventually("the first visit loads the page and its style", () => states("/") === "200" && states("/assets/style.css") === "200");
  network.forget();

  await click("nav a[href='/docs/']", "/docs/");
  await eventually("another page has the same style from the browser's cache", () => states("/docs/") === "200" && states("/assets/style.css") === "cached");
  await click("main a[href='large-files/']", "/docs/large-files/");
  await click("main a[href='../']", "/docs/");
  await eventually("a page that is visited again is revalidated with 304", () => states("/docs/") === "200,304" || states("/docs/"));
  network.forget();

  await click(".wordmark", "/");
  for (const [path, wanted] of [["/", "304"], ["/assets/site.js", "cached"], ["/images/sunset.png", "cached"]]) {
    await eventually(`the second visit: ${path} ${wanted}`, () => states(path) === wanted || states(path));
  }

  await page.goBack();
  await shows(page, "back", PAGES["/docs/"]);
  await page.goBack();
  await shows(page, "back again", PAGES["/docs/large-files/"]);
  await page.goForward();
  await page.goForward();
  await shows(page, "forward", PAGES["/"]);
  check(page.url() === `${base}/`, "forward is the home page", page.url());
}

async function aMissingPage(page) {
  const response = await page.goto(`${base}/no-such-page`);
  check(response.status() === 404, "a page that does not exist: 404", `${response.status()}`);
  const cacheControl = response.headers()["cache-control"];
  check(cacheControl === "no-store", "which is not kept", cacheControl);
  await shows(page, "/no-such-page", "Page not found");
  await eventually("with its style", () => page.evaluate(() => getComputedStyle(document.body).maxWidth !== "none"));
  await picture(page, "not-found");
  await audit(page, "404.html");
  await page.click("main a");
  await page.waitForURL(`${base}/`);
  await shows(page, "its link home", PAGES["/"]);
}

async function aMissingImage(page) {
  await page.goto(`${base}/docs/`);
  const [response] = await Promise.all([
    page.waitForResponse(`${base}/images/gone.png`),
    page.evaluate(() => (new Image().src = "/images/gone.png")),
  ]);
  check(response.status() === 404, "an image that does not exist: 404", `${response.status()}`);
}

await withBrowser(async (browser) => {
  const visit = (name, body, rest) => visitor(browser, base, name, body, rest);
  for (const path of Object.keys(PAGES)) {
    for (const look of [{ scheme: "light", width: 1200 }, { scheme: "dark", width: 360 }]) {
      const name = `site${path.replaceAll("/", "-")}${look.scheme}`;
      const body = async (page) => {
        await pageIsWhole(page, path);
        await picture(page, name);
        await fits(page, name);
        await audit(page, name);
      };
      await visit(name, body, { look });
    }
  }
  await visit("the home page", resourcesAreRight);
  await visit("links", everyLinkLeadsSomewhere);
  await visit("places", aPlaceIsSimulated);
  await visit("redirects", redirectsAreFollowed);
  await visit("history", historyAndCache);
  await visit("a missing page", aMissingPage, { problems: () => missing(`${base}/no-such-page`) });
  await visit("a missing image", aMissingImage, { problems: () => missing(`${base}/images/gone.png`) });
});
