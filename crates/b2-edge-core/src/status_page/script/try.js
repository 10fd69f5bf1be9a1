
// The box that sends a request and shows what came of it.

// Up to this length a body is read to its end: one that is broken off looks like a failure elsewhere.
const SMALL_BODY = 65536;

function showTry() {
  byId("codes").replaceChildren(
    ...report.pops.map((pop) => make("option", { value: pop.code }, `${pop.city}, ${pop.country}`)),
  );
  byId("pop").disabled = !report.pop_parameter;
  byId("no-pop").hidden = report.pop_parameter;
  if (byId("path").value === "") byId("path").value = report.service.is_local ? "/where-am-i.txt" : "/";
}

/** A URL of this host, whatever the path says: it follows the host as it is. */
function target(path, pop) {
  const rooted = path.startsWith("/") ? path : `/${path}`;
  const escaped = rooted.replaceAll("#", "%23");
  if (pop === "") return location.origin + escaped;
  return `${location.origin}${escaped}${escaped.includes("?") ? "&" : "?"}pop=${encodeURIComponent(pop)}`;
}

async function send(event) {
  event.preventDefault();
  const pop = byId("pop").disabled ? "" : byId("pop").value.trim().toUpperCase();
  const url = target(byId("path").value.trim(), pop);
  byId("send").disabled = true;
  try {
    const begun = performance.now();
    const response = await fetch(url, { cache: "no-store" });
    const elapsed = performance.now() - begun;
    showAnswer(response, pop, elapsed);
    await drain(response);
  } catch (error) {
    byId("answer").replaceChildren(
      make("p", {}, state("bad", "No answer")),
      make("p", { class: "muted" }, `${error.message}. A redirect to another host cannot be followed from here.`),
    );
  }
  byId("send").disabled = false;
}

async function drain(response) {
  if (Number(response.headers.get("content-length") ?? Infinity) <= SMALL_BODY) await response.arrayBuffer();
  else await response.body?.cancel();
}

/** The entries of Server-Timing: each a name with the parameters `desc` and `dur`. */
function timings(header) {
  const entries = header?.match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return entries.map((entry) => {
    const value = (name) => {
      const match = entry.match(new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:\\\\.|[^"\\\\])*)"|([^;\\s]+))`));
      return match ? (match[1]?.replaceAll(/\\(.)/g, "$1") ?? match[2]) : null;
    };
    return { name: entry.split(";")[0].trim(), text: value("desc") ?? "", ms: Number(value("dur") ?? NaN) };
  });
}

function showAnswer(response, pop, elapsed) {
  const header = (name) => response.headers.get(name);
  const entries = timings(header("server-timing"));
  const host = header("x-b2-host");
  const served = report.origins.find((origin) => origin.host === host && host !== null);
  const preferred = report.pops.find(({ code }) => code === pop)?.order[0];
  const facts = [
    ["X-B2-Host", host],
    ["X-Cache", header("x-cache")],
    ["Age", header("age")],
    ["X-Request-Id", header("x-request-id")],
    ["Content-Type", header("content-type")],
    ["Redirected to", response.redirected ? response.url.replace(location.origin, "") : null],
    ["Server-Timing", header("server-timing")],
  ];
  byId("answer").replaceChildren(
    make(
      "p",
      { class: "verdict" },
      state(response.ok ? "good" : "bad", `${response.status} ${reason(response)}`.trim()),
      served ? make("span", { class: "from" }, "from ", swatch(served.backend), served.backend) : null,
      make("span", { class: "muted" }, `after ${elapsed.toFixed(0)} ms`),
    ),
    ...(served && preferred && served.backend !== preferred
      ? [make("p", { class: "note" }, `${pop} prefers ${preferred}, and ${served.backend} gave these bytes.`)]
      : []),
    timeline(entries, elapsed, header("x-cache")),
    make(
      "dl",
      { class: "facts-list" },
      facts.flatMap(([name, value]) =>
        value === null ? [] : [make("dt", {}, name), make("dd", { "data-header": name }, value)],
      ),
    ),
  );
}

// HTTP/2 and 3 have no reason phrase.
const REASONS = { 200: "OK", 206: "Partial Content", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 502: "Bad Gateway", 503: "Service Unavailable" };
const reason = (response) => response.statusText || (REASONS[response.status] ?? "");

/** The attempts one above the other, all from the left: how long each took, not when it began. */
function timeline(entries, elapsed, cache) {
  const attempts = entries.filter(({ name }) => name === "attempt");
  const origin = entries.filter(({ name, ms }) => name === "origin" && !Number.isNaN(ms));
  const rows = (attempts.length > 0 ? attempts : origin).map(({ text, ms }) => {
    const known = report.origins.find(({ backend }) => text === backend || text.startsWith(`${backend} `));
    const backend = known?.backend ?? text.split(" ")[0];
    return { backend, outcome: text.slice(backend.length).trim(), ms: Number.isNaN(ms) ? null : ms };
  });
  if (rows.length === 0) {
    return make("p", { class: "muted" }, cache === "HIT" ? "From the cache: no origin was asked." : "No origin was asked.");
  }
  const longest = Math.max(elapsed, ...rows.map(({ ms }) => ms ?? 0));
  const row = (kind, name, outcome, ms) => {
    const bar = make("span", { class: "bar" });
    bar.style.setProperty("--share", ms === null ? 0 : ms / longest);
    return make(
      "li",
      { class: kind },
      make("span", { class: "who" }, name, outcome === "" ? null : make("span", { class: "muted" }, ` ${outcome.replaceAll("_", " ")}`)),
      make("span", { class: "track", "aria-hidden": "true" }, bar),
      make("span", { class: "ms" }, ms === null ? "" : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`),
    );
  };
  return make(
    "ol",
    { class: "timeline plain", "aria-label": "Attempts" },
    rows.map(({ backend, outcome, ms }) => row(`attempt ${colour(backend)}`, backend, outcome, ms)),
    row("whole", "this page", "until the headers", elapsed),
  );
}

byId("try").addEventListener("submit", send);
