//! Where an object is, and where its thumbnail is written: beside it, with `_tn` before the extension.

use b2_edge_core::s3::object_key::ObjectKey;

/// What the name of a thumbnail ends with, before its extension.
const SUFFIX: &str = "_tn";

/// An object in a bucket of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// The bucket.
    pub(crate) bucket: String,
    /// The key.
    pub(crate) key: ObjectKey,
}

/// Why a URL is not that of an object of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoLocation {
    /// Another host.
    Host,
    /// No bucket, no key, or a key that cannot be requested.
    Path,
}

impl Location {
    /// The object with this URL, path-style or with the bucket in its host. `endpoint` is the host of the endpoint.
    ///
    /// # Errors
    ///
    /// [`NoLocation`].
    pub(crate) fn of_url(url: &str, endpoint: &str) -> Result<Self, NoLocation> {
        let rest = url.strip_prefix("https://").ok_or(NoLocation::Host)?;
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if authority == endpoint {
            let path = path.strip_prefix('/').unwrap_or_default();
            let slash = path.find('/').ok_or(NoLocation::Path)?;
            let (bucket, path) = path.split_at(slash);
            return Self::of_parts(bucket, path);
        }
        let bucket = authority
            .strip_suffix(endpoint)
            .and_then(|host| host.strip_suffix('.'))
            .ok_or(NoLocation::Host)?;
        Self::of_parts(bucket, path)
    }

    fn of_parts(bucket: &str, path: &str) -> Result<Self, NoLocation> {
        let key = ObjectKey::from_path(path.as_bytes()).map_err(|_| NoLocation::Path)?;
        Self::new(bucket, key)
    }

    /// An object in a bucket.
    ///
    /// # Errors
    ///
    /// [`NoLocation::Path`] for what is no name of a bucket.
    pub(crate) fn new(bucket: &str, key: ObjectKey) -> Result<Self, NoLocation> {
        let is_name = (3..=63).contains(&bucket.len())
            && bucket
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
        if !is_name || bucket.starts_with('.') {
            return Err(NoLocation::Path);
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            key,
        })
    }

    /// The path of the object at the endpoint, encoded.
    pub(crate) fn path(&self) -> String {
        format!("/{}{}", self.bucket, self.key.to_path())
    }

    /// Whether the object is a thumbnail itself.
    pub(crate) fn is_thumbnail(&self) -> bool {
        let (stem, _) = split_extension(self.key.as_str());
        stem.ends_with(SUFFIX)
    }

    /// Where the thumbnail is written; `None` if its key would be too long.
    pub(crate) fn thumbnail(&self) -> Option<Self> {
        let (stem, extension) = split_extension(self.key.as_str());
        let key = ObjectKey::from_decoded(&format!("{stem}{SUFFIX}{extension}")).ok()?;
        Some(Self {
            bucket: self.bucket.clone(),
            key,
        })
    }
}

/// A key without its extension, and the extension with its dot. A dot at the start of a name begins no extension.
fn split_extension(key: &str) -> (&str, &str) {
    let name = key.rfind('/').map_or(0, |slash| slash + 1);
    match key.rfind('.') {
        Some(dot) if dot > name => key.split_at(dot),
        _ => (key, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "s3.us-west-004.backblazeb2.com";

    fn of_key(key: &str) -> Location {
        let key = ObjectKey::from_decoded(key).expect("a key");
        Location::new("media", key).expect("a location")
    }

    #[test]
    fn a_url_has_its_bucket_in_the_path_or_in_the_host() {
        for (url, key) in [
            (
                "https://s3.us-west-004.backblazeb2.com/media/in/cat.png",
                "in/cat.png",
            ),
            (
                "https://media.s3.us-west-004.backblazeb2.com/in/cat.png",
                "in/cat.png",
            ),
            (
                "https://s3.us-west-004.backblazeb2.com/media/a%20b%2Bc%25%2Fd.png?x-id=PutObject",
                "a b+c%/d.png",
            ),
            (
                "https://s3.us-west-004.backblazeb2.com/media/a+b/%C3%A4.png",
                "a+b/ä.png",
            ),
            (
                "https://s3.us-west-004.backblazeb2.com/media//a.png",
                "/a.png",
            ),
        ] {
            assert_eq!(Location::of_url(url, ENDPOINT), Ok(of_key(key)), "{url}");
        }
    }

    #[test]
    fn another_host_or_no_object_is_refused() {
        use NoLocation::{Host, Path};
        for (url, error) in [
            ("https://s3.us-west-005.backblazeb2.com/media/a.png", Host),
            (
                "https://s3.us-west-004.backblazeb2.com.evil.example/media/a.png",
                Host,
            ),
            (
                "https://evil.example/s3.us-west-004.backblazeb2.com/a.png",
                Host,
            ),
            ("https://x@s3.us-west-004.backblazeb2.com/media/a.png", Host),
            (
                "https://s3.us-west-004.backblazeb2.com:444/media/a.png",
                Host,
            ),
            (
                "https://evils3.us-west-004.backblazeb2.com/media/a.png",
                Host,
            ),
            ("http://s3.us-west-004.backblazeb2.com/media/a.png", Host),
            ("media/a.png", Host),
            ("https://s3.us-west-004.backblazeb2.com", Path),
            ("https://s3.us-west-004.backblazeb2.com/media", Path),
            ("https://s3.us-west-004.backblazeb2.com/media/", Path),
            ("https://s3.us-west-004.backblazeb2.com//a.png", Path),
            (
                "https://s3.us-west-004.backblazeb2.com/media/../b/a.png",
                Path,
            ),
            ("https://s3.us-west-004.backblazeb2.com/media/%ff.png", Path),
            ("https://a@b.s3.us-west-004.backblazeb2.com/a.png", Path),
            (
                "https://a.example/b.s3.us-west-004.backblazeb2.com/a.png",
                Host,
            ),
        ] {
            assert_eq!(Location::of_url(url, ENDPOINT), Err(error), "{url}");
        }
    }

    #[test]
    fn the_thumbnail_is_beside_the_original() {
        for (key, thumbnail) in [
            ("cat.png", "cat_tn.png"),
            ("in/cat.png", "in/cat_tn.png"),
            ("in/a.b/cat", "in/a.b/cat_tn"),
            ("in/cat.tar.gz", "in/cat.tar_tn.gz"),
            ("in/.png", "in/.png_tn"),
            ("in/cat.", "in/cat_tn."),
            ("in/ä b+.jpg", "in/ä b+_tn.jpg"),
        ] {
            assert_eq!(of_key(key).thumbnail(), Some(of_key(thumbnail)), "{key}");
            assert!(!of_key(key).is_thumbnail(), "{key}");
            assert!(of_key(thumbnail).is_thumbnail(), "{thumbnail}");
        }
        assert_eq!(
            of_key(&"a".repeat(1022)).thumbnail(),
            None,
            "the key is too long"
        );
    }

    #[test]
    fn only_the_name_says_whether_an_object_is_a_thumbnail() {
        for (key, is_thumbnail) in [
            ("cat_tn.png", true),
            ("_tn.png", true),
            ("cat_tn", true),
            ("in_tn/cat.png", false),
            ("cat_tn.old.png", false),
            ("cat_TN.png", false),
            ("cat_tnx.png", false),
        ] {
            assert_eq!(of_key(key).is_thumbnail(), is_thumbnail, "{key}");
        }
    }

    #[test]
    fn the_path_is_encoded_once() {
        assert_eq!(
            of_key("in/a b+ä%2F.png").path(),
            "/media/in/a%20b%2B%C3%A4%252F.png"
        );
    }
}
