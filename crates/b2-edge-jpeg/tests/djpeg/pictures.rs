//! Generated pictures.

use crate::programs::Picture;

/// What is in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Slow changes of all channels.
    Gradient,
    /// Independent values.
    Noise,
    /// Sharp edges between saturated colours, as in text.
    Edges,
    /// A gradient with some noise, like a photograph.
    Photograph,
}

impl Content {
    pub(crate) const ALL: [Self; 4] = [Self::Gradient, Self::Noise, Self::Edges, Self::Photograph];
}

/// Draws a picture, the same in every run.
pub(crate) fn draw(content: Content, width: usize, height: usize) -> Picture {
    let mut random = Random::new(1);
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let gradient = [
                x * 255 / width,
                y * 255 / height,
                255 - (x + y) * 255 / (width + height),
            ];
            let pixel = match content {
                Content::Gradient => gradient,
                Content::Noise => [0; 3].map(|_| random.below(256)),
                Content::Edges => {
                    let is_ink = (x / 3 + y / 5).is_multiple_of(3) || (x * y) % 7 == 1;
                    if is_ink {
                        [200, 0, 40]
                    } else {
                        [250, 255, 240]
                    }
                }
                Content::Photograph => {
                    let waves = [(x * x / 90 + y) % 80, (y * 3 + x) % 60, (x * y / 100) % 70];
                    let mut pixel = gradient;
                    for (channel, wave) in pixel.iter_mut().zip(waves) {
                        *channel = (*channel * 2 / 3 + wave + random.below(16)).min(255);
                    }
                    pixel
                }
            };
            pixels.extend(pixel.map(|channel| u8::try_from(channel).expect("a byte")));
        }
    }
    Picture {
        width,
        height,
        channels: 3,
        pixels,
    }
}

/// A linear congruential generator.
pub(crate) struct Random(u32);

impl Random {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// A number from 0, less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % end
    }
}
