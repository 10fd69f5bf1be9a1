//! A listing in JSON.

use serde::Serialize;

use crate::s3::object_key::encoded;
use crate::site::listing::page::Listing;
use crate::site::listing::page_token::PageToken;

/// The document. A field without a value is omitted, except `next`, which says that this is the last page.
#[derive(Serialize)]
struct Document<'l> {
    path: &'l str,
    folders: Vec<Folder<'l>>,
    files: Vec<File<'l>>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Folder<'l> {
    name: &'l str,
    href: String,
}

#[derive(Serialize)]
struct File<'l> {
    name: &'l str,
    href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<&'l str>,
}

/// The listing as a JSON document.
pub(super) fn document(listing: &Listing<'_>) -> String {
    let folders = listing.folders().map(|name| Folder {
        name,
        href: encoded(name).chain(["/"]).collect(),
    });
    let files = listing.files().map(|file| File {
        name: &file.name,
        href: encoded(&file.name).collect(),
        bytes: file.bytes,
        modified: file.modified.as_deref(),
    });
    let document = Document {
        path: listing.path.as_str(),
        folders: folders.collect(),
        files: files.collect(),
        next: listing.next.map(PageToken::to_reference),
    };
    // Cannot fail: strings and numbers are always valid JSON.
    serde_json::to_string(&document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::http::path::RequestPath;
    use crate::s3::list_objects::{ListPage, ListedFile};

    #[test]
    fn a_document_has_names_and_references() {
        let path = RequestPath::decoded("/a \"b\"/".to_owned()).expect("a path");
        let page = ListPage {
            folders: vec!["c d".to_owned()],
            files: vec![
                ListedFile {
                    name: "é:+?#.txt".to_owned(),
                    bytes: Some(7),
                    modified: Some("2026-11-21T04:53:20Z".to_owned()),
                },
                ListedFile {
                    name: "<b>".to_owned(),
                    ..ListedFile::default()
                },
            ],
            ..ListPage::default()
        };
        let next = PageToken {
            backend: "a".to_owned(),
            token: "b".to_owned(),
        };
        let listing = Listing {
            path: &path,
            has_parent: true,
            page: &page,
            next: Some(&next),
        };
        let read: Value = serde_json::from_str(&document(&listing)).expect("JSON");
        let expected = json!({
            "path": "/a \"b\"/",
            "folders": [{"name": "c d", "href": "c%20d/"}],
            "files": [
                {"name": "é:+?#.txt", "href": "%C3%A9%3A%2B%3F%23.txt", "bytes": 7, "modified": "2026-11-21T04:53:20Z"},
                {"name": "<b>", "href": "%3Cb%3E"}
            ],
            "next": "?page=YQBi"
        });
        assert_eq!(read, expected);
        let last = Listing {
            next: None,
            ..listing
        };
        let read: Value = serde_json::from_str(&document(&last)).expect("JSON");
        assert_eq!(read["next"], Value::Null);
    }
}
