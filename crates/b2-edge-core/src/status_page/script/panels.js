
// The origins and the configuration.

const STATES = { healthy: ["good", "healthy"], failing: ["warning", "failing"], misconfigured: ["bad", "misconfigured"] };
const HEALTH = { healthy: "healthy", unhealthy: "unhealthy", unknown: "none" };
const SECRETS = { set: ["good", "set"], missing: ["bad", "missing"], unusable: ["bad", "unusable"] };

function showOrigins() {
  const items = report.origins.map((origin) => {
    const site = report.sites.find(({ name }) => name === origin.site);
    const facts = [
      ["Bucket", origin.bucket],
      ["Region", origin.region === null ? null : site ? `${origin.region}, ${site.place}` : origin.region],
      ["Access", origin.public ? "public, unsigned" : null],
      ["Health check", HEALTH[origin.health_check]],
      ["Failing since", origin.failing_since === null ? null : moment(origin.failing_since)],
      ["Failures in a row", origin.failures > 0 ? number(origin.failures) : null],
      ["Next probe", origin.next_probe === null ? null : moment(origin.next_probe, "with the next request")],
    ];
    const [kind, text] = STATES[origin.state] ?? ["unknown", origin.state];
    return make(
      "li",
      { class: "origin", "data-backend": origin.backend, "data-state": origin.state },
      make("h3", {}, swatch(origin.backend), make("span", {}, origin.backend), state(kind, text)),
      origin.host === null ? null : make("p", { class: "host" }, origin.host),
      make(
        "dl",
        { class: "facts-list" },
        facts.flatMap(([name, value]) => (value === null || value === undefined ? [] : [make("dt", {}, name), make("dd", {}, value)])),
      ),
      origin.problems.length === 0 ? null : make("ul", { class: "plain" }, origin.problems.map(ownProblem)),
    );
  });
  byId("columns").classList.toggle("many", items.length > 3);
  byId("origins").replaceChildren(
    ...(items.length > 0 ? items : [make("li", { class: "muted" }, UNKNOWN)]),
  );
}

/** A problem that stands at the head of the page already is named here, and not explained again. */
function ownProblem(problem) {
  return problemItem(problem, !report.problems.some(({ message }) => message === problem.message));
}

function showConfig() {
  byId("fields").replaceChildren(
    ...report.config.map(({ field, value, source }) =>
      make(
        "tr",
        { class: source },
        make("th", { scope: "row" }, field),
        make("td", {}, make("code", {}, asText(value))),
        make("td", {}, source === "config" ? "config item" : source),
      ),
    ),
  );
  if (report.config.length === 0) {
    byId("fields").append(make("tr", {}, make("td", { colspan: "3", class: "muted" }, UNKNOWN)));
  }
  const secrets = report.origins.flatMap((origin) => origin.secrets);
  byId("secrets").replaceChildren(
    ...secrets.map(({ name, state: is }) =>
      make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, state(...(SECRETS[is] ?? ["unknown", is])))),
    ),
  );
  if (secrets.length === 0) {
    byId("secrets").append(make("tr", {}, make("td", { colspan: "2", class: "muted" }, report.origins.length > 0 ? "No origin needs one." : UNKNOWN)));
  }
}

function asText(value) {
  const short = JSON.stringify(value);
  return short.length <= 60 ? short : JSON.stringify(value, null, 2);
}

/** A time of the report as a distance from now, which `tick` keeps true; `due` is what it says once past. */
function moment(time, due = null) {
  return make("time", { datetime: time, title: time, "data-due": due });
}

// By the clock of the report, whatever the clock of this machine says.
const now = () => Date.parse(report.time) + (performance.now() - arrived);

function tick() {
  for (const element of document.querySelectorAll("time")) {
    const seconds = (Date.parse(element.dateTime) - now()) / 1000;
    if (seconds > 0) element.textContent = `in ${span(seconds)}`;
    else element.textContent = element.dataset.due ?? `${span(-seconds)} ago`;
  }
}
