//! The fields `routing`, `pop_overrides` and `pop_parameter`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Kind};
use crate::routing::pops::PopCode;
use crate::routing::route::Routing;

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "routing",
        description: "How a POP ranks the origins.",
        kind: Kind::Choice(&[
            (Routing::Continental.as_str(), |config| {
                config.routing = Routing::Continental;
            }),
            (Routing::Nearest.as_str(), |config| {
                config.routing = Routing::Nearest;
            }),
        ]),
        get: |config| config.routing.as_str().into(),
    },
    Field {
        name: "pop_overrides",
        description: "The origin that a POP prefers, by POP code.",
        kind: Kind::Map {
            read: |config, map, path, errors| {
                config.pop_overrides = read_pop_overrides(map, path, errors);
            },
        },
        get: |config| {
            let mut overrides = Map::new();
            for (pop, origin) in &config.pop_overrides {
                overrides.insert(pop.to_string(), origin.as_str().into());
            }
            Value::Object(overrides)
        },
    },
    Field {
        name: "pop_parameter",
        description: "Whether the query parameter `pop` simulates a POP, as in `?pop=AMS`.",
        kind: Kind::Boolean {
            set: |config, flag| config.pop_parameter = flag,
        },
        get: |config| config.pop_parameter.into(),
    },
];

fn read_pop_overrides(
    map: &Map<String, Value>,
    path: &str,
    errors: &mut Errors,
) -> BTreeMap<PopCode, String> {
    let mut overrides = BTreeMap::new();
    for (code, value) in map {
        let path = format!("{path}.{code}");
        let pop = PopCode::parse(code);
        if pop.is_none() {
            errors.add(&path, "is not a POP code of three letters or digits");
        }
        let backend = errors.expect(value.as_str(), &path, "a string", value);
        if let (Some(pop), Some(backend)) = (pop, backend)
            && overrides.insert(pop, backend.to_owned()).is_some()
        {
            errors.add(&path, "is there twice");
        }
    }
    overrides
}

/// Compares the overrides with the origins once everything is read.
pub(super) fn check(config: &Config, errors: &mut Errors) {
    // An origin with a mistake may be the one that is meant.
    if !errors.none_in("origins") {
        return;
    }
    for (pop, backend) in &config.pop_overrides {
        if !config.origins.iter().any(|o| o.backend == *backend) {
            errors.add(&format!("pop_overrides.{pop}"), "names no entry of origins");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::mistakes;

    #[test]
    fn each_mistake_names_its_field() {
        for (json, expected) in [
            (
                r#"{"routing": "closest"}"#,
                r#"routing must be "continental" or "nearest""#,
            ),
            (
                r#"{"routing": null}"#,
                r#"routing must be "continental" or "nearest""#,
            ),
            (
                r#"{"origins": "us_origin", "pop_overrides": {"BOM": "us_origin"}}"#,
                "origins must be a list, is a string",
            ),
            (
                r#"{"pop_overrides": {"BOMB": "eu_origin"}}"#,
                "pop_overrides.BOMB is not a POP code of three letters or digits",
            ),
            (
                r#"{"pop_overrides": {"BOM": "asia"}}"#,
                "pop_overrides.BOM names no entry of origins",
            ),
            (
                r#"{"pop_overrides": {"BOM": 1}}"#,
                "pop_overrides.BOM must be a string, is a number",
            ),
            (
                r#"{"pop_overrides": {"BOM": "us_origin", "bom": "eu_origin"}}"#,
                "pop_overrides.bom is there twice",
            ),
        ] {
            assert_eq!(mistakes(json), [expected], "{json}");
        }
    }
}
