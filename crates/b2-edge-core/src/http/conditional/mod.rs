//! Evaluates the preconditions of a `GET` or `HEAD` against a stored object (RFC 9110, section 13).
//!
//! The object exists, so `*` matches. By the section on each field, a malformed entity tag matches nothing
//! and a malformed date is ignored.

mod entity_tag;

use std::time::SystemTime;

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName};

use crate::http::date::http_date;
use crate::http::field::single_value;

pub use self::entity_tag::weakened;

use self::entity_tag::{Comparison, EntityTag, listed};

/// The validators of a stored object (RFC 9110, section 8.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validators<'e> {
    /// `ETag` as in the field, with its quotes and any `W/`.
    pub etag: Option<&'e str>,
    /// `Last-Modified`, in whole seconds.
    pub last_modified: Option<SystemTime>,
}

/// The result of evaluating the preconditions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// All hold: respond as to an unconditional request.
    Proceed,
    /// 304: the client's copy is current.
    NotModified,
    /// 412: the object is not the version that the client expects.
    Failed,
}

impl Precondition {
    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::NotModified => "not_modified",
            Self::Failed => "precondition_failed",
        }
    }
}

/// Evaluates preconditions in the order of RFC 9110, section 13.2.2, except for the last step, `If-Range`:
/// see [`range_applies`].
#[must_use]
pub fn evaluate(request: &HeaderMap, entry: &Validators<'_>) -> Precondition {
    if request.contains_key(IF_MATCH) {
        if !is_listed(request, &IF_MATCH, entry, Comparison::Strong) {
            return Precondition::Failed;
        }
    } else if modified_after(request, &IF_UNMODIFIED_SINCE, entry) == Some(true) {
        return Precondition::Failed;
    }
    if request.contains_key(IF_NONE_MATCH) {
        if is_listed(request, &IF_NONE_MATCH, entry, Comparison::Weak) {
            return Precondition::NotModified;
        }
    } else if modified_after(request, &IF_MODIFIED_SINCE, entry) == Some(false) {
        return Precondition::NotModified;
    }
    Precondition::Proceed
}

/// Whether to honour the `Range` of a request: it has no `If-Range`, or one that matches the object (RFC
/// 9110, section 13.1.5).
///
/// A date matches if it equals `Last-Modified`. Whether it is a strong validator (section 8.8.2.2) is not
/// checked: that needs the `Date` of the same response, which an entry does not have.
#[must_use]
pub fn range_applies(request: &HeaderMap, entry: &Validators<'_>) -> bool {
    if !request.contains_key(IF_RANGE) {
        return true;
    }
    let Some(value) = single_value(request, &IF_RANGE) else {
        return false;
    };
    match EntityTag::parse(value.as_bytes().trim_ascii()) {
        Some(tag) => {
            stored_tag(entry).is_some_and(|stored| tag.matches(stored, Comparison::Strong))
        }
        None => http_date(value).is_some_and(|date| entry.last_modified == Some(date)),
    }
}

/// Whether the object was modified after the date in a field. `None` if the field is to be ignored: it is
/// absent, repeated or not a date, or the object has no `Last-Modified` (RFC 9110, sections 13.1.3 and
/// 13.1.4).
fn modified_after(request: &HeaderMap, name: &HeaderName, entry: &Validators<'_>) -> Option<bool> {
    let date = single_value(request, name).and_then(http_date)?;
    Some(entry.last_modified? > date)
}

/// Whether a field is `*` or lists the entity tag of the object (RFC 9110, sections 13.1.1 and 13.1.2).
/// Several lines are one list (section 5.3).
fn is_listed(
    request: &HeaderMap,
    name: &HeaderName,
    entry: &Validators<'_>,
    comparison: Comparison,
) -> bool {
    if single_value(request, name).is_some_and(|value| value.as_bytes().trim_ascii() == b"*") {
        return true;
    }
    let Some(stored) = stored_tag(entry) else {
        return false;
    };
    request
        .get_all(name)
        .iter()
        .any(|line| listed(line.as_bytes()).any(|tag| tag.matches(stored, comparison)))
}

fn stored_tag<'e>(entry: &Validators<'e>) -> Option<EntityTag<'e>> {
    EntityTag::parse(entry.etag?.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Precondition::{Failed, NotModified, Proceed};
    use super::*;
    use crate::http::field::header_map;

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    const IM: &str = "if-match";
    const IUS: &str = "if-unmodified-since";
    const INM: &str = "if-none-match";
    const IMS: &str = "if-modified-since";
    const IR: &str = "if-range";

    type Lines<'l> = &'l [(&'static str, &'l str)];

    fn entry(etag: Option<&str>) -> Validators<'_> {
        Validators {
            etag,
            last_modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)),
        }
    }

    fn check(entry: &Validators<'_>, table: &[(&str, Lines<'_>, Precondition)]) {
        for (clause, lines, expected) in table {
            assert_eq!(
                evaluate(&header_map(lines), entry),
                *expected,
                "{clause}: {lines:?}"
            );
        }
    }

    #[test]
    fn if_match_is_met_by_a_strong_tag_alone() {
        check(
            &entry(Some("\"a\"")),
            &[
                ("13.1.1, *", &[(IM, "*")], Proceed),
                ("13.1.1, listed", &[(IM, "\"a\"")], Proceed),
                ("13.1.1, listed", &[(IM, "\"x\", \"a\"")], Proceed),
                ("5.3, two lines", &[(IM, "\"x\""), (IM, "\"a\"")], Proceed),
                ("13.1.1, not listed", &[(IM, "\"x\"")], Failed),
                ("13.1.1, empty list", &[(IM, "")], Failed),
                ("8.8.3.2, strong", &[(IM, "W/\"a\"")], Failed),
                ("8.8.3.2, case", &[(IM, "\"A\"")], Failed),
                ("13.1.1, * in a list", &[(IM, "*, \"x\"")], Failed),
                (
                    "13.2.2, step 1 before 2",
                    &[(IM, "\"a\""), (IUS, BEFORE)],
                    Proceed,
                ),
                (
                    "13.2.2, step 1 before 3",
                    &[(IM, "\"x\""), (INM, "\"a\"")],
                    Failed,
                ),
                (
                    "13.2.2, steps 1 and 3",
                    &[(IM, "\"a\""), (INM, "\"a\"")],
                    NotModified,
                ),
            ],
        );
        check(
            &entry(Some("W/\"a\"")),
            &[
                ("8.8.3.2, strong", &[(IM, "W/\"a\"")], Failed),
                ("13.1.1, *", &[(IM, "*")], Proceed),
            ],
        );
    }

    #[test]
    fn if_unmodified_since_fails_for_a_later_object() {
        check(
            &entry(None),
            &[
                ("13.1.4, earlier", &[(IUS, BEFORE)], Failed),
                ("13.1.4, same", &[(IUS, SAME)], Proceed),
                ("13.1.4, later", &[(IUS, AFTER)], Proceed),
                ("13.1.4, no date", &[(IUS, "yesterday")], Proceed),
                (
                    "13.1.4, two members",
                    &[(IUS, BEFORE), (IUS, BEFORE)],
                    Proceed,
                ),
                (
                    "13.2.2, steps 2 and 4",
                    &[(IUS, SAME), (IMS, SAME)],
                    NotModified,
                ),
                (
                    "13.2.2, step 2 before 4",
                    &[(IUS, BEFORE), (IMS, SAME)],
                    Failed,
                ),
            ],
        );
    }

    #[test]
    fn if_none_match_is_met_unless_the_tag_is_listed() {
        check(
            &entry(Some("\"a\"")),
            &[
                ("13.1.2, *", &[(INM, "*")], NotModified),
                ("13.1.2, listed", &[(INM, "\"a\"")], NotModified),
                ("8.8.3.2, weak", &[(INM, "W/\"a\"")], NotModified),
                (
                    "13.1.2, in a list",
                    &[(INM, "\"x\",W/\"y\" ,\t\"a\"")],
                    NotModified,
                ),
                (
                    "5.3, two lines",
                    &[(INM, "\"x\""), (INM, "\"a\"")],
                    NotModified,
                ),
                ("5.6.1.2, empty members", &[(INM, ", ,\"a\",")], NotModified),
                ("13.1.2, not listed", &[(INM, "\"x\"")], Proceed),
                ("13.1.2, empty list", &[(INM, "")], Proceed),
                ("8.8.3, W is case-sensitive", &[(INM, "w/\"a\"")], Proceed),
                ("8.8.3, no quotes", &[(INM, "a")], Proceed),
                (
                    "13.1.3, INM present",
                    &[(INM, "\"x\""), (IMS, SAME)],
                    Proceed,
                ),
                ("13.1.3, INM malformed", &[(INM, "x"), (IMS, SAME)], Proceed),
                (
                    "13.2.2, step 3",
                    &[(INM, "\"a\""), (IMS, BEFORE)],
                    NotModified,
                ),
            ],
        );
        check(
            &entry(Some("W/\"a\"")),
            &[
                ("8.8.3.2, weak", &[(INM, "\"a\"")], NotModified),
                ("8.8.3.2, weak", &[(INM, "W/\"a\"")], NotModified),
            ],
        );
    }

    #[test]
    fn if_modified_since_is_met_by_a_later_object() {
        check(
            &entry(None),
            &[
                ("13.1.3, earlier", &[(IMS, BEFORE)], Proceed),
                ("13.1.3, same", &[(IMS, SAME)], NotModified),
                ("13.1.3, later", &[(IMS, AFTER)], NotModified),
                ("13.1.3, no date", &[(IMS, "0")], Proceed),
                ("13.1.3, two members", &[(IMS, SAME), (IMS, SAME)], Proceed),
                (
                    "5.6.7, obsolete form",
                    &[(IMS, "Sun Nov  6 08:49:37 1994")],
                    NotModified,
                ),
                ("13.2.2, none", &[], Proceed),
            ],
        );
    }

    #[test]
    fn an_object_without_validators_has_no_tag_listed_and_no_date_compared() {
        let entry = Validators {
            etag: None,
            last_modified: None,
        };
        check(
            &entry,
            &[
                ("13.1.1, *", &[(IM, "*")], Proceed),
                ("13.1.1, not listed", &[(IM, "\"a\"")], Failed),
                ("13.1.2, *", &[(INM, "*")], NotModified),
                ("13.1.2, not listed", &[(INM, "\"a\"")], Proceed),
                ("13.1.3, no modification date", &[(IMS, AFTER)], Proceed),
                ("13.1.4, no modification date", &[(IUS, BEFORE)], Proceed),
            ],
        );
        assert!(!range_applies(&header_map(&[(IR, "\"a\"")]), &entry));
        assert!(!range_applies(&header_map(&[(IR, SAME)]), &entry));
    }

    #[test]
    fn a_range_applies_to_the_very_object_that_if_range_means() {
        for (clause, etag, lines, expected) in [
            ("13.1.5, absent", "\"a\"", &[][..], true),
            ("13.1.5, same tag", "\"a\"", &[(IR, "\"a\"")], true),
            ("13.1.5, other tag", "\"a\"", &[(IR, "\"b\"")], false),
            ("13.1.5, weak", "\"a\"", &[(IR, "W/\"a\"")], false),
            ("13.1.5, weak", "W/\"a\"", &[(IR, "W/\"a\"")], false),
            ("13.1.5, weak", "W/\"a\"", &[(IR, "\"a\"")], false),
            ("13.1.5, no list", "\"a\"", &[(IR, "\"a\", \"b\"")], false),
            ("13.1.5, no *", "\"a\"", &[(IR, "*")], false),
            (
                "13.1.5, once",
                "\"a\"",
                &[(IR, "\"a\""), (IR, "\"a\"")],
                false,
            ),
            ("13.1.5, same date", "\"a\"", &[(IR, SAME)], true),
            ("13.1.5, exact match", "\"a\"", &[(IR, BEFORE)], false),
            ("13.1.5, exact match", "\"a\"", &[(IR, AFTER)], false),
            ("13.1.5, malformed", "\"a\"", &[(IR, "a")], false),
            ("13.1.5, malformed", "\"a\"", &[(IR, "")], false),
        ] {
            let found = range_applies(&header_map(lines), &entry(Some(etag)));
            assert_eq!(found, expected, "{clause}: {etag}, {lines:?}");
        }
    }

    #[test]
    fn each_outcome_has_a_label_of_its_own() {
        let labels = [Proceed, NotModified, Failed].map(Precondition::reason);
        assert_eq!(labels, ["proceed", "not_modified", "precondition_failed"]);
    }

    #[test]
    fn any_bytes_are_a_condition() {
        const LIKELY: &[u8] = b"\"\"\"aW/,, *\\\t\xff";
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..50_000 {
            let any: Vec<u8> = (0..random.usize(0..12))
                .map(|_| LIKELY[random.usize(0..LIKELY.len())])
                .collect();
            let shown = any.escape_ascii();
            let condition = |name: &'static str, value: &[u8]| {
                let value = http::HeaderValue::from_bytes(value).expect("a value");
                evaluate(
                    &HeaderMap::from_iter([(name.parse().expect(name), value)]),
                    &entry(Some("\"a\"")),
                )
            };
            let (matches, differs) = (condition(IM, &any), condition(INM, &any));
            assert!(matches != NotModified && differs != Failed, "{shown}");
            // A strong match is also a weak match.
            assert!(matches == Failed || differs == NotModified, "{shown}");
            let with_own = [&any[..], b", \"a\""].concat();
            if !any.contains(&b'"') {
                assert_eq!(condition(INM, &with_own), NotModified, "{shown}");
            }
        }
    }
}
