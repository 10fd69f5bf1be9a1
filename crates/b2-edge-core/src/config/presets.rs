//! The entries of `images.presets`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::errors::Errors;
use super::field::{Field, Fields, Kind, header_value};
use super::place;
use crate::images::format::Format;
use crate::images::preset::{
    Animated, Background, DEFAULT_QUALITY, Fit, Gravity, MAX_SIDE, Preset,
};
use crate::images::settings::ImageSettings;

/// The most presets.
const MAX_PRESETS: usize = 50;

/// The longest name of a preset, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The presets by their names.
type Presets = BTreeMap<String, Preset>;

/// A preset while it is read.
#[derive(Debug)]
pub(super) struct Draft {
    width: Option<u32>,
    height: Option<u32>,
    fit: FitName,
    gravity: Option<Gravity>,
    background: Option<Background>,
    enlarge: bool,
    quality: u8,
    formats: Vec<Format>,
    cache_control: Option<String>,
    animated: Animated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FitName {
    Inside,
    Cover,
    Contain,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            width: None,
            height: None,
            fit: FitName::Inside,
            gravity: None,
            background: None,
            enlarge: false,
            quality: DEFAULT_QUALITY,
            formats: Vec::new(),
            cache_control: None,
            animated: Animated::First,
        }
    }
}

/// A width or a height.
fn side(pixels: u64) -> Option<u32> {
    u32::try_from(pixels).ok()
}

pub(super) const PRESET: Fields<Draft> = Fields {
    required: &[],
    optional: &[&[
        Field {
            name: "width",
            description: "the width. Required for `cover` and `contain`; `inside` needs it or `height`",
            kind: Kind::Integer {
                unit: "pixels",
                range: 1..=MAX_SIDE as u64,
                set: |preset, pixels| preset.width = side(pixels),
            },
            get: |preset| preset.width.into(),
        },
        Field {
            name: "height",
            description: "the height",
            kind: Kind::Integer {
                unit: "pixels",
                range: 1..=MAX_SIDE as u64,
                set: |preset, pixels| preset.height = side(pixels),
            },
            get: |preset| preset.height.into(),
        },
        Field {
            name: "fit",
            description: "`inside`: the whole picture, within width and height. `cover`: exactly the size, and what does not fit is cut off. `contain`: the whole picture on a background of exactly the size",
            kind: Kind::Choice(&[
                ("inside", |preset| preset.fit = FitName::Inside),
                ("cover", |preset| preset.fit = FitName::Cover),
                ("contain", |preset| preset.fit = FitName::Contain),
            ]),
            get: |preset| match preset.fit {
                FitName::Inside => "inside".into(),
                FitName::Cover => "cover".into(),
                FitName::Contain => "contain".into(),
            },
        },
        Field {
            name: "gravity",
            description: "the part that `cover` keeps: `center`, which is the default, `north`, `northeast`, `east`, `southeast`, `south`, `southwest`, `west` or `northwest`",
            kind: Kind::Text {
                expected: "a direction, such as center, north or northeast",
                bytes: None,
                set: |preset, text| {
                    let mut names = Gravity::NAMES.iter();
                    preset.gravity = Some(names.find(|(name, _)| *name == text)?.1);
                    Some(())
                },
            },
            get: |preset| preset.gravity.map(Gravity::name).into(),
        },
        Field {
            name: "background",
            description: "the colour around the picture for `contain`, such as `#102030`, `#10203080` or `transparent`. White by default",
            kind: Kind::Text {
                expected: "a colour, such as #102030, #10203080, white, black or transparent",
                bytes: None,
                set: |preset, text| {
                    preset.background = Some(Background::parse(text)?);
                    Some(())
                },
            },
            get: |preset| preset.background.map(Background::to_text).into(),
        },
        Field {
            name: "enlarge",
            description: "whether a picture that is smaller than the size is enlarged",
            kind: Kind::Boolean {
                set: |preset, enlarge| preset.enlarge = enlarge,
            },
            get: |preset| preset.enlarge.into(),
        },
        Field {
            name: "quality",
            description: "the quality of JPEG, WebP and AVIF",
            kind: Kind::Integer {
                unit: "percent",
                range: 1..=100,
                set: |preset, quality| {
                    preset.quality = u8::try_from(quality).unwrap_or(DEFAULT_QUALITY);
                },
            },
            get: |preset| preset.quality.into(),
        },
        Field {
            name: "formats",
            description: "`jpeg`, `png`, `webp` and `avif`: the client gets the first that its `Accept` names, and the last if it names none. Without this field: JPEG, and PNG for a picture with alpha",
            kind: Kind::List {
                entries: 1..=4,
                read: read_formats,
            },
            get: |preset| {
                let formats = preset.formats.iter().map(|format| format.as_str());
                let formats: Vec<_> = formats.collect();
                if formats.is_empty() {
                    Value::Null
                } else {
                    formats.into()
                }
            },
        },
        Field {
            name: "cache_control",
            description: "`Cache-Control` of the variants, also of those that are stored in the bucket. By default it is the source's",
            kind: Kind::Text {
                expected: "a value of Cache-Control, in ASCII",
                bytes: None,
                set: |preset, text| {
                    preset.cache_control = is_cache_control(text).then(|| Some(text.to_owned()))?;
                    Some(())
                },
            },
            get: |preset| preset.cache_control.clone().into(),
        },
        Field {
            name: "animated",
            description: "what becomes of a picture with several frames: a variant of the `first` one, or the `original`",
            kind: Kind::Choice(&[
                ("first", |preset| preset.animated = Animated::First),
                ("original", |preset| preset.animated = Animated::Original),
            ]),
            get: |preset| match preset.animated {
                Animated::First => "first".into(),
                Animated::Original => "original".into(),
            },
        },
    ]],
    aliases: &[],
};

fn read_formats(preset: &mut Draft, list: &[Value], path: &str, errors: &mut Errors) {
    preset.formats.clear();
    for (index, value) in list.iter().enumerate() {
        let path = place::entry(path, index);
        match value.as_str().and_then(Format::parse) {
            None => errors.must_be(&path, "\"jpeg\", \"png\", \"webp\" or \"avif\""),
            Some(format) if preset.formats.contains(&format) => errors.add(&path, "is given twice"),
            Some(format) => preset.formats.push(format),
        }
    }
}

fn is_cache_control(text: &str) -> bool {
    header_value(text).is_some_and(|value| value == text)
}

/// Reads all presets.
pub(super) fn read(map: &Map<String, Value>, path: &str, errors: &mut Errors) -> Presets {
    if map.len() > MAX_PRESETS {
        errors.wrong_length(path, &(0..=MAX_PRESETS), map.len());
    }
    let mut presets = Presets::new();
    for (name, value) in map {
        let path = format!("{path}.{name}");
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=MAX_NAME_BYTES).contains(&name.len()) || !name.bytes().all(is_name_byte) {
            let problem =
                format!("is no name of a preset: 1 to {MAX_NAME_BYTES} letters, digits, - and _");
            errors.add(&path, &problem);
        }
        if let Some(preset) = read_one(value, &path, errors) {
            presets.insert(name.clone(), preset);
        }
    }
    presets
}

/// Reads one preset; `None` if it has no size that fits.
pub(super) fn read_one(value: &Value, path: &str, errors: &mut Errors) -> Option<Preset> {
    let draft = PRESET.read_entry(value, path, errors)?;
    let at = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let mut required = |side: Option<u32>, name: &str| {
        let is_reported = !errors.none_at(&at(name));
        if side.is_none() && !is_reported {
            errors.add(&at(name), "is missing");
        }
        side
    };
    let fit = match draft.fit {
        FitName::Inside => {
            if draft.height.is_none() {
                required(draft.width, "width")?;
            }
            Fit::Inside {
                width: draft.width,
                height: draft.height,
            }
        }
        FitName::Cover => {
            let (width, height) = (
                required(draft.width, "width"),
                required(draft.height, "height"),
            );
            Fit::Cover {
                width: width?,
                height: height?,
                gravity: draft.gravity.unwrap_or_default(),
            }
        }
        FitName::Contain => {
            let (width, height) = (
                required(draft.width, "width"),
                required(draft.height, "height"),
            );
            Fit::Contain {
                width: width?,
                height: height?,
                background: draft.background.unwrap_or_default(),
            }
        }
    };
    if draft.gravity.is_some() && draft.fit != FitName::Cover {
        errors.add(&at("gravity"), "is for the fit cover");
    }
    if draft.background.is_some() && draft.fit != FitName::Contain {
        errors.add(&at("background"), "is for the fit contain");
    }
    Some(Preset {
        fit,
        enlarge: draft.enlarge,
        quality: draft.quality,
        formats: draft.formats,
        cache_control: draft.cache_control,
        animated: draft.animated,
    })
}

/// Checks that some engine makes a format of each preset.
pub(super) fn check(images: &ImageSettings, errors: &mut Errors) {
    for (name, preset) in &images.presets {
        let is_made = |format: &Format| images.engines.iter().any(|engine| engine.makes(*format));
        if !preset.formats.is_empty() && !preset.formats.iter().any(is_made) {
            let path = format!("images.presets.{name}.formats");
            errors.add(&path, "has no format that images.engines makes");
        }
    }
}
