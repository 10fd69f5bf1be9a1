//! Holds `docs/configuration.md` to the declarations: heading, type, default, range and first paragraph of each field are
//! generated here and compared with the page.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::FIELDS;
use super::base_path::BASE_PATH;
use super::cache::RULE;
use super::configuration::Config;
use super::field::{Field, Fields, Kind, MAX_HEADER_BYTES, alternatives};
use super::image_routes::ROUTE;
use super::origins::ORIGIN;
use super::presets::PRESET;
use super::redirects::REDIRECT;
use super::s3::CLIENT;

/// The generated part of a field's section.
struct Section {
    /// The name of the field, which is the heading.
    name: &'static str,
    /// The heading, the line with the type, and the first paragraph, in Markdown.
    head: String,
    /// The rows of the table of an entry's fields; empty where entries are not objects.
    rows: Vec<String>,
}

/// The sections of all fields in their order.
fn sections() -> Vec<Section> {
    let config = Config::default();
    let section = |field: &Field<Config>| {
        let default = (field.get)(&config);
        let default = if default.is_null() {
            "none".to_owned()
        } else {
            format!("`{default}`")
        };
        let range = field.kind.range();
        let range = range.map_or_else(String::new, |range| format!(" Range: {range}."));
        let type_line = format!(
            "Type: {}. Default: {default}.{range}",
            field.kind.type_name()
        );
        Section {
            name: field.name,
            head: format!(
                "### `{}`\n\n{type_line}\n\n{}\n",
                field.name, field.description
            ),
            rows: entry_rows(field.name),
        }
    };
    FIELDS.all().map(section).collect()
}

/// The rows that document the fields of an entry of a list; none where entries are not objects.
fn entry_rows(list: &str) -> Vec<String> {
    match list {
        "origins" => ORIGIN.rows(),
        "redirects" => REDIRECT.rows(),
        "site.base_path" => BASE_PATH.rows(),
        "cache.rules" => RULE.rows(),
        "s3.clients" => CLIENT.rows(),
        "images.routes" => ROUTE.rows(),
        "images.presets" => PRESET.rows(),
        _ => Vec::new(),
    }
}

impl<T: Default> Fields<T> {
    /// The rows of a table: name, type and description of each field of an entry.
    fn rows(&self) -> Vec<String> {
        let (entry, required) = (T::default(), self.required.len());
        let row = |(index, field): (usize, &'static Field<T>)| {
            let default = (field.get)(&entry);
            let range = field.kind.range().map(|range| format!(", {range}"));
            let presence = match (index < required, &default) {
                (true, _) => ", required".to_owned(),
                (false, Value::Null) => String::new(),
                (false, default) => format!(", default `{default}`"),
            };
            let (kind, range) = (field.kind.type_name(), range.unwrap_or_default());
            let cell = format!("{kind}{range}{presence}");
            format!("| `{}` | {cell} | {} |", field.name, field.description)
        };
        self.all().enumerate().map(row).collect()
    }
}

impl<T> Kind<T> {
    fn type_name(&self) -> String {
        match self {
            Self::Boolean { .. } => "boolean".to_owned(),
            Self::Integer { unit, .. } => format!("integer ({unit})"),
            Self::Number { choices, .. } => {
                alternatives(choices.iter().map(|number| format!("`{number}`")).collect())
            }
            Self::Choice(choices) => alternatives(
                choices
                    .iter()
                    .map(|(text, _)| format!("`\"{text}\"`"))
                    .collect(),
            ),
            Self::Text { .. } => "string".to_owned(),
            Self::Header { .. } => "string or null".to_owned(),
            Self::List { .. } => "list".to_owned(),
            Self::TextOrList { .. } => "string or list".to_owned(),
            Self::Map { .. } => "object".to_owned(),
        }
    }

    fn range(&self) -> Option<String> {
        let range = match self {
            Self::Integer { range, .. } => from_to(range),
            Self::Text { bytes, .. } => format!("{} bytes", from_to(bytes.as_ref()?)),
            Self::Header { .. } => format!("0 to {MAX_HEADER_BYTES} bytes"),
            Self::List { entries, .. } | Self::TextOrList { entries, .. } => {
                format!("{} entries", from_to(entries))
            }
            Self::Boolean { .. } | Self::Number { .. } | Self::Choice(_) | Self::Map { .. } => {
                return None;
            }
        };
        Some(range)
    }
}

fn from_to<N: Display>(range: &RangeInclusive<N>) -> String {
    format!("{} to {}", range.start(), range.end())
}

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// The sections of the page that have a heading of the third level, with that heading.
fn sections_of_the_page() -> Vec<&'static str> {
    let starts: Vec<usize> = PAGE.match_indices("\n### ").map(|(at, _)| at + 1).collect();
    let section = |&start: &usize| {
        let rest = &PAGE[start..];
        let end = rest.find("\n## ").unwrap_or(rest.len());
        let next = rest[1..].find("\n### ").map_or(end, |at| at + 1);
        &rest[..end.min(next)]
    };
    starts.iter().map(section).collect()
}

#[test]
fn the_documentation_has_every_field() {
    let declared = sections();
    let written = sections_of_the_page();
    let heading = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let of_the_page: Vec<_> = written.iter().map(|text| heading(text)).collect();
    let of_the_fields: Vec<_> = declared.iter().map(|one| heading(&one.head)).collect();
    assert_eq!(of_the_page, of_the_fields);
    for (Section { name, head, rows }, written) in declared.iter().zip(written) {
        let [heading, type_line, paragraph] =
            [0, 1, 2].map(|at| written.split("\n\n").nth(at).unwrap_or_default());
        // A paragraph may be broken into lines.
        let paragraph = paragraph.trim().replace('\n', " ");
        let found = format!("{heading}\n\n{type_line}\n\n{paragraph}\n");
        assert_eq!(&found, head, "{name}");
        let found: Vec<_> = written
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        assert_eq!(&found, rows, "the entries of {name}");
    }
}

#[test]
fn the_readme_has_every_field() {
    for field in Config::default().fields() {
        let heading = format!("\n### `{}`\n", field.name);
        assert!(PAGE.contains(&heading), "{}", field.name);
    }
}

#[test]
fn a_documented_length_is_the_one_that_is_accepted() {
    let mut count = 0;
    for field in FIELDS.all() {
        let most = match &field.kind {
            Kind::Text { bytes, .. } => bytes.clone().map(|bytes| *bytes.end()),
            Kind::Header { .. } => Some(MAX_HEADER_BYTES),
            _ => None,
        };
        for (length, is_accepted) in most
            .iter()
            .flat_map(|most| [(*most, true), (most + 1, false)])
        {
            let (object, name) = field.name.split_once('.').expect("two names");
            let json = format!(r#"{{"{object}": {{"{name}": "{}"}}}}"#, "a".repeat(length));
            assert_eq!(
                Config::parse(&json).is_ok(),
                is_accepted,
                "{} {length}",
                field.name
            );
            count += 1;
        }
    }
    assert!(count >= 18, "{count} lengths");
}

#[test]
fn the_examples_of_the_documentation_are_configurations() {
    let mut count = 0;
    for text in [
        include_str!("../../../../README.md"),
        PAGE,
        include_str!("../../../../docs/caching.md"),
        include_str!("../../../../docs/deploy.md"),
        include_str!("../../../../docs/failover.md"),
        include_str!("../../../../docs/getting-started.md"),
        include_str!("../../../../docs/how-it-works.md"),
        include_str!("../../../../docs/image-hosting.md"),
        include_str!("../../../../docs/images.md"),
        include_str!("../../../../docs/logging.md"),
        include_str!("../../../../docs/migrating.md"),
        include_str!("../../../../docs/operations.md"),
        include_str!("../../../../docs/s3-endpoint.md"),
        include_str!("../../../../docs/webhooks.md"),
        include_str!("../../../../docs/website.md"),
    ] {
        for block in text.split("```json\n").skip(1) {
            let example = block.split("```").next().expect("its end");
            Config::parse(example).expect(example);
            count += 1;
        }
    }
    assert!(count >= 18, "{count} examples");
}
