//! The hosts that sources may be fetched from, and the form of a host.

use std::collections::BTreeSet;

/// The list of `ALLOWED_HOSTS`. A host on it is the whole authority of a URL, as it is written there.
#[derive(Debug)]
pub(crate) struct AllowedHosts(BTreeSet<String>);

impl AllowedHosts {
    /// Parses a list with commas between its hosts.
    ///
    /// # Errors
    ///
    /// The entry that is no host.
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        let hosts = list.split(',').map(|entry| {
            let host = entry.trim();
            if is_host(host) {
                Ok(host.to_owned())
            } else {
                Err(format!(
                    "{host:?} is not a host in lower case, like media.s3.us-west-004.backblazeb2.com"
                ))
            }
        });
        hosts.collect::<Result<_, _>>().map(Self)
    }

    /// Whether sources of this authority may be fetched.
    pub(crate) fn contains(&self, authority: &str) -> bool {
        self.0.contains(authority)
    }
}

/// Whether `text` is a host name in lower case, with an optional port.
pub(crate) fn is_host(text: &str) -> bool {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|n| n > 0)
    };
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(allowed)
    };
    text.len() <= 253 && name.split('.').all(is_label) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_exact_host_is_allowed() {
        let hosts = AllowedHosts::parse("a.example, b.example:8443").expect("hosts");
        for (authority, allowed) in [
            ("a.example", true),
            ("b.example:8443", true),
            ("b.example", false),
            ("a.example:443", false),
            ("A.example", false),
            ("xa.example", false),
            ("a.example.evil.example", false),
            ("user@a.example", false),
            ("", false),
        ] {
            assert_eq!(hosts.contains(authority), allowed, "{authority}");
        }
    }

    #[test]
    fn what_is_no_host_is_named() {
        for entry in [
            "",
            "https://a.example",
            "a.example/",
            "*.example",
            "a b",
            "A.example",
            "a..example",
            "a.example:",
            "a.example:0",
            "a.example:65536",
            "-a.example",
            "a@b",
        ] {
            let error = AllowedHosts::parse(&format!("ok.example,{entry}")).expect_err(entry);
            assert!(error.starts_with(&format!("{entry:?} ")), "{error}");
        }
    }
}
