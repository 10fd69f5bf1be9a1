//! The curve of sRGB (IEC 61966-2-1, section 5.2). Samples and light are from 0 to 1.

/// The light of a sample.
pub(super) fn srgb_light(sample: f64) -> f64 {
    if sample <= 0.040_45 {
        sample / 12.92
    } else {
        ((sample + 0.055) / 1.055).powf(2.4)
    }
}

/// The sample for a light.
#[cfg(feature = "full")]
pub(super) fn srgb_sample(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}
