//! A preset: how a variant is made of its source.

use serde_json::{Map, Value};

use super::format::Format;

/// A named way to make variants. Nothing but presets can be requested, so nobody can walk through all sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The size, in pixels, and how the picture gets it.
    pub fit: Fit,
    /// Whether a picture that is smaller than the size is enlarged.
    pub enlarge: bool,
    /// The quality of lossy formats, 1 to 100.
    pub quality: u8,
    /// The formats to choose from by `Accept`, the last for clients that name none of them. Empty: JPEG, and PNG for
    /// a picture with alpha.
    pub formats: Vec<Format>,
    /// `Cache-Control` of the variant.
    pub cache_control: Option<String>,
    /// What becomes of a picture that moves.
    pub animated: Animated,
}

/// How a picture gets the size of a preset. The picture is seen upright, after its EXIF orientation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The whole picture, within the width and the height that are given. At least one of them is.
    Inside {
        /// The most pixels in a row.
        width: Option<u32>,
        /// The most rows.
        height: Option<u32>,
    },
    /// The size is filled, and what does not fit is cut off.
    Cover {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The part of the picture that remains.
        gravity: Gravity,
    },
    /// The whole picture on a background of exactly this size.
    Contain {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The colour around the picture.
        background: Background,
    },
}

/// The side or corner of a picture that `cover` keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gravity {
    /// The middle.
    #[default]
    Center,
    /// The top.
    North,
    /// The top right corner.
    NorthEast,
    /// The right side.
    East,
    /// The bottom right corner.
    SouthEast,
    /// The bottom.
    South,
    /// The bottom left corner.
    SouthWest,
    /// The left side.
    West,
    /// The top left corner.
    NorthWest,
}

impl Gravity {
    /// Every direction with its name in the configuration.
    pub const NAMES: [(&'static str, Self); 9] = [
        ("center", Self::Center),
        ("north", Self::North),
        ("northeast", Self::NorthEast),
        ("east", Self::East),
        ("southeast", Self::SouthEast),
        ("south", Self::South),
        ("southwest", Self::SouthWest),
        ("west", Self::West),
        ("northwest", Self::NorthWest),
    ];

    /// The name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, known)| *known == self);
        named.map_or("", |(name, _)| *name)
    }

    /// Where what remains is, from 0 (left, top) to 1 (right, bottom): across and down.
    #[must_use]
    pub const fn position(self) -> (f64, f64) {
        match self {
            Self::Center => (0.5, 0.5),
            Self::North => (0.5, 0.0),
            Self::NorthEast => (1.0, 0.0),
            Self::East => (1.0, 0.5),
            Self::SouthEast => (1.0, 1.0),
            Self::South => (0.5, 1.0),
            Self::SouthWest => (0.0, 1.0),
            Self::West => (0.0, 0.5),
            Self::NorthWest => (0.0, 0.0),
        }
    }
}

/// A colour in sRGB: red, green, blue and alpha, each 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Background(pub [u8; 4]);

impl Background {
    /// The colour written as in CSS: `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, or one of `white`, `black` and
    /// `transparent` (<https://www.w3.org/TR/css-color-4/#hex-notation>). `None` for another text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = match text {
            "white" => "ffffff",
            "black" => "000000",
            "transparent" => "00000000",
            _ => text.strip_prefix('#')?,
        };
        let nibbles: Option<Vec<u8>> = digits
            .chars()
            .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
            .collect();
        let channels: Vec<u8> = match nibbles?.as_slice() {
            short @ ([_, _, _] | [_, _, _, _]) => short.iter().map(|nibble| nibble * 17).collect(),
            long if matches!(long.len(), 6 | 8) => {
                let pairs = long.chunks_exact(2);
                pairs
                    .map(|pair| pair.iter().fold(0, |value, nibble| value * 16 + nibble))
                    .collect()
            }
            _ => return None,
        };
        match channels[..] {
            [red, green, blue] => Some(Self([red, green, blue, 255])),
            [red, green, blue, alpha] => Some(Self([red, green, blue, alpha])),
            _ => None,
        }
    }

    /// The colour as `#rrggbb`, or `#rrggbbaa` if it is not opaque.
    #[must_use]
    pub fn to_text(self) -> String {
        let Self([red, green, blue, alpha]) = self;
        if alpha == 255 {
            format!("#{red:02x}{green:02x}{blue:02x}")
        } else {
            format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}")
        }
    }
}

impl Default for Background {
    /// White.
    fn default() -> Self {
        Self([255; 4])
    }
}

/// What becomes of a picture with several frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Animated {
    /// The variant shows its first frame.
    #[default]
    First,
    /// The variant is the source itself.
    Original,
}

/// The quality where a preset gives none.
pub const DEFAULT_QUALITY: u8 = 80;

/// The largest width and height, in pixels.
pub const MAX_SIDE: u32 = 8192;

impl Preset {
    /// A preset with this size, and defaults for the rest.
    #[must_use]
    pub const fn new(fit: Fit) -> Self {
        Self {
            fit,
            enlarge: false,
            quality: DEFAULT_QUALITY,
            formats: Vec::new(),
            cache_control: None,
            animated: Animated::First,
        }
    }
}

impl Preset {
    /// The preset as it is written in the configuration, without the fields that have their defaults.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = Map::new();
        let mut set = |name: &str, value: Value| {
            json.insert(name.to_owned(), value);
        };
        match self.fit {
            Fit::Inside { width, height } => {
                for (name, side) in [("width", width), ("height", height)] {
                    if let Some(side) = side {
                        set(name, side.into());
                    }
                }
            }
            Fit::Cover {
                width,
                height,
                gravity,
            } => {
                set("fit", "cover".into());
                set("width", width.into());
                set("height", height.into());
                if gravity != Gravity::default() {
                    set("gravity", gravity.name().into());
                }
            }
            Fit::Contain {
                width,
                height,
                background,
            } => {
                set("fit", "contain".into());
                set("width", width.into());
                set("height", height.into());
                if background != Background::default() {
                    set("background", background.to_text().into());
                }
            }
        }
        if self.enlarge {
            set("enlarge", true.into());
        }
        if self.quality != DEFAULT_QUALITY {
            set("quality", self.quality.into());
        }
        if !self.formats.is_empty() {
            let names = self.formats.iter().map(|format| format.as_str());
            set("formats", names.collect());
        }
        if let Some(cache_control) = &self.cache_control {
            set("cache_control", cache_control.as_str().into());
        }
        if self.animated == Animated::Original {
            set("animated", "original".into());
        }
        Value::Object(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_written_as_in_css() {
        for (text, channels, written) in [
            ("#fff", [255, 255, 255, 255], "#ffffff"),
            ("#0f08", [0, 255, 0, 136], "#00ff0088"),
            ("#102030", [16, 32, 48, 255], "#102030"),
            ("#10203040", [16, 32, 48, 64], "#10203040"),
            ("#ABCDEF", [171, 205, 239, 255], "#abcdef"),
            ("white", [255; 4], "#ffffff"),
            ("transparent", [0; 4], "#00000000"),
        ] {
            let parsed = Background::parse(text).expect(text);
            assert_eq!(parsed, Background(channels), "{text}");
            assert_eq!(parsed.to_text(), written, "{text}");
        }
        for text in [
            "",
            "#",
            "#12",
            "#12345",
            "#1234567",
            "#123456789",
            "fff",
            "#ggg",
            "red",
            "#äää",
        ] {
            assert_eq!(Background::parse(text), None, "{text}");
        }
    }
}
