//! What routing knows of a POP.

use crate::routing::data_center::DataCenter;
use crate::routing::region::Area;

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
}
