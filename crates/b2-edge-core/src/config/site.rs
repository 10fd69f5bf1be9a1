//! `site`: the bucket as a website.

use serde_json::Value;

use super::errors::Errors;
use crate::http::path::RequestPath;
use crate::site::documents::Site;

/// The longest name of a document or prefix, in bytes: half of what a key may have, so that there is room
/// for the rest.
const MAX_NAME_BYTES: usize = 512;

pub(super) fn read_site(value: &Value, errors: &mut Errors) -> Site {
    let mut site = Site::default();
    let Some(object) = errors.expect(value.as_object(), "site", "an object", value) else {
        return site;
    };
    for (name, value) in object {
        let field = format!("site.{name}");
        match name.as_str() {
            "index_document" => {
                let wanted = "the name of a document, such as index.html, or empty";
                let is_name = |text: &str| !text.contains('/') && is_key(text);
                site.index_document = read_document(value, &field, is_name, wanted, errors);
            }
            "error_document" => {
                let wanted = "the key of a document, such as 404.html, or empty";
                site.error_document = read_document(value, &field, is_key, wanted, errors);
            }
            "fallback_document" => {
                let wanted = "the key of a document, such as index.html, or empty";
                site.fallback_document = read_document(value, &field, is_key, wanted, errors);
            }
            "prefix" => {
                let wanted = "a folder of the bucket, such as public/, or empty";
                let is_folder = |text: &str| is_key(text.strip_suffix('/').unwrap_or(text));
                let prefix = read_document(value, &field, is_folder, wanted, errors);
                site.prefix = prefix.map_or_else(String::new, |folder| {
                    format!("{}/", folder.strip_suffix('/').unwrap_or(&folder))
                });
            }
            "precompressed" => site.precompressed = errors.boolean(value, &field),
            _ => errors.unknown_field(&field),
        }
    }
    site
}

/// A text that names something in the bucket, with or without a slash before it; `None` when it is empty.
fn read_document(
    value: &Value,
    field: &str,
    holds: impl Fn(&str) -> bool,
    wanted: &str,
    errors: &mut Errors,
) -> Option<String> {
    let text = errors.string(value, field)?;
    if text.is_empty() {
        return None;
    }
    let name = text.strip_prefix('/').unwrap_or(text);
    let found = holds(name).then(|| name.to_owned());
    errors.expect_some(found, field, &format!("must be {wanted}"))
}

/// Whether `text` can be a key, without an empty segment.
fn is_key(text: &str) -> bool {
    let is_path = RequestPath::decoded(format!("/{text}")).is_ok();
    let has_empty_segment = text.split('/').any(str::is_empty);
    text.len() <= MAX_NAME_BYTES && is_path && !has_empty_segment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::mistakes;

    fn site(json: &str) -> Site {
        Config::parse(&format!(r#"{{"site": {json}}}"#))
            .expect(json)
            .site
    }

    #[test]
    fn a_prefix_is_a_folder_however_it_is_written() {
        for written in ["public/v1", "public/v1/", "/public/v1", "/public/v1/"] {
            let site = site(&format!(r#"{{"prefix": "{written}"}}"#));
            assert_eq!(site.prefix, "public/v1/", "{written}");
        }
        assert_eq!(site(r#"{"prefix": ""}"#).prefix, "");
    }

    #[test]
    fn an_empty_name_turns_a_document_off() {
        let off = site(r#"{"index_document": "", "error_document": "", "fallback_document": ""}"#);
        assert_eq!(
            (
                off.index_document,
                off.error_document,
                off.fallback_document
            ),
            (None, None, None)
        );
        let named =
            site(r#"{"error_document": "/errors/404.html", "fallback_document": "/app.html"}"#);
        assert_eq!(named.error_document.as_deref(), Some("errors/404.html"));
        assert_eq!(named.fallback_document.as_deref(), Some("app.html"));
    }

    #[test]
    fn what_cannot_name_an_object_is_a_mistake_with_its_field() {
        let folder = "site.prefix must be a folder of the bucket, such as public/, or empty";
        let key = "site.error_document must be the key of a document, such as 404.html, or empty";
        let name =
            "site.index_document must be the name of a document, such as index.html, or empty";
        let long = format!(r#"{{"prefix": "{}"}}"#, "a".repeat(513));
        for (json, expected) in [
            (r#"{"prefix": "a/../b"}"#, folder),
            (r#"{"prefix": "a//b"}"#, folder),
            (r#"{"prefix": "/"}"#, folder),
            (r#"{"prefix": "a\u0000"}"#, folder),
            (&long, folder),
            (r#"{"error_document": "a/"}"#, key),
            (r#"{"error_document": "../a"}"#, key),
            (r#"{"index_document": "a/b.html"}"#, name),
            (r#"{"index_document": ".."}"#, name),
            (
                r#"{"prefix": 1}"#,
                "site.prefix must be a string, is a number",
            ),
            (
                r#"{"precompressed": "yes"}"#,
                "site.precompressed must be true or false, is a string",
            ),
            (
                r#"{"indx": ""}"#,
                "site.indx is not a field of the configuration",
            ),
            ("[]", "site must be an object, is a list"),
        ] {
            assert_eq!(
                mistakes(&format!(r#"{{"site": {json}}}"#)),
                [expected],
                "{json}"
            );
        }
    }
}
