//! The field `cors.allow_origins`.

use serde_json::{Value, json};

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Kind};
use super::place;
use crate::site::cors::{Cors, is_origin};

/// The most entries of `cors.allow_origins`.
const MAX_ALLOWED: usize = 100;

pub(super) const FIELDS: &[Field<Config>] = &[Field {
    name: "cors.allow_origins",
    description: "The web origins whose scripts may read responses, or `[\"*\"]` for all.",
    kind: Kind::List {
        entries: 0..=MAX_ALLOWED,
        read: |config, list, path, errors| config.cors = read_cors(list, path, errors),
    },
    get: |config| match &config.cors {
        Cors::Off => json!([]),
        Cors::AnyOrigin => json!(["*"]),
        Cors::Listed(origins) => json!(origins),
    },
}];

fn read_cors(list: &[Value], path: &str, errors: &mut Errors) -> Cors {
    if let [Value::String(star)] = list
        && star == "*"
    {
        return Cors::AnyOrigin;
    }
    let mut origins = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let path = place::entry(path, index);
        match errors.expect(value.as_str(), &path, "a string", value) {
            Some(origin) if is_origin(origin) => origins.push(origin.to_owned()),
            Some(_) => errors.add(
                &path,
                r#"must be an origin as browsers send it, such as https://www.example.com, or ["*"] alone"#,
            ),
            None => {}
        }
    }
    if origins.is_empty() {
        Cors::Off
    } else {
        Cors::Listed(origins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;

    #[test]
    fn origins_of_scripts_are_listed_or_all() {
        for (json, expected) in [
            ("[]", Cors::Off),
            (r#"["*"]"#, Cors::AnyOrigin),
            (
                r#"["https://a.example", "http://localhost:3000"]"#,
                Cors::Listed(vec![
                    "https://a.example".to_owned(),
                    "http://localhost:3000".to_owned(),
                ]),
            ),
        ] {
            let config = Config::parse(&format!(r#"{{"cors": {{"allow_origins": {json}}}}}"#));
            assert_eq!(config.expect(json).cors, expected);
        }
        let wanted = r#"must be an origin as browsers send it, such as https://www.example.com, or ["*"] alone"#;
        for (json, expected) in [
            (
                r#"["*", "https://a.example"]"#,
                format!("cors.allow_origins[0] {wanted}"),
            ),
            (
                r#"["https://a.example/"]"#,
                format!("cors.allow_origins[0] {wanted}"),
            ),
            (
                "[1]",
                "cors.allow_origins[0] must be a string, is a number".to_owned(),
            ),
            (
                r#""*""#,
                "cors.allow_origins must be a list, is a string".to_owned(),
            ),
        ] {
            let json = format!(r#"{{"cors": {{"allow_origins": {json}}}}}"#);
            assert_eq!(mistakes(&json), [expected], "{json}");
        }
        assert_eq!(
            mistakes(r#"{"cors": {"x": 1}}"#),
            ["cors.x is not a field of the configuration"]
        );
    }
}
