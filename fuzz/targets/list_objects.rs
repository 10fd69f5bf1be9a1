//! A page of a listing has names of the folder alone, and each of them is one link that leads to it.

#![no_main]

use b2_edge_core::http::path::RequestPath;
use b2_edge_core::s3::list_objects::ListPage;
use b2_edge_core::site::listing::page::Listing;
use b2_edge_core::site::listing::page_token::PageToken;
use b2_edge_core::site::listing::settings::ListingFormat;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let query = std::str::from_utf8(data).ok();
    if let Ok(Some(token)) = PageToken::in_query(query, |_| true) {
        let reference = token.to_reference();
        let again = PageToken::in_query(reference.strip_prefix('?'), |_| true);
        assert_eq!(again, Ok(Some(token)));
    }
    let Ok(page) = ListPage::parse(data, "a/") else {
        return;
    };
    assert_eq!(ListPage::from_bytes(&page.to_bytes()).as_ref(), Some(&page));
    let path = RequestPath::decoded("/a/".to_owned()).expect("a path");
    let listing = Listing {
        path: &path,
        has_parent: false,
        page: &page,
        next: None,
    };
    let html = listing.render(ListingFormat::Html).content;
    let json = listing.render(ListingFormat::Json).content;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let fields = ["folders", "files"].into_iter();
    let entries = fields.flat_map(|field| json[field].as_array().expect("a list"));
    let mut links = html.split("<a href=\"").skip(1);
    for entry in entries {
        let name = entry["name"].as_str().expect("a name");
        let href = entry["href"].as_str().expect("a reference");
        let link = links.next().expect("a link");
        assert!(link.starts_with(&format!("{href}\">")), "{link}");
        let target = RequestPath::parse(format!("/a/{href}").as_bytes()).expect("a path");
        let target = target.as_str().trim_end_matches('/');
        assert_eq!(target, format!("/a/{name}"));
    }
    assert!(links.next().is_none() && !html.contains("<script"));
});
