//! One JSON line for each request: what was asked, which origins were tried, what came of it.
//!
//! Never in it: a secret, the query string, a header of the client.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cache_state::CacheState;
use crate::credentials::{application_key_secret, key_id_secret};
use crate::misconfiguration::Problem;
use crate::outcome::{Failure, Outcome, Verdict};
use crate::route::{Locality, PopSource, Route};

/// The version of this line's schema: raised when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// The log endpoint that gets the line too, where the service has one.
pub const LOG_ENDPOINT: &str = "b2_edge";

/// The longest path that is logged, in bytes: the longest that can name an object, with each of
/// its 1,024 bytes escaped.
const MAX_PATH_BYTES: usize = 1 + 3 * 1024;

/// The line of one request.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    version: u32,
    /// When the request came, in RFC 3339.
    time: String,
    method: String,
    /// The path as it was sent, with every byte that is not printable ASCII escaped.
    path: String,
    /// The status that the client got.
    status: u16,
    /// Why it got that.
    reason: &'static str,
    /// The POP that the request was routed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pop: Option<String>,
    /// Where the code came from: `parameter`, `environment` or `none`.
    pop_source: &'static str,
    /// What decided which origin was preferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'static str>,
    /// What the cache had to do with it: `hit`, `miss`, `stale` or `pass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<&'static str>,
    /// The origin whose answer the client got.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// Every origin that was tried, in order.
    attempts: Vec<Attempt>,
    /// The length of the content that the client was promised; absent if not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// From the arrival of the request to the head of the answer.
    duration_ms: f64,
    /// What is wrong with the set-up, when that is why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// What came of one origin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    origin: String,
    /// The verdict's reason.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The code of its S3 error document.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    duration_ms: f64,
    /// What an operator has to mend about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl Attempt {
    /// An origin that was asked.
    #[must_use]
    pub fn new(origin: &str, outcome: &Outcome, verdict: Verdict, duration: Duration) -> Self {
        let answer = outcome.answer();
        Self {
            origin: origin.to_owned(),
            outcome: verdict.reason(),
            status: answer.map(|answer| answer.status),
            code: answer.and_then(|answer| answer.code.clone()),
            duration_ms: milliseconds(duration),
            problems: remedy(origin, verdict).into_iter().collect(),
        }
    }

    /// An origin that was passed over.
    #[must_use]
    pub fn misconfigured(origin: &str, problems: &[Problem]) -> Self {
        Self {
            origin: origin.to_owned(),
            outcome: Failure::Misconfigured.reason(),
            status: None,
            code: None,
            duration_ms: 0.0,
            problems: problems.iter().map(ToString::to_string).collect(),
        }
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
        | Verdict::Absent(_)
        | Verdict::AskWhy
        | Verdict::AskWhole => None,
    }
}

impl LogLine {
    /// Begins the line when the request has come.
    #[must_use]
    pub fn begin(received: SystemTime, method: &str, path: &[u8]) -> Self {
        let shown = path.get(..MAX_PATH_BYTES).unwrap_or(path);
        Self {
            version: SCHEMA_VERSION,
            time: OffsetDateTime::from(received)
                .truncate_to_millisecond()
                .format(&Rfc3339)
                .unwrap_or_default(),
            method: method.to_owned(),
            path: percent_encoding::percent_encode(shown, percent_encoding::CONTROLS).to_string(),
            status: 0,
            reason: "",
            pop: None,
            pop_source: PopSource::Nowhere.as_str(),
            route: None,
            cache: None,
            origin: None,
            attempts: Vec::new(),
            bytes: None,
            duration_ms: 0.0,
            problems: Vec::new(),
        }
    }

    /// Notes the place that the request is served for.
    pub fn located(&mut self, place: &Locality<'_>) {
        self.pop = place.pop.map(|pop| pop.to_string());
        self.pop_source = place.source.as_str();
    }

    /// Notes what decided the order of the origins.
    pub fn routed(&mut self, route: &Route) {
        self.route = Some(route.reason.as_str());
    }

    /// Notes what came of one more origin.
    pub fn tried(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
    }

    /// Notes whose answer the client gets, and what the cache had to do with it.
    pub fn served_by(&mut self, origin: &str, cache: CacheState) {
        self.origin = Some(origin.to_owned());
        self.cache = Some(cache.as_str());
    }

    /// What [`LogLine::served_by`] has noted.
    #[must_use]
    pub fn served(&self) -> (Option<String>, Option<&'static str>) {
        (self.origin.clone(), self.cache)
    }

    /// Notes it again, after something else was tried to no avail.
    pub fn restore(&mut self, (origin, cache): (Option<String>, Option<&'static str>)) {
        (self.origin, self.cache) = (origin, cache);
    }

    /// Notes that the client did not get all that it was promised.
    pub const fn broke_off(&mut self) {
        self.reason = "broken_off";
    }

    /// Notes what is wrong with the set-up.
    pub fn blame(&mut self, problems: &[Problem]) {
        self.problems = problems.iter().map(ToString::to_string).collect();
    }

    /// Notes what the client gets.
    pub fn answered(
        &mut self,
        status: u16,
        reason: &'static str,
        bytes: Option<u64>,
        duration: Duration,
    ) {
        self.status = status;
        self.reason = reason;
        self.bytes = bytes;
        self.duration_ms = milliseconds(duration);
    }

    /// The line, without its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them: there is nothing in it that JSON cannot say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Milliseconds with one decimal.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::outcome::{OriginAnswer, Served};
    use crate::route::RouteReason;

    fn begun(path: &[u8]) -> LogLine {
        LogLine::begin(
            datetime!(2026-11-21 04:53:20.250_999 UTC).into(),
            "GET",
            path,
        )
    }

    #[test]
    fn a_read_that_failed_over_tells_its_whole_story() {
        let mut line = begun("/größe 1.txt".as_bytes());
        line.located(&Locality::of(Some("pop=AMS"), true, None, None));
        line.routed(&Route {
            order: vec![1, 0],
            reason: RouteReason::PopTable,
        });
        let busy = OriginAnswer {
            status: 503,
            code: Some("SlowDown".to_owned()),
            ..OriginAnswer::default()
        };
        line.tried(Attempt::new(
            "eu_origin",
            &Outcome::Answered(busy),
            Verdict::Next(Failure::Busy),
            Duration::from_micros(12_340),
        ));
        let found = OriginAnswer {
            status: 200,
            ..OriginAnswer::default()
        };
        line.tried(Attempt::new(
            "us_origin",
            &Outcome::Answered(found),
            Verdict::Serve(Served::Whole),
            Duration::from_millis(80),
        ));
        line.served_by("us_origin", CacheState::Miss);
        line.answered(
            200,
            Served::Whole.reason(),
            Some(1234),
            Duration::from_micros(92_450),
        );
        assert_eq!(
            line.to_json(),
            concat!(
                r#"{"version":1,"time":"2026-11-21T04:53:20.25Z","method":"GET","path":"/gr%C3%B6%C3%9Fe 1.txt","#,
                r#""status":200,"reason":"served","pop":"AMS","pop_source":"parameter","route":"pop_table","#,
                r#""cache":"miss","origin":"us_origin","attempts":["#,
                r#"{"origin":"eu_origin","outcome":"busy","status":503,"code":"SlowDown","duration_ms":12.3},"#,
                r#"{"origin":"us_origin","outcome":"served","status":200,"duration_ms":80.0}],"#,
                r#""bytes":1234,"duration_ms":92.5}"#
            )
        );
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
        line.blame(&[problem]);
        let json = line.to_json();
        let named =
            r#""problems":["secret us_origin_key_id is missing in secret store b2_edge_keys"]"#;
        assert_eq!(json.matches(named).count(), 2, "{json}");
    }

    #[test]
    fn a_refused_key_is_loud() {
        let mut line = begun(b"/a");
        let refused = Outcome::Answered(OriginAnswer {
            status: 403,
            code: Some("InvalidAccessKeyId".to_owned()),
            ..OriginAnswer::default()
        });
        let verdict = Verdict::Next(Failure::KeyRefused);
        line.tried(Attempt::new("us_origin", &refused, verdict, Duration::ZERO));
        let json = line.to_json();
        let told = r#""problems":["us_origin refuses the key: check the secrets us_origin_key_id and us_origin_application_key"]"#;
        assert!(json.contains(told), "{json}");
    }

    #[test]
    fn a_path_cannot_break_the_line_or_make_it_endless() {
        let json = begun(b"/\xff\"\n\\\x1b[31m").to_json();
        assert!(json.contains(r#""path":"/%FF\"%0A\\%1B[31m""#), "{json}");
        let json = begun(&vec![b'a'; 100_000]).to_json();
        assert!(json.len() < 4_000, "{} bytes", json.len());
    }
}
