//! Ranks the origins for a POP.
//!
//! The order is total: the first origin is requested first, and a failover goes down the list.

use std::collections::BTreeMap;

use crate::routing::pops::{Pop, PopCode};
use crate::routing::region::{Area, Region};

/// Where the POP code of a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopSource {
    /// The query parameter `pop`, which simulates a POP.
    Parameter,
    /// `FASTLY_POP`, the POP that the request arrived at.
    Environment,
    /// Neither has a POP code.
    Unknown,
}

impl PopSource {
    /// A stable label for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::Environment => "environment",
            Self::Unknown => "none",
        }
    }
}

/// The location that a request is routed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locality<'a> {
    /// The POP, real or simulated.
    pub pop: Option<PopCode>,
    /// Where the code of the POP comes from.
    pub source: PopSource,
    /// `FASTLY_REGION`, used if the POP is not in the table.
    pub fastly_region: Option<&'a str>,
}

impl<'a> Locality<'a> {
    /// Takes the POP from the query if `pop_parameter` is on and the query has one, else from the
    /// environment. Invalid codes are ignored.
    #[must_use]
    pub fn of(
        query: Option<&str>,
        pop_parameter: bool,
        fastly_pop: Option<&str>,
        fastly_region: Option<&'a str>,
    ) -> Self {
        let simulated = query.filter(|_| pop_parameter).and_then(simulated_pop);
        let (pop, source) = match (simulated, fastly_pop.and_then(PopCode::parse)) {
            (Some(pop), _) => (Some(pop), PopSource::Parameter),
            (None, Some(pop)) => (Some(pop), PopSource::Environment),
            (None, None) => (None, PopSource::Unknown),
        };
        Self {
            pop,
            source,
            fastly_region,
        }
    }
}

/// The first valid `pop=XXX` of a query string.
fn simulated_pop(query: &str) -> Option<PopCode> {
    query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("pop="))
        .find_map(PopCode::parse)
}

/// What determined the first origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteReason {
    /// `pop_overrides` names an origin for this POP.
    Override,
    /// The POP table.
    PopTable,
    /// `FASTLY_REGION`, because the POP is not in the table.
    FastlyRegion,
    /// The configured order, because neither POP nor region is known.
    Default,
}

impl RouteReason {
    /// A stable label for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::PopTable => "pop_table",
            Self::FastlyRegion => "fastly_region",
            Self::Default => "default",
        }
    }
}

/// The order in which to request origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Indices into the configured origins, each exactly once, the preferred origin first.
    pub order: Vec<usize>,
    /// What determined the first origin.
    pub reason: RouteReason,
}

/// `routing`: how a POP ranks the origins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// POPs in Europe and Africa prefer EU regions, all others US and CA regions; then by distance.
    #[default]
    Continental,
    /// By distance alone.
    Nearest,
}

impl Routing {
    /// The value in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continental => "continental",
            Self::Nearest => "nearest",
        }
    }
}

/// How the operator wants requests routed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// The region of each configured origin, in configured order; `None` if the origin is misconfigured.
    pub regions: Vec<Option<Region>>,
    /// How origins are ranked.
    pub routing: Routing,
    /// `pop_overrides`: the origin that a POP prefers, as an index into `regions`.
    pub pop_overrides: BTreeMap<PopCode, usize>,
}

impl Routes {
    /// Ranks the origins for a location.
    #[must_use]
    pub fn rank(&self, locality: &Locality<'_>) -> Route {
        let known = locality.pop.as_ref().and_then(PopCode::look_up);
        let (pop, mut reason) = match (
            known,
            locality.fastly_region.and_then(Pop::representative_of),
        ) {
            (Some(pop), _) => (Some(pop), RouteReason::PopTable),
            (None, Some(pop)) => (Some(pop), RouteReason::FastlyRegion),
            (None, None) => (None, RouteReason::Default),
        };
        let mut order: Vec<usize> = (0..self.regions.len()).collect();
        if let Some(pop) = pop {
            // The sort is stable: origins with equal keys keep the configured order.
            order.sort_by_key(|&origin| self.sort_key(origin, pop));
        }
        let preferred = locality.pop.and_then(|pop| self.pop_overrides.get(&pop));
        if let Some(at) = preferred.and_then(|origin| order.iter().position(|o| o == origin)) {
            let origin = order.remove(at);
            order.insert(0, origin);
            reason = RouteReason::Override;
        }
        Route { order, reason }
    }

    /// The sort key of an origin: first whether it is outside the POP's area, then the distance in
    /// kilometres.
    fn sort_key(&self, origin: usize, pop: &Pop) -> (bool, u16) {
        let Some(Some(region)) = self.regions.get(origin) else {
            return (true, u16::MAX);
        };
        let is_other_area = match (self.routing, pop.area) {
            (Routing::Nearest, Area::EuropeAfrica | Area::Elsewhere) => false,
            (Routing::Continental, area) => region.area() != area,
        };
        let km = region
            .data_center()
            .map_or(u16::MAX, |data_center| pop.distance_km(data_center));
        (is_other_area, km)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "us-west-004";
    const EU: &str = "eu-central-003";

    fn routes(regions: &[&str], routing: Routing) -> Routes {
        Routes {
            regions: regions.iter().map(|name| Region::parse(name)).collect(),
            routing,
            pop_overrides: BTreeMap::new(),
        }
    }

    fn at<'a>(pop: &str, fastly_region: Option<&'a str>) -> Locality<'a> {
        Locality::of(None, true, Some(pop), fastly_region)
    }

    fn order_at(routes: &Routes, pop: &str) -> Vec<String> {
        let route = routes.rank(&at(pop, None));
        let name = |&origin: &usize| routes.regions.get(origin).cloned().flatten();
        route
            .order
            .iter()
            .filter_map(name)
            .map(|region| region.to_string())
            .collect()
    }

    #[test]
    fn europe_and_africa_prefer_the_eu_and_all_others_the_us() {
        let routes = routes(&[US, EU], Routing::Continental);
        for pop in ["AMS", "LHR", "FRA", "JNB", "ACC"] {
            assert_eq!(order_at(&routes, pop), [EU, US], "{pop}");
        }
        for pop in [
            "SJC", "IAD", "GRU", "NRT", "SYD", "BOM", "DXB", "SIN", "QRO",
        ] {
            assert_eq!(order_at(&routes, pop), [US, EU], "{pop}");
        }
    }

    #[test]
    fn the_configured_order_does_not_matter_to_a_known_pop() {
        let routes = routes(&[EU, US], Routing::Continental);
        assert_eq!(order_at(&routes, "SJC"), [US, EU]);
        assert_eq!(order_at(&routes, "AMS"), [EU, US]);
    }

    #[test]
    fn within_an_area_the_nearer_region_comes_first() {
        let all = &[US, "us-east-005", "ca-east-006", EU];
        let continental = routes(all, Routing::Continental);
        let (east, canada) = ("us-east-005", "ca-east-006");
        for (pop, expected) in [
            ("SJC", [US, canada, east, EU]),
            ("IAD", [east, canada, US, EU]),
            ("YYZ", [canada, east, US, EU]),
            ("LHR", [EU, canada, east, US]),
            ("BOM", [canada, east, US, EU]),
            ("GRU", [east, canada, US, EU]),
        ] {
            assert_eq!(order_at(&continental, pop), expected, "{pop}");
        }
    }

    #[test]
    fn nearest_routes_by_distance_alone_but_for_the_documented_exceptions() {
        let routes = routes(&[US, EU], Routing::Nearest);
        for pop in ["BOM", "DXB", "BKK", "LHR", "JNB"] {
            assert_eq!(order_at(&routes, pop), [EU, US], "{pop}");
        }
        for pop in ["HKG", "ICN", "MNL", "SIN", "PER", "NRT", "SYD", "SJC"] {
            assert_eq!(order_at(&routes, pop), [US, EU], "{pop}");
        }
    }

    #[test]
    fn an_override_comes_first_and_the_rest_follow_as_usual() {
        let mut routes = routes(&[US, "us-east-005", EU], Routing::Continental);
        let bom = PopCode::parse("BOM").expect("a code");
        routes.pop_overrides.insert(bom, 2);
        assert_eq!(routes.rank(&at("BOM", None)).reason, RouteReason::Override);
        assert_eq!(
            order_at(&routes, "BOM").first().map(String::as_str),
            Some(EU)
        );
        assert_eq!(order_at(&routes, "BOM").len(), 3);
        assert_eq!(
            order_at(&routes, "SJC").first().map(String::as_str),
            Some(US)
        );
    }

    #[test]
    fn an_override_holds_for_a_pop_that_the_table_does_not_know() {
        let mut routes = routes(&[US, EU], Routing::Continental);
        routes
            .pop_overrides
            .insert(PopCode::parse("ZZZ").expect("a code"), 1);
        assert_eq!(order_at(&routes, "ZZZ"), [EU, US]);
    }

    #[test]
    fn an_unknown_pop_falls_back_to_its_region_and_then_to_the_first_origin() {
        let routes = routes(&[US, EU], Routing::Continental);
        for (fastly_region, order, reason) in [
            (Some("EU-West"), vec![1, 0], RouteReason::FastlyRegion),
            (Some("South-Africa"), vec![1, 0], RouteReason::FastlyRegion),
            (Some("Asia-South"), vec![0, 1], RouteReason::FastlyRegion),
            (Some("Somewhere"), vec![0, 1], RouteReason::Default),
            (None, vec![0, 1], RouteReason::Default),
        ] {
            let route = routes.rank(&at("XXX", fastly_region));
            assert_eq!(route, Route { order, reason }, "{fastly_region:?}");
        }
    }

    #[test]
    fn an_origin_whose_region_is_not_known_comes_last() {
        let mut routes = routes(&[US, EU], Routing::Continental);
        routes.regions.insert(0, None);
        assert_eq!(routes.rank(&at("AMS", None)).order, [2, 1, 0]);
        assert_eq!(routes.rank(&at("SJC", None)).order, [1, 2, 0]);
    }

    #[test]
    fn every_pop_of_the_table_ranks_every_origin_exactly_once() {
        for routing in [Routing::Continental, Routing::Nearest] {
            let routes = routes(
                &[US, US, EU, "ap-southeast-2", "ca-east-006", "us-east-005"],
                routing,
            );
            for pop in ["AMS", "SJC", "HKG", "ZZZ"] {
                let mut order = routes.rank(&at(pop, None)).order;
                order.sort_unstable();
                assert_eq!(order, [0, 1, 2, 3, 4, 5], "{pop}");
            }
        }
    }

    #[test]
    fn the_pop_parameter_wins_over_the_environment_when_it_is_a_code() {
        for (query, allowed, code, source) in [
            (Some("pop=AMS"), true, Some("AMS"), PopSource::Parameter),
            (Some("pop=ams"), true, Some("AMS"), PopSource::Parameter),
            (
                Some("a=b&pop=Fra&c"),
                true,
                Some("FRA"),
                PopSource::Parameter,
            ),
            (
                Some("pop=&pop=AMS"),
                true,
                Some("AMS"),
                PopSource::Parameter,
            ),
            (Some("pop=AMS"), false, Some("SJC"), PopSource::Environment),
            (Some("pop=AMSX"), true, Some("SJC"), PopSource::Environment),
            (Some("pop=A%4DS"), true, Some("SJC"), PopSource::Environment),
            (Some("pop"), true, Some("SJC"), PopSource::Environment),
            (Some("xpop=AMS"), true, Some("SJC"), PopSource::Environment),
            (Some(""), true, Some("SJC"), PopSource::Environment),
            (None, true, Some("SJC"), PopSource::Environment),
        ] {
            let locality = Locality::of(query, allowed, Some("SJC"), None);
            assert_eq!(locality.pop, code.and_then(PopCode::parse), "{query:?}");
            assert_eq!(locality.source, source, "{query:?}");
        }
        let nowhere = Locality::of(None, true, None, None);
        assert_eq!((nowhere.pop, nowhere.source), (None, PopSource::Unknown));
    }
}
