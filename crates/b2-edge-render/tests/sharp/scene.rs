//! A picture like a photograph: large and small shapes, edges, and some noise.

use crate::corpus::Picture;

/// A scene as RGBA: opaque, or with alpha that changes from left to right.
pub(crate) fn scene(width: usize, height: usize, with_alpha: bool) -> Picture {
    let mut random = fastrand::Rng::with_seed(12);
    let mut data = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        for x in 0..width {
            let across = ramp(x, width);
            let down = ramp(y, height);
            let mut color = [60 + across / 2, 200 - down / 2, 80 + across / 4 + down / 4];
            let (from_left, from_top) = (x * 100 / width, y * 100 / height);
            let distance = from_left.abs_diff(30).pow(2) + from_top.abs_diff(40).pow(2);
            if distance < 400 {
                color = [210, 90, 40];
            }
            if from_left > 60
                && from_top > 50
                && (x * 12 / width + y * 12 / width).is_multiple_of(2)
            {
                color = [30, 40, 120];
            }
            if from_top > 85 && (x * 60 / width).is_multiple_of(3) {
                color = [240, 240, 235];
            }
            data.extend(color.map(|sample| sample.saturating_add(random.u8(..12))));
            data.push(if with_alpha { 255 - across } else { 255 });
        }
    }
    Picture {
        width,
        height,
        channels: 4,
        data,
    }
}

/// From 0 to 255 along a side.
fn ramp(position: usize, side: usize) -> u8 {
    u8::try_from(position * 255 / side).expect("less than the side")
}
