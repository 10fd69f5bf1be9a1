//! The clients of the S3 endpoint with their keys, and the origin that a request of theirs goes to.

use crate::s3::address::BucketAddress;
use crate::s3::credentials::{Credentials, CredentialsError};
use crate::s3_endpoint::authorize::Bucket;
use crate::s3_endpoint::client::Grant;
use crate::s3_endpoint::verified::Client;
use crate::setup::origin::{Access, Origin, write_backend};
use crate::setup::problem::Problem;
use crate::setup::service::{ConfiguredOrigin, SecretError, Service, credentials, read_secret};

/// The name of the secret with the key ID of a client.
#[must_use]
pub fn client_key_id_secret(client: &str) -> String {
    format!("client_{client}_key_id")
}

/// The name of the secret with the secret key of a client.
#[must_use]
pub fn client_secret_key_secret(client: &str) -> String {
    format!("client_{client}_secret_key")
}

/// The key of nobody, for a service without a client.
const NOBODY: &str = "nobody";

/// Who has a key ID.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The client; `None` if there is none with its secrets.
    pub client: Option<Client>,
    /// A key to verify a request of nobody with.
    pub stand_in: Option<Credentials>,
    /// The secrets that clients lack.
    pub problems: Vec<Problem>,
}

impl ConfiguredOrigin {
    fn known_address(&self) -> Result<BucketAddress, Vec<Problem>> {
        let address = self.address_or_problem().cloned();
        address.map_err(|problem| vec![problem.clone()])
    }

    /// The backend for writes, if this is one and it exists.
    fn backend_for(&self, is_write: bool) -> Result<String, Vec<Problem>> {
        match &self.write_backend {
            Some(problem) if is_write => {
                problem.clone().map_err(|problem| vec![problem])?;
                Ok(write_backend(&self.backend))
            }
            Some(_) | None => Ok(self.backend.clone()),
        }
    }
}

impl Service {
    /// Finds the client with a key ID. `secret` reads one secret by name.
    ///
    /// The key ID of every client is read, whichever it is, and one secret key, so that the time tells nothing.
    pub fn find_client(
        &self,
        key_id: &str,
        secret: impl Fn(&str) -> Result<String, SecretError>,
    ) -> Lookup {
        let mut problems = Vec::new();
        let mut ids = Vec::new();
        for named in self.named_clients() {
            match read_secret(&named.key_id_secret, &secret) {
                Ok(id) => ids.push((named, id.trim().to_owned())),
                Err(problem) => problems.push(problem),
            }
        }
        let found = ids.iter().position(|(_, id)| id == key_id);
        let read = ids.get(found.unwrap_or_default());
        let key = read.map(|(named, id)| {
            let key = read_secret(&named.secret_key_secret, &secret)?;
            Credentials::new(id, &key).map_err(|error| Problem::BadSecret {
                name: match error {
                    CredentialsError::KeyId => named.key_id_secret.clone(),
                    CredentialsError::ApplicationKey => named.secret_key_secret.clone(),
                },
            })
        });
        let key = match key {
            Some(Ok(key)) => Some(key),
            Some(Err(problem)) => {
                problems.push(problem);
                None
            }
            None => None,
        };
        let client = match (found.and(read), &key) {
            (Some((named, _)), Some(key)) => Some(Client {
                name: named.name.clone(),
                credentials: key.clone(),
                grant: named.grant.clone(),
            }),
            _ => None,
        };
        Lookup {
            client,
            stand_in: key.or_else(|| Credentials::new(NOBODY, NOBODY).ok()),
            problems,
        }
    }

    /// The secrets that clients lack, for the status page.
    pub fn client_problems(
        &self,
        secret: impl Fn(&str) -> Result<String, SecretError>,
    ) -> Vec<(String, Vec<Problem>)> {
        let clients = self.named_clients().into_iter();
        clients
            .map(|named| {
                let secrets = [&named.key_id_secret, &named.secret_key_secret];
                let problems = secrets.map(|name| read_secret(name, &secret).err());
                (named.name, problems.into_iter().flatten().collect())
            })
            .collect()
    }

    /// What the client of this name may do.
    #[must_use]
    pub fn client_grant(&self, name: &str) -> Option<Grant> {
        let mut clients = self.named_clients().into_iter();
        Some(clients.find(|client| client.name == name)?.grant)
    }

    /// The buckets of the origins whose address is known.
    #[must_use]
    pub fn buckets(&self) -> Vec<Bucket<'_>> {
        let origins = self.origins.iter().enumerate();
        origins
            .filter_map(|(origin, configured)| {
                let address = configured.address()?;
                Some(Bucket {
                    name: &address.bucket,
                    region: &address.region,
                    origin,
                })
            })
            .collect()
    }

    /// The origin of a bucket as a request of `client` reaches it: with the backend and the key for writes, if it is one
    /// and they exist. Without `s3.clients`, the key is the client's own.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn origin_for(
        &self,
        index: usize,
        is_write: bool,
        client: &Client,
        secret: impl Fn(&str) -> Result<String, SecretError>,
    ) -> Result<Origin, Vec<Problem>> {
        if self.s3.clients.is_some() {
            return self.own_origin_for(index, is_write, secret);
        }
        let configured = self.origins.get(index).ok_or_else(Vec::new)?;
        Ok(Origin {
            backend: configured.backend_for(is_write)?,
            address: configured.known_address()?,
            access: Access::Private(client.credentials.clone()),
        })
    }

    /// The origin as this application itself reaches it: for a write with the backend and the key for writes, if they
    /// exist.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn own_origin_for(
        &self,
        index: usize,
        is_write: bool,
        secret: impl Fn(&str) -> Result<String, SecretError>,
    ) -> Result<Origin, Vec<Problem>> {
        let configured = self.origins.get(index).ok_or_else(Vec::new)?;
        let of_writes = if is_write {
            optional_credentials(&write_backend(&configured.backend), &secret)?
        } else {
            None
        };
        let access = match of_writes {
            Some(credentials) => Access::Private(credentials),
            None if configured.is_public() && !is_write => Access::Public,
            None => Access::Private(credentials(&configured.backend, &secret)?),
        };
        Ok(Origin {
            backend: configured.backend_for(is_write)?,
            address: configured.known_address()?,
            access,
        })
    }

    fn named_clients(&self) -> Vec<NamedClient> {
        if let Some(clients) = &self.s3.clients {
            let clients = clients.iter();
            return clients
                .map(|(name, grant)| NamedClient {
                    key_id_secret: client_key_id_secret(name),
                    secret_key_secret: client_secret_key_secret(name),
                    name: name.clone(),
                    grant: grant.clone(),
                })
                .collect();
        }
        let private = self.origins.iter().filter(|origin| !origin.is_public());
        private
            .filter_map(|origin| {
                let bucket = &origin.address()?.bucket;
                Some(NamedClient {
                    key_id_secret: crate::s3::credentials::key_id_secret(&origin.backend),
                    secret_key_secret: crate::s3::credentials::application_key_secret(
                        &origin.backend,
                    ),
                    name: origin.backend.clone(),
                    grant: Grant::everything(bucket),
                })
            })
            .collect()
    }
}

/// A client, and where its key is.
struct NamedClient {
    name: String,
    key_id_secret: String,
    secret_key_secret: String,
    grant: Grant,
}

/// The key of a backend; `None` if it has neither of the two secrets.
fn optional_credentials(
    backend: &str,
    secret: &impl Fn(&str) -> Result<String, SecretError>,
) -> Result<Option<Credentials>, Vec<Problem>> {
    match credentials(backend, secret) {
        Ok(credentials) => Ok(Some(credentials)),
        Err(problems) => {
            let is_missing = |problem: &Problem| {
                matches!(
                    problem,
                    Problem::MissingSecret { .. } | Problem::MissingSecretStore
                )
            };
            if problems.len() == 2 && problems.iter().all(is_missing) {
                Ok(None)
            } else {
                Err(problems)
            }
        }
    }
}
