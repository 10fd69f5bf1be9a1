//! The fields of `site`.

use super::configuration::Config;
use super::field::{Field, Kind};
use crate::http::path::RequestPath;

/// The longest name of a document or prefix, in bytes: half of what a key may have, which leaves room
/// for the rest of the key.
pub(super) const MAX_NAME_BYTES: usize = 512;

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "site.index_document",
        description: "The object served for a path that ends in a slash. Empty: a key that ends in a slash is an ordinary key.",
        kind: Kind::Text {
            expected: "the name of a document, such as index.html, or empty",
            bytes: Some(0..=MAX_NAME_BYTES),
            set: |config, text| {
                let is_name = |text: &str| !text.contains('/') && is_key(text);
                set_name(&mut config.site.index_document, text, is_name)
            },
        },
        get: |config| name(config.site.index_document.as_ref()).into(),
    },
    Field {
        name: "site.error_document",
        description: "The object served with status 404 to clients that accept HTML. Empty: a short text.",
        kind: Kind::Text {
            expected: "the key of a document, such as 404.html, or empty",
            bytes: Some(0..=MAX_NAME_BYTES),
            set: |config, text| set_name(&mut config.site.error_document, text, is_key),
        },
        get: |config| name(config.site.error_document.as_ref()).into(),
    },
    Field {
        name: "site.fallback_document",
        description: "The object served with status 200 when a path without a file extension does not exist. Empty: none.",
        kind: Kind::Text {
            expected: "the key of a document, such as index.html, or empty",
            bytes: Some(0..=MAX_NAME_BYTES),
            set: |config, text| set_name(&mut config.site.fallback_document, text, is_key),
        },
        get: |config| name(config.site.fallback_document.as_ref()).into(),
    },
    Field {
        name: "site.prefix",
        description: "The folder of the bucket that is served. Nothing outside it can be reached.",
        kind: Kind::Text {
            expected: "a folder of the bucket, such as public/, or empty",
            bytes: Some(0..=MAX_NAME_BYTES),
            set: |config, text| {
                config.site.prefix = folder(text)?;
                Some(())
            },
        },
        get: |config| config.site.prefix.as_str().into(),
    },
    Field {
        name: "site.precompressed",
        description: "Whether `<key>.br` and `<key>.gz` are served in place of `<key>` to clients that accept them.",
        kind: Kind::Boolean {
            set: |config, flag| config.site.precompressed = flag,
        },
        get: |config| config.site.precompressed.into(),
    },
];

/// Sets the name of something in the bucket, written with or without a slash before it; empty for none.
/// Returns `None` for a text that is not such a name.
fn set_name(target: &mut Option<String>, text: &str, is_name: impl Fn(&str) -> bool) -> Option<()> {
    let name = text.strip_prefix('/').unwrap_or(text);
    if text.is_empty() {
        *target = None;
    } else if is_name(name) {
        *target = Some(name.to_owned());
    } else {
        return None;
    }
    Some(())
}

/// A name as it is written in the configuration.
fn name(name: Option<&String>) -> &str {
    name.map(String::as_str).unwrap_or_default()
}

/// A folder of the bucket that is written so, with a slash at its end; empty for an empty text. `None` if it is none.
pub(super) fn folder(text: &str) -> Option<String> {
    let mut folder = None;
    set_name(&mut folder, text, |text| is_key(without_slash(text)))?;
    let folder = folder.map(|folder| format!("{}/", without_slash(&folder)));
    Some(folder.unwrap_or_default())
}

fn without_slash(folder: &str) -> &str {
    folder.strip_suffix('/').unwrap_or(folder)
}

/// Whether `text` can be a key, without an empty segment.
pub(super) fn is_key(text: &str) -> bool {
    let is_path = RequestPath::decoded(format!("/{text}")).is_ok();
    let has_empty_segment = text.split('/').any(str::is_empty);
    text.len() <= MAX_NAME_BYTES && is_path && !has_empty_segment
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::config::tests::mistakes;
    use crate::site::documents::Site;

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
