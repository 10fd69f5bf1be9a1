//! A listing as a page. It needs no script, and its links are relative to the folder, so that clients such as `wget` can
//! follow them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::http::content_security_policy::hash_source;
use crate::s3::list_objects::ListedFile;
use crate::s3::object_key::encoded;
use crate::site::listing::page::Listing;

const STYLE: &str = include_str!("style.css");

/// Nothing but the style of this folder.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash_source(STYLE)
    )
});

/// The page's Content Security Policy.
pub(super) fn policy() -> &'static str {
    &POLICY
}

/// The listing as a page.
pub(super) fn page(listing: &Listing<'_>) -> String {
    let title = escaped(listing.path.as_str());
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>Index of {title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<h1>Index of {title}</h1>\n<table>\n\
         <thead><tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr></thead>\n<tbody>\n"
    );
    if listing.has_parent {
        html.push_str("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
    }
    for name in listing.folders() {
        let href: String = encoded(name).collect();
        let name = escaped(name);
        // Writing to a string cannot fail.
        let _ = writeln!(
            html,
            "<tr><td><a href=\"{href}/\">{name}/</a></td><td></td><td></td></tr>"
        );
    }
    for file in listing.files() {
        let href: String = encoded(&file.name).collect();
        let name = escaped(&file.name);
        let (size, modified) = (size_of(file), modified_of(file));
        let _ = writeln!(
            html,
            "<tr><td><a href=\"{href}\">{name}</a></td><td>{size}</td><td>{modified}</td></tr>"
        );
    }
    html.push_str("</tbody>\n</table>\n");
    if let Some(next) = listing.next {
        let href = next.to_reference();
        let _ = writeln!(html, "<p><a href=\"{href}\" rel=\"next\">Next page</a></p>");
    }
    html.push_str("</body>\n</html>\n");
    html
}

/// The length of an object, in units of 1,000.
fn size_of(file: &ListedFile) -> String {
    let Some(bytes) = file.bytes else {
        return String::new();
    };
    let text = readable(bytes);
    format!("<data value=\"{bytes}\">{text}</data>")
}

fn readable(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // Whole tenths, rounded down, so that no number has more digits than it needs.
    let mut tenths = bytes / 100;
    let mut unit = "kB";
    for next in UNITS.iter().skip(1) {
        if tenths < 10_000 {
            break;
        }
        tenths /= 1000;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// When an object was modified; only the date where there is little space.
fn modified_of(file: &ListedFile) -> String {
    let parts = file.modified.as_deref().and_then(|modified| {
        let (date, time) = modified.strip_suffix('Z')?.split_once('T')?;
        Some((modified, date, time))
    });
    match parts {
        Some((modified, date, time)) => {
            format!("<time datetime=\"{modified}\">{date} <span>{time}</span></time>")
        }
        None => String::new(),
    }
}

/// Text as it is written in an element or a quoted attribute
/// (<https://html.spec.whatwg.org/multipage/parsing.html#escapingString>).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::path::RequestPath;
    use crate::s3::list_objects::ListPage;
    use crate::site::listing::page_token::PageToken;

    fn file(name: &str, bytes: u64) -> ListedFile {
        ListedFile {
            name: name.to_owned(),
            bytes: Some(bytes),
            modified: Some("2026-11-21T04:53:20Z".to_owned()),
        }
    }

    fn rendered(path: &str, page: &ListPage, next: Option<&PageToken>) -> String {
        let path = RequestPath::decoded(path.to_owned()).expect(path);
        super::page(&Listing {
            path: &path,
            has_parent: path.as_str() != "/",
            page,
            next,
        })
    }

    /// The references of a page, in order.
    fn references(html: &str) -> Vec<&str> {
        let links = html.split("<a href=\"").skip(1);
        links.filter_map(|link| link.split('"').next()).collect()
    }

    #[test]
    fn folders_come_first_and_every_link_is_relative() {
        let page = ListPage {
            folders: vec!["2024".to_owned(), "a b".to_owned()],
            files: vec![file("1.txt", 1), file("x:y?z#ä+%.txt", 2)],
            ..ListPage::default()
        };
        let next = PageToken {
            backend: "a".to_owned(),
            token: "b".to_owned(),
        };
        let html = rendered("/docs/", &page, Some(&next));
        let expected = [
            "../",
            "2024/",
            "a%20b/",
            "1.txt",
            "x%3Ay%3Fz%23%C3%A4%2B%25.txt",
            "?page=YQBi",
        ];
        assert_eq!(references(&html), expected);
        let root = rendered("/", &page, None);
        assert_eq!(references(&root), expected[1..5]);
        assert!(html.contains("<meta name=\"robots\" content=\"noindex\">"));
        assert!(html.contains("2026-11-21 <span>04:53:20</span>"));
    }

    #[test]
    fn no_name_is_markup() {
        let evil = "<script>alert(1)</script>'\"&amp;";
        let page = ListPage {
            folders: vec!["\"><img src=x>".to_owned()],
            files: vec![file(evil, 1)],
            ..ListPage::default()
        };
        let html = rendered("/<b>&/", &page, None);
        for markup in ["<script", "<img", "<b>", "'\""] {
            assert!(!html.contains(markup), "{markup}");
        }
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;amp;</a>"));
        assert!(html.contains("<title>Index of /&lt;b&gt;&amp;/</title>"));
        let quotes_in_references = references(&html).iter().any(|href| href.contains('\''));
        assert!(!quotes_in_references, "{html}");
    }

    #[test]
    fn a_size_has_at_most_one_decimal() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1999, "1.9 kB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1.0 MB"),
            (5_368_709_120, "5.3 GB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(readable(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn the_policy_allows_the_style_and_nothing_else() {
        let html = rendered("/", &ListPage::default(), None);
        let (_, style) = html.split_once("<style>").expect("a style");
        let (style, _) = style.split_once("</style>").expect("its end");
        assert!(policy().contains(&format!("style-src {};", hash_source(style))));
        assert!(policy().starts_with("default-src 'none'; "));
        assert!(!policy().contains("unsafe") && !policy().contains("script-src"));
        assert!(!html.contains("<script") && !html.contains(" style="));
        assert!(!STYLE.contains('\r') && !STYLE.contains("</"));
    }
}
