
// Elements. What comes from the report or from an answer becomes text here, and never markup.

const UNKNOWN = "Unknown until the configuration is right.";

const byId = (id) => document.getElementById(id);

/** Makes an element of HTML; `children` are elements and texts, and what is null is left out. */
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same in SVG. */
function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

/** A sign beside a text that says the same: colour alone tells nothing. */
function icon(kind) {
  const shapes = {
    good: "M3 8.5l3.2 3.2L13 4.8",
    bad: "M4 4l8 8M12 4l-8 8",
    warning: "M8 3.5v5.5M8 11.7v.6",
    unknown: "M4 8h8",
  };
  return draw(
    "svg",
    { class: `icon ${kind}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    draw("path", { d: shapes[kind] }),
  );
}

const state = (kind, text) => make("span", { class: `state ${kind}` }, icon(kind), text);

const swatch = (origin) => make("span", { class: `swatch ${colour(origin)}`, "aria-hidden": "true" });

const number = (value) => value.toLocaleString("en");

/** A span of time as people say it. */
function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}
