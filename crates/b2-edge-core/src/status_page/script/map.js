
// The map: where the POPs are, and which origin each asks first.

const MAP_WIDTH = 10000;
const TOP = 80;
const BOTTOM = -57;

const miller = (latitude) => 1.25 * Math.log(Math.tan(Math.PI / 4 + (0.4 * latitude * Math.PI) / 180));

/** Miller's cylindrical projection. Must match `project` in data/land_outline.mjs. */
const project = (longitude, latitude) => [
  ((longitude + 180) / 360) * MAP_WIDTH,
  ((miller(TOP) - miller(latitude)) / (2 * Math.PI)) * MAP_WIDTH,
];

// West, north, east and south.
const VIEWS = {
  World: [-180, TOP, 180, BOTTOM],
  "North America": [-128, 53, -62, 17],
  "South America": [-88, 14, -32, -40],
  Europe: [-13, 62, 42, 34],
  Africa: [-22, 37, 58, -37],
  "Asia-Pacific": [62, 50, 180, -48],
};

// How far from a dot a pointer still means it, in CSS pixels.
const REACH = 18;

const svg = byId("map");
let view = "World";
let dots = [];

const colour = (backend) => `o${report.origins.findIndex((origin) => origin.backend === backend)}`;
const isCurrent = (pop) => pop.status === "current";

function showMap() {
  byId("views").replaceChildren(
    ...Object.keys(VIEWS).map((name) => {
      const button = make("button", { type: "button", "aria-pressed": name === view }, name);
      button.addEventListener("click", () => look(name));
      return button;
    }),
  );
  // Those that may not exist lie below those that do.
  const pops = report.pops.toSorted((a, b) => isCurrent(a) - isCurrent(b));
  dots = pops.map((pop) => {
    const [x, y] = project(pop.longitude, pop.latitude);
    const here = pop.code === report.service.pop;
    const element = draw("circle", {
      class: `dot ${colour(pop.order[0])}${isCurrent(pop) ? "" : " hollow"}${here ? " here" : ""}`,
      cx: x.toFixed(0),
      cy: y.toFixed(0),
      role: "button",
      tabindex: "-1",
      "aria-label": `${pop.code}, ${pop.city}, ${pop.country}: ${inWords(pop)}`,
      "data-pop": pop.code,
      "data-origin": pop.order[0] ?? "",
    });
    return { pop, x, y, element };
  });
  // In the order of the arrow keys, from west to east.
  byId("pops").replaceChildren(...dots.map((dot) => dot.element));
  dots.sort((a, b) => a.x - b.x || a.y - b.y);
  (dots.find((dot) => dot.pop.code === report.service.pop) ?? dots[0])?.element.setAttribute("tabindex", "0");
  showSites();
  showLegend();
  showListing();
  byId("map-help").hidden = byId("legend").hidden = byId("listing").hidden = dots.length === 0;
  look(view);
  point(null);
}

function inWords(pop) {
  const order = pop.order.map((backend, i) => {
    const km = pop.distance_km[i] ?? null;
    return km === null ? backend : `${backend}, ${number(km)} km`;
  });
  const status = isCurrent(pop) ? "" : ` (${pop.status})`;
  const override = pop.reason === "override" ? ", set by pop_overrides" : "";
  return `${order.join("; then ") || "no origin"}${override}${status}`;
}

function showSites() {
  byId("sites").replaceChildren(
    ...report.sites.map((site) => {
      const [x, y] = project(site.longitude, site.latitude);
      return draw(
        "g",
        {
          class: `site ${site.name}${site.origins.length > 0 ? "" : " unused"}`,
          transform: `translate(${x.toFixed(0)} ${y.toFixed(0)})`,
        },
        draw("path", { d: "M0-1l1 1-1 1-1-1z" }),
        draw("text", {}, site.place),
      );
    }),
  );
}

function showLegend() {
  const entry = (sign, ...text) => make("li", {}, sign, make("span", {}, ...text));
  const sign = (name) => make("span", { class: `sign ${name}`, "aria-hidden": "true" });
  const firstFor = (backend) => report.pops.filter((pop) => pop.order[0] === backend).length;
  byId("legend").replaceChildren(
    ...report.origins.map(({ backend }) =>
      entry(swatch(backend), make("b", {}, backend), ` first for ${firstFor(backend)} POPs`),
    ),
    entry(sign("hollow"), "POP that is retired or unconfirmed"),
    entry(sign("diamond"), "B2 region"),
  );
}

/** A table says the same to who cannot see the map or wants a row to copy. Made when it is asked for. */
function showListing() {
  const body = byId("listing-body");
  body.replaceChildren();
  const fillIn = () => {
    if (!byId("listing").open || body.firstChild) return;
    const head = ["Code", "City", "Order of origins", "Status"].map((text) => make("th", { scope: "col" }, text));
    const rows = report.pops.map((pop) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, pop.code),
        make("td", {}, `${pop.city}, ${pop.country}`),
        make("td", {}, orderOf(pop)),
        make("td", {}, pop.status),
      ),
    );
    body.append(
      make("table", { class: "listing" }, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)),
    );
  };
  byId("listing").ontoggle = fillIn;
  fillIn();
}

function orderOf(pop) {
  return make(
    "ol",
    { class: "order plain" },
    pop.order.map((backend, i) => {
      const km = pop.distance_km[i] ?? null;
      return make("li", {}, swatch(backend), backend, km === null ? null : make("span", { class: "muted" }, ` ${number(km)} km`));
    }),
  );
}

function look(name) {
  view = name;
  const [west, north, east, south] = VIEWS[name];
  const [left, top] = project(west, north);
  const [right, bottom] = project(east, south);
  svg.setAttribute("viewBox", [left, top, right - left, bottom - top].map(Math.round).join(" "));
  svg.classList.toggle("near", name !== "World");
  for (const button of byId("views").children) {
    button.setAttribute("aria-pressed", button.textContent === name);
  }
  scale();
}

/** Tells the style sheet how long a CSS pixel is on the map, so that marks keep their size. */
function scale() {
  const matrix = svg.getScreenCTM();
  if (matrix?.a) svg.style.setProperty("--u", 1 / matrix.a);
}

/** Tells of a POP what there is to tell; of none, the POP that answered, if it is on the map. */
function point(dot) {
  const pointed = byId("pointed");
  const way = byId("way");
  pointed.setAttribute("visibility", dot ? "visible" : "hidden");
  way.setAttribute("d", "");
  const told = dot ?? dots.find(({ pop }) => pop.code === report.service.pop);
  if (dot) {
    const { pop, x, y } = dot;
    const box = svg.viewBox.baseVal;
    const isEast = x > box.x + box.width / 2;
    pointed.setAttribute("class", `pointed ${colour(pop.order[0])}${isEast ? " east" : ""}`);
    pointed.setAttribute("transform", `translate(${x.toFixed(0)} ${y.toFixed(0)})`);
    pointed.lastChild.textContent = `${pop.code} ${pop.city}`;
    way.setAttribute("class", `way ${colour(pop.order[0])}`);
    way.setAttribute("d", wayTo(pop));
  }
  const hint = dots.length > 0 ? "Point at a dot to see where its requests go." : UNKNOWN;
  byId("readout").replaceChildren(...(told ? readout(told.pop) : [make("p", { class: "muted" }, hint)]));
}

function readout(pop) {
  const remarks = [
    pop.status === "retired" ? "retired: Fastly no longer lists it" : null,
    pop.status === "unconfirmed" ? "unconfirmed: not known to serve" : null,
    pop.reason === "override" ? "first by pop_overrides" : null,
    pop.code === report.service.pop ? "this page came from here" : null,
  ].filter((remark) => remark !== null);
  return [
    make("p", {}, make("b", {}, pop.code), ` ${pop.city}, ${pop.country}`, make("span", { class: "remark muted" }, remarks.join(", "))),
    orderOf(pop),
  ];
}

/** The great circle from a POP to the site of the origin that it asks first. */
function wayTo(pop) {
  const origin = report.origins.find(({ backend }) => backend === pop.order[0]);
  const site = report.sites.find(({ name }) => name === origin?.site);
  if (!site) return "";
  const radians = Math.PI / 180;
  const vector = ({ latitude, longitude }) => {
    const [lat, lon] = [latitude * radians, longitude * radians];
    return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
  };
  const [from, to] = [vector(pop), vector(site)];
  const angle = Math.acos(Math.min(1, from[0] * to[0] + from[1] * to[1] + from[2] * to[2]));
  if (angle < 0.01) return "";
  let path = "";
  let last = null;
  for (let i = 0; i <= 48; i += 1) {
    const [a, b] = [Math.sin((1 - i / 48) * angle), Math.sin((i / 48) * angle)];
    const [x, y, z] = from.map((part, axis) => (a * part + b * to[axis]) / Math.sin(angle));
    const at = project(Math.atan2(y, x) / radians, Math.asin(z) / radians);
    // Beyond the date line it goes on at the other edge.
    const jumps = last !== null && Math.abs(at[0] - last[0]) > MAP_WIDTH / 2;
    path += `${last === null || jumps ? "M" : "L"}${at[0].toFixed(0)} ${at[1].toFixed(0)}`;
    last = at;
  }
  return path;
}

function nearest(event) {
  const matrix = svg.getScreenCTM();
  let found = null;
  let closest = REACH;
  for (const dot of dots) {
    const away = Math.hypot(dot.x * matrix.a + matrix.e - event.clientX, dot.y * matrix.d + matrix.f - event.clientY);
    if (away < closest) [found, closest] = [dot, away];
  }
  return found;
}

const dotOf = (element) => dots.find((dot) => dot.element === element) ?? null;

function choose(dot) {
  if (dot && !byId("pop").disabled) byId("pop").value = dot.pop.code;
}

/** The next dot to the north or south that is nearest, counting a step aside double. */
function beyond(dot, sign) {
  let found = dot;
  let closest = Infinity;
  for (const other of dots) {
    const rise = (other.y - dot.y) * sign;
    const away = rise + 2 * Math.abs(other.x - dot.x);
    if (rise > 0 && away < closest) [found, closest] = [other, away];
  }
  return found;
}

function onKey(event) {
  const dot = dotOf(event.target);
  if (!dot) return;
  const at = dots.indexOf(dot);
  const goals = {
    ArrowLeft: () => dots[at - 1],
    ArrowRight: () => dots[at + 1],
    ArrowUp: () => beyond(dot, -1),
    ArrowDown: () => beyond(dot, 1),
    Home: () => dots[0],
    End: () => dots.at(-1),
  };
  if (event.key === "Enter" || event.key === " ") {
    choose(dot);
    byId("path").focus();
  } else if (goals[event.key]) goals[event.key]()?.element.focus();
  else return;
  event.preventDefault();
}

// On the frame: an element of SVG that listens to the focus can have it itself.
const frame = svg.parentElement;
frame.addEventListener("pointermove", (event) => point(nearest(event) ?? dotOf(document.activeElement)));
frame.addEventListener("pointerleave", () => point(dotOf(document.activeElement)));
frame.addEventListener("click", (event) => {
  // A click without a pointer comes from assistive technology.
  const dot = event.detail === 0 ? dotOf(event.target) : nearest(event);
  dot?.element.focus({ preventScroll: true });
  choose(dot);
});
frame.addEventListener("keydown", onKey);
frame.addEventListener("focusin", (event) => {
  const dot = dotOf(event.target);
  if (!dot) return;
  for (const other of dots) other.element.setAttribute("tabindex", other === dot ? "0" : "-1");
  point(dot);
});
frame.addEventListener("focusout", () => point(null));
new ResizeObserver(scale).observe(svg);
