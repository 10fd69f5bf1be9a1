//! The places where B2 has buckets.

/// A site: the part of a region's name that stands for it, and where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Site {
    /// What the names of its regions begin with.
    pub(super) name: &'static str,
    /// The field of the table with the distance to it.
    pub(super) field: &'static str,
    /// Latitude and longitude in degrees, north and east positive.
    pub(super) coordinates: (f64, f64),
}

/// Every site; must match `Site` in `src/region.rs`, which names the cities.
/// Source of the cities: Backblaze, "Data Regions".
pub(super) const SITES: [Site; 4] = [
    Site {
        name: "us-west",
        field: "us_west_km",
        coordinates: (38.58, -121.49),
    },
    Site {
        name: "us-east",
        field: "us_east_km",
        coordinates: (38.95, -77.35),
    },
    Site {
        name: "ca-east",
        field: "ca_east_km",
        coordinates: (43.65, -79.38),
    },
    Site {
        name: "eu-central",
        field: "eu_central_km",
        coordinates: (52.37, 4.90),
    },
];
