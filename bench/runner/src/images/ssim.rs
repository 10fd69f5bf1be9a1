//! The structural similarity of two pictures (Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment, 2004).

/// The standard deviation of the window, of 11 × 11 pixels, as in the paper.
const SIGMA: f64 = 1.5;
const RADIUS: usize = 5;

/// The constants of the paper for values up to 255.
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);

/// One plane of values from 0 to 255, row by row.
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) values: Vec<f64>,
}

impl Plane {
    /// The luma of RGB bytes (Rec. ITU-R BT.601, as in JFIF).
    pub(crate) fn luma(width: usize, rgb: &[u8]) -> Self {
        let values = rgb.chunks_exact(3).map(|pixel| match *pixel {
            [r, g, b] => 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b),
            _ => f64::NAN,
        });
        Self {
            width,
            values: values.collect(),
        }
    }

    pub(crate) fn transposed(&self) -> Self {
        let width = self.width.max(1);
        let column = |x| self.values.iter().skip(x).step_by(width);
        Self {
            width: self.values.len() / width,
            values: (0..width).flat_map(column).copied().collect(),
        }
    }

    /// Weighted with a Gaussian window, at the places where the whole window is within the plane.
    fn blurred(&self) -> Self {
        self.rows_blurred().transposed().rows_blurred().transposed()
    }

    fn rows_blurred(&self) -> Self {
        let weights = window();
        let rows = self.values.chunks_exact(self.width.max(1));
        let values = rows.flat_map(|row| {
            let around = row.windows(weights.len());
            around.map(|values| values.iter().zip(&weights).map(|(v, w)| v * w).sum())
        });
        Self {
            width: (self.width + 1).saturating_sub(weights.len()),
            values: values.collect(),
        }
    }

    fn times(&self, other: &Self) -> Self {
        let products = self.values.iter().zip(&other.values).map(|(a, b)| a * b);
        Self {
            width: self.width,
            values: products.collect(),
        }
    }
}

fn window() -> Vec<f64> {
    let weight = |at: u32| {
        let distance = f64::from(at) - f64::from(u32::try_from(RADIUS).unwrap_or_default());
        (-distance * distance / (2.0 * SIGMA * SIGMA)).exp()
    };
    let weights: Vec<f64> = (0..=2 * RADIUS)
        .map(|at| weight(u32::try_from(at).unwrap_or_default()))
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// The mean structural similarity of two planes of the same size: 1 if they are the same. NaN if their sizes differ.
pub(crate) fn ssim(one: &Plane, other: &Plane) -> f64 {
    if one.width != other.width || one.values.len() != other.values.len() {
        return f64::NAN;
    }
    let (mean_one, mean_other) = (one.blurred(), other.blurred());
    let squares = [one.times(one), other.times(other), one.times(other)].map(|it| it.blurred());
    let [square_one, square_other, product] = &squares;
    let means = mean_one.values.iter().zip(&mean_other.values);
    let squares = square_one
        .values
        .iter()
        .zip(&square_other.values)
        .zip(&product.values);
    let local = means.zip(squares).map(|((a, b), ((aa, bb), ab))| {
        let (variance_one, variance_other) = (aa - a * a, bb - b * b);
        let covariance = ab - a * b;
        (2.0 * a * b + C1) * (2.0 * covariance + C2)
            / ((a * a + b * b + C1) * (variance_one + variance_other + C2))
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of pixels")]
    let count = mean_one.values.len() as f64;
    local.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern that the second implementation was given, too: 40 × 30 pixels.
    fn pattern(change: impl Fn(u32, u32, u32) -> u32) -> Plane {
        let values = (0..30).flat_map(|y| (0..40).map(move |x| (x, y)));
        let values =
            values.map(|(x, y)| f64::from(change(x, y, (x * 5 + y * 3 + x * y % 17 * 4) % 256)));
        Plane {
            width: 40,
            values: values.collect(),
        }
    }

    #[test]
    fn a_picture_is_entirely_similar_to_itself() {
        let plane = pattern(|_, _, value| value);
        assert!((ssim(&plane, &plane) - 1.0).abs() < 1e-12);
    }

    /// By `structural_similarity` of scikit-image 0.25.2, with `gaussian_weights`, `use_sample_covariance=False` and a
    /// data range of 255, averaged without a border of five pixels.
    #[test]
    fn the_similarity_is_that_of_another_implementation() {
        let plane = pattern(|_, _, value| value);
        for (name, other, expected) in [
            (
                "brighter",
                pattern(|_, _, value| (value + 20).min(255)),
                0.990_103_135_1,
            ),
            (
                "coarser",
                pattern(|_, _, value| value / 32 * 32),
                0.929_785_761_9,
            ),
            (
                "moved",
                pattern(|x, y, _| ((x + 1) * 5 + y * 3 + (x + 1) * y % 17 * 4) % 256),
                0.114_224_440_8,
            ),
        ] {
            let measured = ssim(&plane, &other);
            assert!((measured - expected).abs() < 1e-6, "{name}: {measured}");
        }
    }

    #[test]
    fn pictures_of_different_sizes_have_no_similarity() {
        let plane = pattern(|_, _, value| value);
        assert!(ssim(&plane, &plane.transposed()).is_nan());
    }
}
