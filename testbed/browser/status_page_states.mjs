// The status page in the states of reports.mjs, without the application.

import { check, eventually, withBrowser } from "./browser.mjs";
import { preview } from "./preview.mjs";
import * as reports from "./reports.mjs";
import { checkProblems, visit, visitInAllLooks } from "./status_page_checks.mjs";

const texts = (page, selector) => page.locator(selector).allTextContents();

const CHECKS = {
  async healthy(page, report) {
    check((await page.locator("#map [data-pop]").count()) === reports.pops().length, "every POP of the CSV is a dot");
    const hollow = await page.locator("#map .hollow").count();
    const old = report.pops.filter(({ status }) => status !== "current").length;
    check(hollow === old, "those that are not current are hollow", `${hollow} of ${old}`);
    check(await page.locator("#problems").isHidden(), "nothing is wrong");
    check(await page.locator("#s3").isHidden(), "without an S3 endpoint nothing is said of one");
    check(await page.locator("#images").isHidden(), "without image routes nothing is said of variants");
  },
  async failing(page, report) {
    const states = await texts(page, "#origins h3 .state");
    check(states.join() === "failing,misconfigured", "the states of the origins", states.join());
    const times = await texts(page, '[data-backend="us_origin"] time');
    check(/^[\d]+ (s|min) ago$/.test(times[0]), "since when it fails", times[0]);
    check(/^(in \d+ s|with the next request)$/.test(times[1]), "when it is probed", times[1]);
    await checkProblems(page, '[data-backend="eu_origin"]', report.origins[1].problems);
    const doubts = await texts(page, "#problems .message");
    check(doubts.join() === report.warnings[0].message, "the warning", doubts.join());
    const title = await page.locator("#problems-title").textContent();
    check(title === "The configuration works, but may not be what you meant", "what is doubtful", title);
    const secrets = await texts(page, "#secrets .state");
    check(secrets.join() === "set,set,set,missing", "the missing secret", secrets.join());
    const clients = await texts(page, "#s3-clients .state");
    check(clients.join() === "key set,key missing", "the clients of the S3 endpoint", clients.join());
    const facts = await page.locator("#s3-facts").textContent();
    check(facts.includes("PutObject of uploader: demo-us/in/<b>a-long"), "the last write, as text", facts);
    check(/no response, event 66e9.*ago/.test(facts), "the last failed notification", facts);
    const presets = await texts(page, "#images-presets li");
    check(presets.join().includes('hero {"width":1440') && presets.join().includes("<b>public"), "the presets, as text", presets.join());
    const troubles = await texts(page, "#images-problems li");
    check(troubles[0] === report.images.service.problems[0], "what the render service lacks", troubles[0]);
    check(/^us_origin refused to store a variant \(403 AccessDenied\), .* ago\. Give/.test(troubles[1]), "the refusal to store", troubles[1]);
    check(await page.locator("#pop").isDisabled(), "no POP can be chosen when none can be simulated");
    check(await page.locator("#no-pop").isVisible(), "and the page says so");
  },
  async broken(page, report) {
    await checkProblems(page, "#problems", report.problems);
    check((await page.locator("#map [data-pop]").count()) === 0, "without origins there are no dots");
  },
  async six(page) {
    const colours = await page.locator("#legend .swatch").evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor));
    check(new Set(colours).size === 6, "six origins have six colours", colours.join(" "));
    // The audit takes long and has the same result in the dark scheme.
    if (await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")) return;
    await page.click("#listing summary");
    await eventually("the table is there", async () => (await page.locator("#listing tbody tr").count()) > 100);
  },
};

/** Checks that headers of a response are shown as text, and that a path stays on this host. */
async function tryShowsTextOnly(page) {
  await page.route("**/*odd*", (route) =>
    route.fulfill({
      status: 200,
      headers: {
        "content-length": "4",
        "x-b2-host": "<img src=x onerror=alert(1)>",
        "server-timing": 'cache;desc="MISS", attempt;desc="us_origin timed_out";dur=500, attempt;desc="eu_origin, \\"odd\\"";dur=1.5',
      },
      body: "text",
    }),
  );
  await page.fill("#path", "//example.com/odd#part");
  await page.fill("#pop", "lhr");
  const [request] = await Promise.all([page.waitForRequest(/odd/), page.click("#send")]);
  const url = new URL(request.url());
  check(url.host === new URL(page.url()).host, "a path stays on this host", String(url));
  check(`${url.pathname}${url.search}` === "//example.com/odd%23part?pop=LHR", "and whole", url.pathname);
  await eventually("a header is text", async () => (await page.locator('[data-header="X-B2-Host"]').textContent()).startsWith("<img"));
  const attempts = await texts(page, "#answer .attempt .who");
  check(attempts.join("|") === 'us_origin timed out|eu_origin, "odd"', "the attempts are read", attempts.join("|"));
}

await withBrowser(async (browser) => {
  for (const [state, body] of Object.entries(CHECKS)) {
    const report = reports[state]();
    const { url, close } = await preview(report);
    await visitInAllLooks(browser, url, state, (page) => body(page, report));
    if (state === "healthy") await visit(browser, url, "odd-answer", {}, tryShowsTextOnly);
    close();
  }
});
