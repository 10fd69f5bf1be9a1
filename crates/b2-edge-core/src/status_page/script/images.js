
// Variants of images.

function showImages() {
  const { images } = report;
  byId("images").hidden = images === null;
  if (images === null) return;
  const { service, refused_stores: refused } = images;
  const facts = [
    ["Paths", images.routes.flatMap((route, index) => [index > 0 ? ", " : null, make("code", {}, route)])],
    ["Engines", images.engines.join(", then ")],
    ["Render service", service === null ? null : `backend ${service.backend}${service.host === null ? "" : `, ${service.host}`}`],
  ];
  byId("images-facts").replaceChildren(
    ...facts.flatMap(([name, value]) => (value === null ? [] : [make("dt", {}, name), make("dd", {}, value)])),
  );
  const problems = [
    ...(service === null ? [] : service.problems),
    ...refused.map((one) => [
      `${one.origin} refused to store a variant${one.status === null ? "" : ` (${[one.status, one.code].join(" ").trim()})`}, `,
      moment(one.time),
      `. ${one.remedy}`,
    ]),
  ];
  byId("images-problems").hidden = problems.length === 0;
  byId("images-problems").replaceChildren(...problems.map((problem) => make("li", {}, problem)));
  byId("images-presets").replaceChildren(
    ...images.presets.map(({ name, definition }) =>
      make("li", { "data-preset": name }, make("code", {}, name), ` ${JSON.stringify(definition)}`),
    ),
  );
}
