
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
    ...s3.clients.map((client) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, client.name),
        make("td", {}, client.buckets.join(", ")),
        make("td", {}, client.allow.join(", ")),
        make("td", {}, client.prefix === "" ? "anywhere" : make("code", {}, client.prefix)),
        make("td", {}, client.until ?? "for ever"),
        make("td", {}, client.problems.length === 0 ? state("good", "set") : state("bad", client.problems.join("; "))),
      ),
    ),
  );
  if (s3.clients.length === 0) {
    byId("s3-clients").append(make("tr", {}, make("td", { colspan: "6", class: "muted" }, "Nobody can use it.")));
  }
}
