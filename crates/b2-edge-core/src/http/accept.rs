//! Content negotiation: `Accept` and `Accept-Encoding` (RFC 9110, section 12.5).

use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::{HeaderMap, HeaderName};

/// A content coding of precompressed objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Brotli (RFC 7932).
    Brotli,
    /// gzip (RFC 1952).
    Gzip,
}

impl Coding {
    /// All codings, the one that usually compresses better first.
    pub const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// The name in `Content-Encoding`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The suffix of the key of an object in this coding.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    /// Whether the client's `Accept-Encoding` lists this coding or `*`. By section 12.5.3 any coding is
    /// acceptable without the field, but clients that cannot decode omit it too, so it is required here.
    #[must_use]
    pub fn is_accepted(self, client: &HeaderMap) -> bool {
        let names = [self.name(), "*"];
        weight(client, &ACCEPT_ENCODING, &names).is_some_and(|weight| weight > 0)
    }
}

/// Sent by a Fastly POP that requests on behalf of another POP
/// (<https://www.fastly.com/documentation/reference/http/http-headers/Fastly-FF/>).
pub const FASTLY_FF: HeaderName = HeaderName::from_static("fastly-ff");

/// Whether the response may be compressed for this client: it accepts a coding and is not another POP, which
/// would cache the compressed response and can compress by itself.
#[must_use]
pub fn accepts_compression(client: &HeaderMap) -> bool {
    let mut codings = Coding::ALL.into_iter();
    !client.contains_key(FASTLY_FF) && codings.any(|coding| coding.is_accepted(client))
}

/// The destination of a browser's request (<https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header>).
pub const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The destinations that display a page.
const PAGES: [&str; 5] = ["document", "iframe", "frame", "embed", "object"];

/// Whether the client accepts an HTML page. Without `Accept` it accepts anything. Browsers append `*/*` for
/// images and scripts too, so wildcards count only for a destination that displays a page.
#[must_use]
pub fn accepts_html(client: &HeaderMap) -> bool {
    if !client.contains_key(ACCEPT) {
        return true;
    }
    let dest = client.get(SEC_FETCH_DEST);
    let names: &[&str] = if dest.is_none_or(|dest| PAGES.iter().any(|page| dest == page)) {
        &["text/html", "application/xhtml+xml", "text/*", "*/*"]
    } else {
        &["text/html", "application/xhtml+xml"]
    };
    weight(client, &ACCEPT, names).is_some_and(|weight| weight > 0)
}

/// Whether the client prefers JSON to an HTML page. Without `Accept`, it does not.
#[must_use]
pub fn prefers_json(client: &HeaderMap) -> bool {
    let weight_of = |names| weight(client, &ACCEPT, names).unwrap_or(0);
    let json = weight_of(&["application/json", "application/*", "*/*"]);
    json > weight_of(&["text/html", "application/xhtml+xml", "text/*", "*/*"])
}

/// The weight, in thousandths, that `Accept` gives to exactly this media type; `None` if it does not list it.
#[must_use]
pub fn weight_of_type(client: &HeaderMap, media_type: &str) -> Option<u16> {
    weight(client, &ACCEPT, &[media_type])
}

/// The weight, in thousandths, of the first of `names` that the field lists; `None` if it lists none of them.
/// The caller orders `names` from the most to the least specific (section 12.5.1).
fn weight(client: &HeaderMap, field: &HeaderName, names: &[&str]) -> Option<u16> {
    names.iter().find_map(|name| {
        let lines = client.get_all(field).iter();
        let mut members = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','));
        members.find_map(|member| {
            let mut parts = member.split(';').map(str::trim);
            parts
                .next()
                .filter(|found| found.eq_ignore_ascii_case(name))?;
            Some(parts.find_map(thousandths).unwrap_or(1000))
        })
    })
}

/// The weight of a parameter `q=0.5` in thousandths (section 12.4.2); 0 if it is malformed. `None` for
/// another parameter.
fn thousandths(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    name.trim_end().eq_ignore_ascii_case("q").then(|| {
        let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
        match (
            whole,
            fraction.len() <= 3,
            format!("{fraction:0<3}").parse(),
        ) {
            ("0", true, Ok(thousandths)) => thousandths,
            ("1", true, Ok(0)) => 1000,
            _ => 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn says(name: HeaderName, value: Option<&str>) -> HeaderMap {
        let value = value.map(|value| (name, HeaderValue::from_str(value).expect("a value")));
        value.into_iter().collect()
    }

    #[test]
    fn a_client_takes_html_when_it_says_so_or_says_nothing() {
        for (accept, takes) in [
            (None, true),
            (
                Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
                true,
            ),
            (Some("*/*"), true),
            (Some("text/*"), true),
            (Some("TEXT/HTML;level=1;q=0.1"), true),
            (Some("application/json"), false),
            (Some("image/avif, image/webp"), false),
            (Some("text/html;q=0, */*"), false),
            (Some("*/*;q=0"), false),
            (Some("*/*;q=0.0"), false),
            (Some("text/html;q=nonsense"), false),
            (Some(""), false),
        ] {
            assert_eq!(accepts_html(&says(ACCEPT, accept)), takes, "{accept:?}");
        }
    }

    #[test]
    fn a_browser_that_asks_for_no_page_takes_html_only_if_it_says_so() {
        let picture = "image/avif,image/webp,*/*;q=0.8";
        for (dest, accept, takes) in [
            ("document", "text/html,*/*;q=0.8", true),
            ("iframe", "*/*", true),
            ("image", picture, false),
            ("script", "*/*", false),
            ("empty", "*/*", false),
            ("empty", "text/html", true),
        ] {
            let mut client = says(ACCEPT, Some(accept));
            client.insert(SEC_FETCH_DEST, HeaderValue::from_static(dest));
            assert_eq!(accepts_html(&client), takes, "{dest}: {accept}");
        }
    }

    #[test]
    fn a_coding_is_accepted_by_name_or_by_a_star() {
        for (accept, brotli, gzip) in [
            (None, false, false),
            (Some("gzip, deflate, br, zstd"), true, true),
            (Some("gzip"), false, true),
            (Some("GZIP;q=0.5, br; q=0"), false, true),
            (Some("*"), true, true),
            (Some("*;q=0"), false, false),
            (Some("*, br;q=0"), false, true),
            (Some("br;q=0.001, gzip;q=1.000"), true, true),
            (Some("br;q=1.5, gzip;q=0.0001"), false, false),
            (Some("identity"), false, false),
            (Some(""), false, false),
        ] {
            let client = says(ACCEPT_ENCODING, accept);
            assert_eq!(
                Coding::Brotli.is_accepted(&client),
                brotli,
                "br: {accept:?}"
            );
            assert_eq!(Coding::Gzip.is_accepted(&client), gzip, "gzip: {accept:?}");
            assert_eq!(accepts_compression(&client), brotli || gzip, "{accept:?}");
        }
    }

    #[test]
    fn a_pop_compresses_itself() {
        let mut client = says(ACCEPT_ENCODING, Some("gzip"));
        assert!(accepts_compression(&client));
        client.insert(FASTLY_FF, HeaderValue::from_static("x"));
        assert!(!accepts_compression(&client));
    }

    #[test]
    fn several_lines_are_one_list() {
        let mut client = HeaderMap::new();
        client.append(ACCEPT_ENCODING, HeaderValue::from_static("deflate"));
        client.append(ACCEPT_ENCODING, HeaderValue::from_static("br"));
        assert!(Coding::Brotli.is_accepted(&client));
    }
}
