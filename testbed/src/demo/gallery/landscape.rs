//! A landscape: a sky with a sun, and ridges one before the other.

/// A colour: red, green, blue.
pub(crate) type Rgb = [u8; 3];

/// What a landscape shows. Lengths are thousandths of its height, so that it looks the same at any size.
pub(crate) struct Landscape {
    /// The colours of the sky, at the top and at the bottom.
    pub(crate) sky: (Rgb, Rgb),
    /// The sun.
    pub(crate) sun: Sun,
    /// The ridges, from the farthest to the nearest.
    pub(crate) ridges: &'static [Ridge],
}

/// A disc in the sky.
pub(crate) struct Sun {
    pub(crate) color: Rgb,
    /// From the left edge.
    pub(crate) x: i64,
    /// From the top edge.
    pub(crate) y: i64,
    pub(crate) radius: i64,
}

/// A ridge, which covers everything below its line.
pub(crate) struct Ridge {
    pub(crate) color: Rgb,
    /// The mean height of its line above the bottom edge.
    pub(crate) height: i64,
    /// How far the line rises and falls.
    pub(crate) relief: i64,
    /// The distance from one peak to the next.
    pub(crate) spacing: i64,
}

/// A landscape at a size in pixels, of which each pixel can be read.
pub(crate) struct Painted<'l> {
    landscape: &'l Landscape,
    height: i64,
    /// For each ridge the row of its line in each column, from the nearest ridge to the farthest.
    lines: Vec<(Rgb, Vec<i64>)>,
}

impl Landscape {
    /// The landscape at this size in pixels.
    pub(crate) fn at_size(&self, width: u16, height: u16) -> Painted<'_> {
        let height = i64::from(height);
        let line = |ridge: &Ridge| {
            let columns = 0..i64::from(width);
            let rows = columns.map(|x| {
                let up = ridge.height + ridge.rise(x * 1000 / height);
                height - up * height / 1000
            });
            (ridge.color, rows.collect())
        };
        Painted {
            landscape: self,
            height,
            lines: self.ridges.iter().rev().map(line).collect(),
        }
    }
}

impl Ridge {
    /// How far the line is above its mean height, at this place.
    fn rise(&self, x: i64) -> i64 {
        let large = triangle(x, self.spacing, self.relief);
        let small = triangle(x + self.spacing / 3, self.spacing * 3 / 8, self.relief / 3);
        large + small + triangle(x, self.spacing / 7, self.relief / 12)
    }
}

/// A wave of straight lines, from `-size` to `size`.
fn triangle(x: i64, length: i64, size: i64) -> i64 {
    let length = length.max(2);
    let half = length / 2;
    let distance = (x.rem_euclid(length) - half).abs();
    size - 2 * size * distance / half.max(1)
}

impl Painted<'_> {
    /// The colour of a pixel.
    pub(crate) fn pixel(&self, x: u16, y: u16) -> Rgb {
        let row = i64::from(y);
        for (color, line) in &self.lines {
            let top = line.get(usize::from(x)).copied().unwrap_or_default();
            if row >= top {
                // Lighter towards the valley, as in haze.
                let haze = (row - top) * 90 / self.height;
                return mix(*color, self.landscape.sky.1, haze, 255);
            }
        }
        let (top, bottom) = self.landscape.sky;
        let sky = mix(top, bottom, row, self.height);
        let sun = &self.landscape.sun;
        let scaled = |length: i64| length * self.height / 1000;
        let (across, down) = (i64::from(x) - scaled(sun.x), row - scaled(sun.y));
        let (distance, radius) = (
            across * across + down * down,
            scaled(sun.radius) * scaled(sun.radius),
        );
        if distance <= radius {
            return sun.color;
        }
        // Around it, a glow that ends at three times its radius.
        let glow = (9 * radius - distance).max(0);
        mix(sky, sun.color, glow, 20 * radius.max(1))
    }
}

/// The colour `part` of `whole` of the way from one to another.
fn mix(from: Rgb, to: Rgb, part: i64, whole: i64) -> Rgb {
    let [red, green, blue] = from;
    let [red_to, green_to, blue_to] = to;
    let channel = |from: u8, to: u8| {
        let (from, to) = (i64::from(from), i64::from(to));
        u8::try_from(from + (to - from) * part / whole).unwrap_or(u8::MAX)
    };
    [
        channel(red, red_to),
        channel(green, green_to),
        channel(blue, blue_to),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearer_covers_what_is_farther() {
        let flat = |color, height| Ridge {
            color,
            height,
            relief: 0,
            spacing: 100,
        };
        let ridges = Box::leak(Box::new([flat([9, 0, 0], 500), flat([0, 9, 0], 250)]));
        let landscape = Landscape {
            sky: ([0, 0, 200], [0, 0, 0]),
            sun: Sun {
                color: [255, 255, 0],
                x: 500,
                y: 250,
                radius: 50,
            },
            ridges,
        };
        let painted = landscape.at_size(100, 100);
        for (x, y, color) in [
            (0, 0, [0, 0, 200]),
            (50, 25, [255, 255, 0]),
            (0, 50, [9, 0, 0]),
            (0, 75, [0, 9, 0]),
        ] {
            assert_eq!(painted.pixel(x, y), color, "{x}, {y}");
        }
    }
}
