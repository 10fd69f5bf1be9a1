//! One JSON line for each request: what was asked, which origins were tried, what came of it.
//!
//! `docs/LOGGING.md` tells what every field means and when it is absent, and
//! `docs/log-line.schema.json` holds the same as a JSON Schema; tests hold both against what is here.
//!
//! Never in it: a secret, the query string, a header of the client but for its request ID, which is
//! validated.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cache::status::CacheStatus;
use crate::http::method::ReadMethod;
use crate::origins::outcome::{Failure, OriginResponse, Outcome, Verdict};
use crate::request::country::Country;
use crate::request::request_id::RequestId;
use crate::routing::pops::PopCode;
use crate::routing::route::{Locality, PopSource, Route};
use crate::s3::credentials::{application_key_secret, key_id_secret};
use crate::setup::problem::Problem;

/// The version of this line's schema: raised when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 2;

/// The log endpoint that gets the line too, where the service has one.
pub const LOG_ENDPOINT: &str = "b2_edge";

/// The longest path that is logged, in bytes: the longest that can name an object, with each of
/// its 1,024 bytes escaped.
const MAX_PATH_BYTES: usize = 1 + 3 * 1024;

/// The longest method that is logged, in bytes. None that is registered
/// (<https://www.iana.org/assignments/http-methods/>) is longer than `UPDATEREDIRECTREF`.
const MAX_METHOD_BYTES: usize = 32;

/// The longest time, in bytes.
const MAX_TIME_BYTES: usize = "2026-11-21T04:53:20.250Z".len();

/// The line of one request.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    version: u32,
    /// When the request came.
    #[serde(serialize_with = "rfc3339")]
    time: SystemTime,
    request_id: RequestId,
    method: Cow<'static, str>,
    /// The path as it was sent, with every byte that is not printable ASCII escaped.
    path: String,
    /// The status that the client got.
    status: u16,
    /// Why it got that.
    reason: &'static str,
    /// The length of the content that the client was promised; absent if not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The POP that the request was routed for.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "code")]
    pop: Option<PopCode>,
    /// Where the code came from: `parameter`, `environment` or `none`.
    pop_source: &'static str,
    /// Where the client's address is.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    /// What decided which origin was preferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'static str>,
    /// What the cache had to do with it: `hit`, `miss`, `stale` or `pass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<&'static str>,
    /// The `Age` of a `hit` or `stale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_s: Option<u64>,
    /// The object whose content the client got, if that is not the one that the path means.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The origin that comes first by the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred: Option<String>,
    /// The origin whose answer the client got.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// Every origin that was tried, in order.
    attempts: Vec<Attempt>,
    /// From the arrival of the request until the platform had the whole answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    /// From the arrival of the request until the head of the answer was ready.
    head_ms: f64,
    /// The time on a processor that the request took.
    #[serde(skip_serializing_if = "Option::is_none")]
    vcpu_ms: Option<u64>,
    /// What is wrong with the set-up, when that is why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// Who served, as [`LogLine::served_by`] and [`LogLine::served_from_entry`] note it.
#[derive(Clone, Debug, Default)]
pub struct ServedBy {
    origin: Option<String>,
    cache: Option<&'static str>,
    age_s: Option<u64>,
}

/// What came of one origin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    origin: String,
    /// The object that it was asked for, if that is not the one that the path means.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The verdict's reason.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The code of its S3 error document.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    duration_ms: f64,
    /// The length of the content that it promised; absent if it did not answer or tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// What an operator has to mend about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl Attempt {
    /// An origin that was asked by `method`.
    #[must_use]
    pub fn new(
        origin: &str,
        method: ReadMethod,
        outcome: &Outcome,
        verdict: Verdict,
        duration: Duration,
    ) -> Self {
        let answer = outcome.response();
        Self {
            origin: origin.to_owned(),
            key: None,
            outcome: verdict.reason(),
            status: answer.map(|answer| answer.status),
            code: answer.and_then(|answer| answer.code.clone()),
            duration_ms: milliseconds(duration),
            bytes: answer.and_then(|answer| promised(method, answer)),
            problems: remedy(origin, verdict).into_iter().collect(),
        }
    }

    /// The same, asked for another object than the path means.
    #[must_use]
    pub fn at(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    /// An origin that was passed over.
    #[must_use]
    pub fn misconfigured(origin: &str, problems: &[Problem]) -> Self {
        Self {
            origin: origin.to_owned(),
            key: None,
            outcome: Failure::Misconfigured.reason(),
            status: None,
            code: None,
            duration_ms: 0.0,
            bytes: None,
            problems: problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The length of an answer's content. `Content-Length` is that of the object, and no content comes, in an
/// answer to `HEAD` and in a 304 (RFC 9110, section 8.6).
const fn promised(method: ReadMethod, answer: &OriginResponse) -> Option<u64> {
    match (method, answer.status) {
        (ReadMethod::Head, _) | (ReadMethod::Get, 304) => Some(0),
        (ReadMethod::Get, _) => answer.content_length,
    }
}

/// What an operator has to mend, where no time will.
fn remedy(origin: &str, verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Next(Failure::KeyRefused) => Some(format!(
            "{origin} refuses the key: check the secrets {} and {}",
            key_id_secret(origin),
            application_key_secret(origin)
        )),
        Verdict::Next(Failure::NoBucket) => Some(format!(
            "{origin} has no such bucket: check the address of the backend"
        )),
        Verdict::Next(_)
        | Verdict::Serve(_)
        | Verdict::NotFound(_)
        | Verdict::DiagnoseHead
        | Verdict::FetchWhole => None,
    }
}

impl LogLine {
    /// Begins the line when the request has come.
    #[must_use]
    pub fn begin(received: SystemTime, request_id: RequestId, method: &str, path: &[u8]) -> Self {
        let shown = path.get(..MAX_PATH_BYTES).unwrap_or(path);
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
            pop_source: PopSource::Nowhere.as_str(),
            country: None,
            route: None,
            cache: None,
            age_s: None,
            key: None,
            preferred: None,
            origin: None,
            attempts: Vec::new(),
            duration_ms: None,
            head_ms: 0.0,
            vcpu_ms: None,
            problems: Vec::new(),
        }
    }

    /// Notes the place that the request is served for.
    pub const fn located(&mut self, place: &Locality<'_>) {
        self.pop = place.pop;
        self.pop_source = place.source.as_str();
    }

    /// Notes what decided the order of the origins, and which comes first by it.
    pub fn routed(&mut self, route: &Route, preferred: &str) {
        self.route = Some(route.reason.as_str());
        self.preferred = Some(preferred.to_owned());
    }

    /// Notes what came of one more origin.
    pub fn tried(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
    }

    /// Notes whose answer the client gets, and what the cache had to do with it.
    pub fn served_by(&mut self, origin: &str, cache: CacheStatus) {
        self.origin = Some(origin.to_owned());
        self.cache = Some(cache.as_str());
        self.age_s = None;
    }

    /// Notes the same of an answer from an entry, with the entry's age if the client is told that.
    pub fn served_from_entry(&mut self, origin: &str, cache: CacheStatus, age: Duration) {
        self.served_by(origin, cache);
        self.age_s = match cache {
            CacheStatus::Hit | CacheStatus::Stale => Some(age.as_secs()),
            CacheStatus::Miss | CacheStatus::Pass => None,
        };
    }

    /// Who served so far.
    #[must_use]
    pub fn served(&self) -> ServedBy {
        ServedBy {
            origin: self.origin.clone(),
            cache: self.cache,
            age_s: self.age_s,
        }
    }

    /// Notes it again, after something else was tried to no avail.
    pub fn restore(&mut self, served: ServedBy) {
        self.origin = served.origin;
        self.cache = served.cache;
        self.age_s = served.age_s;
    }

    /// Notes that the client gets another object than the path means.
    pub fn shows(&mut self, key: &str) {
        self.key = Some(key.to_owned());
    }

    /// The attempts as members of `Server-Timing` (<https://www.w3.org/TR/server-timing/>), for the status page;
    /// `None` without any. Names of backends and outcomes need no escape in a quoted string.
    #[must_use]
    pub fn server_timing(&self) -> Option<String> {
        let member = |attempt: &Attempt| {
            let Attempt {
                origin,
                outcome,
                duration_ms,
                ..
            } = attempt;
            format!("attempt;desc=\"{origin} {outcome}\";dur={duration_ms:.1}")
        };
        let members: Vec<String> = self.attempts.iter().map(member).collect();
        (!members.is_empty()).then(|| members.join(", "))
    }

    /// Notes that the client did not get all that it was promised.
    pub const fn broke_off(&mut self) {
        self.reason = "broken_off";
    }

    /// Notes that the client gets no origin's answer, and what is wrong with the set-up.
    pub fn refused(&mut self, problems: &[Problem]) {
        self.restore(ServedBy::default());
        self.problems = problems.iter().map(ToString::to_string).collect();
    }

    /// Notes what the client gets, and how long after its arrival the head of that is ready.
    pub fn answered(
        &mut self,
        status: u16,
        reason: &'static str,
        bytes: Option<u64>,
        head: Duration,
    ) {
        self.status = status;
        self.reason = reason;
        self.bytes = bytes;
        self.head_ms = milliseconds(head);
    }

    /// Notes how long after the request's arrival the platform had the whole answer. The first call
    /// counts: what is done after it is no longer for this client.
    pub fn delivered(&mut self, duration: Duration) {
        self.duration_ms
            .get_or_insert_with(|| milliseconds(duration));
    }

    /// Notes what is known when the client has its answer: where it is, and the milliseconds on a
    /// processor that it took.
    pub const fn closed(&mut self, country: Option<Country>, vcpu_ms: Option<u64>) {
        self.country = country;
        self.vcpu_ms = vcpu_ms;
    }

    /// Appends the line, without its end.
    pub fn write_to(&self, buffer: &mut Vec<u8>) {
        // Strings, numbers and lists of them: there is nothing in it that JSON cannot say.
        let _ = serde_json::to_writer(buffer, self);
    }
}

/// A method as text. Those that are answered are known, and need no memory.
fn method_as_text(method: &str) -> Cow<'static, str> {
    match method {
        "GET" => Cow::Borrowed("GET"),
        "HEAD" => Cow::Borrowed("HEAD"),
        "OPTIONS" => Cow::Borrowed("OPTIONS"),
        "PURGE" => Cow::Borrowed("PURGE"),
        // A method is ASCII (RFC 9110, section 9.1).
        other => Cow::Owned(other.get(..MAX_METHOD_BYTES).unwrap_or(other).to_owned()),
    }
}

/// Milliseconds with one decimal.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// A time in RFC 3339, with milliseconds.
fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = [0; MAX_TIME_BYTES];
    let mut unused = text.as_mut_slice();
    let time = OffsetDateTime::from(*time).truncate_to_millisecond();
    let written = time.format_into(&mut unused, &Rfc3339);
    // Not by the count that is returned, which lacks the end of the fraction (time 0.3.55).
    let length = written.map_or(0, |_| MAX_TIME_BYTES - unused.len());
    let text = text.get(..length).unwrap_or_default();
    serializer.serialize_str(std::str::from_utf8(text).unwrap_or_default())
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives it so"
)]
fn code<S: Serializer>(pop: &Option<PopCode>, serializer: S) -> Result<S::Ok, S::Error> {
    pop.as_ref().map(PopCode::as_str).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use http::HeaderValue;
    use time::macros::datetime;

    use super::*;
    use crate::error::GatewayError;
    use crate::http::path::PathError;
    use crate::http::range::Span;
    use crate::http::selection::Selection;
    use crate::origins::consensus::Exhausted;
    use crate::origins::outcome::NotFoundAs;
    use crate::routing::route::RouteReason;
    use crate::s3::object_key::KeyError;

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
        line.tried(Attempt::new(
            "eu_origin",
            ReadMethod::Get,
            &Outcome::Responded(busy),
            Verdict::Next(Failure::Busy),
            Duration::from_micros(12_340),
        ));
        let found = OriginResponse {
            status: 200,
            content_length: Some(1234),
            ..OriginResponse::default()
        };
        line.tried(Attempt::new(
            "us_origin",
            ReadMethod::Get,
            &Outcome::Responded(found),
            Verdict::Serve(Selection::Whole),
            Duration::from_millis(80),
        ));
        line.served_by("us_origin", CacheStatus::Miss);
        line.answered(
            200,
            Selection::Whole.reason(),
            Some(1234),
            Duration::from_micros(92_450),
        );
        line.delivered(Duration::from_micros(93_960));
        line.delivered(Duration::from_secs(9));
        line.closed(country("NL"), Some(3));
        assert_eq!(
            json(&line),
            concat!(
                r#"{"version":2,"time":"2026-11-21T04:53:20.25Z","request_id":"7f3a2b","method":"GET","#,
                r#""path":"/gr%C3%B6%C3%9Fe 1.txt","status":200,"reason":"served","bytes":1234,"pop":"AMS","#,
                r#""pop_source":"parameter","country":"NL","route":"pop_table","cache":"miss","#,
                r#""preferred":"eu_origin","origin":"us_origin","attempts":["#,
                r#"{"origin":"eu_origin","outcome":"busy","status":503,"code":"SlowDown","duration_ms":12.3,"bytes":130},"#,
                r#"{"origin":"us_origin","outcome":"served","status":200,"duration_ms":80.0,"bytes":1234}],"#,
                r#""duration_ms":94.0,"head_ms":92.5,"vcpu_ms":3}"#
            )
        );
    }

    #[test]
    fn only_an_answer_that_the_cache_gave_has_an_age() {
        for (state, age) in [
            (CacheStatus::Hit, Some(61)),
            (CacheStatus::Stale, Some(61)),
            (CacheStatus::Miss, None),
            (CacheStatus::Pass, None),
        ] {
            let mut line = begun(b"/a");
            line.served_from_entry("us_origin", state, Duration::from_millis(61_999));
            assert_eq!(line.age_s, age, "{state:?}");
            assert_eq!(json(&line).contains("age_s"), age.is_some(), "{state:?}");
        }
    }

    #[test]
    fn an_attempt_counts_the_bytes_that_its_origin_promised() {
        let answer = |status| OriginResponse {
            status,
            content_length: Some(1234),
            ..OriginResponse::default()
        };
        let untold = OriginResponse {
            status: 200,
            ..OriginResponse::default()
        };
        for (method, outcome, bytes) in [
            (ReadMethod::Get, Outcome::Responded(answer(200)), Some(1234)),
            (ReadMethod::Get, Outcome::BrokenOff(answer(200)), Some(1234)),
            (ReadMethod::Get, Outcome::Responded(answer(304)), Some(0)),
            (ReadMethod::Head, Outcome::Responded(answer(200)), Some(0)),
            (ReadMethod::Get, Outcome::Responded(untold), None),
            (ReadMethod::Get, Outcome::TimedOut, None),
        ] {
            let verdict = Verdict::Serve(Selection::Whole);
            let attempt = Attempt::new("o", method, &outcome, verdict, Duration::ZERO);
            assert_eq!(attempt.bytes, bytes, "{method:?} {outcome:?}");
        }
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
        let problem = Problem::NoSecret {
            name: "us_origin_key_id".to_owned(),
        };
        line.tried(Attempt::misconfigured(
            "us_origin",
            std::slice::from_ref(&problem),
        ));
        line.refused(&[problem]);
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
        let verdict = Verdict::Next(Failure::KeyRefused);
        let method = ReadMethod::Get;
        line.tried(Attempt::new(
            "us_origin",
            method,
            &refused,
            verdict,
            Duration::ZERO,
        ));
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

    /// Every value of an enum, from the first: each names the next, so that one that is added does not
    /// compile before it has its place.
    fn all<T: Copy>(first: T, next: fn(T) -> Option<T>) -> impl Iterator<Item = T> {
        std::iter::successors(Some(first), move |value| next(*value))
    }

    fn every_served() -> impl Iterator<Item = Selection> {
        all(Selection::Whole, |served| match served {
            Selection::Whole => Some(Selection::Part(Span { first: 0, last: 0 })),
            Selection::Part(_) => Some(Selection::NotModified),
            Selection::NotModified => Some(Selection::PreconditionFailed),
            Selection::PreconditionFailed => Some(Selection::RangeNotSatisfiable),
            Selection::RangeNotSatisfiable => None,
        })
    }

    fn every_absence() -> impl Iterator<Item = NotFoundAs> {
        all(NotFoundAs::NotFound, |absence| match absence {
            NotFoundAs::NotFound => Some(NotFoundAs::AccessDenied),
            NotFoundAs::AccessDenied => None,
        })
    }

    fn every_verdict() -> impl Iterator<Item = Verdict> {
        let failures = all(Failure::Unreachable, |failure| match failure {
            Failure::Unreachable => Some(Failure::TimedOut),
            Failure::TimedOut => Some(Failure::Overtaken),
            Failure::Overtaken => Some(Failure::BrokenOff),
            Failure::BrokenOff => Some(Failure::Busy),
            Failure::Busy => Some(Failure::ServerError),
            Failure::ServerError => Some(Failure::KeyRefused),
            Failure::KeyRefused => Some(Failure::BadRequest),
            Failure::BadRequest => Some(Failure::NoBucket),
            Failure::NoBucket => Some(Failure::Unexpected),
            Failure::Unexpected => Some(Failure::Misconfigured),
            Failure::Misconfigured => Some(Failure::Unsigned),
            Failure::Unsigned => Some(Failure::NotTried),
            Failure::NotTried => None,
        });
        let bare = all(Verdict::DiagnoseHead, |verdict| match verdict {
            Verdict::DiagnoseHead => Some(Verdict::FetchWhole),
            Verdict::FetchWhole | Verdict::Serve(_) | Verdict::NotFound(_) | Verdict::Next(_) => {
                None
            }
        });
        (every_served().map(Verdict::Serve))
            .chain(every_absence().map(Verdict::NotFound))
            .chain(failures.map(Verdict::Next))
            .chain(bare)
    }

    fn every_error() -> impl Iterator<Item = GatewayError> {
        let keys = all(KeyError::Bucket, |error| match error {
            KeyError::Bucket => Some(KeyError::Path(PathError::BadEscape)),
            KeyError::Path(PathError::BadEscape) => Some(KeyError::Path(PathError::NotUtf8)),
            KeyError::Path(PathError::NotUtf8) => Some(KeyError::Path(PathError::Nul)),
            KeyError::Path(PathError::Nul) => Some(KeyError::TooLong),
            KeyError::TooLong | KeyError::Path(PathError::TooLong) => {
                Some(KeyError::Path(PathError::DotSegment))
            }
            KeyError::Path(PathError::DotSegment) => Some(KeyError::Path(PathError::NotAPath)),
            KeyError::Path(PathError::NotAPath) => None,
        });
        let exhausted = all(Exhausted::Failed, |exhausted| match exhausted {
            Exhausted::Failed => Some(Exhausted::Busy { retry_after: None }),
            Exhausted::Busy { .. } => Some(Exhausted::BadRequest),
            Exhausted::BadRequest => Some(Exhausted::NotConfigured),
            Exhausted::NotConfigured => None,
        });
        let bare = all(GatewayError::MethodNotAllowed, |error| match error {
            GatewayError::MethodNotAllowed => Some(GatewayError::PurgeNotAllowed),
            GatewayError::PurgeNotAllowed => Some(GatewayError::PurgeFailed),
            GatewayError::PurgeFailed => Some(GatewayError::NotConfigured),
            GatewayError::NotConfigured
            | GatewayError::Key(_)
            | GatewayError::OriginsExhausted(_) => None,
        });
        (keys.map(GatewayError::Key))
            .chain(exhausted.map(GatewayError::OriginsExhausted))
            .chain(bare)
    }

    /// The first column of the table below a heading of the document.
    fn documented(heading: &str) -> BTreeSet<&'static str> {
        let document = include_str!("../../../../docs/LOGGING.md");
        let (_, section) = document.split_once(heading).expect("the heading");
        let section = section.split("\n## ").next().expect("a section");
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.filter_map(|row| row.split('`').next()).collect()
    }

    /// The values that the schema allows at a place.
    fn allowed(pointer: &str) -> BTreeSet<String> {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../../docs/log-line.schema.json"))
                .expect("JSON");
        let values = schema.pointer(pointer).and_then(|at| at.as_array());
        let values = values.expect("a list").iter();
        values
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    }

    fn assert_same(labels: &BTreeSet<&str>, heading: &str, pointer: &str) {
        assert_eq!(&documented(heading), labels, "{heading} of docs/LOGGING.md");
        let allowed = allowed(pointer);
        let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
        assert_eq!(&allowed, labels, "{pointer} of docs/log-line.schema.json");
    }

    #[test]
    fn every_reason_and_outcome_is_documented_and_no_other() {
        let reasons = (every_served().map(Selection::reason))
            .chain(every_absence().map(NotFoundAs::reason))
            .chain(every_error().map(GatewayError::reason))
            // What is answered by no origin and refused by none, and what goes wrong after the head.
            .chain(["options", "preflight", "redirect", "folder_redirect"])
            .chain(["status", "purged", "broken_off"]);
        assert_same(
            &reasons.collect(),
            "\n## Reasons\n",
            "/properties/reason/enum",
        );
        assert_same(
            &every_verdict().map(Verdict::reason).collect(),
            "\n## Outcomes\n",
            "/$defs/attempt/properties/outcome/enum",
        );
    }

    #[test]
    fn every_label_of_place_route_and_cache_is_documented() {
        let sources = all(PopSource::Parameter, |source| match source {
            PopSource::Parameter => Some(PopSource::Environment),
            PopSource::Environment => Some(PopSource::Nowhere),
            PopSource::Nowhere => None,
        });
        let routes = all(RouteReason::Override, |reason| match reason {
            RouteReason::Override => Some(RouteReason::PopTable),
            RouteReason::PopTable => Some(RouteReason::FastlyRegion),
            RouteReason::FastlyRegion => Some(RouteReason::Default),
            RouteReason::Default => None,
        });
        let states = all(CacheStatus::Hit, |state| match state {
            CacheStatus::Hit => Some(CacheStatus::Miss),
            CacheStatus::Miss => Some(CacheStatus::Stale),
            CacheStatus::Stale => Some(CacheStatus::Pass),
            CacheStatus::Pass => None,
        });
        for (field, labels) in [
            (
                "pop_source",
                sources.map(PopSource::as_str).collect::<BTreeSet<_>>(),
            ),
            ("route", routes.map(RouteReason::as_str).collect()),
            ("cache", states.map(CacheStatus::as_str).collect()),
        ] {
            let allowed = allowed(&format!("/properties/{field}/enum"));
            let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
            assert_eq!(allowed, labels, "{field}");
            let row = format!("\n| `{field}` |");
            let (_, row) = include_str!("../../../../docs/LOGGING.md")
                .split_once(&row)
                .expect("a row");
            let row = row.lines().next().expect("a line");
            for label in labels {
                assert!(row.contains(&format!("`{label}`")), "{label} of {field}");
            }
        }
    }

    #[test]
    fn every_field_is_documented_and_no_other() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../../docs/log-line.schema.json"))
                .expect("JSON");
        let names = |pointer: &str, prefix: &str| {
            let fields = schema.pointer(pointer).and_then(|at| at.as_object());
            let fields = fields.expect("an object").keys();
            fields
                .map(|name| format!("{prefix}{name}"))
                .collect::<BTreeSet<_>>()
        };
        let mut allowed = names("/properties", "");
        allowed.extend(names("/$defs/attempt/properties", "attempts[]."));
        let documented = documented("\n## Fields\n").into_iter().map(str::to_owned);
        assert_eq!(allowed, documented.collect());
    }
}
