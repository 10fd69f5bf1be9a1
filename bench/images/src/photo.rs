//! The photos: JPEG files of 12 megapixels with 4:2:0, as cameras and phones write them.

use std::error::Error;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::picture::{HEIGHT, WIDTH, rgb};

/// A photo, which is the same in every build.
pub(crate) struct Photo {
    /// With its size.
    pub(crate) name: &'static str,
    /// Its bytes, within a twentieth.
    bytes: usize,
    quality: u8,
    /// Of the sensor.
    noise: i32,
    is_progressive: bool,
}

/// From little detail to much, and one that is progressive.
pub(crate) const PHOTOS: [Photo; 4] = [
    Photo {
        name: "2.5-mb",
        bytes: 2_500_000,
        quality: 85,
        noise: 9,
        is_progressive: false,
    },
    Photo {
        name: "4-mb",
        bytes: 4_000_000,
        quality: 90,
        noise: 11,
        is_progressive: false,
    },
    Photo {
        name: "6-mb",
        bytes: 6_000_000,
        quality: 94,
        noise: 16,
        is_progressive: false,
    },
    Photo {
        name: "4-mb-progressive",
        bytes: 4_000_000,
        quality: 90,
        noise: 11,
        is_progressive: true,
    },
];

impl Photo {
    /// The file.
    ///
    /// # Errors
    ///
    /// If it has not about the bytes that it should have, because the encoder writes others than it did.
    pub(crate) fn jpeg(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut file = Vec::with_capacity(self.bytes * 2);
        let mut encoder = Encoder::new(&mut file, self.quality);
        encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
        encoder.set_progressive(self.is_progressive);
        encoder.encode(&rgb(self.noise), WIDTH, HEIGHT, ColorType::Rgb)?;
        if file.len().abs_diff(self.bytes) > self.bytes / 20 {
            return Err(format!("{} has {} bytes", self.name, file.len()).into());
        }
        Ok(file)
    }
}
