//! Fastly's points of presence: what routing needs to know of each, looked up by code.
//!
//! The table is compile-time and generated, and so is the list of places: `cargo xtask pops` writes
//! `table.rs` and `locations.rs` from `data/pops.csv`, and the tests fail when they differ from it.

mod locations;
mod table;

use std::fmt;

use crate::routing::data_center::DataCenter;
use crate::routing::region::Area;

/// The code of a POP, such as `AMS`: three ASCII letters or digits, upper-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PopCode([u8; 3]);

impl PopCode {
    /// Takes three ASCII letters or digits in either case; anything else is not a code.
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
        // Only ASCII can be inside, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The table's row for this POP; `None` for one that the table does not know.
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

/// What routing knows of a POP. Distances are kilometres on the great circle, or for the POPs that
/// the CSV marks with `via`, along the way that the cables take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pop {
    /// The half of the world it is in.
    pub area: Area,
    /// To [`DataCenter::UsWest`].
    pub us_west_km: u16,
    /// To [`DataCenter::UsEast`].
    pub us_east_km: u16,
    /// To [`DataCenter::CaEast`].
    pub ca_east_km: u16,
    /// To [`DataCenter::EuCentral`].
    pub eu_central_km: u16,
}

impl Pop {
    /// Kilometres from here to `data_center`.
    #[must_use]
    pub const fn distance_km(&self, data_center: DataCenter) -> u16 {
        match data_center {
            DataCenter::UsWest => self.us_west_km,
            DataCenter::UsEast => self.us_east_km,
            DataCenter::CaEast => self.ca_east_km,
            DataCenter::EuCentral => self.eu_central_km,
        }
    }

    /// A POP that stands for a whole `FASTLY_REGION`, for when the POP itself is not in the table.
    ///
    /// The names are those that Fastly documents for `server.region`
    /// (<https://www.fastly.com/documentation/reference/vcl/variables/server/server-region/>);
    /// a name it adds one day is known by its continent.
    #[must_use]
    pub fn standing_for_region(fastly_region: &str) -> Option<&'static Self> {
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

/// Where a POP is, for people who look at a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PopLocation {
    /// Its code.
    pub code: PopCode,
    /// The city.
    pub city: &'static str,
    /// The country, by its code of two letters in ISO 3166-1.
    pub country: &'static str,
    /// Degrees, north positive.
    pub latitude: f32,
    /// Degrees, east positive.
    pub longitude: f32,
    /// Whether it is in use.
    pub status: PopStatus,
}

/// What is known of a POP's being in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopStatus {
    /// It has been seen in use lately.
    Current,
    /// It has been in use, and is not any more.
    Retired,
    /// Its code makes sense, and nobody is known to have seen it.
    Unconfirmed,
}

impl PopStatus {
    /// The word that `data/pops.csv` and reports have for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Retired => "retired",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// Every POP that the table knows, sorted by code.
#[must_use]
pub fn pop_locations() -> &'static [PopLocation] {
    &locations::LOCATIONS
}

impl DataCenter {
    /// The city, such as `Sacramento`.
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
                Pop::standing_for_region(name).map(|p| p.area),
                Some(area),
                "{name}"
            );
        }
        assert_eq!(Pop::standing_for_region("Somewhere"), None);
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
