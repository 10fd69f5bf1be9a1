//! Maps paths to objects, and to documents that replace an object that is not found.

use crate::http::content_type::by_extension;
use crate::http::path::{PathError, RequestPath};
use crate::s3::object_key::{KeyError, MAX_KEY_BYTES, ObjectKey, encoded};
use crate::site::base_path::BasePaths;
use crate::site::listing::settings::ListingSettings;

/// Paths below this have a meaning to programs, which must not take a page for an answer (RFC 8615).
const WELL_KNOWN: &str = "/.well-known/";

/// The `site` settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `site.index_document`: the object that is served for a folder; default `index.html`. `None`: off.
    pub index_document: Option<String>,
    /// `site.error_document`: the object that is served with status 404, relative to the prefix; default
    /// `404.html`. `None`: off.
    pub error_document: Option<String>,
    /// `site.fallback_document`: the object that is served with status 200 for a path that is not found and
    /// has no extension, relative to the prefix, for applications with client-side routing. `None`, the
    /// default: off.
    pub fallback_document: Option<String>,
    /// `site.prefix`: the folder of the bucket that is served: empty, the default, or with a slash at its
    /// end.
    pub prefix: String,
    /// `site.base_path`: the parts of URL paths that are not part of keys; default `/`.
    pub base_paths: BasePaths,
    /// `site.precompressed`: whether `<key>.br` and `<key>.gz` are served for `<key>`; default `false`.
    pub precompressed: bool,
    /// `site.listing` and `site.listing_ttl_s`: whether folders are listed; default off.
    pub listing: ListingSettings,
}

/// A folder that can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFolder {
    /// The beginning of the keys in it: empty, or with a slash at its end.
    pub prefix: String,
    /// The path that leads to it. It ends in a slash.
    pub path: RequestPath,
    /// Whether the folder above it can be requested: not of a base path.
    pub has_parent: bool,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            index_document: Some("index.html".to_owned()),
            error_document: Some("404.html".to_owned()),
            fallback_document: None,
            prefix: String::new(),
            base_paths: BasePaths::default(),
            precompressed: false,
            listing: ListingSettings::default(),
        }
    }
}

/// A response that replaces a 404 (like nginx's `try_files`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// A redirect to the folder of the same name, if that has an index document or is listed.
    Folder {
        /// The key of the folder's index document; `None` if folders have none.
        index: Option<ObjectKey>,
        /// The path of the folder, encoded.
        path: String,
    },
    /// This object with status 200.
    Document(ObjectKey),
    /// This object with status 404.
    ErrorDocument(ObjectKey),
}

impl Site {
    /// The key of the object that a path names: what follows the base path or, for a folder, its index document, below
    /// the prefix. It cannot be outside the prefix, because a [`RequestPath`] has no `..` segment.
    ///
    /// # Errors
    ///
    /// [`KeyError::Bucket`] for a path that addresses the bucket, [`KeyError::OutsideBasePath`] for one that begins
    /// with no base path, [`KeyError::NoIndex`] for a folder whose index document has too long a key,
    /// [`KeyError::Path`] for any other key that is too long.
    pub fn key_of(&self, path: &RequestPath) -> Result<ObjectKey, KeyError> {
        let Some((base, rest)) = self.base_paths.split(path.as_str()) else {
            // Like any other folder without its slash, which may have an index document.
            return Err(if self.base_paths.lacks_only_slash(path.as_str()) {
                KeyError::Bucket
            } else {
                KeyError::OutsideBasePath
            });
        };
        match &self.index_document {
            Some(index) if path.is_folder() => {
                let key = self.key(&base.prefix, &format!("{rest}{index}"));
                key.map_err(|error| match error {
                    // The path is valid, and no bucket can have its index document.
                    KeyError::Path(PathError::TooLong) => KeyError::NoIndex,
                    error => error,
                })
            }
            Some(_) | None => {
                // Without this check the prefix alone would be a key.
                ObjectKey::new(rest.to_owned())?;
                self.key(&base.prefix, rest)
            }
        }
    }

    /// The decoded path of an object in requests: a base path, and its key without the prefix.
    #[must_use]
    pub fn path_of(&self, key: &ObjectKey) -> String {
        let key = key.as_str();
        let key = key.strip_prefix(self.prefix.as_str()).unwrap_or(key);
        self.base_paths.path_of(key)
    }

    /// The folder to list for a path, or for the folder of the same name, if there is no document for it. `None` if
    /// folders are not listed, for a path outside the base paths, and for one with `//`, which a client may take for
    /// another one.
    #[must_use]
    pub fn listed_folder(&self, path: &RequestPath) -> Option<ListedFolder> {
        let is_listed = self.listing.is_on() && !path.as_str().contains("//");
        let slash = if path.is_folder() { "" } else { "/" };
        let path = RequestPath::decoded(format!("{}{slash}", path.as_str())).ok();
        let path = path.filter(|_| is_listed)?;
        let (base, rest) = self.base_paths.split(path.as_str())?;
        let prefix = format!("{}{}{rest}", self.prefix, base.prefix);
        (prefix.len() <= MAX_KEY_BYTES).then_some(ListedFolder {
            prefix,
            has_parent: !rest.is_empty(),
            path,
        })
    }

    /// The fallbacks to try, in order, if the object of a path is not found.
    pub fn fallbacks(
        &self,
        path: &RequestPath,
        accepts_html: bool,
    ) -> impl Iterator<Item = Fallback> + use<> {
        let document = |name: &Option<String>| self.key("", name.as_deref()?).ok();
        let is_page = !path.has_extension() && !path.as_str().starts_with(WELL_KNOWN);
        let fallback = document(&self.fallback_document).filter(|_| is_page);
        let error = document(&self.error_document).filter(|_| accepts_html);
        let fallbacks = [
            self.folder(path),
            fallback.map(Fallback::Document),
            error.map(Fallback::ErrorDocument),
        ];
        fallbacks.into_iter().flatten()
    }

    /// The folder of the same name. Not for a path with `//`, because a redirect to `//host` leads to another
    /// host (RFC 3986, section 4.2). Not for one with a known extension either: it names a file, and looking for a folder
    /// would double the cost of every missing one.
    fn folder(&self, path: &RequestPath) -> Option<Fallback> {
        let is_file = by_extension(path.relative()).is_some();
        if path.is_folder() || is_file || path.as_str().contains("//") {
            return None;
        }
        let folder = RequestPath::decoded(format!("{}/", path.as_str())).ok()?;
        let index = match self.index_document {
            Some(_) => Some(self.key_of(&folder).ok()?),
            None if self.listing.is_on() => None,
            None => return None,
        };
        Some(Fallback::Folder {
            index,
            path: encoded(folder.as_str()).collect(),
        })
    }

    /// The key of something in a folder below the prefix.
    fn key(&self, folder: &str, name: &str) -> Result<ObjectKey, KeyError> {
        ObjectKey::new(format!("{}{folder}{name}", self.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::path::PathError;
    use crate::site::base_path::BasePath;

    fn path(text: &str) -> RequestPath {
        RequestPath::parse(text.as_bytes()).expect(text)
    }

    fn key(text: &str) -> ObjectKey {
        ObjectKey::new(text.to_owned()).expect(text)
    }

    fn keys(site: &Site, paths: &[&str]) -> Vec<String> {
        let key = |text: &&str| site.key_of(&path(text)).map(|key| key.as_str().to_owned());
        let shown = |key| match key {
            Ok(key) => key,
            Err(error) => format!("{error:?}"),
        };
        paths.iter().map(key).map(shown).collect()
    }

    #[test]
    fn a_folder_shows_its_index_document() {
        let paths = ["/", "/docs/", "/docs", "/a%20b/", "/docs%2F", "//"];
        assert_eq!(
            keys(&Site::default(), &paths),
            [
                "index.html",
                "docs/index.html",
                "docs",
                "a b/index.html",
                "docs/index.html",
                "/index.html"
            ]
        );
    }

    #[test]
    fn without_an_index_document_a_folder_is_a_key_that_ends_in_a_slash() {
        let site = Site {
            index_document: None,
            ..Site::default()
        };
        assert_eq!(
            keys(&site, &["/", "//", "/docs/"]),
            ["Bucket", "Bucket", "docs/"]
        );
        let below = Site {
            prefix: "public/".to_owned(),
            ..site
        };
        assert_eq!(
            keys(&below, &["/", "//", "/a"]),
            ["Bucket", "Bucket", "public/a"]
        );
    }

    #[test]
    fn with_a_prefix_every_key_is_below_it() {
        let site = Site {
            prefix: "public/".to_owned(),
            ..Site::default()
        };
        assert_eq!(
            keys(&site, &["/", "/a", "/public/a", "/%2Fsecret", "/..%41"]),
            [
                "public/index.html",
                "public/a",
                "public/public/a",
                "public//secret",
                "public/..A"
            ]
        );
        for escape in [
            "/../secret",
            "/%2e%2e/secret",
            "/a/..%2F../secret",
            "/..%2fsecret",
        ] {
            let parsed = RequestPath::parse(escape.as_bytes());
            assert_eq!(parsed, Err(PathError::DotSegment), "{escape}");
        }
        assert_eq!(site.path_of(&key("public/a")), "/a");
        assert_eq!(
            keys(&site, &[&format!("/{}", "a".repeat(1020))]),
            ["Path(TooLong)"]
        );
    }

    #[test]
    fn with_a_base_path_keys_are_what_follows_it() {
        let base = |path: &str, prefix: &str| BasePath {
            path: path.to_owned(),
            prefix: prefix.to_owned(),
        };
        let site = Site {
            prefix: "public/".to_owned(),
            base_paths: BasePaths(vec![base("/file/photos/", "in/"), base("/www/", "")]),
            ..Site::default()
        };
        let paths = [
            "/file/photos/cat.jpg",
            "/file/photos/a/",
            "/file/photos/",
            "/www/",
            "/www/in/cat.jpg",
            "/file%2Fphotos/cat.jpg",
        ];
        assert_eq!(
            keys(&site, &paths),
            [
                "public/in/cat.jpg",
                "public/in/a/index.html",
                "public/in/index.html",
                "public/index.html",
                "public/in/cat.jpg",
                "public/in/cat.jpg"
            ]
        );
        // A base path without its slash is a folder without its slash.
        let others = [
            "/file/photos",
            "/",
            "/cat.jpg",
            "/file/photosX/cat.jpg",
            "/FILE/photos/a",
        ];
        let outside = "OutsideBasePath";
        assert_eq!(
            keys(&site, &others),
            ["Bucket", outside, outside, outside, outside]
        );
        assert_eq!(
            site.path_of(&key("public/in/cat.jpg")),
            "/file/photos/cat.jpg"
        );
        assert_eq!(site.path_of(&key("public/404.html")), "/www/404.html");
        for (sent, index, location) in [
            ("/file/photos", "public/in/index.html", "/file/photos/"),
            (
                "/file/photos/a%20b",
                "public/in/a b/index.html",
                "/file/photos/a%20b/",
            ),
        ] {
            let folder = Fallback::Folder {
                index: Some(key(index)),
                path: location.to_owned(),
            };
            assert_eq!(site.folder(&path(sent)), Some(folder), "{sent}");
        }
    }

    #[test]
    fn a_listed_folder_is_never_above_the_prefix() {
        let site = Site {
            prefix: "public/".to_owned(),
            base_paths: BasePaths(vec![BasePath {
                path: "/file/".to_owned(),
                prefix: "in/".to_owned(),
            }]),
            listing: ListingSettings {
                html: true,
                ..ListingSettings::default()
            },
            ..Site::default()
        };
        for (sent, expected) in [
            ("/file/", Some(("public/in/", "/file/", false))),
            ("/file", Some(("public/in/", "/file/", false))),
            ("/file/a%20b/", Some(("public/in/a b/", "/file/a b/", true))),
            ("/file/a", Some(("public/in/a/", "/file/a/", true))),
            ("/file/a/b%2F", Some(("public/in/a/b/", "/file/a/b/", true))),
            ("/", None),
            ("/fileX/", None),
            ("/file//", None),
            ("/file/a//b/", None),
        ] {
            let folder = site.listed_folder(&path(sent));
            let folder = folder.as_ref();
            let folder = folder.map(|f| (f.prefix.as_str(), f.path.as_str(), f.has_parent));
            assert_eq!(folder, expected, "{sent}");
        }
        let long = format!("/file/{}/", "a".repeat(1014));
        assert_eq!(site.listed_folder(&path(&long)), None, "too long a key");
        let without_index = Site {
            index_document: None,
            ..site.clone()
        };
        let redirect = Fallback::Folder {
            index: None,
            path: "/file/a/".to_owned(),
        };
        assert_eq!(without_index.folder(&path("/file/a")), Some(redirect));
        let off = Site {
            index_document: None,
            listing: ListingSettings::default(),
            ..site
        };
        assert_eq!(off.listed_folder(&path("/file/")), None);
        assert_eq!(off.folder(&path("/file/a")), None);
        let whole = Site {
            listing: ListingSettings {
                json: true,
                ..ListingSettings::default()
            },
            ..Site::default()
        };
        let root = whole.listed_folder(&path("/")).expect("the bucket");
        assert_eq!((root.prefix.as_str(), root.has_parent), ("", false));
    }

    #[test]
    fn for_what_does_not_exist_the_folder_is_tried_then_the_fallback_then_the_error_document() {
        let site = Site {
            fallback_document: Some("index.html".to_owned()),
            prefix: "p/".to_owned(),
            ..Site::default()
        };
        let all: Vec<Fallback> = site.fallbacks(&path("/docs/a%20b"), true).collect();
        let folder = Fallback::Folder {
            index: Some(key("p/docs/a b/index.html")),
            path: "/docs/a%20b/".to_owned(),
        };
        let fallback = Fallback::Document(key("p/index.html"));
        let error = Fallback::ErrorDocument(key("p/404.html"));
        assert_eq!(all, [folder, fallback.clone(), error.clone()]);
        let of_folder: Vec<Fallback> = site.fallbacks(&path("/docs/"), true).collect();
        assert_eq!(of_folder, [fallback, error.clone()]);
        let of_file: Vec<Fallback> = site.fallbacks(&path("/docs/"), false).collect();
        assert_eq!(
            of_file.len(),
            1,
            "an error document is for who accepts HTML"
        );
        for no_page in [
            "/app.js",
            "/index.php",
            "/a/b.PDF",
            "/.well-known/security.txt",
        ] {
            let fallbacks: Vec<_> = site.fallbacks(&path(no_page), true).collect();
            assert_eq!(fallbacks, std::slice::from_ref(&error), "{no_page}");
        }
        let well_known: Vec<_> = site
            .fallbacks(&path("/.well-known/nodeinfo"), false)
            .collect();
        assert!(
            matches!(well_known[..], [Fallback::Folder { .. }]),
            "{well_known:?}"
        );
        // An unknown extension may be a folder's, as of a version.
        let version: Vec<_> = site.fallbacks(&path("/docs/v1.2"), false).collect();
        assert!(
            matches!(version[..], [Fallback::Folder { .. }]),
            "{version:?}"
        );
    }

    #[test]
    fn a_folder_whose_index_document_no_bucket_can_have_has_none() {
        let folder = format!("/{}/", "a".repeat(1018));
        assert_eq!(keys(&Site::default(), &[&folder]), ["NoIndex"]);
    }

    #[test]
    fn a_folder_redirect_never_leads_to_another_host() {
        for sent in ["//evil.example", "/a//b", "/%2Fevil.example", "/%2F%2Fevil"] {
            let fallbacks = Site::default().folder(&path(sent));
            assert_eq!(fallbacks, None, "{sent}");
        }
        let Some(Fallback::Folder { path, .. }) = Site::default().folder(&path("/\\evil.example"))
        else {
            unreachable!("a folder");
        };
        assert_eq!(path, "/%5Cevil.example/");
    }
}
