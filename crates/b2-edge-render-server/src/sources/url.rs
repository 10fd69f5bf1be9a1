//! The URL of a source.

use std::fmt;

use http::uri::PathAndQuery;

/// A longer URL is refused. A presigned one has the key, encoded, and some 500 bytes more.
const MAX_BYTES: usize = 8 * 1024;

/// An `https` URL. `Display` shows it without its query, which has the signature, and so does `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SourceUrl {
    authority: String,
    target: PathAndQuery,
}

impl SourceUrl {
    /// Parses a URL. Nothing in it is changed: host, path and query are signed.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://")?;
        let (authority, target) = rest.split_at(rest.find('/')?);
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        (url.len() <= MAX_BYTES && !authority.is_empty() && rest.bytes().all(is_plain))
            .then_some(())?;
        Some(Self {
            authority: authority.to_owned(),
            target: target.parse().ok()?,
        })
    }

    /// The host, with the port if the URL has one.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The path and the query, as they are sent.
    pub(crate) const fn target(&self) -> &PathAndQuery {
        &self.target
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.authority, self.target.path())
    }
}

impl fmt::Debug for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_sent_as_it_is() {
        let url = "https://a.example:8443/b//%C3%A4+%2F?X-Amz-Signature=s3cr3t&x=%2f";
        let parsed = SourceUrl::parse(url).expect("a URL");
        assert_eq!(parsed.authority(), "a.example:8443");
        assert_eq!(
            parsed.target().as_str(),
            "/b//%C3%A4+%2F?X-Amz-Signature=s3cr3t&x=%2f"
        );
    }

    #[test]
    fn a_signature_is_not_shown() {
        let url = SourceUrl::parse("https://a.example/b?X-Amz-Signature=s3cr3t").expect("a URL");
        assert_eq!(url.to_string(), "a.example/b");
        assert_eq!(format!("{url:?}"), "SourceUrl(a.example/b)");
    }

    #[test]
    fn what_is_no_https_url_is_refused() {
        let long = format!("https://a.example/{}", "a".repeat(MAX_BYTES));
        for url in [
            "",
            "http://a.example/b",
            "HTTPS://a.example/b",
            "//a.example/b",
            "https://a.example",
            "https://a.example?b",
            "https:///b",
            "https://a.example/b c",
            "https://a.example/b\r\nx: y",
            "https://a.example/b#c",
            "https://a.example/ä",
            &long,
        ] {
            assert!(SourceUrl::parse(url).is_none(), "{url}");
        }
    }
}
