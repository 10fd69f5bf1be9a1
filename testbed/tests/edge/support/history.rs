//! A model of the responses that a correct cache may give, from the versions that a key had and their times.
//!
//! A correct cache responds with bytes that an origin had within a bounded time: an entry may be fresh, then stale,
//! and, if no origin responds, kept for errors. Every response must match one version of that time completely.

use std::ops::Range;
use std::time::{Duration, Instant};

use b2_edge_testbed::Response;
use bytes::Bytes;
use http::StatusCode;

/// How old a version may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Fresh, or stale while it is revalidated.
    pub(crate) stale: Duration,
    /// The same, and kept for errors.
    pub(crate) on_error: Duration,
    /// How long a 404 is cached.
    pub(crate) not_found: Duration,
    /// The total timeout of the origins.
    pub(crate) given: Duration,
    /// Tolerance for the time of a fetch, and for a busy machine.
    pub(crate) slack: Duration,
}

/// A version of the object.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) bytes: Bytes,
    pub(crate) etag: String,
}

/// A change of the key in all origins, with the time until the last of them has changed.
#[derive(Debug)]
struct Change {
    /// `None` when it was a deletion.
    content: Option<Content>,
    begun: Instant,
    settled: Instant,
}

/// The versions of one key.
#[derive(Debug)]
pub(crate) struct History {
    limits: Limits,
    changes: Vec<Change>,
    purged: Option<Instant>,
}

/// The range or the condition of a request.
#[derive(Clone, Debug)]
pub(crate) enum ReadKind {
    Whole,
    FromTo(usize, usize),
    From(usize),
    Last(usize),
    UnlessMatch(String),
    IfMatch(String),
}

/// Which faults the origins have during a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about a moment"
)]
pub(crate) struct Failing {
    /// No origin can respond.
    pub(crate) all: bool,
    /// At least one cannot respond, so an object that the others do not have may exist.
    pub(crate) any: bool,
    /// A body may break off after it has begun.
    pub(crate) bodies: bool,
    /// A stale object may be served although an origin can respond: because one is silent, which clients with a stale
    /// object wait for one attempt timeout only, or because every origin has failed lately.
    pub(crate) serves_stale: bool,
    /// No origin could respond until a second ago: a failure answers requests that long.
    pub(crate) all_lately: bool,
}

/// A request and its response.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) is_head: bool,
    pub(crate) kind: &'a ReadKind,
    pub(crate) failing: Failing,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) response: &'a Response,
}

/// The version that a response matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Explained {
    /// The number of the newest version that matches; `None` for an error of all origins.
    pub(crate) version: Option<usize>,
    /// How many earlier versions were excluded as too old.
    pub(crate) too_old: usize,
}

impl ReadKind {
    /// The requested part of an object of `length` bytes; `None` if it is not satisfiable.
    fn part_of(&self, length: usize) -> Option<Range<usize>> {
        let part = match *self {
            Self::FromTo(first, last) => first..length.min(last.saturating_add(1)),
            Self::From(first) => first..length,
            Self::Last(count) => length.saturating_sub(count)..length,
            Self::Whole | Self::UnlessMatch(_) | Self::IfMatch(_) => return Some(0..length),
        };
        (part.start < part.end).then_some(part)
    }

    fn is_range(&self) -> bool {
        matches!(self, Self::FromTo(..) | Self::From(_) | Self::Last(_))
    }

    /// The name and the value of the header.
    pub(crate) fn header(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Whole => None,
            Self::FromTo(first, last) => Some(("range", format!("bytes={first}-{last}"))),
            Self::From(first) => Some(("range", format!("bytes={first}-"))),
            Self::Last(count) => Some(("range", format!("bytes=-{count}"))),
            Self::UnlessMatch(etag) => Some(("if-none-match", etag.clone())),
            Self::IfMatch(etag) => Some(("if-match", etag.clone())),
        }
    }
}

impl History {
    /// A key without an object.
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        let never = Change {
            content: None,
            begun: now,
            settled: now,
        };
        Self {
            limits,
            changes: vec![never],
            purged: None,
        }
    }

    pub(crate) fn changed(&mut self, content: Option<Content>, begun: Instant, settled: Instant) {
        self.changes.push(Change {
            content,
            begun,
            settled,
        });
    }

    /// Every origin has the last change now.
    pub(crate) fn settled(&mut self, now: Instant) {
        if let Some(last) = self.changes.last_mut() {
            last.settled = now;
        }
    }

    /// Whether an origin lacks the last change.
    pub(crate) fn is_changing(&self) -> bool {
        let last = self.changes.last();
        last.is_some_and(|last| last.settled > Instant::now())
    }

    pub(crate) fn purged(&mut self, begun: Instant) {
        self.purged = Some(begun);
    }

    /// The versions of the key since then, in order.
    pub(crate) fn since(&self, then: Instant) -> impl Iterator<Item = Option<&Content>> {
        (0..self.changes.len())
            .filter(move |number| self.ended(*number).is_none_or(|ended| ended >= then))
            .map(|number| self.changes[number].content.as_ref())
    }

    /// When the last origin has replaced a version.
    fn ended(&self, number: usize) -> Option<Instant> {
        self.changes.get(number + 1).map(|next| next.settled)
    }

    /// The first version that an origin still had at most `age` before the request.
    fn oldest(&self, exchange: &Exchange<'_>, age: Duration) -> usize {
        let reach = age + self.limits.slack;
        let mut since = exchange.started.checked_sub(reach);
        if let Some(purged) = self.purged {
            since = since.max(purged.checked_sub(self.limits.slack));
        }
        (0..self.changes.len())
            .find(|number| self.ended(*number) >= since || self.ended(*number).is_none())
            .unwrap_or_default()
    }

    /// Finds the version that a response matches.
    ///
    /// # Errors
    ///
    /// Says why a correct cache would not have sent it.
    pub(crate) fn explain(&self, exchange: &Exchange<'_>) -> Result<Explained, String> {
        let (status, failing) = (exchange.response.status, exchange.failing);
        if matches!(status.as_u16(), 502 | 503) {
            let waited = exchange.ended - exchange.started;
            if !failing.all && !failing.all_lately && waited < self.limits.given {
                return Err(format!("{status} while an origin can respond"));
            }
            return Ok(Explained {
                version: None,
                too_old: 0,
            });
        }
        let mut oldest = match status {
            StatusCode::NOT_FOUND => self.oldest(exchange, self.limits.not_found),
            _ => self.oldest(exchange, self.limits.stale),
        };
        // A version is possible if its change began before the request ended.
        let begun = |number: &usize| self.changes[*number].begun <= exchange.ended;
        let is_doubtful = || {
            let mut recent = (oldest..self.changes.len()).filter(begun);
            failing.any && recent.any(|number| self.changes[number].content.is_none())
        };
        let is_stale = exchange.response.header("x-cache") == Some("STALE");
        let serves_stale = failing.all || (failing.serves_stale && is_stale);
        if status != StatusCode::NOT_FOUND && (serves_stale || is_doubtful()) {
            oldest = self.oldest(exchange, self.limits.on_error);
        }
        let mut reasons = Vec::new();
        for number in (oldest..self.changes.len()).rev().filter(begun) {
            match fits(self.changes[number].content.as_ref(), exchange) {
                Ok(()) => {
                    return Ok(Explained {
                        version: Some(number),
                        too_old: oldest,
                    });
                }
                Err(reason) => reasons.push(format!("not version {number}: {reason}")),
            }
        }
        let old = (0..oldest).find(|number| {
            let content = self.changes[*number].content.as_ref();
            fits(content, exchange).is_ok()
        });
        if let Some(number) = old {
            reasons.push(format!("it is version {number}, which is too old"));
        }
        Err(format!("{status}: {}", reasons.join("; ")))
    }
}

/// Whether the response is correct for this version.
fn fits(content: Option<&Content>, exchange: &Exchange<'_>) -> Result<(), String> {
    let (response, kind) = (exchange.response, exchange.kind);
    let Some(content) = content else {
        return expect(response.status, StatusCode::NOT_FOUND);
    };
    let length = content.bytes.len();
    match kind {
        ReadKind::UnlessMatch(etag) if *etag == content.etag => {
            expect(response.status, StatusCode::NOT_MODIFIED)?;
            return has_tag(response, content);
        }
        ReadKind::IfMatch(etag) if *etag != content.etag => {
            return expect(response.status, StatusCode::PRECONDITION_FAILED);
        }
        _ => {}
    }
    // Ranges do not apply to HEAD.
    // An empty object answers any range with all of it.
    let is_range = kind.is_range() && !exchange.is_head && length > 0;
    let part = if is_range {
        kind.part_of(length)
    } else {
        Some(0..length)
    };
    let content_range = response.header("content-range");
    let Some(part) = part else {
        expect(response.status, StatusCode::RANGE_NOT_SATISFIABLE)?;
        return expect(content_range, Some(format!("bytes */{length}").as_str()));
    };
    let said = format!(
        "bytes {}-{}/{length}",
        part.start,
        part.end.saturating_sub(1)
    );
    if is_range {
        expect(response.status, StatusCode::PARTIAL_CONTENT)?;
        expect(content_range, Some(said.as_str()))?;
    } else {
        expect(response.status, StatusCode::OK)?;
    }
    has_tag(response, content)?;
    let stated = part.len().to_string();
    expect(response.header("content-length"), Some(stated.as_str()))?;
    if exchange.is_head {
        return expect(response.body.len(), 0);
    }
    let bytes = &content.bytes[part];
    match response.complete {
        true if response.body == bytes => Ok(()),
        true => Err("other bytes".to_owned()),
        false if !bytes.starts_with(&response.body) => Err("other bytes, cut short".to_owned()),
        false if !exchange.failing.bodies => Err("cut short for no reason".to_owned()),
        false => Ok(()),
    }
}

fn has_tag(response: &Response, content: &Content) -> Result<(), String> {
    expect(response.header("etag"), Some(content.etag.as_str()))
}

fn expect<T: Copy + PartialEq + std::fmt::Debug>(got: T, wanted: T) -> Result<(), String> {
    if got == wanted {
        return Ok(());
    }
    Err(format!("{got:?} instead of {wanted:?}"))
}

/// A response in one line.
pub(crate) fn described(response: &Response) -> String {
    let shown = [
        "etag",
        "content-range",
        "content-length",
        "x-cache",
        "age",
        "x-b2-host",
    ];
    let headers = shown
        .map(|name| response.header(name).unwrap_or("-"))
        .join(" ");
    let (status, length) = (response.status.as_u16(), response.body.len());
    let whole = if response.complete { "" } else { ", cut short" };
    format!("    {status} {headers}: {length} bytes{whole}")
}
