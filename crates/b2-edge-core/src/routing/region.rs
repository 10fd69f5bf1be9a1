//! S3 regions: the data center that a region is in, and the area that prefers it.
//!
//! A B2 account belongs to one region, which its endpoint names: `s3.<region>.backblazeb2.com`. Source:
//! Backblaze, "Data Regions" (<https://www.backblaze.com/docs/cloud-storage-data-regions>).

use std::fmt;

use crate::routing::data_center::DataCenter;

/// The two areas that `"routing": "continental"` distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Europe and Africa, which prefer EU regions.
    EuropeAfrica,
    /// The Americas, Asia/Pacific, India and the Middle East, which prefer US and CA regions.
    Elsewhere,
}

/// The name of an S3 region, such as `us-west-004`, as used in signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    name: String,
}

impl Region {
    /// Parses a region name: two or more labels of lower-case letters and digits, joined by `-`, at most 63
    /// bytes, such as `eu-central-003` or `us-east-1`. `None` for anything else.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = 0;
        for part in name.split('-') {
            let is_label = !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            if !is_label {
                return None;
            }
            parts += 1;
        }
        (parts >= 2 && name.len() <= 63).then(|| Self {
            name: name.to_owned(),
        })
    }

    /// The name as in the credential scope of a signature.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The B2 data center of the region; `None` for a region of another S3 service without a B2 data center
    /// nearby.
    #[must_use]
    pub fn data_center(&self) -> Option<DataCenter> {
        DataCenter::ALL.into_iter().find(|data_center| {
            self.name
                .strip_prefix(data_center.name())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }

    /// The area whose POPs prefer this region.
    #[must_use]
    pub fn area(&self) -> Area {
        if self.name.starts_with("eu-") || self.name.starts_with("af-") {
            Area::EuropeAfrica
        } else {
            Area::Elsewhere
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_b2_region_has_a_site_and_an_area() {
        for (name, data_center, area) in [
            ("us-west-000", DataCenter::UsWest, Area::Elsewhere),
            ("us-west-001", DataCenter::UsWest, Area::Elsewhere),
            ("us-west-002", DataCenter::UsWest, Area::Elsewhere),
            ("us-west-004", DataCenter::UsWest, Area::Elsewhere),
            ("us-east-005", DataCenter::UsEast, Area::Elsewhere),
            ("ca-east-006", DataCenter::CaEast, Area::Elsewhere),
            ("eu-central-003", DataCenter::EuCentral, Area::EuropeAfrica),
        ] {
            let region = Region::parse(name).expect(name);
            assert_eq!(region.data_center(), Some(data_center), "{name}");
            assert_eq!(region.area(), area, "{name}");
        }
    }

    #[test]
    fn a_site_is_a_city_at_its_place() {
        let cities = DataCenter::ALL.map(|data_center| (data_center.name(), data_center.city()));
        assert_eq!(
            cities,
            [
                ("us-west", "Sacramento"),
                ("us-east", "Reston"),
                ("ca-east", "Toronto"),
                ("eu-central", "Amsterdam")
            ]
        );
        let (latitude, longitude) = DataCenter::EuCentral.coordinates();
        assert!((latitude - 52.37).abs() < 0.01 && (longitude - 4.9).abs() < 0.01);
    }

    #[test]
    fn a_region_of_another_service_may_have_no_site() {
        let region = Region::parse("ap-southeast-2").expect("a region name");
        assert_eq!(region.data_center(), None);
        assert_eq!(region.area(), Area::Elsewhere);
        let region = Region::parse("eu-west-1").expect("a region name");
        assert_eq!(
            (region.data_center(), region.area()),
            (None, Area::EuropeAfrica)
        );
    }

    #[test]
    fn what_is_not_a_region_name_is_refused() {
        for name in [
            "",
            "us",
            "US-west-004",
            "us--west",
            "us-west-004/",
            "a b-c",
            "-a",
            "a-",
        ] {
            assert_eq!(Region::parse(name), None, "{name:?}");
        }
    }
}
