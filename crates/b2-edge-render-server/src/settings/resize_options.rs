//! `RESIZE_OPTIONS`: how thumbnails are made, with the names that the options of sharp have
//! (<https://sharp.pixelplumbing.com/api-resize>).
//!
//! Two defaults differ: without the variable, a thumbnail fits into 240 × 240 pixels; and `withoutEnlargement` is true.

use b2_edge_core::images::preset::{Background, Fit, Gravity, MAX_SIDE, Preset};
use serde::Deserialize;

use super::environment::{Environment, Mistake};

/// The width and height without `RESIZE_OPTIONS`.
const DEFAULT_SIDE: u32 = 240;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    width: Option<u32>,
    height: Option<u32>,
    fit: Option<FitOption>,
    without_enlargement: Option<bool>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FitOption {
    Cover,
    Contain,
    Inside,
}

/// Reads the variable.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn read(environment: &Environment<'_>) -> Result<Preset, Mistake> {
    let Some(text) = environment.text("RESIZE_OPTIONS")? else {
        return Ok(Preset::new(Fit::Inside {
            width: Some(DEFAULT_SIDE),
            height: Some(DEFAULT_SIDE),
        }));
    };
    parse(&text).map_err(|message| Mistake::new("RESIZE_OPTIONS", message))
}

fn parse(text: &str) -> Result<Preset, String> {
    let options: Options = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for (name, side) in [("width", options.width), ("height", options.height)] {
        if side.is_some_and(|side| !(1..=MAX_SIDE).contains(&side)) {
            return Err(format!("{name} must be from 1 to {MAX_SIDE}"));
        }
    }
    let fit = match (options.width, options.height, options.fit) {
        (None, None, _) => return Err("width or height is missing".to_owned()),
        (Some(width), Some(height), None | Some(FitOption::Cover)) => Fit::Cover {
            width,
            height,
            gravity: Gravity::Center,
        },
        (Some(width), Some(height), Some(FitOption::Contain)) => Fit::Contain {
            width,
            height,
            // sharp's default.
            background: Background([0, 0, 0, 255]),
        },
        // With one side, every fit of sharp keeps the whole picture.
        (width, height, _) => Fit::Inside { width, height },
    };
    let mut preset = Preset::new(fit);
    preset.enlarge = !options.without_enlargement.unwrap_or(true);
    Ok(preset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_mean_what_they_mean_to_sharp() {
        let inside = |width, height| Fit::Inside { width, height };
        let cover = Fit::Cover {
            width: 20,
            height: 10,
            gravity: Gravity::Center,
        };
        let contain = Fit::Contain {
            width: 20,
            height: 10,
            background: Background([0, 0, 0, 255]),
        };
        for (text, fit) in [
            (r#"{"width": 20}"#, inside(Some(20), None)),
            (r#"{"height": 10}"#, inside(None, Some(10))),
            (r#"{"width": 20, "fit": "cover"}"#, inside(Some(20), None)),
            (r#"{"width": 20, "height": 10}"#, cover),
            (r#"{"width": 20, "height": 10, "fit": "cover"}"#, cover),
            (
                r#"{"width": 20, "height": 10, "fit": "inside"}"#,
                inside(Some(20), Some(10)),
            ),
            (r#"{"width": 20, "height": 10, "fit": "contain"}"#, contain),
        ] {
            let preset = parse(text).expect(text);
            assert_eq!(preset.fit, fit, "{text}");
            assert!(!preset.enlarge, "{text}");
        }
    }

    #[test]
    fn a_picture_is_enlarged_only_if_that_is_asked_for() {
        for (option, enlarge) in [("true", false), ("false", true)] {
            let text = format!(r#"{{"width": 20, "withoutEnlargement": {option}}}"#);
            assert_eq!(parse(&text).expect("a preset").enlarge, enlarge, "{option}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, part) in [
            ("{}", "width or height is missing"),
            (r#"{"fit": "inside"}"#, "width or height is missing"),
            (r#"{"width": 0}"#, "width must be from 1 to 8192"),
            (
                r#"{"width": 1, "height": 8193}"#,
                "height must be from 1 to 8192",
            ),
            (r#"{"width": "20"}"#, "invalid type"),
            (r#"{"width": 20, "fit": "fill"}"#, "unknown variant `fill`"),
            (
                r#"{"width": 20, "kernel": "cubic"}"#,
                "unknown field `kernel`",
            ),
            ("320", "invalid type"),
        ] {
            let message = parse(text).expect_err(text);
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn without_the_variable_a_thumbnail_fits_into_240_pixels() {
        let preset = read(&Environment::new(&|_| None)).expect("a preset");
        assert_eq!(
            preset.fit,
            Fit::Inside {
                width: Some(240),
                height: Some(240)
            }
        );
    }
}
