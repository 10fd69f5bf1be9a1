//! Pages of a bucket's keys: prefix, delimiter and continuation, as `ListObjects` defines them.

use std::collections::BTreeMap;
use std::ops::Bound;

use s3s::dto::{self, CommonPrefix, ETag};

use super::bucket::Stored;
use super::object_path::encode_in_listing;

/// What a client asks for.
pub(super) struct Wanted<'a> {
    pub(super) prefix: &'a str,
    pub(super) delimiter: Option<&'a str>,
    /// The last key, or common prefix, of the page before.
    pub(super) after: &'a str,
    pub(super) max_keys: usize,
    /// Whether keys are percent-encoded (`encoding-type=url`).
    pub(super) encoded: bool,
}

/// A page of keys.
#[derive(Default)]
pub(super) struct Page {
    pub(super) objects: Vec<(String, Stored)>,
    pub(super) common_prefixes: Vec<CommonPrefix>,
    /// Where the next page starts; `None` after the last one.
    pub(super) next: Option<String>,
}

impl Wanted<'_> {
    pub(super) fn page(&self, index: &BTreeMap<String, Stored>) -> Page {
        let mut page = Page::default();
        let (mut count, mut last) = (0, self.after.to_owned());
        let from = if self.after < self.prefix {
            Bound::Included(self.prefix)
        } else {
            Bound::Excluded(self.after)
        };
        for (key, stored) in index.range::<str, _>((from, Bound::Unbounded)) {
            let Some(rest) = key.strip_prefix(self.prefix) else {
                break;
            };
            let folder = self.folder(rest);
            if folder.as_ref().is_some_and(|folder| *folder == last) {
                continue;
            }
            if count == self.max_keys {
                page.next = Some(last);
                break;
            }
            count += 1;
            if let Some(folder) = folder {
                let prefix = Some(self.shown(&folder));
                page.common_prefixes.push(CommonPrefix { prefix });
                last = folder;
            } else {
                page.objects.push((self.shown(key), stored.clone()));
                last.clone_from(key);
            }
        }
        page
    }

    fn folder(&self, rest: &str) -> Option<String> {
        let delimiter = self.delimiter.filter(|delimiter| !delimiter.is_empty())?;
        let (folder, _) = rest.split_once(delimiter)?;
        Some(format!("{}{folder}{delimiter}", self.prefix))
    }

    /// A key as the response has it.
    pub(super) fn shown(&self, key: &str) -> String {
        if self.encoded {
            encode_in_listing(key)
        } else {
            key.to_owned()
        }
    }
}

impl Page {
    pub(super) fn contents(&self) -> Vec<dto::Object> {
        let object = |(key, stored): &(String, Stored)| dto::Object {
            key: Some(key.clone()),
            size: i64::try_from(stored.size).ok(),
            e_tag: Some(ETag::Strong(stored.validators.etag.clone())),
            last_modified: Some(stored.validators.last_modified.clone()),
            ..dto::Object::default()
        };
        self.objects.iter().map(object).collect()
    }

    pub(super) fn versions(&self) -> Vec<dto::ObjectVersion> {
        let version = |(key, stored): &(String, Stored)| dto::ObjectVersion {
            key: Some(key.clone()),
            size: i64::try_from(stored.size).ok(),
            e_tag: Some(ETag::Strong(stored.validators.etag.clone())),
            last_modified: Some(stored.validators.last_modified.clone()),
            version_id: Some(stored.version_id.clone()),
            is_latest: Some(true),
            ..dto::ObjectVersion::default()
        };
        self.objects.iter().map(version).collect()
    }

    /// The number of keys and common prefixes, as `KeyCount` has it.
    pub(super) fn key_count(&self) -> Option<i32> {
        i32::try_from(self.objects.len() + self.common_prefixes.len()).ok()
    }
}
