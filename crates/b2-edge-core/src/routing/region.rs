//! Where a bucket is: the region in an endpoint's name, the site that region stands for, and the
//! area that routing prefers it for.
//!
//! B2 fixes an account to one region; `s3.<region>.backblazeb2.com` names it. Which US West cluster
//! is in which city is not published, so all of them are one site.
//! Source: Backblaze, "Data Regions"
//! (<https://www.backblaze.com/docs/cloud-storage-data-regions>).

use std::fmt;

use crate::routing::pops::place_of_site;

/// A place that holds buckets, for measuring distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Sacramento, California: `us-west-000`, `-001`, `-002` and `-004`.
    UsWest,
    /// Reston, Virginia: `us-east-005`.
    UsEast,
    /// Toronto, Ontario: `ca-east-006`.
    CaEast,
    /// Amsterdam: `eu-central-003`.
    EuCentral,
}

impl Site {
    /// Every site; must match `SITES` in `xtask/src/pops/site.rs`, which has cities and coordinates.
    pub const ALL: [Self; 4] = [Self::UsWest, Self::UsEast, Self::CaEast, Self::EuCentral];

    /// The name its regions begin with, such as `us-west`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsWest => "us-west",
            Self::UsEast => "us-east",
            Self::CaEast => "ca-east",
            Self::EuCentral => "eu-central",
        }
    }

    /// The city, such as `Sacramento`.
    #[must_use]
    pub const fn city(self) -> &'static str {
        place_of_site(self).0
    }

    /// Latitude and longitude in degrees, north and east positive.
    #[must_use]
    pub const fn coordinates(self) -> (f32, f32) {
        let (_, latitude, longitude) = place_of_site(self);
        (latitude, longitude)
    }
}

/// The two halves of the world that `"routing": "continental"` tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Europe and Africa: served from EU regions.
    EuropeAfrica,
    /// The Americas, Asia/Pacific, India and the Middle East: served from US and CA regions.
    Elsewhere,
}

/// A signing region, such as `us-west-004`, with what routing knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    name: String,
}

impl Region {
    /// Takes a region name of the form that S3 services use: lower-case letters and digits in two
    /// or more parts joined by `-`, such as `eu-central-003` or `us-east-1`.
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

    /// The name as it stands in the credential scope of a signature.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Where its buckets are; `None` for a region of another S3 service in a place without a site.
    #[must_use]
    pub fn site(&self) -> Option<Site> {
        Site::ALL.into_iter().find(|site| {
            self.name
                .strip_prefix(site.name())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }

    /// The area it serves first.
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
        for (name, site, area) in [
            ("us-west-000", Site::UsWest, Area::Elsewhere),
            ("us-west-001", Site::UsWest, Area::Elsewhere),
            ("us-west-002", Site::UsWest, Area::Elsewhere),
            ("us-west-004", Site::UsWest, Area::Elsewhere),
            ("us-east-005", Site::UsEast, Area::Elsewhere),
            ("ca-east-006", Site::CaEast, Area::Elsewhere),
            ("eu-central-003", Site::EuCentral, Area::EuropeAfrica),
        ] {
            let region = Region::parse(name).expect(name);
            assert_eq!(region.site(), Some(site), "{name}");
            assert_eq!(region.area(), area, "{name}");
        }
    }

    #[test]
    fn a_site_is_a_city_at_its_place() {
        let cities = Site::ALL.map(|site| (site.name(), site.city()));
        assert_eq!(
            cities,
            [
                ("us-west", "Sacramento"),
                ("us-east", "Reston"),
                ("ca-east", "Toronto"),
                ("eu-central", "Amsterdam")
            ]
        );
        let (latitude, longitude) = Site::EuCentral.coordinates();
        assert!((latitude - 52.37).abs() < 0.01 && (longitude - 4.9).abs() < 0.01);
    }

    #[test]
    fn a_region_of_another_service_may_have_no_site() {
        let region = Region::parse("ap-southeast-2").expect("a region name");
        assert_eq!(region.site(), None);
        assert_eq!(region.area(), Area::Elsewhere);
        let region = Region::parse("eu-west-1").expect("a region name");
        assert_eq!((region.site(), region.area()), (None, Area::EuropeAfrica));
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
