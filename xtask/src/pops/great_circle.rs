//! Distances on the globe.

/// The mean radius of the earth in kilometres, (2a + b) / 3 of the GRS 80 ellipsoid.
/// Source: H. Moritz, "Geodetic Reference System 1980".
const MEAN_EARTH_RADIUS_KM: f64 = 6371.0088;

/// Kilometres between two points by the haversine formula, each as latitude and longitude in degrees, north and east
/// positive. The error against the ellipsoid is at most about 0.5 %.
pub(super) fn distance_km(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (from_lat, to_lat) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = (to_lat - from_lat) / 2.0;
    let half_lon = (to.1 - from.1).to_radians() / 2.0;
    let haversine = half_lat.sin().powi(2) + from_lat.cos() * to_lat.cos() * half_lon.sin().powi(2);
    2.0 * MEAN_EARTH_RADIUS_KM * haversine.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_distance(from: (f64, f64), to: (f64, f64), published_km: f64, tolerance_km: f64) {
        let km = distance_km(from, to);
        assert!(
            (km - published_km).abs() <= tolerance_km,
            "{from:?} to {to:?}: {km}, published {published_km}"
        );
        assert!(
            (km - distance_km(to, from)).abs() < 1e-6,
            "the same both ways"
        );
    }

    #[test]
    fn published_distances_come_out() {
        // Nashville to Los Angeles, the example of "Haversine formula" on Rosetta Code (R = 6371.0).
        assert_distance((36.12, -86.67), (33.94, -118.40), 2886.444, 0.01);
        // Land's End to John o' Groats, the example of Movable Type's "Calculate distance between
        // latitude/longitude points" (R = 6371).
        assert_distance((50.06639, -5.71472), (58.64389, -3.07), 968.9, 0.1);
    }

    #[test]
    fn quarter_and_half_of_the_globe_come_out() {
        let half = std::f64::consts::PI * MEAN_EARTH_RADIUS_KM;
        assert_distance((0.0, 0.0), (90.0, 0.0), half / 2.0, 1e-6);
        assert_distance((0.0, 0.0), (0.0, 180.0), half, 1e-6);
        assert_distance((52.37, 4.9), (-52.37, -175.1), half, 1e-3);
    }

    #[test]
    fn the_way_across_the_date_line_is_the_short_one() {
        assert_distance((0.0, 179.0), (0.0, -179.0), 2.0 * 111.195, 0.01);
    }

    #[test]
    fn nowhere_is_no_distance_away() {
        assert_distance((38.58, -121.49), (38.58, -121.49), 0.0, 0.0);
    }
}
