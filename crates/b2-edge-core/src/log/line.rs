//! One JSON line for each request: what was requested, which origins were tried, what the client got.
//!
//! `docs/logging.md` says what every field means and when it is absent; `docs/log-line.schema.json` is the
//! same as a JSON Schema. Tests hold both against this file.
//!
//! Never in a line: a secret, the query string, and any header of the client but its request ID, which is
//! validated.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::cache::provenance::Provenance;
use crate::images::settings::Engine;
use crate::log::attempt::LoggedAttempt;
use crate::log::image::{LoggedEngine, LoggedImage, LoggedStore};
use crate::log::s3::{LoggedS3, LoggedWebhook};
use crate::log::timestamp::Timestamp;
use crate::log::{cut, json, milliseconds};
use crate::request::country::Country;
use crate::request::request_id::RequestId;
use crate::routing::pops::PopCode;
use crate::routing::route::{Locality, PopSource, Route};
use crate::setup::problem::Problem;
use crate::setup::warning::Warning;

/// The version of this line's schema: raised when a field changes its meaning or is removed.
pub const SCHEMA_VERSION: u32 = 2;

/// The log endpoint that gets the line too, where the service has one.
pub const LOG_ENDPOINT: &str = "b2_edge";

/// The longest path that is logged, in bytes: the longest that can name an object, with each of
/// its 1,024 bytes escaped.
const MAX_LOGGED_PATH_BYTES: usize = 1 + 3 * 1024;

/// The longest line, in bytes: what Fastly's log endpoints take
/// (<https://docs.fastly.com/products/network-services-resource-limits>).
const MAX_LINE_BYTES: usize = 16 * 1024;

/// The longest method that is logged, in bytes. None that is registered
/// (<https://www.iana.org/assignments/http-methods/>) is longer than `UPDATEREDIRECTREF`.
const MAX_METHOD_BYTES: usize = 32;

/// The line of one request.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    version: u32,
    /// When the request arrived.
    #[serde(serialize_with = "rfc3339")]
    time: SystemTime,
    request_id: RequestId,
    method: Cow<'static, str>,
    /// The path as it was sent, with every byte that is not printable ASCII escaped.
    path: String,
    /// The status of the response.
    status: u16,
    /// Why it has that status.
    reason: &'static str,
    /// The length of the response's content; absent if not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The POP that the request was routed for.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "code")]
    pop: Option<PopCode>,
    /// Where the code came from: `parameter`, `environment` or `none`.
    pop_source: &'static str,
    /// The country of the client's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    /// What decided which origin is preferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'static str>,
    /// What the cache did: `hit`, `miss`, `stale` or `pass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<&'static str>,
    /// Why the response was not served fresh from the cache, or not cached.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_reason: Option<&'static str>,
    /// The `Age` of a `hit` or `stale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_s: Option<u64>,
    /// The object whose content was sent, if it is not the one that the path names.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The origin that the route prefers.
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred: Option<String>,
    /// The origin that the response came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// Every request to an origin, in the order in which they ended.
    attempts: Vec<LoggedAttempt>,
    /// Of a variant of an image, the name of its preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    preset: Option<String>,
    /// What rendered it for this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'static str>,
    /// Every engine that was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    engines: Vec<LoggedEngine>,
    /// What became of storing it in the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<LoggedStore>,
    /// Of a request to the S3 endpoint, what it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    s3: Option<LoggedS3>,
    /// What became of its notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<LoggedWebhook>,
    /// From the arrival of the request until the platform had the whole response.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    /// From the arrival of the request until the head of the response was ready.
    head_ms: f64,
    /// The CPU time of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    vcpu_ms: Option<u64>,
    /// What is wrong with the setup, when that is the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
    /// What is doubtful about the setup: in the first line of each sandbox.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// The response, as far as it is known when its head is ready.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoggedResponse<'r> {
    /// The status.
    pub status: u16,
    /// Why it has that status.
    pub reason: &'static str,
    /// The length of its content, if it is known.
    pub bytes: Option<u64>,
    /// Where its object came from; `None` for a response that no origin gave.
    pub provenance: Option<&'r Provenance>,
    /// The object whose content is sent, if it is not the one that the path names.
    pub key: Option<&'r str>,
    /// Of a variant of an image, what it is.
    pub image: Option<&'r LoggedImage>,
    /// From the arrival of the request until now.
    pub head: Duration,
}

/// What is known once the response was sent and what remained was done.
#[derive(Debug, Default)]
pub struct LoggedEnd {
    /// Every request to an origin, those of a revalidation after the response too.
    pub attempts: Vec<LoggedAttempt>,
    /// From the arrival of the request until the platform had the whole response.
    pub duration: Duration,
    /// Whether the client was sent all of the content that the head promised.
    pub is_complete: bool,
    /// What became of storing a variant in the bucket.
    pub store: Option<LoggedStore>,
    /// What became of the notification of a request to the S3 endpoint.
    pub webhook: Option<LoggedWebhook>,
    /// The country of the client's address.
    pub country: Option<Country>,
    /// The CPU time of the request, in milliseconds.
    pub vcpu_ms: Option<u64>,
}

impl LogLine {
    /// Begins the line when the request has arrived.
    #[must_use]
    pub fn begin(received: SystemTime, request_id: RequestId, method: &str, path: &[u8]) -> Self {
        let shown = path.get(..MAX_LOGGED_PATH_BYTES).unwrap_or(path);
        Self {
            version: SCHEMA_VERSION,
            time: received,
            request_id,
            method: method_as_text(method),
            path: Cow::from(percent_encoding::percent_encode(
                shown,
                percent_encoding::CONTROLS,
            ))
            .into_owned(),
            status: 0,
            reason: "",
            bytes: None,
            pop: None,
            pop_source: PopSource::Unknown.as_str(),
            country: None,
            route: None,
            cache: None,
            cache_reason: None,
            age_s: None,
            key: None,
            preferred: None,
            origin: None,
            attempts: Vec::new(),
            preset: None,
            engine: None,
            engines: Vec::new(),
            store: None,
            s3: None,
            webhook: None,
            duration_ms: None,
            head_ms: 0.0,
            vcpu_ms: None,
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds what is doubtful about the setup.
    pub fn warned(&mut self, warnings: &[Warning]) {
        self.warnings = warnings.iter().map(ToString::to_string).collect();
    }

    /// Adds the POP that the request is served for.
    pub const fn located(&mut self, locality: &Locality<'_>) {
        self.pop = locality.pop;
        self.pop_source = locality.source.as_str();
    }

    /// Adds what decided the order of the origins, and the one that comes first.
    pub fn routed(&mut self, route: &Route, preferred: &str) {
        self.route = Some(route.reason.as_str());
        self.preferred = Some(preferred.to_owned());
    }

    /// Adds what a request to the S3 endpoint was, and what is wrong with the setup, if that is why it was refused.
    pub fn of_s3(&mut self, logged: LoggedS3, problems: &[Problem]) {
        self.s3 = Some(logged);
        self.hindered(problems);
    }

    /// Adds what is wrong with the setup, when that is the reason for the response.
    pub fn hindered(&mut self, problems: &[Problem]) {
        self.problems = problems.iter().map(ToString::to_string).collect();
    }

    /// Adds the response.
    pub fn responded(&mut self, response: &LoggedResponse<'_>) {
        self.status = response.status;
        self.reason = response.reason;
        self.bytes = response.bytes;
        self.key = response.key.map(ToOwned::to_owned);
        self.head_ms = milliseconds(response.head);
        if let Some(provenance) = response.provenance {
            self.origin = Some(provenance.origin.clone());
            self.cache = Some(provenance.status.as_str());
            self.cache_reason = provenance.status.reason();
            self.age_s = provenance.age_s();
        }
        if let Some(image) = response.image {
            self.preset = Some(image.preset.clone());
            self.engine = image.engine.map(Engine::as_str);
            self.engines.clone_from(&image.tried);
        }
    }

    /// Adds what is known at the end.
    pub fn ended(&mut self, end: LoggedEnd) {
        self.attempts = end.attempts;
        self.store = end.store;
        self.webhook = end.webhook;
        self.duration_ms = Some(milliseconds(end.duration));
        self.country = end.country;
        self.vcpu_ms = end.vcpu_ms;
        if !end.is_complete {
            self.reason = "broken_off";
        }
    }

    /// Appends the line, without its line feed. If it is longer than a log endpoint takes, long texts are cut, and
    /// then the last attempts left out.
    pub fn write_to(&self, buffer: &mut Vec<u8>) {
        let start = buffer.len();
        let mut write = |line: &Self| {
            buffer.truncate(start);
            // Strings, numbers and lists of them: all of it can be written as JSON.
            let _ = json::write(line, buffer);
            buffer.len() - start <= MAX_LINE_BYTES
        };
        if write(self) {
            return;
        }
        let mut line = self.clone();
        for text in [&mut line.path].into_iter().chain(&mut line.key) {
            cut(text);
        }
        line.attempts.iter_mut().for_each(LoggedAttempt::cut);
        while !write(&line) && line.attempts.pop().is_some() {}
    }
}

/// A method as text. Those that are served are constants, which need no allocation.
fn method_as_text(method: &str) -> Cow<'static, str> {
    match method {
        "GET" => Cow::Borrowed("GET"),
        "HEAD" => Cow::Borrowed("HEAD"),
        "OPTIONS" => Cow::Borrowed("OPTIONS"),
        "PURGE" => Cow::Borrowed("PURGE"),
        "PUT" => Cow::Borrowed("PUT"),
        // A method is ASCII (RFC 9110, section 9.1).
        other => Cow::Owned(other.get(..MAX_METHOD_BYTES).unwrap_or(other).to_owned()),
    }
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(Timestamp::to_millisecond(*time).as_str())
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes it so"
)]
fn code<S: Serializer>(pop: &Option<PopCode>, serializer: S) -> Result<S::Ok, S::Error> {
    pop.as_ref().map(PopCode::as_str).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use time::macros::datetime;

    use super::*;
    use crate::cache::status::{CacheStatus, MissReason};
    use crate::http::method::ReadMethod;
    use crate::http::selection::Selection;
    use crate::origins::outcome::{Failure, OriginResponse, Outcome, Verdict};
    use crate::routing::route::RouteReason;

    fn id(text: &'static str) -> RequestId {
        RequestId::parse(HeaderValue::from_static(text)).expect("an ID")
    }

    fn country(code: &str) -> Option<Country> {
        Country::in_geolocation(format!(r#"{{"country_code":"{code}"}}"#).as_bytes())
    }

    fn json(line: &LogLine) -> String {
        let mut buffer = Vec::new();
        line.write_to(&mut buffer);
        String::from_utf8(buffer).expect("UTF-8")
    }

    fn begun(path: &[u8]) -> LogLine {
        LogLine::begin(
            datetime!(2026-11-21 04:53:20.250_999 UTC).into(),
            id("7f3a2b"),
            "GET",
            path,
        )
    }

    #[test]
    fn no_line_is_longer_than_what_a_log_endpoint_takes() {
        let mut line = begun("%01".repeat(1024).as_bytes());
        let key = "\u{1}".repeat(1024);
        line.key = Some(key.clone());
        let outcome = Outcome::Unreachable;
        let verdict = Verdict::FailOver(Failure::Unreachable);
        let attempt = |_| {
            LoggedAttempt::new(
                "us_origin",
                ReadMethod::Get,
                &outcome,
                verdict,
                Duration::ZERO,
            )
        };
        for attempts in [12, 500] {
            line.attempts = (0..attempts).map(attempt).collect();
            for attempt in &mut line.attempts {
                *attempt = attempt.clone().at(Some(key.clone()));
            }
            let written = json(&line);
            assert!(written.len() <= 16 * 1024, "{} bytes", written.len());
            let parsed: serde_json::Value = serde_json::from_str(&written).expect("JSON");
            let logged = parsed["attempts"].as_array().expect("attempts").len();
            assert!(logged >= attempts.min(8), "{logged} of {attempts}");
        }
    }

    #[test]
    fn a_read_that_failed_over_tells_its_whole_story() {
        let mut line = begun("/größe 1.txt".as_bytes());
        line.located(&Locality::of(Some("pop=AMS"), true, None, None));
        let route = Route {
            order: vec![1, 0],
            reason: RouteReason::PopTable,
        };
        line.routed(&route, "eu_origin");
        let busy = OriginResponse {
            status: 503,
            code: Some("SlowDown".to_owned()),
            content_length: Some(130),
            ..OriginResponse::default()
        };
        let busy = LoggedAttempt::new(
            "eu_origin",
            ReadMethod::Get,
            &Outcome::Responded(busy),
            Verdict::FailOver(Failure::Busy),
            Duration::from_micros(12_340),
        );
        let found = OriginResponse {
            status: 200,
            content_length: Some(1234),
            ..OriginResponse::default()
        };
        let found = LoggedAttempt::new(
            "us_origin",
            ReadMethod::Get,
            &Outcome::Responded(found),
            Verdict::Serve(Selection::Whole),
            Duration::from_millis(80),
        );
        line.responded(&LoggedResponse {
            status: 200,
            reason: Selection::Whole.reason(),
            bytes: Some(1234),
            provenance: Some(&Provenance {
                origin: "us_origin".to_owned(),
                host: None,
                status: CacheStatus::Miss(MissReason::NoEntry),
                age: Duration::ZERO,
                took: Duration::from_millis(80),
            }),
            head: Duration::from_micros(92_450),
            ..LoggedResponse::default()
        });
        line.ended(LoggedEnd {
            store: None,
            webhook: None,
            attempts: vec![busy, found],
            duration: Duration::from_micros(93_960),
            is_complete: true,
            country: country("NL"),
            vcpu_ms: Some(3),
        });
        assert_eq!(
            json(&line),
            concat!(
                r#"{"version":2,"time":"2026-11-21T04:53:20.25Z","request_id":"7f3a2b","method":"GET","#,
                r#""path":"/gr%C3%B6%C3%9Fe 1.txt","status":200,"reason":"served","bytes":1234,"pop":"AMS","#,
                r#""pop_source":"parameter","country":"NL","route":"pop_table","cache":"miss","#,
                r#""cache_reason":"no_entry","preferred":"eu_origin","origin":"us_origin","attempts":["#,
                r#"{"origin":"eu_origin","outcome":"busy","status":503,"code":"SlowDown","duration_ms":12.3,"bytes":130},"#,
                r#"{"origin":"us_origin","outcome":"served","status":200,"duration_ms":80.0,"bytes":1234}],"#,
                r#""duration_ms":94.0,"head_ms":92.5,"vcpu_ms":3}"#
            )
        );
    }

    #[test]
    fn a_transfer_that_broke_off_is_its_reason() {
        let mut line = begun(b"/a");
        line.responded(&LoggedResponse {
            status: 200,
            reason: Selection::Whole.reason(),
            ..LoggedResponse::default()
        });
        line.ended(LoggedEnd::default());
        assert!(json(&line).contains(r#""status":200,"reason":"broken_off""#));
    }

    #[test]
    fn every_method_is_told_and_none_is_endless() {
        for method in ["GET", "HEAD", "OPTIONS", "PURGE", "PROPFIND", "get"] {
            assert_eq!(method_as_text(method), method);
        }
        assert_eq!(method_as_text(&"X".repeat(8192)).len(), MAX_METHOD_BYTES);
    }

    #[test]
    fn a_time_without_a_fraction_and_one_with_milliseconds_are_told_whole() {
        for (time, told) in [
            (datetime!(2026-11-21 04:53:20 UTC), "2026-11-21T04:53:20Z"),
            (
                datetime!(2026-11-21 04:53:20.007_9 UTC),
                "2026-11-21T04:53:20.007Z",
            ),
        ] {
            let line = LogLine::begin(time.into(), id("a"), "GET", b"/");
            let json = json(&line);
            assert!(json.contains(&format!(r#""time":"{told}""#)), "{json}");
        }
    }

    #[test]
    fn a_misconfigured_origin_is_named_with_what_it_lacks() {
        let mut line = begun(b"/a");
        let problem = Problem::MissingSecret {
            name: "us_origin_key_id".to_owned(),
        };
        let problems = [problem];
        line.hindered(&problems);
        line.ended(LoggedEnd {
            store: None,
            attempts: vec![LoggedAttempt::misconfigured("us_origin", &problems)],
            ..LoggedEnd::default()
        });
        let json = json(&line);
        let named =
            r#""problems":["secret us_origin_key_id is missing in secret store b2_edge_keys"]"#;
        assert_eq!(json.matches(named).count(), 2, "{json}");
    }

    #[test]
    fn a_refused_key_is_loud() {
        let mut line = begun(b"/a");
        let refused = Outcome::Responded(OriginResponse {
            status: 403,
            code: Some("InvalidAccessKeyId".to_owned()),
            ..OriginResponse::default()
        });
        let verdict = Verdict::FailOver(Failure::KeyRefused);
        let method = ReadMethod::Get;
        line.attempts = vec![LoggedAttempt::new(
            "us_origin",
            method,
            &refused,
            verdict,
            Duration::ZERO,
        )];
        let json = json(&line);
        let told = r#""problems":["us_origin refuses the key: check the secrets us_origin_key_id and us_origin_application_key"]"#;
        assert!(json.contains(told), "{json}");
    }

    #[test]
    fn a_path_cannot_break_the_line_or_make_it_endless() {
        let escaped = json(&begun(b"/\xff\"\n\\\x1b[31m"));
        assert!(
            escaped.contains(r#""path":"/%FF\"%0A\\%1B[31m""#),
            "{escaped}"
        );
        let long = json(&begun(&vec![b'a'; 100_000]));
        assert!(long.len() < 4_000, "{} bytes", long.len());
    }
}
