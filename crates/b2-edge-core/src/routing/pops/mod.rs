//! Fastly's POPs: their area and distances for routing, their coordinates for the status page's map.
//!
//! `table.rs` and `locations.rs` are generated from `data/pops.csv` by `cargo xtask pops`; the tests fail if
//! they differ from it.

mod code;
mod location;
mod locations;
mod pop;
mod table;

use crate::routing::data_center::DataCenter;

pub use self::code::PopCode;
pub use self::location::{PopLocation, PopStatus};
pub use self::pop::Pop;

impl PopCode {
    /// The table's row for this POP, if there is one.
    #[must_use]
    pub fn look_up(&self) -> Option<&'static Pop> {
        table::TABLE.get(self.as_str())
    }
}

impl Pop {
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
    use crate::routing::region::Area;

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
