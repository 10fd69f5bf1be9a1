//! The size of a variant, and the part of the source that it shows.
//!
//! All sizes are those of the upright picture. The results are those of sharp 0.35 for the same options, so that
//! variants do not change their size when a resizer is replaced: the whole picture is scaled to full pixels, and
//! then cut to full pixels.

use b2_edge_core::images::preset::{Background, Fit, Preset};

use crate::number::{float, rounded};
use crate::orientation::Orientation;

/// How a variant is made of the upright picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The size that the whole picture is scaled to.
    pub(crate) scaled: Size,
    /// The part of the scaled picture that remains.
    pub(crate) part: Rectangle,
    /// The canvas that the part is put on.
    pub(crate) canvas: Option<Canvas>,
}

/// Width and height, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// A part of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rectangle {
    /// Columns to the left of it.
    pub(crate) x: u32,
    /// Rows above it.
    pub(crate) y: u32,
    /// Its size.
    pub(crate) size: Size,
}

/// A canvas with the picture on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Canvas {
    /// Its size.
    pub(crate) size: Size,
    /// Columns to the left of the picture.
    pub(crate) x: u32,
    /// Rows above the picture.
    pub(crate) y: u32,
    /// Its colour.
    pub(crate) background: Background,
}

/// A part of the stored picture, in fractions of its width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fraction {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Plan {
    /// The plan for an upright picture of this size.
    pub(crate) fn new(picture: Size, preset: &Preset) -> Self {
        let scale = Scale::new(picture, preset);
        let scaled = scale.apply(picture);
        let part = match preset.fit {
            Fit::Inside { .. } | Fit::Contain { .. } => Rectangle {
                x: 0,
                y: 0,
                size: scaled,
            },
            Fit::Cover {
                width,
                height,
                gravity,
            } => {
                let (across, down) = gravity.position();
                let width = width.min(scaled.width);
                let height = height.min(scaled.height);
                Rectangle {
                    x: share(scaled.width - width, across),
                    y: share(scaled.height - height, down),
                    size: Size { width, height },
                }
            }
        };
        let canvas = match preset.fit {
            Fit::Inside { .. } | Fit::Cover { .. } => None,
            Fit::Contain {
                width,
                height,
                background,
            } => Some(Canvas {
                size: Size { width, height },
                x: width.saturating_sub(scaled.width) / 2,
                y: height.saturating_sub(scaled.height) / 2,
                background,
            }),
        };
        Self {
            scaled,
            part,
            canvas,
        }
    }

    /// The size of the variant.
    pub(crate) fn size(&self) -> Size {
        self.canvas.map_or(self.part.size, |canvas| canvas.size)
    }

    /// Whether the picture remains as it is.
    pub(crate) fn is_identity(&self, picture: Size) -> bool {
        self.scaled == picture && self.part.size == picture && self.size() == picture
    }

    /// The part of the stored picture that remains.
    pub(crate) fn part_of_stored(&self, orientation: Orientation) -> Fraction {
        let of = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
        let mut x = of(self.part.x, self.scaled.width);
        let mut y = of(self.part.y, self.scaled.height);
        let mut width = of(self.part.size.width, self.scaled.width);
        let mut height = of(self.part.size.height, self.scaled.height);
        if orientation.is_transposed {
            (x, y, width, height) = (y, x, height, width);
        }
        if orientation.is_mirrored {
            x = 1.0 - x - width;
        }
        if orientation.is_flipped {
            y = 1.0 - y - height;
        }
        Fraction {
            x,
            y,
            width,
            height,
        }
    }
}

impl Size {
    /// The number of pixels.
    pub(crate) const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

/// The factor that a picture is scaled by, and the sides that are known exactly.
struct Scale {
    factor: f64,
    width: Option<u32>,
    height: Option<u32>,
}

impl Scale {
    fn new(picture: Size, preset: &Preset) -> Self {
        let (width, height) = match preset.fit {
            Fit::Inside { width, height } => (width, height),
            Fit::Cover { width, height, .. } | Fit::Contain { width, height, .. } => {
                (Some(width), Some(height))
            }
        };
        let of = |target: Option<u32>, side: u32| {
            target.map(|target| f64::from(target) / f64::from(side.max(1)))
        };
        let across = of(width, picture.width);
        let down = of(height, picture.height);
        let (factor, is_by_width) = match (across, down) {
            (Some(across), Some(down)) => {
                let is_by_width = if matches!(preset.fit, Fit::Cover { .. }) {
                    across >= down
                } else {
                    across <= down
                };
                (if is_by_width { across } else { down }, is_by_width)
            }
            (Some(across), None) => (across, true),
            (None, Some(down)) => (down, false),
            (None, None) => (1.0, true),
        };
        if factor >= 1.0 && !preset.enlarge {
            return Self {
                factor: 1.0,
                width: Some(picture.width),
                height: Some(picture.height),
            };
        }
        Self {
            factor,
            width: width.filter(|_| is_by_width),
            height: height.filter(|_| !is_by_width),
        }
    }

    fn apply(&self, picture: Size) -> Size {
        let scaled = |side: u32, known: Option<u32>| {
            known.unwrap_or_else(|| rounded(float(side.into()) * self.factor, 1, u32::MAX))
        };
        Size {
            width: scaled(picture.width, self.width),
            height: scaled(picture.height, self.height),
        }
    }
}

/// The pixels before what remains, of those that are cut off. In the middle, the greater half, as sharp does.
fn share(rest: u32, position: f64) -> u32 {
    rounded(f64::from(rest) * position, 0, rest)
}

#[cfg(test)]
mod tests {
    use b2_edge_core::images::preset::Gravity;

    use super::*;

    const fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    fn inside(width: Option<u32>, height: Option<u32>) -> Preset {
        Preset::new(Fit::Inside { width, height })
    }

    fn cover(width: u32, height: u32, gravity: Gravity) -> Preset {
        Preset::new(Fit::Cover {
            width,
            height,
            gravity,
        })
    }

    fn contain(width: u32, height: u32) -> Preset {
        Preset::new(Fit::Contain {
            width,
            height,
            background: Background::default(),
        })
    }

    /// The right answers are those of sharp 0.35.5.
    #[test]
    fn inside_keeps_the_whole_picture_within_the_sides() {
        for (picture, width, height, expected) in [
            (size(4000, 3000), Some(320), None, size(320, 240)),
            (size(4000, 3000), None, Some(240), size(320, 240)),
            (size(4000, 3000), Some(320), Some(200), size(267, 200)),
            (size(3000, 4000), Some(320), Some(200), size(150, 200)),
            (size(3000, 4000), Some(320), None, size(320, 427)),
            (size(1000, 1), Some(100), None, size(100, 1)),
            (size(1, 1000), None, Some(100), size(1, 100)),
            (size(2725, 1817), Some(341), None, size(341, 227)),
            // Never enlarged.
            (size(100, 50), Some(320), None, size(100, 50)),
            (size(100, 50), Some(320), Some(20), size(40, 20)),
            (size(320, 50), Some(320), None, size(320, 50)),
        ] {
            let plan = Plan::new(picture, &inside(width, height));
            assert_eq!(plan.size(), expected, "{picture:?} {width:?} {height:?}");
            assert_eq!(plan.scaled, expected);
        }
    }

    #[test]
    fn a_picture_is_enlarged_only_if_the_preset_says_so() {
        let mut preset = inside(Some(320), None);
        preset.enlarge = true;
        assert_eq!(Plan::new(size(100, 50), &preset).size(), size(320, 160));
        let mut preset = cover(200, 200, Gravity::Center);
        preset.enlarge = true;
        assert_eq!(Plan::new(size(100, 50), &preset).size(), size(200, 200));
        let mut preset = contain(200, 200);
        preset.enlarge = true;
        let plan = Plan::new(size(100, 50), &preset);
        assert_eq!((plan.scaled, plan.size()), (size(200, 100), size(200, 200)));
    }

    #[test]
    fn cover_fills_the_size_and_cuts_off_the_rest() {
        for (picture, target, scaled, expected) in [
            (size(4000, 3000), (300, 200), size(300, 225), size(300, 200)),
            (size(3000, 4000), (300, 200), size(300, 400), size(300, 200)),
            (size(4000, 1000), (100, 100), size(400, 100), size(100, 100)),
            // A smaller picture is not enlarged: each side is cut to what is asked for.
            (size(100, 400), (200, 200), size(100, 400), size(100, 200)),
            (size(100, 50), (200, 200), size(100, 50), size(100, 50)),
            (size(400, 100), (200, 200), size(400, 100), size(200, 100)),
        ] {
            let plan = Plan::new(picture, &cover(target.0, target.1, Gravity::Center));
            assert_eq!(
                (plan.scaled, plan.size()),
                (scaled, expected),
                "{picture:?} {target:?}"
            );
        }
    }

    #[test]
    fn gravity_says_which_part_remains() {
        for (gravity, x, y) in [
            (Gravity::NorthWest, 0, 0),
            (Gravity::North, 50, 0),
            (Gravity::NorthEast, 100, 0),
            (Gravity::West, 0, 25),
            (Gravity::Center, 50, 25),
            (Gravity::East, 100, 25),
            (Gravity::SouthWest, 0, 50),
            (Gravity::South, 50, 50),
            (Gravity::SouthEast, 100, 50),
        ] {
            // Both sides are cut, because the picture is smaller than what would fill the size.
            let part = Plan::new(size(200, 100), &cover(100, 50, gravity));
            assert_eq!(part.part.size, size(100, 50));
            let part = Rectangle {
                x: share(100, gravity.position().0),
                y: share(50, gravity.position().1),
                size: size(100, 50),
            };
            assert_eq!((part.x, part.y), (x, y), "{gravity:?}");
        }
        let plan = Plan::new(size(401, 100), &cover(100, 100, Gravity::Center));
        assert_eq!(
            plan.part.x, 151,
            "of an odd rest, the greater half is cut off first"
        );
        let plan = Plan::new(size(400, 100), &cover(100, 100, Gravity::East));
        assert_eq!((plan.part.x, plan.part.y), (300, 0));
        let plan = Plan::new(size(100, 400), &cover(100, 100, Gravity::South));
        assert_eq!((plan.part.x, plan.part.y), (0, 300));
    }

    #[test]
    fn contain_has_exactly_the_size() {
        for (picture, scaled, x, y) in [
            (size(4000, 3000), size(267, 200), 16, 0),
            (size(4000, 1000), size(300, 75), 0, 62),
            // Not enlarged, and in the middle.
            (size(100, 50), size(100, 50), 100, 75),
            (size(300, 200), size(300, 200), 0, 0),
        ] {
            let plan = Plan::new(picture, &contain(300, 200));
            let canvas = plan.canvas.unwrap();
            assert_eq!(plan.size(), size(300, 200), "{picture:?}");
            assert_eq!(
                (plan.scaled, canvas.x, canvas.y),
                (scaled, x, y),
                "{picture:?}"
            );
        }
    }

    /// The part is found again where `orient` moves it from.
    #[test]
    fn the_part_of_a_turned_picture_is_that_of_the_upright_one() {
        // The upright picture is 400 × 100, and its left quarter remains.
        let plan = Plan::new(size(400, 100), &cover(100, 100, Gravity::West));
        for (orientation, x, y, width, height) in [
            (1, 0.0, 0.0, 0.25, 1.0),
            (2, 0.75, 0.0, 0.25, 1.0),
            (3, 0.75, 0.0, 0.25, 1.0),
            (4, 0.0, 0.0, 0.25, 1.0),
            (5, 0.0, 0.0, 1.0, 0.25),
            (6, 0.0, 0.75, 1.0, 0.25),
            (7, 0.0, 0.75, 1.0, 0.25),
            (8, 0.0, 0.0, 1.0, 0.25),
        ] {
            let expected = Fraction {
                x,
                y,
                width,
                height,
            };
            let part = plan.part_of_stored(Orientation::from_exif(orientation));
            assert_eq!(part, expected, "orientation {orientation}");
        }
    }

    #[test]
    fn a_size_is_never_zero_and_never_exceeds_the_preset() {
        let mut random = fastrand::Rng::with_seed(12);
        for _ in 0..20_000 {
            let picture = size(random.u32(1..=65_535), random.u32(1..=65_535));
            let (width, height) = (random.u32(1..=8192), random.u32(1..=8192));
            let mut presets = [
                inside(Some(width), None),
                inside(None, Some(height)),
                inside(Some(width), Some(height)),
                cover(width, height, Gravity::Center),
                contain(width, height),
            ];
            for preset in &mut presets {
                preset.enlarge = random.bool();
                let plan = Plan::new(picture, preset);
                let result = plan.size();
                assert!(result.width >= 1 && result.height >= 1);
                if let Fit::Inside {
                    width: Some(width), ..
                } = preset.fit
                {
                    assert!(result.width <= width);
                }
                if matches!(preset.fit, Fit::Cover { .. } | Fit::Contain { .. }) {
                    assert!(result.width <= width && result.height <= height);
                }
                assert!(plan.part.x + plan.part.size.width <= plan.scaled.width);
                assert!(plan.part.y + plan.part.size.height <= plan.scaled.height);
                if !preset.enlarge {
                    assert!(plan.scaled.width <= picture.width);
                    assert!(plan.scaled.height <= picture.height);
                }
            }
        }
    }
}
