// The gallery of the sample site, as the application serves it:
//
//   node gallery.mjs BASE --service yes|no [--screenshot DIRECTORY]
//
// `--service`: whether the render service runs.

import { audit, check, eventually, fits, option, picture, withBrowser } from "./browser.mjs";
import { visitor } from "./site_checks.mjs";

const base = process.argv[2];
const hasService = option("--service") === "yes";
const PAGE = "/gallery/";

// Status, type, width and height of each picture. Those that fail show a placeholder. The natural size of an original is
// that after its EXIF orientation.
const [JPEG, PNG, AVIF, SVG] = ["image/jpeg", "image/png", "image/avif", "image/svg+xml"];
const HERO = hasService ? AVIF : JPEG;
const PICTURES = {
  "/prew/small/lake.jpg": [200, JPEG, 320, 213],
  "/prew/300x200/night.jpg": [200, JPEG, 300, 200],
  "/prew/square/lake.jpg": [200, JPEG, 240, 240],
  "/prew/small/badge.png": [200, PNG, 320, 320],
  "/photo/dunes.jpg": [200, JPEG, 600, 900],
  "/prew/small/dunes.jpg": [200, JPEG, 320, 480],
  "/photo/night.jpg": [200, JPEG, 600, 900],
  "/prew/small/night.jpg": [200, JPEG, 320, 480],
  "/photo/harbor.jpg": [200, JPEG, 900, 600],
  "/prew/small/harbor.jpg": [200, JPEG, 320, 213],
  "/prew/medium/panorama.png": hasService ? [200, JPEG, 640, 256] : [413, SVG, 320, 213],
  "/prew/small/missing.jpg": [404, SVG, 320, 213],
  "/prew/small/broken.jpg": [422, SVG, 320, 213],
  "/prew/small/text.jpg": [415, SVG, 320, 213],
};

// What the browser chooses, by the width of the screen.
const CHOICES = {
  1200: { "/prew/large/lake.jpg": [200, JPEG, 1280, 853], "/prew/hero/harbor.jpg": [200, HERO, 480, 320] },
  340: { "/prew/small/lake.jpg": [200, JPEG, 320, 213], "/prew/hero-narrow/harbor.jpg": [200, HERO, 320, 320] },
};

const REASONS = { 404: "Not Found", 413: "Payload Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Entity" };

/** What Chromium and `watchedPage` report for the pictures that fail. */
const failing = () =>
  Object.entries(PICTURES)
    .filter(([, [status]]) => status !== 200)
    .flatMap(([path, [status]]) => [
      `console: Failed to load resource: the server responded with a status of ${status} (${REASONS[status]})`,
      `${status}: ${base}${path}`,
    ]);

/** Waits until every picture is loaded: what each element shows, with its size in the page. */
async function loadedPictures(page) {
  const images = page.locator("figure img");
  await eventually("every picture is loaded", () =>
    images.evaluateAll((all) => {
      const missing = all.filter(({ complete, naturalWidth }) => !complete || naturalWidth === 0);
      return missing.length === 0 || missing.map(({ currentSrc }) => currentSrc).join();
    }),
  );
  return images.evaluateAll((all) =>
    all.map((image) => ({
      path: new URL(image.currentSrc).pathname,
      // With width descriptors, the natural size of the element is the one that `sizes` names.
      isScaled: image.srcset !== "",
      size: [image.naturalWidth, image.naturalHeight],
      attributes: [image.width, image.height].every((side) => side > 0),
      alt: image.alt,
    })),
  );
}

/** The size in pixels of a picture that is loaded for itself. */
const sizeOf = (page, path) =>
  page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  }, path);

/** AVIF takes the service seconds, which the first to request it waits for. */
async function heroesAreMade(browser) {
  const context = await browser.newContext();
  for (const path of ["/prew/hero/harbor.jpg", "/prew/hero-narrow/harbor.jpg"]) {
    const response = await context.request.get(base + path, { headers: { accept: HERO }, timeout: 60_000 });
    const [type, vary] = ["content-type", "vary"].map((name) => response.headers()[name]);
    check(response.status() === 200 && type === HERO, `${path} is made: ${HERO}`, `${response.status()} ${type}`);
    check(/\baccept\b/i.test(vary ?? ""), `${path} varies by Accept`, vary);
  }
  await context.close();
}

async function everyPictureIsRight(page, width) {
  const seen = {};
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    seen[pathname] ??= [response.status(), response.headers()["content-type"]];
  });
  const wanted = { ...PICTURES, ...CHOICES[width] };
  await page.goto(base + PAGE);
  const shown = await loadedPictures(page);
  for (const { path, isScaled, size, attributes, alt } of shown) {
    const [status, type, ...pixels] = wanted[path] ?? [];
    const [foundStatus, foundType] = seen[path] ?? [];
    check(foundStatus === status && foundType === type, `${path}: ${status} ${type}`, `${foundStatus} ${foundType}`);
    const found = isScaled ? await sizeOf(page, path) : size;
    check(found.join() === pixels.join(), `${path}: ${pixels.join(" × ")} pixels`, found.join(" × "));
    check(attributes && alt !== "", `${path} has a size and a text`, alt);
  }
  const [found, all] = [new Set(shown.map(({ path }) => path)), Object.keys(wanted)];
  check(all.every((path) => found.has(path)), "no picture is missing", all.filter((path) => !found.has(path)).join());
}

/** Compares variants with their originals, which the browser turns upright itself. */
async function variantsAreUpright(page) {
  for (const name of ["dunes", "night", "harbor"]) {
    const difference = await page.evaluate(async (sources) => {
      const pixels = [];
      for (const source of sources) {
        const image = new Image();
        image.src = source;
        await image.decode();
        const context = new OffscreenCanvas(40, 40).getContext("2d");
        context.drawImage(image, 0, 0, 40, 40);
        pixels.push(context.getImageData(0, 0, 40, 40).data);
      }
      const [one, other] = pixels;
      return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / one.length;
    }, [`/photo/${name}.jpg`, `/prew/small/${name}.jpg`]);
    check(difference < 3, `${name}: the variant looks like the original`, `${difference} of 255`);
  }
}

async function captionsShowWhatWasReceived(page) {
  for (const [path, type] of [["/prew/300x200/night.jpg", JPEG], ["/prew/hero/harbor.jpg", HERO], ["/prew/small/broken.jpg", SVG]]) {
    const [status] = { ...PICTURES, ...CHOICES[1200] }[path];
    const caption = page.locator("figure", { has: page.locator(`img[src="${path}"]`) }).locator(".facts");
    await eventually(`the caption of ${path}`, async () => {
      const text = await caption.textContent();
      const start = `${path} · ${status} · ${type} · `;
      return (text.startsWith(start) && /^[\d.]+ kB · (MISS|HIT)$/.test(text.slice(start.length))) || text;
    });
  }
}

async function linksLeadSomewhere(page) {
  const links = await page.locator("a, link").evaluateAll((all) => all.map(({ href }) => href));
  for (const link of new Set(links)) {
    const status = (await page.request.get(link)).status();
    check(status === 200, `the link to ${link.slice(base.length)}: 200`, `${status}`);
  }
}

/** Everything is there without the script, too. */
async function worksWithoutScripts(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  const statuses = {};
  page.on("response", (response) => (statuses[new URL(response.url()).pathname] = response.status()));
  await page.goto(base + PAGE);
  for (const [path, [status]] of Object.entries({ ...PICTURES, ...CHOICES[1200] })) {
    await eventually(`without scripts, ${path}: ${status}`, () => statuses[path] === status || statuses[path]);
  }
  await context.close();
}

await withBrowser(async (browser) => {
  await heroesAreMade(browser);
  const service = hasService ? "service" : "guest";
  for (const look of [{ scheme: "light", width: 1200 }, { scheme: "dark", width: 340 }]) {
    const name = `gallery-${service}-${look.scheme}`;
    const body = async (page) => {
      await everyPictureIsRight(page, look.width);
      if (look.width === 1200) {
        await captionsShowWhatWasReceived(page);
        await variantsAreUpright(page);
        await linksLeadSomewhere(page);
      }
      await fits(page, name);
      await audit(page, name);
      await picture(page, name);
    };
    await visitor(browser, base, name, body, { look, problems: failing });
  }
  await worksWithoutScripts(browser);
});
