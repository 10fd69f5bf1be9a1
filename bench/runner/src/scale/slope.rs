//! Straight lines through measurements.

/// The line through points that fits them best, by least squares.
#[derive(Debug)]
pub(crate) struct Line {
    /// What one more costs.
    pub(crate) slope: f64,
    /// How much of the variation the line explains: 1 if the points are on it.
    pub(crate) fit: f64,
}

impl Line {
    /// The line through at least two points.
    pub(crate) fn through(points: &[(f64, f64)]) -> Self {
        let number: f64 = points.iter().map(|_| 1.0).sum();
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / number;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            points
                .iter()
                .map(|point| of(point.0 - x, point.1 - y))
                .sum()
        };
        let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
        Self {
            slope: xy / xx,
            fit: xy * xy / (xx * yy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_slope_of_its_points_and_says_how_well_it_fits() {
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        let straight = Line::through(&[(1.0, 5.0), (10.0, 23.0), (100.0, 203.0)]);
        assert!(
            near(straight.slope, 2.0) && near(straight.fit, 1.0),
            "{straight:?}"
        );
        let square = Line::through(&[(1.0, 1.0), (2.0, 4.0), (3.0, 9.0), (4.0, 16.0)]);
        assert!(near(square.slope, 5.0) && square.fit < 0.99, "{square:?}");
    }
}
