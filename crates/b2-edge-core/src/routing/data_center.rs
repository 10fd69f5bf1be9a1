//! The data centers of Backblaze B2, to which distances are measured.
//!
//! Backblaze does not publish which US West cluster is in which city, so all of them count as one data
//! center. Source: Backblaze, "Data Regions" (<https://www.backblaze.com/docs/cloud-storage-data-regions>).

/// A city with B2 buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataCenter {
    /// Sacramento, California: `us-west-000`, `-001`, `-002` and `-004`.
    UsWest,
    /// Reston, Virginia: `us-east-005`.
    UsEast,
    /// Toronto, Ontario: `ca-east-006`.
    CaEast,
    /// Amsterdam: `eu-central-003`.
    EuCentral,
}

impl DataCenter {
    /// Every data center. Must match `DATA_CENTERS` in `xtask/src/pops/data_centers.rs`, which has their
    /// cities and coordinates.
    pub const ALL: [Self; 4] = [Self::UsWest, Self::UsEast, Self::CaEast, Self::EuCentral];

    /// The prefix of its regions' names, such as `us-west`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsWest => "us-west",
            Self::UsEast => "us-east",
            Self::CaEast => "ca-east",
            Self::EuCentral => "eu-central",
        }
    }
}
