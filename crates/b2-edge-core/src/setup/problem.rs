//! Problems of the setup, and how an operator fixes them.
//!
//! Invariant: a problem contains names, never values, because every visitor sees its text while the service
//! is not set up.

use std::fmt;

use crate::config::{CONFIG_ITEM, CONFIG_STORE, ConfigError};
use crate::s3::credentials::SECRET_STORE;

/// Something that is missing or invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// An error in the configuration item.
    Config(ConfigError),
    /// The Config Store exists and could not be read.
    ConfigUnreadable,
    /// An origin of `origins` has no backend.
    MissingBackend {
        /// The name of the backend.
        backend: String,
    },
    /// Bucket, endpoint or region of an origin is unknown.
    UnresolvedAddress {
        /// The name of the backend.
        backend: String,
    },
    /// The host override of a backend differs from the configured bucket and endpoint.
    HostOverride {
        /// The name of the backend.
        backend: String,
    },
    /// The backend for writes to an origin has another address than the origin.
    WriteBackend {
        /// The name of the backend for writes.
        backend: String,
    },
    /// The service has no Secret Store [`SECRET_STORE`].
    MissingSecretStore,
    /// A secret is missing.
    MissingSecret {
        /// The name of the secret.
        name: String,
    },
    /// A secret is not a valid key ID or application key.
    BadSecret {
        /// The name of the secret.
        name: String,
    },
}

impl Problem {
    /// How to fix it, in a sentence or two.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Config(_) | Self::ConfigUnreadable => format!(
                "Correct it with: fastly config-store-entry update --upsert --store-id=<ID of {CONFIG_STORE}> \
                 --key={CONFIG_ITEM} --stdin"
            ),
            Self::MissingBackend { backend } => format!(
                "Create it, with <bucket>.<endpoint> for each HOST: fastly service backend create --name={backend} \
                 --version=latest --autoclone --use-ssl --port=443 --address=HOST --override-host=HOST \
                 --ssl-cert-hostname=HOST --ssl-sni-hostname=HOST, then fastly service version activate \
                 --version=latest. Or remove it from origins."
            ),
            Self::UnresolvedAddress { backend } => format!(
                "Give {backend} the address <bucket>.s3.<region>.backblazeb2.com: the bucket's name, a dot, and \
                 the endpoint that the B2 console shows for the bucket. For another S3 service, make its entry of \
                 origins an object with backend, bucket, endpoint and region."
            ),
            Self::HostOverride { backend } => format!(
                "Set the host override of {backend} to <bucket>.<endpoint>, or remove bucket and endpoint from its \
                 entry of origins."
            ),
            Self::WriteBackend { backend } => format!(
                "Give {backend} the address and the host override of the origin's own backend, or delete it."
            ),
            Self::MissingSecretStore => format!(
                "Create it and link it to the service: fastly secret-store create --name={SECRET_STORE}, then \
                 fastly service resource-link create --resource-id=<ID of the store> --version=latest --autoclone, then \
                 fastly service version activate --version=latest."
            ),
            Self::MissingSecret { name } | Self::BadSecret { name } => format!(
                "Set it with: fastly secret-store-entry create --store-id=<ID of {SECRET_STORE}> --name={name} \
                 --recreate-allow --stdin"
            ),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(ConfigError { field, problem }) if field.is_empty() => {
                write!(
                    f,
                    "item {CONFIG_ITEM} of config store {CONFIG_STORE} {problem}"
                )
            }
            Self::Config(ConfigError { field, problem }) => write!(
                f,
                "item {CONFIG_ITEM} of config store {CONFIG_STORE}: {field} {problem}"
            ),
            Self::ConfigUnreadable => {
                write!(
                    f,
                    "item {CONFIG_ITEM} of config store {CONFIG_STORE} cannot be read"
                )
            }
            Self::MissingBackend { backend } => write!(f, "backend {backend} is missing"),
            Self::UnresolvedAddress { backend } => write!(
                f,
                "the address of backend {backend} does not say bucket, endpoint and region"
            ),
            Self::HostOverride { backend } => write!(
                f,
                "the host override of backend {backend} is not <bucket>.<endpoint> as configured"
            ),
            Self::WriteBackend { backend } => {
                write!(f, "backend {backend} is not at the address of its origin")
            }
            Self::MissingSecretStore => write!(f, "secret store {SECRET_STORE} is missing"),
            Self::MissingSecret { name } => {
                write!(f, "secret {name} is missing in secret store {SECRET_STORE}")
            }
            Self::BadSecret { name } => write!(
                f,
                "secret {name} in secret store {SECRET_STORE} is empty or contains characters that a key cannot contain"
            ),
        }
    }
}

/// The plain-text page of a service that is not set up, or whose configuration has a mistake.
#[must_use]
pub fn page<'p>(problems: impl IntoIterator<Item = &'p Problem>) -> String {
    let problems: Vec<&Problem> = problems.into_iter().collect();
    let is_mistake = |problem: &&Problem| matches!(problem, Problem::Config(_));
    let what = if problems.iter().all(is_mistake) {
        "The configuration of this service has a mistake"
    } else {
        "This service is not set up yet"
    };
    let items: Vec<String> = problems
        .into_iter()
        .map(|problem| format!("- {problem}\n  {}\n", problem.remedy()))
        .collect();
    format!(
        "{what}. It needs its operator's attention:\n\n{}\n\
         It starts to work a few seconds after the last item is fixed.\n",
        items.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_secret_is_named_as_the_contract_says() {
        let problem = Problem::MissingSecret {
            name: "us_origin_application_key".to_owned(),
        };
        assert_eq!(
            problem.to_string(),
            "secret us_origin_application_key is missing in secret store b2_edge_keys"
        );
    }

    #[test]
    fn the_page_names_each_item_and_how_to_set_it() {
        let problems = [
            Problem::MissingBackend {
                backend: "eu_origin".to_owned(),
            },
            Problem::MissingSecretStore,
        ];
        let page = page(&problems);
        for text in [
            "backend eu_origin is missing",
            "fastly service backend create --name=eu_origin",
            "secret store b2_edge_keys is missing",
            "fastly secret-store create --name=b2_edge_keys",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
    }

    #[test]
    fn a_mistake_in_a_working_configuration_is_not_called_a_missing_setup() {
        let mistake = Problem::Config(ConfigError {
            field: "cache.tll_s".to_owned(),
            problem: "is not a field of the configuration".to_owned(),
        });
        let secret = Problem::MissingSecretStore;
        for (problems, what) in [
            (
                vec![&mistake],
                "The configuration of this service has a mistake.",
            ),
            (vec![&secret], "This service is not set up yet."),
            (vec![&mistake, &secret], "This service is not set up yet."),
        ] {
            let page = page(problems);
            assert!(page.starts_with(what), "{page}");
        }
    }
}
