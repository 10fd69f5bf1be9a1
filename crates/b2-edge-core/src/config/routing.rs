//! `routing` and `pop_overrides`: how a POP ranks the origins, and the POPs that prefer another.

use std::collections::BTreeMap;

use serde_json::Value;

use super::errors::Errors;
use crate::routing::pops::PopCode;
use crate::routing::route::Routing;

pub(super) fn read_routing(value: &Value, errors: &mut Errors) -> Routing {
    match value.as_str() {
        Some("continental") => Routing::Continental,
        Some("nearest") => Routing::Nearest,
        _ => {
            errors.add("routing", r#"must be "continental" or "nearest""#);
            Routing::default()
        }
    }
}

pub(super) fn read_pop_overrides(value: &Value, errors: &mut Errors) -> BTreeMap<PopCode, String> {
    let mut overrides = BTreeMap::new();
    let Some(object) = errors.expect(value.as_object(), "pop_overrides", "an object", value) else {
        return overrides;
    };
    for (code, backend) in object {
        let field = format!("pop_overrides.{code}");
        let pop = errors.expect_some(
            PopCode::parse(code),
            &field,
            "is not a POP code of three letters or digits",
        );
        let backend = errors.string(backend, &field);
        if let (Some(pop), Some(backend)) = (pop, backend)
            && overrides.insert(pop, backend.to_owned()).is_some()
        {
            errors.add(&field, "is there twice");
        }
    }
    overrides
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
