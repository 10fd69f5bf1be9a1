//! The fields of `site` that are about listings.

use std::time::Duration;

use serde_json::{Value, json};

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Kind};
use crate::site::listing::settings::ListingSettings;

/// The longest time that a listing is cached, in seconds: a day.
const MAX_TTL_S: u64 = 24 * 60 * 60;

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "site.listing",
        description: "How a folder without an index document is listed: `\"html\"`, `\"json\"`, or a list of both. `\"off\"`: not at all.",
        kind: Kind::TextOrList {
            entries: 1..=2,
            read: |config, entries, errors| read_formats(&mut config.site.listing, entries, errors),
        },
        get: |config| to_json(&config.site.listing),
    },
    Field {
        name: "site.listing_ttl_s",
        description: "How long a listing is cached.",
        kind: Kind::Integer {
            unit: "seconds",
            range: 1..=MAX_TTL_S,
            set: |config, seconds| config.site.listing.ttl = Duration::from_secs(seconds),
        },
        get: |config| config.site.listing.ttl.as_secs().into(),
    },
];

fn read_formats(listing: &mut ListingSettings, entries: &[(String, &Value)], errors: &mut Errors) {
    let (mut html, mut json) = (false, false);
    for (at, value) in entries {
        match value.as_str() {
            Some("html") => html = true,
            Some("json") => json = true,
            // Beside a format, it would be a contradiction.
            Some("off") if at == "site.listing" => {}
            _ if at == "site.listing" => {
                errors.must_be(at, "\"html\", \"json\", \"off\" or a list");
            }
            _ => errors.must_be(at, "\"html\" or \"json\""),
        }
    }
    if errors.none_at("site.listing") && entries.iter().all(|(at, _)| errors.none_at(at)) {
        (listing.html, listing.json) = (html, json);
    }
}

/// As short as it can be written.
fn to_json(listing: &ListingSettings) -> Value {
    match (listing.html, listing.json) {
        (false, false) => json!("off"),
        (true, false) => json!("html"),
        (false, true) => json!("json"),
        (true, true) => json!(["html", "json"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;

    #[test]
    fn a_listing_is_off_or_in_one_format_or_in_both() {
        for (json, html_is_on, json_is_on) in [
            (r#""off""#, false, false),
            (r#""html""#, true, false),
            (r#""json""#, false, true),
            (r#"["html"]"#, true, false),
            (r#"["html", "json"]"#, true, true),
            (r#"["json", "html"]"#, true, true),
        ] {
            let config = Config::parse(&format!(r#"{{"site": {{"listing": {json}}}}}"#));
            let listing = config.expect(json).site.listing;
            assert_eq!(
                (listing.html, listing.json),
                (html_is_on, json_is_on),
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_no_format_is_a_mistake() {
        let alone = "site.listing must be \"html\", \"json\", \"off\" or a list";
        let listed = |index: usize| format!("site.listing[{index}] must be \"html\" or \"json\"");
        for (json, expected) in [
            (r#""xml""#, alone.to_owned()),
            (r#""""#, alone.to_owned()),
            (r#"["off"]"#, listed(0)),
            (r#"["html", "off"]"#, listed(1)),
            (r#"["html", 1]"#, listed(1)),
            (
                "true",
                "site.listing must be a string or a list, is true or false".to_owned(),
            ),
            (
                "[]",
                "site.listing must have 1 to 2 entries, has 0".to_owned(),
            ),
        ] {
            let config = format!(r#"{{"site": {{"listing": {json}}}}}"#);
            assert_eq!(mistakes(&config), [expected], "{json}");
            let (config, _) = Config::parse_lenient(&config);
            assert!(!config.site.listing.is_on(), "{json}");
        }
    }

    #[test]
    fn a_listing_is_cached_for_a_second_to_a_day() {
        for (seconds, is_valid) in [(0, false), (1, true), (86_400, true), (86_401, false)] {
            let config = format!(r#"{{"site": {{"listing_ttl_s": {seconds}}}}}"#);
            assert_eq!(Config::parse(&config).is_ok(), is_valid, "{seconds}");
        }
    }
}
