//! Entity tags, and lists of them (RFC 9110, sections 5.6.1 and 8.8.3).

use http::HeaderValue;

/// How to compare two entity tags (RFC 9110, section 8.8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Weak tags match nothing.
    Strong,
    /// Tags match if their opaque parts are equal, weak or not.
    Weak,
}

/// An entity tag (RFC 9110, section 8.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntityTag<'t> {
    is_weak: bool,
    opaque: &'t [u8],
}

impl<'t> EntityTag<'t> {
    /// Parses a text that is exactly one entity tag.
    pub(super) fn parse(text: &'t [u8]) -> Option<Self> {
        let (tag, rest) = Self::take(text)?;
        rest.is_empty().then_some(tag)
    }

    /// Parses the entity tag at the start of a text; also returns the rest.
    fn take(text: &'t [u8]) -> Option<(Self, &'t [u8])> {
        let (is_weak, quoted) = match text.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let opened = quoted.strip_prefix(b"\"")?;
        let length = opened.iter().position(|&byte| !is_etag_byte(byte))?;
        let (opaque, closing) = opened.split_at(length);
        let rest = closing.strip_prefix(b"\"")?;
        Some((Self { is_weak, opaque }, rest))
    }

    /// Whether two tags match.
    pub(super) fn matches(self, other: EntityTag<'_>, comparison: Comparison) -> bool {
        let may_be = match comparison {
            Comparison::Strong => !self.is_weak && !other.is_weak,
            Comparison::Weak => true,
        };
        may_be && self.opaque == other.opaque
    }
}

/// Turns a strong tag into a weak one, for content that is equivalent but not identical byte for byte. `None`
/// if `etag` is not a strong tag.
#[must_use]
pub fn weakened(etag: &HeaderValue) -> Option<HeaderValue> {
    EntityTag::parse(etag.as_bytes()).filter(|tag| !tag.is_weak)?;
    HeaderValue::from_bytes(&[b"W/", etag.as_bytes()].concat()).ok()
}

/// `etagc`: visible ASCII except `"`, and any byte that is not ASCII.
const fn is_etag_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)
}

/// The entity tags of a list; members that are not entity tags are skipped.
pub(super) fn listed(list: &[u8]) -> impl Iterator<Item = EntityTag<'_>> {
    let mut rest = list;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_ascii_start();
            if rest.is_empty() {
                return None;
            }
            let (tag, after) = match EntityTag::take(rest) {
                Some((tag, after)) => (Some(tag), after),
                None => (None, rest),
            };
            let comma = after.iter().position(|&byte| byte == b',');
            let (trailer, next) = after.split_at(comma.unwrap_or(after.len()));
            rest = next.get(1..).unwrap_or_default();
            // A tag followed by anything but whitespace before the comma is not a valid member.
            if tag.is_some() && trailer.trim_ascii().is_empty() {
                return tag;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_members_that_are_none() {
        for (etag, line, is_listed) in [
            ("\"a,b\"", "\"x\", \"a,b\"", true),
            ("\"a\"", "\"x,\", \"a\"", true),
            ("\"a\"", "\"x\"y, \"a\"", true),
            ("\"a\"", "x y, \"a\"", true),
            ("\"a\"", "\"a", false),
            ("\"a\"", "\"a\"x", false),
            ("\"a\"", "\"a\" \"b\"", false),
            ("\"a\"", "x\"a\"", false),
            ("\"a\"", "\"x, \"a\"", true),
            ("\"a b\"", "\"a b\"", false),
            ("\"\"", "\"\"", true),
            ("\"ä\"", "\"ä\"", true),
            ("\"\\\"", "\"\\\"", true),
            ("\"\u{7f}\"", "\"\u{7f}\"", false),
            ("a", "a", false),
            ("\"a\"x", "\"a\"", false),
        ] {
            let found = EntityTag::parse(etag.as_bytes())
                .is_some_and(|own| listed(line.as_bytes()).any(|tag| tag == own));
            assert_eq!(found, is_listed, "{etag} in {line}");
        }
    }

    /// The examples of RFC 9110, section 8.8.3.2.
    #[test]
    fn tags_are_compared_as_in_the_table_of_the_rfc() {
        for (one, other, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            let [one, other] = [one, other].map(|tag| EntityTag::parse(tag.as_bytes()).expect(tag));
            assert_eq!(
                one.matches(other, Comparison::Strong),
                strong,
                "{one:?}, {other:?}"
            );
            assert_eq!(
                one.matches(other, Comparison::Weak),
                weak,
                "{one:?}, {other:?}"
            );
        }
    }

    #[test]
    fn a_strong_tag_is_weakened_and_nothing_else_is() {
        for (etag, weak) in [
            ("\"a\"", Some("W/\"a\"")),
            ("W/\"a\"", None),
            ("a", None),
            ("\"a\", \"b\"", None),
        ] {
            let weakened = weakened(&HeaderValue::from_static(etag));
            assert_eq!(weakened, weak.map(HeaderValue::from_static), "{etag}");
        }
    }
}
