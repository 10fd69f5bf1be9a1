
// The S3 endpoint.

function showS3() {
  const { s3 } = report;
  byId("s3").hidden = s3 === null;
  if (s3 === null) return;
  const { webhook, last_write: write, last_failed_notification: failed } = s3;
  const facts = [
    ["Host", s3.host],
    ["Backends for writes", s3.write_backends.length > 0 ? s3.write_backends.join(", ") : "those of the origins"],
    ["Last write here", write === null ? "none in a day" : [
      `${write.operation} of ${write.client}: ${write.bucket}${write.key === null ? "" : `/${write.key}`}, ${write.status}, `,
      moment(write.time),
    ]],
    ["Webhook", webhook === null ? "none" : `${webhook.host}, for ${webhook.for.join(", ")}`],
    ["Last failed notification", webhook === null ? null : failed === null ? "none in a day" : [
      `${failed.outcome.replace("_", " ")}${failed.status === null ? "" : ` (${failed.status})`}, event ${failed.event_id}, `,
      moment(failed.time),
    ]],
  ];
  byId("s3-facts").replaceChildren(
    ...facts.flatMap(([name, value]) => (value === null ? [] : [make("dt", {}, name), make("dd", {}, value)])),
  );
  byId("s3-clients").replaceChildren(
    ...(s3.clients.length > 0 ? s3.clients.map(clientItem) : [make("li", { class: "muted" }, "Nobody can use it.")]),
  );
}

function clientItem(client) {
  const facts = [
    ["Buckets", client.buckets.join(", ")],
    ["May", client.allow.join(", ")],
    ["Prefix", client.prefix === "" ? null : make("code", {}, client.prefix)],
    ["Until", client.until],
  ];
  const isSet = client.problems.length === 0;
  return make(
    "li",
    { class: "origin", "data-client": client.name },
    make("h4", {}, make("span", {}, client.name), isSet ? state("good", "key set") : state("bad", "key missing")),
    make(
      "dl",
      { class: "facts-list" },
      facts.flatMap(([name, value]) => (value === null ? [] : [make("dt", {}, name), make("dd", {}, value)])),
    ),
    isSet ? null : make("ul", { class: "plain" }, client.problems.map((problem) => make("li", {}, problem))),
  );
}
