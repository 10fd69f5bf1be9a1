//! The configuration field by field, as it is in force: for a person who asks what the service does.

use serde_json::{Value, json};

use super::{Config, OriginConfig};
use crate::cache::rules::CacheRule;
use crate::routing::route::Routing;
use crate::site::cors::Cors;
use crate::site::redirect::Redirect;
use crate::site::web_policy::StatusPage;

/// One field of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name, such as `cache.ttl_s`.
    pub name: &'static str,
    /// Its value in force, in the form that the configuration item takes.
    pub value: Value,
}

impl Config {
    /// Every field in the order of the documentation. Put together again they make this very configuration.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let Self {
            cache,
            cache_rules,
            failover,
            site,
            security,
            ..
        } = self;
        let milliseconds = |duration: std::time::Duration| {
            json!(duration.as_secs() * 1000 + u64::from(duration.subsec_millis()))
        };
        let header =
            |value: &Option<http::HeaderValue>| json!(text(value.as_ref()).unwrap_or_default());
        let document = |name: &Option<String>| json!(name.as_deref().unwrap_or_default());
        let browser_ttl = text(cache_rules.browser.as_ref())
            .and_then(|value| value.rsplit_once('=')?.1.parse::<u64>().ok());
        [
            ("origins", self.origins.iter().map(origin).collect()),
            ("routing", json!(self.routing.as_str())),
            (
                "pop_overrides",
                self.pop_overrides
                    .iter()
                    .map(|(pop, origin)| (pop.to_string(), json!(origin)))
                    .collect(),
            ),
            ("pop_parameter", json!(self.pop_parameter)),
            ("site.index_document", document(&site.index_document)),
            ("site.error_document", document(&site.error_document)),
            ("site.fallback_document", document(&site.fallback_document)),
            ("site.prefix", json!(site.prefix)),
            ("site.precompressed", json!(site.precompressed)),
            ("redirects", self.redirects.iter().map(redirect).collect()),
            ("cache.ttl_s", json!(cache.ttl.as_secs())),
            (
                "cache.not_found_ttl_s",
                json!(cache.not_found_ttl.as_secs()),
            ),
            (
                "cache.stale_while_revalidate_s",
                json!(cache.stale_while_revalidate.as_secs()),
            ),
            (
                "cache.stale_if_error_s",
                json!(cache.stale_if_error.as_secs()),
            ),
            ("cache.segment_bytes", json!(cache.segment_bytes)),
            ("cache.browser_ttl_s", json!(browser_ttl)),
            ("cache.rules", cache_rules.rules.iter().map(rule).collect()),
            (
                "failover.attempt_timeout_ms",
                milliseconds(failover.attempt_timeout),
            ),
            (
                "failover.total_timeout_ms",
                milliseconds(failover.total_timeout),
            ),
            (
                "failover.ask_others_on_404",
                json!(failover.ask_others_on_404),
            ),
            (
                "failover.whole_body_bytes",
                json!(failover.whole_body_bytes),
            ),
            ("cors.allow_origins", self.cors.to_value()),
            (
                "security.x_content_type_options",
                header(&security.x_content_type_options),
            ),
            (
                "security.strict_transport_security",
                header(&security.strict_transport_security),
            ),
            (
                "security.referrer_policy",
                header(&security.referrer_policy),
            ),
            (
                "security.content_security_policy",
                header(&security.content_security_policy),
            ),
            (
                "security.x_frame_options",
                header(&security.x_frame_options),
            ),
            ("status_page", json!(self.status_page.as_str())),
        ]
        .map(|(name, value)| Field { name, value })
        .into()
    }
}

fn text(value: Option<&http::HeaderValue>) -> Option<&str> {
    value?.to_str().ok()
}

/// An object with those of its fields that have a value.
fn object(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let some = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(some.collect())
}

fn origin(origin: &OriginConfig) -> Value {
    let OriginConfig {
        backend,
        bucket,
        endpoint,
        region,
        public,
    } = origin;
    let said = [
        ("bucket", bucket.as_ref().map(|bucket| json!(bucket))),
        (
            "endpoint",
            endpoint.as_ref().map(|endpoint| json!(endpoint)),
        ),
        (
            "region",
            region.as_ref().map(|region| json!(region.as_str())),
        ),
        ("public", public.then(|| json!(true))),
    ];
    if said.iter().all(|(_, value)| value.is_none()) {
        return json!(backend);
    }
    object([("backend", Some(json!(backend)))].into_iter().chain(said))
}

fn rule(rule: &CacheRule) -> Value {
    object([
        ("path", Some(json!(rule.path.to_text()))),
        ("ttl_s", rule.ttl.map(|ttl| json!(ttl.as_secs()))),
        (
            "browser",
            text(rule.browser.as_ref()).map(|value| json!(value)),
        ),
    ])
}

fn redirect(redirect: &Redirect) -> Value {
    json!({
        "from": redirect.from.to_text(),
        "to": redirect.to.to_text(),
        "status": redirect.status,
    })
}

impl Cors {
    fn to_value(&self) -> Value {
        match self {
            Self::Nobody => json!([]),
            Self::Everybody => json!(["*"]),
            Self::Listed(origins) => json!(origins),
        }
    }
}

impl Routing {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Continental => "continental",
            Self::Nearest => "nearest",
        }
    }
}

impl StatusPage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The configuration item that says every field.
    fn item(config: &Config) -> Value {
        let mut item = json!({});
        for Field { name, value } in config.fields() {
            // The one field whose default is not a value of its own.
            if name == "cache.browser_ttl_s" && value.is_null() {
                continue;
            }
            item[name.split('.').next().expect("a name")] = match name.split_once('.') {
                None => value,
                Some((outer, inner)) => {
                    let mut outer = item[outer].clone();
                    outer[inner] = value;
                    outer
                }
            };
        }
        item
    }

    #[test]
    fn the_fields_put_together_are_the_configuration() {
        let full = json!({
            "origins": ["a", {"backend": "b", "bucket": "files", "endpoint": "s3.example.com", "region": "us-east-1"}, {"backend": "c", "public": true}],
            "routing": "nearest",
            "pop_overrides": {"BOM": "c"},
            "pop_parameter": false,
            "site": {"index_document": "", "error_document": "e/404.html", "fallback_document": "index.html", "prefix": "public/", "precompressed": true},
            "redirects": [{"from": "/a/*", "to": "https://b.example/*", "status": 302}],
            "cache": {"ttl_s": 1, "not_found_ttl_s": 2, "stale_while_revalidate_s": 3, "stale_if_error_s": 4, "segment_bytes": 1_048_576, "browser_ttl_s": 5,
                      "rules": [{"path": "*.html", "ttl_s": 6}, {"path": "/a", "browser": "no-cache"}]},
            "failover": {"attempt_timeout_ms": 1501, "total_timeout_ms": 3000, "ask_others_on_404": false, "whole_body_bytes": 7},
            "cors": {"allow_origins": ["https://a.example"]},
            "security": {"x_content_type_options": "", "strict_transport_security": "max-age=1", "referrer_policy": "", "content_security_policy": "default-src 'self'", "x_frame_options": "DENY"},
            "status_page": "on",
        });
        let config = Config::parse(&full.to_string()).expect("a configuration");
        assert_eq!(item(&config), full);
        for config in [config, Config::default()] {
            let again = Config::parse(&item(&config).to_string());
            assert_eq!(again.as_ref(), Ok(&config));
        }
    }

    #[test]
    fn the_readme_has_every_field() {
        let readme = include_str!("../../../../README.md");
        for Field { name, .. } in Config::default().fields() {
            let row = format!("\n| `{name}` |");
            assert!(readme.contains(&row), "{name}");
        }
    }

    #[test]
    fn the_examples_of_the_documentation_are_configurations() {
        let mut count = 0;
        for text in [
            include_str!("../../../../README.md"),
            include_str!("../../../../docs/MIGRATING.md"),
        ] {
            for block in text.split("```json\n").skip(1) {
                let example = block.split("```").next().expect("its end");
                Config::parse(example).expect(example);
                count += 1;
            }
        }
        assert!(count >= 3, "{count} examples");
    }
}
