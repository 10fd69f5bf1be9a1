//! What is doubtful about a setup that works.
//!
//! Invariant: as of a [`Problem`], names and never values.

use std::fmt;

use crate::images::settings::Engine;
use crate::routing::pops::PopCode;
use crate::setup::problem::Problem;
use crate::setup::service::Service;

/// Something that an operator probably did not mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// An origin cannot be used, so there is one less to fail over to.
    Origin(Problem),
    /// Two backends have the address of one bucket, so neither can stand in for the other.
    SameBucket {
        /// The backend that comes first in `origins`.
        first: String,
        /// The other one.
        second: String,
    },
    /// `pop_overrides` names a POP that b2-edge does not know.
    UnknownPop(PopCode),
    /// `images.engines` has the render service, and its backend does not exist.
    NoRenderBackend {
        /// The name of the backend.
        backend: String,
    },
}

impl Warning {
    /// What an operator can do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Origin(problem) => problem.remedy(),
            Self::SameBucket { second, .. } => format!(
                "Give {second} the address of another bucket, in another region, or remove it from origins."
            ),
            Self::NoRenderBackend { backend } => format!(
                "Create it with the address of the render service: fastly service backend create --name={backend} \
                 --version=latest --autoclone --use-ssl --port=443 --address=HOST --override-host=HOST \
                 --ssl-cert-hostname=HOST --ssl-sni-hostname=HOST --first-byte-timeout=45000, then fastly service version \
                 activate --version=latest. Or remove \"service\" from images.engines."
            ),
            Self::UnknownPop(_) => "Check the code in pop_overrides against the list of POPs. \
                 It is used if Fastly has a POP of this code."
                .to_owned(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(problem) => problem.fmt(f),
            Self::SameBucket { first, second } => {
                write!(f, "backends {first} and {second} are the same bucket")
            }
            Self::NoRenderBackend { backend } => {
                write!(f, "backend {backend} of images.service does not exist")
            }
            Self::UnknownPop(pop) => write!(f, "POP {pop} of pop_overrides is unknown"),
        }
    }
}

/// What is doubtful about a service, its keys excepted.
#[must_use]
pub fn warnings(service: &Service) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, origin) in service.origins.iter().enumerate() {
        match origin.address_or_problem() {
            Err(problem) => warnings.push(Warning::Origin(problem.clone())),
            Ok(address) => {
                if let Some(Err(problem)) = &origin.write_backend {
                    warnings.push(Warning::Origin(problem.clone()));
                }
                let others = service.origins.iter().skip(index + 1);
                let same = others.filter(|other| other.address() == Some(address));
                warnings.extend(same.map(|other| Warning::SameBucket {
                    first: origin.backend.clone(),
                    second: other.backend.clone(),
                }));
            }
        }
    }
    let pops = service.routes.pop_overrides.keys();
    let unknown = pops.filter(|pop| pop.look_up().is_none());
    warnings.extend(unknown.copied().map(Warning::UnknownPop));
    let images = &service.images;
    if service.render_host.is_none()
        && !images.routes.is_empty()
        && images.engines.contains(&Engine::Service)
    {
        warnings.push(Warning::NoRenderBackend {
            backend: images.service_backend.clone(),
        });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::setup::origin::BackendAddress;

    fn of(config: &str) -> Vec<String> {
        let address = |backend: &str| {
            let host = match backend {
                "us_origin" | "us_origin_write" | "copy" | "eu_origin_write" => {
                    "demo-us.s3.us-west-004.backblazeb2.com"
                }
                "eu_origin" => "demo-eu.s3.eu-central-003.backblazeb2.com",
                "nameless" => "example.com",
                _ => return None,
            };
            Some(BackendAddress::Host(host.to_owned()))
        };
        let config = Config::parse(config).expect(config);
        let warnings = warnings(&Service::assemble(config, address));
        assert!(warnings.iter().all(|warning| !warning.remedy().is_empty()));
        warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_works_and_was_probably_not_meant_is_named() {
        for (config, expected) in [
            ("{}", &[][..]),
            (
                r#"{"origins": ["us_origin", "missing"]}"#,
                &["backend missing is missing"],
            ),
            (
                r#"{"origins": ["us_origin", "nameless"]}"#,
                &["the address of backend nameless does not say bucket, endpoint and region"],
            ),
            (
                r#"{"origins": ["us_origin", "eu_origin", "copy"]}"#,
                &["backends us_origin and copy are the same bucket"],
            ),
            (
                r#"{"s3": {"host": "s3.example.com"}}"#,
                &["backend eu_origin_write is not at the address of its origin"],
            ),
            (
                r#"{"pop_overrides": {"AMS": "us_origin", "QQQ": "eu_origin"}}"#,
                &["POP QQQ of pop_overrides is unknown"],
            ),
        ] {
            assert_eq!(of(config), expected, "{config}");
        }
    }
}
