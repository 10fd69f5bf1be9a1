// The videos of the sample site: `node site_video.mjs BASE`.

import { check, eventually, withBrowser } from "./browser.mjs";
import { visitor, watchNetwork } from "./site_checks.mjs";

const base = process.argv[2];

/** Seeks, and waits until the picture is decoded. */
const seek = (video, seconds) =>
  video.evaluate(
    (element, to) =>
      new Promise((resolve, reject) => {
        element.onseeked = () => resolve(element.currentTime);
        element.onerror = () => reject(new Error(element.error.message));
        setTimeout(() => reject(new Error(`no picture, readyState ${element.readyState}`)), 10_000);
        element.currentTime = to;
      }),
    seconds,
  );

/** Opens the page of a video, and seeks in it. Returns the ranges that were sent. */
async function watch(page, path, selector, source) {
  const network = await watchNetwork(page);
  await page.goto(base + path);
  const video = page.locator(selector);
  await eventually(`${source}: the metadata is loaded`, () => video.evaluate(({ readyState }) => readyState >= 1));
  const [seconds, width] = await video.evaluate(({ duration, videoWidth }) => [duration, videoWidth]);
  check(seconds === 10 && width === 320, `${source}: ten seconds, 320 pixels wide`, `${seconds}, ${width}`);
  for (const to of [9.5, 0.5, 5]) {
    const at = await seek(video, to).catch((error) => error.message);
    check(at === to, `${source}: a seek to ${to} s shows it`, String(at));
  }
  await video.evaluate((element) => element.play());
  await eventually(`${source}: it plays`, () => video.evaluate(({ currentTime }) => currentTime > 5));

  const answers = network.of(source);
  const statuses = answers.map(({ status }) => status).join();
  check(/^206(,206|,cached)*$/.test(statuses), `${source}: every response is a 206`, statuses);
  const ranges = answers.map(({ headers }) => headers["Content-Range"] ?? headers["content-range"]);
  check(ranges.every((range) => /^bytes \d+-\d+\/\d+$/.test(range)), `${source}: and has its Content-Range`, ranges.join());
  return ranges;
}

async function theShortOne(page) {
  const ranges = await watch(page, "/", "#short", "/media/test-pattern.mp4");
  const [, last, length] = ranges[0]?.match(/^bytes 0-(\d+)\/(\d+)$/) ?? [];
  check(Number(last) + 1 === Number(length), "the first range is the whole", ranges[0]);
}

/** Its index is at its end, after 24 MiB of padding. */
async function theLargeOne(page) {
  const length = 24 * 1024 * 1024;
  const ranges = await watch(page, "/docs/large-files/", "#large", "/media/clip.mp4");
  const starts = ranges.map((range) => Number(range?.match(/ (\d+)-/)?.[1]));
  check(ranges.every((range) => range?.endsWith(`/${length}`)), "the large one has 24 MiB", ranges.join());
  const isAtEnd = (start) => start > length - (1 << 20);
  check(starts[0] === 0 && starts.some(isAtEnd), "the player asks for its beginning and for its end", starts.join());
  check(starts.every((start) => start < 1 << 20 || isAtEnd(start)), "and not for its middle", starts.join());
}

await withBrowser(async (browser) => {
  await visitor(browser, base, "the short video", theShortOne);
  await visitor(browser, base, "the large video", theLargeOne);
});
