//! The data centers of B2.

/// A data center: the prefix of its regions' names, and its location.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DataCenter {
    /// The prefix of the names of its regions.
    pub(super) name: &'static str,
    /// Its variant of `DataCenter` in `crates/b2-edge-core/src/routing/data_center.rs`.
    pub(super) variant: &'static str,
    /// The city, from the source below.
    pub(super) city: &'static str,
    /// The field of the POP table with the distance to it.
    pub(super) field: &'static str,
    /// Latitude and longitude in degrees, north and east positive.
    pub(super) coordinates: (f64, f64),
}

/// Every data center; must match `DataCenter` in `crates/b2-edge-core/src/routing/data_center.rs`, which
/// takes city and coordinates from what is generated here. Source of the cities: Backblaze, "Data Regions"
/// (<https://www.backblaze.com/docs/cloud-storage-data-regions>).
pub(super) const DATA_CENTERS: [DataCenter; 4] = [
    DataCenter {
        name: "us-west",
        variant: "UsWest",
        city: "Sacramento",
        field: "us_west_km",
        coordinates: (38.58, -121.49),
    },
    DataCenter {
        name: "us-east",
        variant: "UsEast",
        city: "Reston",
        field: "us_east_km",
        coordinates: (38.95, -77.35),
    },
    DataCenter {
        name: "ca-east",
        variant: "CaEast",
        city: "Toronto",
        field: "ca_east_km",
        coordinates: (43.65, -79.38),
    },
    DataCenter {
        name: "eu-central",
        variant: "EuCentral",
        city: "Amsterdam",
        field: "eu_central_km",
        coordinates: (52.37, 4.90),
    },
];
