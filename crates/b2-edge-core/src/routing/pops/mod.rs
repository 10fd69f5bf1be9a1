//! Fastly's POPs: their area and distances for routing, their coordinates for the status page's map.
//!
//! `table.rs` and `locations.rs` are generated from `data/pops.csv` by `cargo xtask pops`; the tests fail if
//! they differ from it.

mod locations;
mod table;

use std::fmt;

use crate::routing::data_center::DataCenter;
use crate::routing::region::Area;

/// The code of a POP, such as `AMS`: three ASCII letters or digits, in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PopCode([u8; 3]);

impl PopCode {
    /// Parses three ASCII letters or digits, in upper or lower case; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.as_bytes().try_into().ok()?;
        code.iter()
            .all(u8::is_ascii_alphanumeric)
            .then(|| Self(code.map(|byte| byte.to_ascii_uppercase())))
    }

    /// The code in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The table's row for this POP, if there is one.
    #[must_use]
    pub fn look_up(&self) -> Option<&'static Pop> {
        table::TABLE.get(self.as_str())
    }
}

impl fmt::Display for PopCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What routing knows of a POP. Distances are great-circle kilometres or, for POPs with a `via` in the CSV,
/// measured along the cable route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pop {
    /// The area that it is in.
    pub area: Area,
    /// Distance to [`DataCenter::UsWest`].
    pub us_west_km: u16,
    /// Distance to [`DataCenter::UsEast`].
    pub us_east_km: u16,
    /// Distance to [`DataCenter::CaEast`].
    pub ca_east_km: u16,
    /// Distance to [`DataCenter::EuCentral`].
    pub eu_central_km: u16,
}

impl Pop {
    /// The distance to `data_center` in kilometres.
    #[must_use]
    pub const fn distance_km(&self, data_center: DataCenter) -> u16 {
        match data_center {
            DataCenter::UsWest => self.us_west_km,
            DataCenter::UsEast => self.us_east_km,
            DataCenter::CaEast => self.ca_east_km,
            DataCenter::EuCentral => self.eu_central_km,
        }
    }

    /// A representative POP for a `FASTLY_REGION`, used if the POP itself is not in the table.
    ///
    /// The names are those of Fastly's `server.region`
    /// (<https://www.fastly.com/documentation/reference/vcl/variables/server/server-region/>); the prefix
    /// arms cover names that Fastly may add.
    #[must_use]
    pub fn representative_of(fastly_region: &str) -> Option<&'static Self> {
        let code = match fastly_region {
            "AF-West" => "ACC",
            "South-Africa" => "JNB",
            "EU-West" => "LHR",
            "EU-Central" => "FRA",
            "EU-East" => "VIE",
            "US-West" => "SJC",
            "US-Central" => "DFW",
            "US-East" => "IAD",
            "North-America" => "YYZ",
            "SA-North" => "BOG",
            "SA-East" => "GRU",
            "SA-South" => "SCL",
            "Asia" => "HND",
            "Asia-South" => "BOM",
            "APAC" => "SYD",
            name if name.starts_with("EU-") => "FRA",
            name if name.starts_with("AF-") => "ACC",
            name if name.starts_with("US-") => "DFW",
            name if name.starts_with("SA-") => "GRU",
            name if name.starts_with("Asia-") => "HND",
            _ => return None,
        };
        table::TABLE.get(code)
    }
}

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

/// The locations of all POPs in the table, sorted by code.
#[must_use]
pub fn pop_locations() -> &'static [PopLocation] {
    &locations::LOCATIONS
}

impl DataCenter {
    /// The name of its city, such as `Sacramento`.
    #[must_use]
    pub const fn city(self) -> &'static str {
        locations::of_data_center(self).0
    }

    /// Latitude and longitude in degrees, north and east positive.
    #[must_use]
    pub const fn coordinates(self) -> (f32, f32) {
        let (_, latitude, longitude) = locations::of_data_center(self);
        (latitude, longitude)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_three_letters_or_digits_in_either_case() {
        assert_eq!(
            PopCode::parse("ams").map(|c| c.to_string()),
            Some("AMS".to_owned())
        );
        assert_eq!(
            PopCode::parse("Q2x").map(|c| c.to_string()),
            Some("Q2X".to_owned())
        );
        for text in ["", "AM", "AMST", "A-S", "A S", "Aé", "ÄÖ", "AM\n"] {
            assert_eq!(PopCode::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_documented_fastly_region_is_represented_by_a_pop_of_its_area() {
        for (name, area) in [
            ("AF-West", Area::EuropeAfrica),
            ("South-Africa", Area::EuropeAfrica),
            ("EU-West", Area::EuropeAfrica),
            ("EU-Central", Area::EuropeAfrica),
            ("EU-East", Area::EuropeAfrica),
            ("US-West", Area::Elsewhere),
            ("US-Central", Area::Elsewhere),
            ("US-East", Area::Elsewhere),
            ("North-America", Area::Elsewhere),
            ("SA-North", Area::Elsewhere),
            ("SA-East", Area::Elsewhere),
            ("SA-South", Area::Elsewhere),
            ("Asia", Area::Elsewhere),
            ("Asia-South", Area::Elsewhere),
            ("APAC", Area::Elsewhere),
            ("EU-North", Area::EuropeAfrica),
            ("US-South", Area::Elsewhere),
        ] {
            assert_eq!(
                Pop::representative_of(name).map(|p| p.area),
                Some(area),
                "{name}"
            );
        }
        assert_eq!(Pop::representative_of("Somewhere"), None);
    }

    #[test]
    fn the_table_knows_the_pops_of_every_continent() {
        for code in [
            "AMS", "LHR", "FRA", "JNB", "ACC", "SJC", "IAD", "GRU", "NRT", "SYD", "BOM", "DXB",
            "SIN", "QRO",
        ] {
            assert!(
                PopCode::parse(code).and_then(|c| c.look_up()).is_some(),
                "{code}"
            );
        }
        assert_eq!(PopCode::parse("ZZZ").and_then(|c| c.look_up()), None);
    }

    #[test]
    fn every_pop_of_the_table_has_a_place_and_no_other() {
        assert_eq!(pop_locations().len(), table::TABLE.len());
        assert!(pop_locations().is_sorted_by(|a, b| a.code < b.code));
        for place in pop_locations() {
            assert!(place.code.look_up().is_some(), "{}", place.code);
            assert!(!place.city.is_empty() && place.country.len() == 2);
        }
    }

    #[test]
    fn a_place_is_where_its_row_says() {
        let find = |code| {
            pop_locations()
                .iter()
                .find(|place| place.code.as_str() == code)
        };
        let amsterdam = find("AMS").expect("the POP of Amsterdam");
        assert_eq!((amsterdam.city, amsterdam.country), ("Amsterdam", "NL"));
        assert!((amsterdam.latitude - 52.3086).abs() < 1e-4);
        assert!((amsterdam.longitude - 4.7639).abs() < 1e-4);
        assert_eq!(amsterdam.status.name(), "current");
        let milan = find("MIL").expect("a guess");
        assert_eq!(milan.status, PopStatus::Unconfirmed);
    }
}
