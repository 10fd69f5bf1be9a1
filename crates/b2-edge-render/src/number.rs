//! Conversions of numbers that the standard library has no function for.

/// A count as a floating-point number, exact up to 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "pixels and bytes of a picture are far below 2^53"
)]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

/// The nearest whole number from `least` to `most`. Not a number counts as `least`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates, and the result is within the bounds of an u32"
)]
pub(crate) fn rounded(number: f64, least: u32, most: u32) -> u32 {
    (number.round() as u32).clamp(least, most)
}

/// The nearest value of a sample, from 0 to 255.
#[cfg(feature = "full")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates"
)]
pub(crate) fn sample(number: f64) -> u8 {
    number.round() as u8
}

/// `value × factor / 255`, rounded.
pub(crate) fn scaled(value: u8, factor: u8) -> u8 {
    let product = u32::from(value) * u32::from(factor) + 127;
    u8::try_from(product / 255).unwrap_or(u8::MAX)
}

/// A side in pixels as an index. Sides come from headers, with 32 bits at most.
pub(crate) const fn index(side: u32) -> usize {
    side as usize
}
