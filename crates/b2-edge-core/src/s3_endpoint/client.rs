//! A client of the endpoint, and what it may do.

use std::time::SystemTime;

/// What a client may do: an entry of `s3.clients.<name>.allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Read objects.
    Read,
    /// List objects, versions and uploads.
    List,
    /// Store objects.
    Write,
    /// Delete objects.
    Delete,
    /// Set retention and legal holds, and bypass them.
    Lock,
    /// Read a version of an object by its ID.
    Versions,
}

impl Right {
    /// Every right, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::List,
        Self::Write,
        Self::Delete,
        Self::Lock,
        Self::Versions,
    ];

    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Lock => "lock",
            Self::Versions => "versions",
        }
    }

    /// The right with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == word)
    }
}

/// What a client may do, where and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The names of the buckets.
    pub buckets: Vec<String>,
    /// Where a key must be: at this prefix if it ends in a slash, otherwise at this key or in the folder of its name.
    /// Empty: anywhere.
    pub prefix: String,
    /// The rights.
    pub rights: Vec<Right>,
    /// When it ends; `None` for never.
    pub until: Option<SystemTime>,
}

impl Grant {
    /// All rights on a whole bucket, for the key of an origin: what that may do is B2's to say.
    #[must_use]
    pub fn everything(bucket: &str) -> Self {
        Self {
            buckets: vec![bucket.to_owned()],
            prefix: String::new(),
            rights: Right::ALL.to_vec(),
            until: None,
        }
    }

    /// Whether it includes a bucket.
    #[must_use]
    pub fn has_bucket(&self, bucket: &str) -> bool {
        self.buckets.iter().any(|one| one == bucket)
    }

    /// Whether it includes a right.
    #[must_use]
    pub fn has(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether it includes a key.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        let Some(rest) = key.strip_prefix(self.prefix.as_str()) else {
            return false;
        };
        self.is_open_ended() || rest.is_empty() || rest.starts_with('/')
    }

    /// Whether every key that begins with `prefix` is included.
    #[must_use]
    pub fn has_all_below(&self, prefix: &str) -> bool {
        let Some(rest) = prefix.strip_prefix(self.prefix.as_str()) else {
            return false;
        };
        self.is_open_ended() || rest.starts_with('/')
    }

    /// Whether any text may follow the prefix.
    fn is_open_ended(&self) -> bool {
        self.prefix.is_empty() || self.prefix.ends_with('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_reaches_its_folder_and_nothing_beside_it() {
        for (prefix, key, is_included, is_listed) in [
            ("", "a", true, true),
            ("", "", true, true),
            ("in/", "in/", true, true),
            ("in/", "in/a", true, true),
            ("in/", "in", false, false),
            ("in/", "i", false, false),
            ("in/", "into", false, false),
            ("in", "in", true, false),
            ("in", "in/", true, true),
            ("in", "in/a", true, true),
            ("in", "in-private/a", false, false),
            ("in", "inner", false, false),
            ("in", "", false, false),
        ] {
            let grant = Grant {
                prefix: prefix.to_owned(),
                ..Grant::default()
            };
            assert_eq!(grant.has_key(key), is_included, "{prefix:?} {key:?}");
            assert_eq!(grant.has_all_below(key), is_listed, "{prefix:?} {key:?}");
        }
    }

    #[test]
    fn a_grant_ends_at_its_time() {
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(10);
        let second = std::time::Duration::from_secs(1);
        for (until, is_over) in [
            (None, false),
            (Some(now + second), false),
            (Some(now), true),
            (Some(now - second), true),
        ] {
            let grant = Grant {
                until,
                ..Grant::default()
            };
            assert_eq!(grant.is_over(now), is_over, "{until:?}");
        }
    }
}
