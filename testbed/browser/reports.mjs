// Reports in the format of the application, for states of the page that are hard to reproduce.

import { readFileSync } from "node:fs";

const CSV = new URL("../../data/pops.csv", import.meta.url);

const SITES = [
  { name: "us-west", place: "Sacramento", latitude: 38.58, longitude: -121.49 },
  { name: "us-east", place: "Reston", latitude: 38.95, longitude: -77.35 },
  { name: "ca-east", place: "Toronto", latitude: 43.65, longitude: -79.38 },
  { name: "eu-central", place: "Amsterdam", latitude: 52.37, longitude: 4.9 },
];

/** The lines of data/pops.csv; no field of it is quoted. */
export function pops() {
  const [head, ...rows] = readFileSync(CSV, "utf8").trim().split("\n");
  const names = head.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((field, i) => [names[i], field])));
}

function kilometres(from, to) {
  const radians = Math.PI / 180;
  const [a, b] = [from.latitude * radians, to.latitude * radians];
  const haversine =
    Math.sin((b - a) / 2) ** 2 +
    Math.cos(a) * Math.cos(b) * Math.sin(((to.longitude - from.longitude) * radians) / 2) ** 2;
  return Math.round(2 * 6371 * Math.asin(Math.sqrt(haversine)));
}

function origin(backend, bucket, region, more = {}) {
  const endpoint = `s3.${region}.backblazeb2.com`;
  const site = SITES.find(({ name }) => region.startsWith(name))?.name ?? null;
  const secrets = ["key_id", "application_key"].map((name) => ({ name: `${backend}_${name}`, state: "set" }));
  return {
    backend, host: `${bucket}.${endpoint}`, bucket, endpoint, region, site, public: false, secrets,
    state: "healthy", failing_since: null, next_probe: null, failures: 0, health_check: "unknown", problems: [],
    ...more,
  };
}

function report(origins, more = {}) {
  const isEurope = (group) => group === "Europe" || group === "Africa";
  const rows = pops().map(({ code, city, country, group, latitude, longitude, status }) => {
    const place = { latitude: Number(latitude), longitude: Number(longitude) };
    const ranked = origins
      .map(({ backend, site }) => ({ backend, site, km: site && kilometres(place, SITES.find(({ name }) => name === site)) }))
      .toSorted(
        (a, b) =>
          (isEurope(group) === (b.site === "eu-central")) - (isEurope(group) === (a.site === "eu-central")) ||
          (a.km ?? Infinity) - (b.km ?? Infinity),
      );
    const order = ranked.map(({ backend }) => backend);
    return { code, city: city.replace(/ \(.*\)/, ""), country, ...place, status, order, distance_km: ranked.map(({ km }) => km), reason: "pop_table" };
  });
  const sites = SITES.map((site) => ({
    ...site,
    origins: origins.filter((origin) => origin.site === site.name).map(({ backend }) => backend),
  }));
  const config = [
    ["origins", origins.map(({ backend }) => backend), "default"],
    ["routing", "continental", "default"],
    ["pop_overrides", {}, "default"],
    ["pop_parameter", true, "default"],
    ["cache.ttl_s", 600, "config"],
    ["cache.not_found_ttl_s", 10, "default"],
    ["cache.stale_while_revalidate_s", 60, "default"],
    ["cache.stale_if_error_s", 86400, "default"],
    ["cache.segment_bytes", 8388608, "default"],
    ["failover.attempt_timeout_ms", 500, "config"],
    ["failover.total_timeout_ms", 20000, "default"],
    ["failover.ask_others_on_404", true, "default"],
    ["failover.whole_body_bytes", 262144, "default"],
    ["site.index_document", "index.html", "default"],
    ["site.error_document", "404.html", "default"],
    ["cors.allow_origins", ["https://www.example.com", "https://app.example.com"], "config"],
    ["redirects", [{ from: "/old/*", to: "/new/*", status: 301 }], "config"],
    ["status_page", "local", "default"],
  ].map(([field, value, source]) => ({ field, value, source }));
  return {
    version: 1,
    time: "2026-11-21T12:00:00Z",
    service: { version: "0.4.0", fastly_service_version: "0", pop: "XXX", hostname: "localhost", is_local: true },
    routing: "continental", pop_parameter: true, origins, sites, pops: rows, config, s3: null, images: null, problems: [], warnings: [],
    ...more,
  };
}

const US = ["us_origin", "photos-us", "us-west-004"];
const EU = ["eu_origin", "photos-eu", "eu-central-003"];
const deployed = { version: "0.4.0", fastly_service_version: "7", pop: "AMS", hostname: "cache-ams21034-AMS", is_local: false };

export const healthy = () => report([origin(...US), origin(...EU)]);

export const failing = () =>
  report(
    [
      origin(...US, {
        state: "failing", failures: 4, health_check: "unhealthy",
        failing_since: "2026-11-21T11:58:30Z", next_probe: "2026-11-21T12:00:08Z",
      }),
      origin(...EU, {
        state: "misconfigured",
        secrets: [{ name: "eu_origin_key_id", state: "set" }, { name: "eu_origin_application_key", state: "missing" }],
        problems: [{
          message: "secret eu_origin_application_key is missing in secret store b2_edge_keys",
          remedy: "Set it with: fastly secret-store-entry create --store-id=<ID of b2_edge_keys> --name=eu_origin_application_key --recreate-allow --stdin",
        }],
      }),
    ],
    {
      service: deployed, pop_parameter: false,
      s3: {
        host: "s3.example.com",
        clients: [
          { name: "uploader", buckets: ["demo-us"], prefix: "in/", allow: ["read", "list", "write"], until: "2027-01-31T00:00:00Z", problems: [] },
          {
            name: "a-client-with-a-long-name-0123456789", buckets: ["demo-us", "demo-eu"], prefix: "", allow: ["delete", "lock", "versions"], until: null,
            problems: ["secret client_a-client-with-a-long-name-0123456789_secret_key is missing in secret store b2_edge_keys"],
          },
        ],
        write_backends: ["us_origin_write"],
        webhook: { host: "hooks.example.com", for: ["write", "delete"], attempts: 2 },
        last_write: {
          time: "2026-11-21T11:59:00Z", client: "uploader", operation: "PutObject", bucket: "demo-us",
          key: `in/<b>${"a-long-key-without-a-space/".repeat(6)}`, status: 200,
        },
        last_failed_notification: { time: "2026-11-21T11:59:30Z", outcome: "no_response", status: null, event_id: "66e90d93683f9a69349ad476ab24956a", attempts: 2 },
      },
      images: {
        routes: ["/prew/{preset}/{key}", "/a-long-path-without-a-space/".repeat(4) + "{preset}/{key}"],
        presets: [
          { name: "small", definition: { width: 320 } },
          { name: "hero", definition: { width: 1440, formats: ["avif", "webp", "jpeg"], cache_control: "<b>public</b>" } },
        ],
        engines: ["guest", "service"],
        service: {
          backend: "render", host: "render.example.com",
          problems: ["secret render_key is missing in secret store b2_edge_keys"],
        },
        refused_stores: [{
          origin: "us_origin", time: "2026-11-21T11:59:50Z", backend: "us_origin_write", status: 403, code: "AccessDenied",
          remedy: "Give the key of us_origin the right writeFiles.",
        }],
      },
      warnings: [{ message: "POP QQQ of pop_overrides is unknown", remedy: "Check the code in pop_overrides against the list of POPs." }],
    },
  );

export const broken = () =>
  report([], {
    pops: [], config: [],
    problems: [
      {
        message: "item config of config store b2_edge: cache.ttl_s <b>must</b> be a whole number from 0 to 31536000",
        remedy: "Correct it with: fastly config-store-entry update --upsert --store-id=<ID of b2_edge> --key=config --stdin",
      },
      {
        message: "backend asia_origin is missing",
        remedy: "Create it, with <bucket>.<endpoint> for each HOST: fastly service backend create --name=asia_origin --version=latest --autoclone --use-ssl --port=443 --address=HOST --override-host=HOST --ssl-cert-hostname=HOST --ssl-sni-hostname=HOST, then fastly service version activate --version=latest. Or take it out of origins.",
      },
    ],
  });

export const six = () =>
  report(
    [
      origin(...US),
      origin(...EU),
      origin("us_east", "photos-east", "us-east-005"),
      origin("canada", "photos-ca", "ca-east-006"),
      origin("old_west", "photos-us", "us-west-001"),
      origin("elsewhere", "a-bucket-with-a-rather-long-name-for-a-narrow-screen", "ap-southeast-2", { public: true, secrets: [] }),
    ],
    { service: deployed },
  );
