//! The reference for the quality of a variant: the whole picture, downscaled in floating point.

use std::f64::consts::PI;

use super::ssim::Plane;

/// Lobes of the Lanczos window, as in most programs that downscale photographs.
const LOBES: f64 = 3.0;

/// Downscales a plane with Lanczos3, whose window grows with the scale, so that each value counts.
pub(crate) fn downscale(plane: &Plane, width: usize, height: usize) -> Plane {
    let narrow = rows_downscaled(plane, width);
    rows_downscaled(&narrow.transposed(), height).transposed()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides of pictures"
)]
fn rows_downscaled(plane: &Plane, width: usize) -> Plane {
    let scale = plane.width as f64 / width as f64;
    let reach = LOBES * scale;
    // The first value and the weights of each result are the same in every row.
    let places: Vec<(usize, Vec<f64>)> = (0..width)
        .map(|at| {
            let center = (at as f64 + 0.5) * scale;
            let first = (center - reach).max(0.0).floor() as usize;
            let end = ((center + reach).ceil() as usize).min(plane.width);
            let weights: Vec<f64> = (first..end)
                .map(|from| lanczos((from as f64 + 0.5 - center) / scale))
                .collect();
            let sum: f64 = weights.iter().sum();
            (
                first,
                weights.into_iter().map(|weight| weight / sum).collect(),
            )
        })
        .collect();
    let rows = plane.values.chunks_exact(plane.width.max(1));
    let values = rows.flat_map(|row| {
        places.iter().map(|(first, weights)| {
            let values = row.iter().skip(*first);
            values
                .zip(weights)
                .map(|(value, weight)| value * weight)
                .sum()
        })
    });
    Plane {
        width,
        values: values.collect(),
    }
}

fn lanczos(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else if x.abs() < LOBES {
        LOBES * (PI * x).sin() * (PI * x / LOBES).sin() / (PI * PI * x * x)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_brightness_remains_the_same() {
        let plane = Plane {
            width: 90,
            values: vec![77.0; 90 * 60],
        };
        let small = downscale(&plane, 9, 6);
        assert_eq!((small.width, small.values.len()), (9, 54));
        assert!(small.values.iter().all(|value| (value - 77.0).abs() < 1e-9));
    }

    #[test]
    fn a_ramp_keeps_its_place() {
        let values = (0..8).flat_map(|_| (0..80).map(f64::from)).collect();
        let small = downscale(&Plane { width: 80, values }, 10, 1);
        // Without the places whose window is cut off at the edge.
        for (at, value) in small.values.iter().enumerate().skip(3).take(4) {
            #[expect(clippy::cast_precision_loss, reason = "ten places")]
            let middle = at as f64 * 8.0 + 3.5;
            assert!((value - middle).abs() < 1e-9, "{at}: {value}");
        }
    }
}
