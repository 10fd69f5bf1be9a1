//! Where a POP is.

use super::code::PopCode;

/// The location of a POP on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PopLocation {
    /// Its code.
    pub code: PopCode,
    /// The city.
    pub city: &'static str,
    /// The country, as an ISO 3166-1 two-letter code.
    pub country: &'static str,
    /// Latitude in degrees, north positive.
    pub latitude: f32,
    /// Longitude in degrees, east positive.
    pub longitude: f32,
    /// Whether it is in use.
    pub status: PopStatus,
}

/// Whether a POP is in use, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopStatus {
    /// Seen in use recently.
    Current,
    /// No longer in use.
    Retired,
    /// A plausible code that has not been seen in use.
    Unconfirmed,
}

impl PopStatus {
    /// The status as in `data/pops.csv` and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Retired => "retired",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}
