// Makes crates/b2-edge-core/src/status_page/land.txt, the outline of the land on the map of the status page: the data of one
// SVG path.
//
//   npm install --no-save --prefix DIRECTORY world-atlas@2.0.2
//   node data/land_outline.mjs DIRECTORY/node_modules/world-atlas/land-50m.json > crates/b2-edge-core/src/status_page/land.txt
//
// Source: Natural Earth 4.1.0, land, 1:50,000,000 (naturalearthdata.com), as the npm package world-atlas
// 2.0.2 packs it. Natural Earth's data are in the public domain.
//
// What is done to it: Antarctica and islands of less than MIN_AREA are left out; what is left is projected
// as `project` in crates/b2-edge-core/src/status_page/script/map.js projects the POPs, and thinned by Visvalingam's method: the
// point that spans the smallest triangle with its neighbours goes first, more reluctantly in Europe. The
// threshold is the smallest that keeps the path, in whole units, below MAX_BYTES.

import { readFileSync } from "node:fs";

const MAX_BYTES = 10_500;
// In square units of the map, which is 10,000 wide.
const MIN_AREA = 2000;

// Miller's cylindrical projection. Must match `project` in crates/b2-edge-core/src/status_page/script/map.js.
const WIDTH = 10_000;
const TOP = 80;
const miller = (latitude) => 1.25 * Math.log(Math.tan(Math.PI / 4 + (0.4 * latitude * Math.PI) / 180));
const project = ([longitude, latitude]) => [
  ((longitude + 180) / 360) * WIDTH,
  ((miller(TOP) - miller(latitude)) / (2 * Math.PI)) * WIDTH,
];

// An arc of TopoJSON is quantized differences; ~i is arc i backwards.
const topology = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { scale, translate } = topology.transform;
const arcs = topology.arcs.map((arc) => {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
  });
});
const ring = (indices) =>
  indices.flatMap((index, position) => {
    const arc = index < 0 ? arcs[~index].toReversed() : arcs[index];
    return position === 0 ? arc : arc.slice(1);
  });

// Where the page looks closest a point counts for more, and where no POP is, in the Arctic, for less.
const [[europeWest, europeNorth], [europeEast, europeSouth]] = [[-12, 62], [32, 35]].map(project);
const [, arctic] = project([0, 65]);
const importance = ([x, y]) => {
  if (y < arctic) return 0.2;
  return x > europeWest && x < europeEast && y > europeNorth && y < europeSouth ? 5 : 1;
};

const triangle = ([ax, ay], [bx, by], [cx, cy]) =>
  Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;

const area = (points) =>
  Math.abs(
    points.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = points[(i + 1) % points.length];
      return sum + x * nextY - nextX * y;
    }, 0),
  ) / 2;

// For each point the threshold from which on it is gone, which never falls from one to the next.
function weigh(points) {
  const nodes = points.map((point) => ({ point, weight: Infinity }));
  const left = [...nodes];
  let highest = 0;
  while (left.length > 3) {
    let [smallest, at] = [Infinity, 0];
    left.forEach(({ point }, i) => {
      const size = importance(point) * triangle(left.at(i - 1).point, point, left[(i + 1) % left.length].point);
      if (size < smallest) [smallest, at] = [size, i];
    });
    highest = Math.max(highest, smallest);
    left[at].weight = highest;
    left.splice(at, 1);
  }
  return nodes;
}

// A ring that crosses the date line jumps from one edge of the map to the other. It is unrolled, and what
// then lies beyond an edge becomes a ring of its own at the other.
function unroll(points) {
  let turns = 0;
  return points.map(([x, y], i) => {
    const step = i === 0 ? 0 : x - points[i - 1][0];
    if (Math.abs(step) > WIDTH / 2) turns -= Math.sign(step);
    return [x + turns * WIDTH, y];
  });
}

/** What of a ring lies where `side` is not negative (Sutherland and Hodgman). */
function clip(points, side) {
  return points.flatMap((point, i) => {
    const before = points.at(i - 1);
    const [now, then] = [side(point), side(before)];
    const inside = now >= 0 ? [point] : [];
    if (now < 0 === then < 0) return inside;
    const part = then / (then - now);
    return [[0, 1].map((axis) => before[axis] + part * (point[axis] - before[axis])), ...inside];
  });
}

const cut = (points) =>
  [-1, 0, 1].map((turn) =>
    clip(clip(points, ([x]) => x - turn * WIDTH), ([x]) => (turn + 1) * WIDTH - x).map(([x, y]) => [x - turn * WIDTH, y]),
  );

const rings = topology.objects.land.geometries
  .flatMap((geometry) => geometry.arcs)
  .flatMap((polygon) => polygon)
  .map(ring)
  .filter((points) => points.some(([, latitude]) => latitude > -59))
  .flatMap((points) => cut(unroll(points.slice(1).map(project))))
  .filter((points) => points.length > 2 && area(points) >= MIN_AREA)
  .map(weigh);

function path(threshold) {
  return rings
    .map((nodes) => {
      let [x, y] = [0, 0];
      const steps = nodes
        .filter(({ weight }) => weight >= threshold)
        .map(({ point }) => {
          const [toX, toY] = point.map(Math.round);
          const step = [toX - x, toY - y];
          [x, y] = [toX, toY];
          return step;
        })
        .filter(([dx, dy], i) => i === 0 || dx !== 0 || dy !== 0);
      if (steps.length < 3) return "";
      const [[startX, startY], ...rest] = steps;
      // A minus sign separates as well as a space does.
      return `M${startX} ${startY}l${rest.flat().join(" ").replaceAll(" -", "-")}z`;
    })
    .join("");
}

let [low, high] = [0, 1e6];
while (high - low > 1) {
  const middle = (low + high) / 2;
  if (path(middle).length < MAX_BYTES) high = middle;
  else low = middle;
}
process.stdout.write(`${path(high)}\n`);
console.error(`${rings.length} rings, threshold ${high.toFixed(0)}, ${path(high).length} bytes`);
