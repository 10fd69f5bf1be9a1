//! The field `site.base_path`.

use serde_json::{Value, json};

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Fields, Kind};
use super::site::{MAX_NAME_BYTES, folder, is_key};
use crate::site::base_path::{BasePath, BasePaths};

/// The most base paths, which are compared with every path.
const MAX_BASE_PATHS: usize = 16;

/// What a base path must be, as the end of the sentence "must be …".
const EXPECTED: &str = "a path such as /file/photos/, not percent-encoded";

pub(super) const FIELDS: &[Field<Config>] = &[Field {
    name: "site.base_path",
    description: "The beginning of the URL's path that is not part of the key. Several may be listed; the longest one is used.",
    kind: Kind::TextOrList {
        entries: 1..=MAX_BASE_PATHS,
        read: |config, entries, errors| {
            if let Some(base_paths) = read_entries(entries, errors) {
                config.site.base_paths = base_paths;
            }
        },
    },
    get: |config| to_json(&config.site.base_paths),
}];

pub(super) const BASE_PATH: Fields<Draft> = Fields {
    required: &[Field {
        name: "path",
        description: "the beginning of the path",
        kind: Kind::Text {
            expected: EXPECTED,
            bytes: None,
            set: |base, text| {
                base.path = Some(base_path(text)?);
                Some(())
            },
        },
        get: |base| base.path.as_deref().into(),
    }],
    optional: &[&[Field {
        name: "prefix",
        description: "the folder that it leads to, relative to `site.prefix`",
        kind: Kind::Text {
            expected: "a folder, such as in/, or empty",
            bytes: Some(0..=MAX_NAME_BYTES),
            set: |base, text| {
                base.prefix = folder(text)?;
                Some(())
            },
        },
        get: |base| base.prefix.as_str().into(),
    }]],
    aliases: &[],
};

/// An entry of `site.base_path` while it is read.
#[derive(Default)]
pub(super) struct Draft {
    path: Option<String>,
    prefix: String,
}

/// The base path that is written so, with or without its last slash; `None` if it is none.
fn base_path(text: &str) -> Option<String> {
    let name = text.strip_prefix('/')?;
    let name = name.strip_suffix('/').unwrap_or(name);
    if name.is_empty() {
        // Not `//`, which is no path of an object.
        return (text == "/").then(|| text.to_owned());
    }
    // Paths are compared decoded, so an escape would never match.
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    (decoded == name && is_key(name)).then(|| format!("/{name}/"))
}

/// All entries; `None` if one of them is wrong.
fn read_entries(entries: &[(String, &Value)], errors: &mut Errors) -> Option<BasePaths> {
    let mut base_paths: Vec<BasePath> = Vec::with_capacity(entries.len());
    for (at, value) in entries {
        let Some(base) = read_entry(value, at, errors) else {
            continue;
        };
        if base_paths.iter().any(|other| other.path == base.path) {
            errors.add(at, "has the same path as an entry before it");
        }
        base_paths.push(base);
    }
    // A part of them could lead a path to another folder than the one that was meant.
    errors
        .none_in("site.base_path")
        .then_some(BasePaths(base_paths))
}

fn read_entry(value: &Value, at: &str, errors: &mut Errors) -> Option<BasePath> {
    let Some(text) = value.as_str() else {
        if !value.is_object() {
            errors.wrong_type(at, "a string or an object", value);
            return None;
        }
        let Draft { path, prefix } = BASE_PATH.read_entry(value, at, errors)?;
        return Some(BasePath {
            path: path?,
            prefix,
        });
    };
    let path = base_path(text);
    if path.is_none() {
        errors.must_be(at, EXPECTED);
    }
    Some(BasePath {
        path: path?,
        prefix: String::new(),
    })
}

/// As short as it can be written.
fn to_json(base_paths: &BasePaths) -> Value {
    let entry = |base: &BasePath| {
        if base.prefix.is_empty() {
            Value::from(base.path.as_str())
        } else {
            json!({"path": base.path, "prefix": base.prefix})
        }
    };
    match base_paths.0.as_slice() {
        [base] if base.prefix.is_empty() => entry(base),
        several => several.iter().map(entry).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;

    fn read(json: &str) -> Vec<(String, String)> {
        let config = Config::parse(&format!(r#"{{"site": {{"base_path": {json}}}}}"#));
        let entries = config.expect(json).site.base_paths.0.into_iter();
        entries.map(|base| (base.path, base.prefix)).collect()
    }

    #[test]
    fn a_base_path_is_a_string_or_a_list_and_its_last_slash_may_be_missing() {
        for (json, expected) in [
            (r#""/""#, &[("/", "")][..]),
            (r#""/file/photos""#, &[("/file/photos/", "")]),
            (r#""/file/photos/""#, &[("/file/photos/", "")]),
            (r#"["/a b/ü"]"#, &[("/a b/ü/", "")]),
            (
                r#"["/", {"path": "/a"}, {"path": "/b/", "prefix": "/in"}]"#,
                &[("/", ""), ("/a/", ""), ("/b/", "in/")],
            ),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(path, prefix)| ((*path).to_owned(), (*prefix).to_owned()))
                .collect();
            assert_eq!(read(json), expected, "{json}");
        }
    }

    #[test]
    fn what_no_path_can_begin_with_is_a_mistake() {
        let path = |at: &str| format!("site.base_path{at} must be {EXPECTED}");
        let many = format!("[{}]", vec![r#""/""#; 17].join(","));
        let twice = "site.base_path[1] has the same path as an entry before it".to_owned();
        for (json, expected) in [
            (r#""""#, path("")),
            (r#""a/""#, path("")),
            (r#""//""#, path("")),
            (r#""/a//b/""#, path("")),
            (r#""/a/../b/""#, path("")),
            (r#""/a%20b/""#, path("")),
            (r#""/a\u0000""#, path("")),
            (r#"["/a", "b"]"#, path("[1]")),
            (r#"[{"path": "b"}]"#, path("[0].path")),
            (
                "[1]",
                "site.base_path[0] must be a string or an object, is a number".to_owned(),
            ),
            (
                r#"[{"prefix": "b"}]"#,
                "site.base_path[0].path is missing".to_owned(),
            ),
            (
                r#"[{"path": "/b", "prefix": "../c"}]"#,
                "site.base_path[0].prefix must be a folder, such as in/, or empty".to_owned(),
            ),
            (r#"["/a", {"path": "/a/", "prefix": "b"}]"#, twice),
            (
                "[]",
                "site.base_path must have 1 to 16 entries, has 0".to_owned(),
            ),
            (
                "true",
                "site.base_path must be a string or a list, is true or false".to_owned(),
            ),
        ] {
            let config = format!(r#"{{"site": {{"base_path": {json}}}}}"#);
            assert_eq!(mistakes(&config), [expected], "{json}");
            let (config, _) = Config::parse_lenient(&config);
            assert_eq!(config, Config::default(), "{json}");
        }
        let too_many = mistakes(&format!(r#"{{"site": {{"base_path": {many}}}}}"#));
        assert_eq!(
            too_many[0],
            "site.base_path must have 1 to 16 entries, has 17"
        );
    }
}
