//! The fields of `images`.

use serde_json::{Map, Value};

use super::configuration::Config;
use super::errors::{ConfigError, Errors};
use super::field::{Field, Kind};
use super::image_routes;
use super::place;
use super::presets;
use crate::http::path::RequestPath;
use crate::images::preset::Preset;
use crate::images::settings::{Engine, OnTooLarge};

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "images.routes",
        description: "The paths that are variants of images, in the order in which they are tried.",
        kind: Kind::List {
            entries: 0..=image_routes::MAX_ROUTES,
            read: |config, list, path, errors| {
                config.images.routes = image_routes::read(list, path, errors);
            },
        },
        get: |config| {
            config
                .images
                .routes
                .iter()
                .map(image_routes::to_json)
                .collect()
        },
    },
    Field {
        name: "images.presets",
        description: "The presets, by their names. Nothing else can be requested.",
        kind: Kind::Map {
            read: |config, map, path, errors| {
                config.images.presets = presets::read(map, path, errors);
            },
        },
        get: |config| {
            let presets = config.images.presets.iter();
            let presets: Map<_, _> = presets
                .map(|(name, preset)| (name.clone(), preset.to_json()))
                .collect();
            presets.into()
        },
    },
    Field {
        name: "images.engines",
        description: "What renders a variant: the first that can. `guest` is this application, within the limits of Compute; `service` is the render service.",
        kind: Kind::List {
            entries: 1..=2,
            read: read_engines,
        },
        get: |config| {
            config
                .images
                .engines
                .iter()
                .map(|engine| engine.as_str())
                .collect()
        },
    },
    Field {
        name: "images.service.backend",
        description: "The backend of the render service.",
        kind: Kind::Text {
            expected: "the name of a backend",
            bytes: None,
            set: |config, text| {
                let is_name = !text.is_empty() && text.len() <= 255;
                config.images.service_backend = is_name.then(|| text.to_owned())?;
                Some(())
            },
        },
        get: |config| config.images.service_backend.as_str().into(),
    },
    Field {
        name: "images.not_found",
        description: "The path of the picture in place of one that does not exist, which is sent with status 404. Empty: a short text.",
        kind: Kind::Text {
            expected: PICTURE,
            bytes: None,
            set: |config, text| {
                config.images.not_found = match text {
                    "" => None,
                    text => Some(picture(text)?),
                };
                Some(())
            },
        },
        get: |config| picture_to_json(config.images.not_found.as_ref()),
    },
    Field {
        name: "images.failed",
        description: "The path of the picture in place of one that cannot be rendered, which is sent with the status of the failure. Empty: a short text.",
        kind: Kind::Text {
            expected: PICTURE,
            bytes: None,
            set: |config, text| {
                config.images.failed = match text {
                    "" => None,
                    text => Some(picture(text)?),
                };
                Some(())
            },
        },
        get: |config| picture_to_json(config.images.failed.as_ref()),
    },
    Field {
        name: "images.on_too_large",
        description: "What a client gets if a source is too large for every engine: the picture `images.failed` with status 413, or the source itself.",
        kind: Kind::Choice(&[
            ("failed", |config| {
                config.images.on_too_large = OnTooLarge::Failed;
            }),
            ("original", |config| {
                config.images.on_too_large = OnTooLarge::Original;
            }),
        ]),
        get: |config| match config.images.on_too_large {
            OnTooLarge::Failed => "failed".into(),
            OnTooLarge::Original => "original".into(),
        },
    },
];

const PICTURE: &str =
    "a path that begins with / and names an object, not percent-encoded, or empty";

fn picture(text: &str) -> Option<RequestPath> {
    let path = RequestPath::decoded(text.to_owned()).ok()?;
    (!path.is_folder()).then_some(path)
}

fn picture_to_json(picture: Option<&RequestPath>) -> Value {
    picture.map_or("", RequestPath::as_str).into()
}

fn read_engines(config: &mut Config, list: &[Value], path: &str, errors: &mut Errors) {
    let mut engines = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let path = place::entry(path, index);
        let known = [Engine::Guest, Engine::Service];
        match known.into_iter().find(|engine| value == engine.as_str()) {
            None => errors.must_be(&path, "\"guest\" or \"service\""),
            Some(engine) if engines.contains(&engine) => errors.add(&path, "is given twice"),
            Some(engine) => engines.push(engine),
        }
    }
    if !engines.is_empty() && errors.none_in(path) {
        config.images.engines = engines;
    }
}

/// Checks what concerns several fields of `images`.
pub(super) fn check(config: &Config, errors: &mut Errors) {
    let images = &config.images;
    image_routes::check(images, errors);
    presets::check(images, errors);
}

/// Reads one preset as it is written in `images.presets`: for the render service, which gets it in its requests.
///
/// # Errors
///
/// All mistakes in it, each with the name of its field, such as `width`.
pub fn parse_preset(json: &Value) -> Result<Preset, Vec<ConfigError>> {
    let mut errors = Errors::default();
    let preset = presets::read_one(json, "", &mut errors);
    match preset {
        Some(preset) if errors.0.is_empty() => Ok(preset),
        _ => Err(errors.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::tests::mistakes;

    fn of_images(images: &Value) -> Vec<String> {
        mistakes(&json!({ "images": images }).to_string())
    }

    #[test]
    fn a_mistake_in_a_preset_names_the_preset_and_its_field() {
        for (preset, expected) in [
            (json!({}), "width is missing"),
            (
                json!({"width": 0}),
                "width must be a whole number of pixels from 1 to 8192",
            ),
            (
                json!({"width": "320"}),
                "width must be a whole number of pixels from 1 to 8192, is a string",
            ),
            (json!({"width": 1, "fit": "cover"}), "height is missing"),
            (json!({"height": 1, "fit": "contain"}), "width is missing"),
            (
                json!({"width": 1, "fit": "fill"}),
                "fit must be \"inside\", \"cover\" or \"contain\"",
            ),
            (
                json!({"width": 1, "gravity": "north"}),
                "gravity is for the fit cover",
            ),
            (
                json!({"width": 1, "background": "#fff"}),
                "background is for the fit contain",
            ),
            (
                json!({"width": 1, "height": 1, "fit": "cover", "gravity": "up"}),
                "gravity must be a direction, such as center, north or northeast",
            ),
            (
                json!({"width": 1, "quality": 101}),
                "quality must be a whole number of percent from 1 to 100",
            ),
            (
                json!({"width": 1, "formats": []}),
                "formats must have 1 to 4 entries, has 0",
            ),
            (
                json!({"width": 1, "formats": ["gif"]}),
                "formats[0] must be \"jpeg\", \"png\", \"webp\" or \"avif\"",
            ),
            (
                json!({"width": 1, "formats": ["png", "png"]}),
                "formats[1] is given twice",
            ),
            (
                json!({"width": 1, "formats": ["avif", "webp"]}),
                "formats has no format that images.engines makes",
            ),
            (
                json!({"width": 1, "cache_control": "ä"}),
                "cache_control must be a value of Cache-Control, in ASCII",
            ),
            (
                json!({"width": 1, "size": 2}),
                "size is not a field of the configuration",
            ),
        ] {
            let found = of_images(&json!({"presets": {"small": preset}}));
            assert_eq!(
                found,
                [format!("images.presets.small.{expected}")],
                "{preset}"
            );
        }
    }

    #[test]
    fn the_names_and_the_number_of_presets_are_limited() {
        let named = |name: &str| of_images(&json!({"presets": {name: {"width": 1}}}));
        for name in ["", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(named(name)[0].contains("is no name of a preset"), "{name}");
        }
        let presets: Map<_, _> = (0..51)
            .map(|index| (index.to_string(), json!({"width": 1})))
            .collect();
        let found = of_images(&json!({ "presets": presets }));
        assert_eq!(
            found,
            ["images.presets must have at most 50 entries, has 51"]
        );
    }

    #[test]
    fn a_mistake_in_a_route_names_the_route_and_its_field() {
        let valid = json!({"path": "/p/{preset}/{key}", "source": "o/{key}"});
        let with = |fields: Value| {
            let mut route = valid.clone();
            for (name, value) in fields.as_object().expect("fields") {
                route[name] = value.clone();
            }
            route
        };
        let presets = json!({"a": {"width": 1}, "b": {"width": 2}});
        for (route, expected) in [
            (json!({"source": "o/{key}"}), "path is missing"),
            (
                with(json!({"path": "/p/{key}"})),
                "path must be a path that begins with / and has {preset} and {key} with a slash between them",
            ),
            (
                with(json!({"source": "/o/{key}"})),
                "source must be a key with {key}",
            ),
            (
                with(json!({"source": "o"})),
                "source must be a key with {key}",
            ),
            (
                with(json!({"source": "{stem}/{key}"})),
                "source must be a key with {key}",
            ),
            (
                with(json!({"store": "../{key}"})),
                "store must be a key with {key} or {stem}",
            ),
            (
                with(json!({"store": "p/{preset}"})),
                "store must be a key with {key} or {stem}",
            ),
            (
                with(json!({"store": "p/{key}"})),
                "store needs {preset}, because there are several presets",
            ),
            (
                with(json!({"store": "o/{key}"})),
                "store is the key of the source",
            ),
            (
                with(json!({"on_miss": "redirect"})),
                "store is missing, which on_miss \"redirect\" needs",
            ),
            (
                with(json!({"on_miss": "fetch"})),
                "on_miss must be \"render\" or \"redirect\"",
            ),
        ] {
            let found = of_images(&json!({"routes": [route], "presets": presets}));
            assert_eq!(found, [format!("images.routes[0].{expected}")], "{route}");
        }
        let routes: Vec<_> = (0..11).map(|_| valid.clone()).collect();
        let found = of_images(&json!({ "routes": routes }));
        assert_eq!(
            found,
            ["images.routes must have at most 10 entries, has 11"]
        );
    }

    #[test]
    fn a_preset_with_several_formats_needs_the_format_in_the_stored_key() {
        let images = |store: &str| {
            json!({"images": {
                "routes": [{"path": "/p/{preset}/{key}", "source": "o/{key}", "store": store}],
                "presets": {"a": {"width": 1, "formats": ["webp", "jpeg"]}},
            }})
            .to_string()
        };
        assert_eq!(
            mistakes(&images("p/{key}")),
            ["images.routes[0].store needs {format}, because a preset has several formats"]
        );
        assert!(Config::parse(&images("p/{key}.{format}")).is_ok());
    }

    #[test]
    fn engines_are_an_order_of_the_two() {
        for (engines, expected) in [
            (json!([]), "images.engines must have 1 to 2 entries, has 0"),
            (
                json!(["cpu"]),
                "images.engines[0] must be \"guest\" or \"service\"",
            ),
            (
                json!(["guest", "guest"]),
                "images.engines[1] is given twice",
            ),
        ] {
            assert_eq!(of_images(&json!({ "engines": engines })), [expected]);
        }
    }

    #[test]
    fn a_picture_is_an_object_of_the_site() {
        for field in ["not_found", "failed"] {
            for path in ["404.jpg", "/", "/a/", "/../x"] {
                let found = of_images(&json!({ field: path }));
                assert_eq!(
                    found,
                    [format!("images.{field} must be {PICTURE}")],
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn a_preset_that_was_written_as_json_is_read_as_the_same() {
        let text = r##"{"images": {"presets": {"a": {"width": 3, "height": 4, "fit": "contain", "background": "#10203040",
            "quality": 7, "formats": ["png"], "cache_control": "max-age=1", "animated": "original", "enlarge": true}}}}"##;
        let config = Config::parse(text).expect("valid");
        let preset = &config.images.presets["a"];
        assert_eq!(parse_preset(&preset.to_json()).as_ref(), Ok(preset));
        let mistakes = parse_preset(&json!({"width": 0})).expect_err("a mistake");
        assert_eq!(mistakes[0].field, "width");
        assert!(parse_preset(&json!([])).is_err());
    }
}
