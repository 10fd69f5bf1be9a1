//! The status page: a single HTML document that shows where requests are routed. Not here: collecting the
//! facts that it shows, which needs the platform.
//!
//! The document contains a report in JSON, also served as `/_b2-edge/status.json`, a style sheet, a script
//! that renders the report, and a map.
//!
//! **Invariants.** The browser runs no script and applies no style except the files in this folder, by their
//! hashes, and connects to no other host. Nothing in a report can end its `script` element.

pub mod images_report;
pub mod report;
pub mod s3_report;

use std::sync::LazyLock;

use crate::http::content_security_policy::hash_source;

const STYLE: &str = include_str!("style.css");

/// The files of the script, in order.
const SCRIPT: &str = concat!(
    include_str!("script/dom.js"),
    include_str!("script/problems.js"),
    include_str!("script/map.js"),
    include_str!("script/try.js"),
    include_str!("script/panels.js"),
    include_str!("script/s3.js"),
    include_str!("script/images.js"),
    include_str!("script/main.js"),
);

/// The outline of the land as SVG path data, by `data/land_outline.mjs` from Natural Earth (public domain).
const LAND: &str = include_str!("land.txt");

/// The page's Content Security Policy, Level 3 (<https://www.w3.org/TR/CSP3/>).
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash_source(STYLE),
        hash_source(SCRIPT)
    )
});

/// The document and its Content Security Policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTML document, in UTF-8.
    pub html: String,
    /// The value of `Content-Security-Policy`.
    pub content_security_policy: String,
}

/// The page for a report in JSON.
#[must_use]
pub fn page(report_json: &str) -> Page {
    Page {
        html: format!(
            include_str!("page.html"),
            style = STYLE,
            land = LAND.trim_end(),
            report = escape_for_script(report_json),
            script = SCRIPT,
        ),
        content_security_policy: CONTENT_SECURITY_POLICY.clone(),
    }
}

/// Escapes JSON for a `script` element without changing its meaning. The escaped characters occur only within
/// strings, and `</script` and `<!--` need one of them
/// (<https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements>).
fn escape_for_script(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of the first element with this start tag.
    fn element<'p>(html: &'p str, start: &str, end: &str) -> &'p str {
        let (_, rest) = html.split_once(start).expect(start);
        rest.split_once(end).expect(end).0
    }

    #[test]
    fn the_policy_allows_the_style_and_the_script_that_are_in_the_page() {
        let page = page("{}");
        let style = element(&page.html, "<style>", "</style>");
        let script = element(&page.html, "<script type=\"module\">", "</script>");
        let policy = &page.content_security_policy;
        assert!(policy.contains(&format!("style-src {};", hash_source(style))));
        assert!(policy.contains(&format!("script-src {};", hash_source(script))));
    }

    #[test]
    fn the_policy_allows_nothing_from_elsewhere() {
        let policy = page("{}").content_security_policy;
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        for directive in [
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|part| part == directive), "{policy}");
        }
        for word in ["unsafe", "http", "*"] {
            assert!(!policy.contains(word), "{word} in {policy}");
        }
    }

    #[test]
    fn nothing_in_a_report_leaves_its_element() {
        let text = "</script><script>alert(1)</script><!-- {style} {} & \u{2028}\u{2029} é";
        let report = serde_json::json!({ "message": text }).to_string();
        let html = page(&report).html;
        let embedded = element(&html, "id=\"report\">", "</script>");
        assert!(!embedded.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        let read: serde_json::Value = serde_json::from_str(embedded).expect("JSON");
        assert_eq!(read["message"], text);
        assert_eq!(html.matches("<script").count(), 2);
    }

    #[test]
    fn style_and_script_end_where_their_elements_end() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
        // Browsers hash the parsed text, in which CR has become LF.
        assert!(!STYLE.contains('\r') && !SCRIPT.contains('\r'));
    }

    #[test]
    fn the_page_has_no_attribute_that_its_policy_forbids() {
        let markup = include_str!("page.html");
        for attribute in [
            " style=",
            " onclick=",
            " onload=",
            " src=",
            "http:",
            "https:",
        ] {
            assert!(!markup.contains(attribute), "{attribute}");
        }
    }

    #[test]
    fn the_outline_of_the_land_is_a_path_of_at_most_20_kb() {
        assert!(LAND.len() <= 20_000, "{} bytes", LAND.len());
        assert!(LAND.starts_with('M') && LAND.trim_end().ends_with('z'));
        assert!(
            LAND.trim_end()
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"Mlz -".contains(&byte))
        );
    }

    #[test]
    fn the_page_without_its_report_is_at_most_60_kb() {
        let length = page("").html.len();
        assert!(length <= 60_000, "{length} bytes");
    }
}
