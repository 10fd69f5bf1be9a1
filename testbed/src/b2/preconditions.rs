//! Preconditions of a read, in the order of RFC 9110 §13.2.2, and `If-Range` (§13.1.5).
//!
//! `s3s` accepts one entity tag but no list, and `s3s-fs` ignores all preconditions of reads. B2 honours them,
//! so the bucket evaluates the raw headers before it reads from `s3s-fs`.

use http::header::{
    IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderName};
use s3s::dto::{Range, Timestamp, TimestampFormat};

/// The range and the preconditions.
pub(crate) const READ_HEADERS: [HeaderName; 6] = [
    RANGE,
    IF_RANGE,
    IF_MATCH,
    IF_NONE_MATCH,
    IF_MODIFIED_SINCE,
    IF_UNMODIFIED_SINCE,
];

/// The read headers of one request, which `s3s` does not parse.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadHeaders(pub(crate) HeaderMap);

/// The validators of the stored version.
#[derive(Clone, Debug)]
pub(crate) struct Validators {
    /// The opaque part of the strong entity tag.
    pub(crate) etag: String,
    /// In whole seconds, as in the `Last-Modified` header.
    pub(crate) last_modified: Timestamp,
}

/// The result of the preconditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadDecision {
    /// Send the object, or this range of it.
    Serve(Option<Range>),
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
}

impl ReadHeaders {
    pub(crate) fn evaluate(&self, stored: &Validators) -> ReadDecision {
        // Steps 1 and 2: If-Match, else If-Unmodified-Since.
        if let Some(condition) = self.text(&IF_MATCH) {
            if !matches_tag(condition, &stored.etag, Comparison::Strong) {
                return ReadDecision::PreconditionFailed;
            }
        } else if let Some(date) = self.date(&IF_UNMODIFIED_SINCE)
            && stored.last_modified > date
        {
            return ReadDecision::PreconditionFailed;
        }
        // Steps 3 and 4: If-None-Match, else If-Modified-Since.
        if let Some(condition) = self.text(&IF_NONE_MATCH) {
            if matches_tag(condition, &stored.etag, Comparison::Weak) {
                return ReadDecision::NotModified;
            }
        } else if let Some(date) = self.date(&IF_MODIFIED_SINCE)
            && stored.last_modified <= date
        {
            return ReadDecision::NotModified;
        }
        // Step 5: If-Range.
        ReadDecision::Serve(self.range(stored))
    }

    /// The whole object if the range is absent, malformed, a list, or outdated (§14.2).
    fn range(&self, stored: &Validators) -> Option<Range> {
        let range = Range::parse(self.text(&RANGE)?).ok()?;
        let Some(condition) = self.text(&IF_RANGE) else {
            return Some(range);
        };
        let same = if condition.starts_with('"') || condition.starts_with("W/") {
            matches_tag(condition, &stored.etag, Comparison::Strong)
        } else {
            self.date(&IF_RANGE)
                .is_some_and(|date| date == stored.last_modified)
        };
        same.then_some(range)
    }

    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    /// An invalid date is ignored, as §13.1.3 and §13.1.4 require.
    fn date(&self, name: &HeaderName) -> Option<Timestamp> {
        Timestamp::parse(TimestampFormat::HttpDate, self.text(name)?).ok()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

fn matches_tag(condition: &str, etag: &str, comparison: Comparison) -> bool {
    if condition.trim() == "*" {
        return true;
    }
    condition.split(',').map(str::trim).any(|tag| {
        let (weak, opaque) = tag
            .strip_prefix("W/")
            .map_or((false, tag), |tag| (true, tag));
        let opaque = opaque
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'));
        opaque == Some(etag) && (comparison == Comparison::Weak || !weak)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: &str = "Thu, 20 Nov 2025 10:00:00 GMT";
    const LATER: &str = "Fri, 21 Nov 2025 10:00:00 GMT";
    const EARLIER: &str = "Wed, 19 Nov 2025 10:00:00 GMT";

    fn verdict(headers: &[(&HeaderName, &str)]) -> ReadDecision {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).clone(), value.parse().expect("a header value")));
        let stored = Validators {
            etag: "abc".to_owned(),
            last_modified: Timestamp::parse(TimestampFormat::HttpDate, THEN).expect("a date"),
        };
        ReadHeaders(headers.collect()).evaluate(&stored)
    }

    const WHOLE: ReadDecision = ReadDecision::Serve(None);
    const FIRST_BYTE: ReadDecision = ReadDecision::Serve(Some(Range::Int {
        first: 0,
        last: Some(0),
    }));

    #[test]
    fn each_condition_alone_decides_as_the_rfc_says() {
        let cases = [
            (IF_NONE_MATCH, "\"abc\"", ReadDecision::NotModified),
            (IF_NONE_MATCH, "W/\"abc\"", ReadDecision::NotModified),
            (IF_NONE_MATCH, "\"x\", \"abc\"", ReadDecision::NotModified),
            (IF_NONE_MATCH, "*", ReadDecision::NotModified),
            (IF_NONE_MATCH, "\"x\"", WHOLE),
            (IF_MATCH, "\"abc\"", WHOLE),
            (IF_MATCH, "*", WHOLE),
            (IF_MATCH, "W/\"abc\"", ReadDecision::PreconditionFailed),
            (IF_MATCH, "\"x\"", ReadDecision::PreconditionFailed),
            (IF_MODIFIED_SINCE, THEN, ReadDecision::NotModified),
            (IF_MODIFIED_SINCE, LATER, ReadDecision::NotModified),
            (IF_MODIFIED_SINCE, EARLIER, WHOLE),
            (IF_MODIFIED_SINCE, "yesterday", WHOLE),
            (IF_UNMODIFIED_SINCE, THEN, WHOLE),
            (
                IF_UNMODIFIED_SINCE,
                EARLIER,
                ReadDecision::PreconditionFailed,
            ),
            (RANGE, "bytes=0-0", FIRST_BYTE),
            (RANGE, "bytes=0-0,2-3", WHOLE),
            (RANGE, "lines=0-0", WHOLE),
        ];
        for (name, value, expected) in cases {
            assert_eq!(verdict(&[(&name, value)]), expected, "{name}: {value}");
        }
    }

    #[test]
    fn entity_tags_take_precedence_over_dates() {
        assert_eq!(
            verdict(&[(&IF_NONE_MATCH, "\"x\""), (&IF_MODIFIED_SINCE, LATER)]),
            WHOLE
        );
        assert_eq!(
            verdict(&[(&IF_MATCH, "\"abc\""), (&IF_UNMODIFIED_SINCE, EARLIER)]),
            WHOLE
        );
        assert_eq!(
            verdict(&[(&IF_MATCH, "\"x\""), (&IF_NONE_MATCH, "\"abc\"")]),
            ReadDecision::PreconditionFailed
        );
    }

    #[test]
    fn a_range_counts_only_when_if_range_names_the_stored_version() {
        let range = (&RANGE, "bytes=0-0");
        assert_eq!(verdict(&[range, (&IF_RANGE, "\"abc\"")]), FIRST_BYTE);
        assert_eq!(verdict(&[range, (&IF_RANGE, "W/\"abc\"")]), WHOLE);
        assert_eq!(verdict(&[range, (&IF_RANGE, "\"x\"")]), WHOLE);
        assert_eq!(verdict(&[range, (&IF_RANGE, THEN)]), FIRST_BYTE);
        assert_eq!(verdict(&[range, (&IF_RANGE, EARLIER)]), WHOLE);
    }
}
