//! Base paths: the beginning of a URL's path that is not part of the object's key.
//!
//! With base path `/file/photos/`, `/file/photos/cat.jpg` is the object `cat.jpg`. Several base paths can lead to
//! different folders of the bucket; the longest one that a path begins with is used.

/// An entry of `site.base_path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath {
    /// The decoded path. It begins and ends with a slash.
    pub path: String,
    /// The folder that it leads to, relative to `site.prefix`: empty, or with a slash at its end.
    pub prefix: String,
}

/// `site.base_path`, in the order of the configuration; by default `/` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePaths(pub Vec<BasePath>);

impl Default for BasePaths {
    fn default() -> Self {
        Self(vec![BasePath {
            path: "/".to_owned(),
            prefix: String::new(),
        }])
    }
}

impl BasePaths {
    /// The longest base path that a decoded path begins with, and the rest of the path; `None` if there is none.
    #[must_use]
    pub fn split<'p>(&self, path: &'p str) -> Option<(&BasePath, &'p str)> {
        let matching = self.0.iter().filter_map(|base| {
            let rest = path.strip_prefix(base.path.as_str())?;
            Some((base, rest))
        });
        matching.min_by_key(|(_, rest)| rest.len())
    }

    /// Whether a decoded path is a base path without its last slash.
    #[must_use]
    pub fn lacks_only_slash(&self, path: &str) -> bool {
        let mut bases = self.0.iter();
        bases.any(|base| base.path.strip_suffix('/') == Some(path))
    }

    /// The decoded path that leads to `key`, which is relative to `site.prefix`. Where several do, it is that of the
    /// longest prefix, and of the entry that comes first.
    #[must_use]
    pub fn path_of(&self, key: &str) -> String {
        let matching = self.0.iter().filter_map(|base| {
            let rest = key.strip_prefix(base.prefix.as_str())?;
            Some((base.path.as_str(), rest))
        });
        // Of a key that no base path leads to, such as that of an error document beside their folders.
        let (path, rest) = matching
            .min_by_key(|(_, rest)| rest.len())
            .unwrap_or(("/", key));
        [path, rest].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_paths(entries: &[(&str, &str)]) -> BasePaths {
        let entry = |(path, prefix): &(&str, &str)| BasePath {
            path: (*path).to_owned(),
            prefix: (*prefix).to_owned(),
        };
        BasePaths(entries.iter().map(entry).collect())
    }

    #[test]
    fn the_longest_base_path_is_used_and_it_ends_at_a_slash() {
        let several = base_paths(&[("/file/", ""), ("/file/photos/", "in/"), ("/x/", "y/")]);
        for (path, expected) in [
            ("/file/photos/cat.jpg", Some(("in/", "cat.jpg"))),
            ("/file/photos/", Some(("in/", ""))),
            ("/file/photos/a/", Some(("in/", "a/"))),
            ("/file/photos//a", Some(("in/", "/a"))),
            ("/file/photos", Some(("", "photos"))),
            ("/file/photosX", Some(("", "photosX"))),
            ("/file/photosX/a", Some(("", "photosX/a"))),
            ("/x/a", Some(("y/", "a"))),
            ("/x", None),
            ("/xy", None),
            ("/File/photos/a", None),
            ("//file/a", None),
            ("/", None),
        ] {
            let split = several.split(path);
            let split = split.map(|(base, rest)| (base.prefix.as_str(), rest));
            assert_eq!(split, expected, "{path}");
        }
        let root = BasePaths::default();
        let (base, rest) = root.split("/a/b").expect("every path");
        assert_eq!((base.prefix.as_str(), rest), ("", "a/b"));
    }

    #[test]
    fn a_base_path_without_its_slash_is_told_from_a_longer_name() {
        let photos = base_paths(&[("/file/photos/", "")]);
        for (path, lacks_only_slash) in [
            ("/file/photos", true),
            ("/file/photos/", false),
            ("/file/photosX", false),
            ("/file", false),
            ("/", false),
        ] {
            assert_eq!(photos.lacks_only_slash(path), lacks_only_slash, "{path}");
        }
    }

    #[test]
    fn a_key_has_the_path_of_its_longest_prefix() {
        let several = base_paths(&[("/a/", "in/"), ("/b/", "in/deep/"), ("/c/", "in/")]);
        for (key, path) in [
            ("in/x", "/a/x"),
            ("in/deep/x", "/b/x"),
            ("in/deeper", "/a/deeper"),
            ("404.html", "/404.html"),
        ] {
            assert_eq!(several.path_of(key), path, "{key}");
        }
    }
}
