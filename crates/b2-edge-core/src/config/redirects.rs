//! The field `redirects`.

use serde_json::Value;

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Fields, Kind};
use super::place;
use super::redirect_ways::first_endless;
use crate::http::path::RequestPath;
use crate::http::path_pattern::PathPattern;
use crate::site::redirect::{Redirect, RedirectTarget};

/// The most redirects, which are searched one after the other.
pub const MAX_REDIRECTS: usize = 100;

pub(super) const FIELDS: &[Field<Config>] = &[Field {
    name: "redirects",
    description: "Redirects, checked in order before any object is read. The first match is used.",
    kind: Kind::List {
        entries: 0..=MAX_REDIRECTS,
        read: |config, list, path, errors| config.redirects = read_redirects(list, path, errors),
    },
    get: |config| config.redirects.iter().map(redirect_to_json).collect(),
}];

pub(super) const REDIRECT: Fields<Draft> = Fields {
    required: &[
        Field {
            name: "from",
            description: "a path, or a path with `*` at its end, which matches every path that begins like it",
            kind: Kind::Text {
                expected: "a path that begins with /, not percent-encoded, with or without * at its end",
                bytes: None,
                set: |redirect, text| {
                    let pattern = PathPattern::parse(text);
                    redirect.from = Some(pattern.filter(PathPattern::is_prefix)?);
                    Some(())
                },
            },
            get: |redirect| redirect.from.as_ref().map(PathPattern::to_text).into(),
        },
        Field {
            name: "to",
            description: "a path, or `https://host/path`. A `*` at its end is replaced by what the `*` of `from` matched",
            kind: Kind::Text {
                expected: "a path that begins with one /, or https://host/path, in ASCII, with or without * at its end",
                bytes: None,
                set: |redirect, text| {
                    redirect.to = Some(RedirectTarget::parse(text)?);
                    Some(())
                },
            },
            get: |redirect| redirect.to.as_ref().map(RedirectTarget::to_text).into(),
        },
    ],
    optional: &[&[Field {
        name: "status",
        description: "the status of the response",
        kind: Kind::Number {
            // RFC 9110, section 15.4: the statuses that name one target.
            choices: &[301, 302, 303, 307, 308],
            set: |redirect, status| redirect.status = status,
        },
        get: |redirect| redirect.status.into(),
    }]],
    aliases: &[],
};

/// An entry of `redirects` while it is read.
pub(super) struct Draft {
    from: Option<PathPattern>,
    to: Option<RedirectTarget>,
    status: u16,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            status: 301,
        }
    }
}

fn read_redirects(list: &[Value], path: &str, errors: &mut Errors) -> Vec<Redirect> {
    let mut redirects: Vec<Redirect> = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let path = place::entry(path, index);
        let Some(redirect) = read_redirect(value, &path, errors) else {
            continue;
        };
        let to = || place::field(&path, "to");
        if redirect.to.has_star() && !redirect.from.has_star() {
            errors.add(&to(), "has a * for which from has none");
        } else if leads_to_itself(&redirect, &redirects) {
            errors.add(&to(), "is matched by from again, without end");
        } else {
            redirects.push(redirect);
        }
    }
    // Only once all are known: the first that matches a path is used.
    if let Some(index) = first_endless(&redirects) {
        // An entry with a mistake is not in the list, so the number may be another.
        let is_numbered = redirects.len() == list.len();
        let path = if is_numbered {
            place::field(&place::entry(path, index), "to")
        } else {
            path.to_owned()
        };
        errors.add(&path, "leads back to its from by way of other redirects");
    }
    redirects
}

/// Reads an entry; `None` if a field of it is missing or wrong.
fn read_redirect(value: &Value, path: &str, errors: &mut Errors) -> Option<Redirect> {
    let draft = REDIRECT.read_entry(value, path, errors)?;
    // The default status would make browsers remember what may have been meant to be temporary.
    if !errors.none_at(&place::field(path, "status")) {
        return None;
    }
    Some(Redirect {
        from: draft.from?,
        to: draft.to?,
        status: draft.status,
    })
}

fn redirect_to_json(redirect: &Redirect) -> Value {
    let Redirect { from, to, status } = redirect.clone();
    let (from, to) = (Some(from), Some(to));
    Value::Object(REDIRECT.to_object(&Draft { from, to, status }))
}

/// Whether the target of a redirect matches its own `from`, and no earlier redirect.
fn leads_to_itself(redirect: &Redirect, earlier: &[Redirect]) -> bool {
    let path = redirect.to.local_path();
    let decoded = path.and_then(|path| RequestPath::parse(path.as_bytes()).ok());
    decoded.is_some_and(|path| {
        let matches = |redirect: &Redirect| redirect.from.capture(path.as_str()).is_some();
        matches(redirect) && !earlier.iter().any(matches)
    })
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::config::tests::mistakes;

    #[test]
    fn a_redirect_that_could_leave_its_host_or_never_end_is_a_mistake() {
        let target = "redirects[0].to must be a path that begins with one /, or https://host/path, in ASCII, with or \
                      without * at its end";
        let from = "redirects[0].from must be a path that begins with /, not percent-encoded, with or without * at its end";
        let again = "redirects[0].to is matched by from again, without end";
        for (json, expected) in [
            (r#"{"from": "/a", "to": "//evil.example"}"#, target),
            (r#"{"from": "/a*", "to": "https://good.example*"}"#, target),
            (r#"{"from": "*.html", "to": "/b"}"#, from),
            (r#"{"from": "/a*b", "to": "/b"}"#, from),
            (r#"{"from": "a", "to": "/b"}"#, from),
            (r#"{"from": "/a%20b", "to": "/b"}"#, from),
            (
                r#"{"from": "/a", "to": "/b*"}"#,
                "redirects[0].to has a * for which from has none",
            ),
            (r#"{"from": "/a", "to": "/a?x"}"#, again),
            (r#"{"from": "/*", "to": "/x/*"}"#, again),
            (r#"{"from": "/a b*", "to": "/a%20b/*"}"#, again),
            (
                r#"{"from": "/a", "to": "/b", "status": 200}"#,
                "redirects[0].status must be 301, 302, 303, 307 or 308",
            ),
            (r#"{"to": "/b"}"#, "redirects[0].from is missing"),
            (r#"{"from": "/b"}"#, "redirects[0].to is missing"),
            (
                r#"{"from": "/a", "to": "/b", "x": 1}"#,
                "redirects[0].x is not a field of the configuration",
            ),
            (r#""/a""#, "redirects[0] must be an object, is a string"),
        ] {
            assert_eq!(
                mistakes(&format!(r#"{{"redirects": [{json}]}}"#)),
                [expected],
                "{json}"
            );
        }
        let earlier =
            r#"{"redirects": [{"from": "/a/b/*", "to": "/c"}, {"from": "/a/*", "to": "/a/b/*"}]}"#;
        assert_eq!(
            Config::parse(earlier)
                .expect("ends at the first")
                .redirects
                .len(),
            2
        );
    }

    #[test]
    fn redirects_that_lead_to_each_other_are_a_mistake() {
        for (entries, number) in [
            (
                r#"{"from": "/a", "to": "/b"}, {"from": "/b", "to": "/a"}"#,
                0,
            ),
            (
                r#"{"from": "/x", "to": "/y"}, {"from": "/a/*", "to": "/b/*"}, {"from": "/b/*", "to": "/a/*"}"#,
                1,
            ),
            (
                r#"{"from": "/a", "to": "/b"}, {"from": "/b", "to": "/c"}, {"from": "/*", "to": "/a"}"#,
                0,
            ),
            (
                r#"{"from": "/c", "to": "/a"}, {"from": "/a", "to": "/b"}, {"from": "/b", "to": "/a"}"#,
                1,
            ),
        ] {
            let json = format!(r#"{{"redirects": [{entries}]}}"#);
            let expected =
                format!("redirects[{number}].to leads back to its from by way of other redirects");
            assert_eq!(mistakes(&json), [expected], "{json}");
        }
        for entries in [
            r#"{"from": "/a", "to": "/b"}, {"from": "/b", "to": "/c"}"#,
            r#"{"from": "/a", "to": "/b"}, {"from": "/b", "to": "https://www.example.com/a"}"#,
            r#"{"from": "/a/*", "to": "/b/*"}, {"from": "/b/y", "to": "/a/x"}, {"from": "/b/x", "to": "/c"}"#,
        ] {
            let json = format!(r#"{{"redirects": [{entries}]}}"#);
            Config::parse(&json).expect(&json);
        }
    }

    #[test]
    fn there_are_at_most_a_hundred_redirects() {
        let redirects = |count: usize| {
            let entries: Vec<String> = (0..count)
                .map(|n| format!(r#"{{"from": "/{n}", "to": "/x"}}"#))
                .collect();
            format!(r#"{{"redirects": [{}]}}"#, entries.join(","))
        };
        assert_eq!(
            Config::parse(&redirects(100))
                .expect("valid")
                .redirects
                .len(),
            100
        );
        assert_eq!(
            mistakes(&redirects(101)),
            ["redirects must have at most 100 entries, has 101"]
        );
    }
}
