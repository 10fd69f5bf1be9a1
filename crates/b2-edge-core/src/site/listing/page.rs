//! One page of a listing, as far as paths can name what is in it.

use crate::http::path::RequestPath;
use crate::s3::list_objects::{ListPage, ListedFile};
use crate::site::listing::page_token::PageToken;

/// One page of the listing of a folder.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'l> {
    /// The path of the folder.
    pub path: &'l RequestPath,
    /// Whether there is a folder above it that can be requested.
    pub has_parent: bool,
    /// The content of the folder.
    pub page: &'l ListPage,
    /// The token of the next page.
    pub next: Option<&'l PageToken>,
}

impl Listing<'_> {
    /// The folders that a path can name.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        let folders = self.page.folders.iter().map(String::as_str);
        folders.filter(|name| self.is_reachable(name, "/"))
    }

    /// The objects that a path can name.
    pub(super) fn files(&self) -> impl Iterator<Item = &ListedFile> {
        let files = self.page.files.iter();
        files.filter(|file| self.is_reachable(&file.name, ""))
    }

    /// Not a name with a NUL or that is a dot segment, nor one that makes the path too long.
    fn is_reachable(&self, name: &str, slash: &str) -> bool {
        RequestPath::decoded(format!("{}{name}{slash}", self.path.as_str())).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_path_can_name_is_left_out() {
        let path = RequestPath::decoded("/a/".to_owned()).expect("a path");
        let long = "x".repeat(1022);
        let names = [".", "..", "...", "a\0b", "a\nb", long.as_str()];
        let page = ListPage {
            folders: names.map(str::to_owned).to_vec(),
            files: names
                .map(|name| ListedFile {
                    name: name.to_owned(),
                    ..ListedFile::default()
                })
                .to_vec(),
            ..ListPage::default()
        };
        let listing = Listing {
            path: &path,
            has_parent: true,
            page: &page,
            next: None,
        };
        let folders: Vec<_> = listing.folders().collect();
        assert_eq!(folders, ["...", "a\nb"]);
        let files: Vec<_> = listing.files().map(|file| file.name.as_str()).collect();
        assert_eq!(files, ["...", "a\nb", &long]);
    }
}
