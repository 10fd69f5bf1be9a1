//! The application key of an origin, from Secret Store `b2_edge_keys`.
//!
//! Invariant: the key leaves this type only through [`Credentials::identity`], into the signer's types, which
//! neither print nor serialise it, and within this room, which derives signing keys from it.

use std::fmt;

use aws_credential_types::Credentials as AwsCredentials;
use aws_smithy_runtime_api::client::identity::Identity;

/// The name of the Secret Store.
pub const SECRET_STORE: &str = "b2_edge_keys";

/// The name of the secret with the key ID of an origin.
#[must_use]
pub fn key_id_secret(backend: &str) -> String {
    format!("{backend}_key_id")
}

/// The name of the secret with the application key of an origin.
#[must_use]
pub fn application_key_secret(backend: &str) -> String {
    format!("{backend}_application_key")
}

/// A key ID and its application key. `Debug` prints neither.
#[derive(Clone)]
pub struct Credentials {
    identity: Identity,
}

/// Which half of a key is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialsError {
    /// The key ID is empty or contains a character that is not allowed in a credential scope.
    KeyId,
    /// The application key is empty or contains anything but printable ASCII.
    ApplicationKey,
}

impl Credentials {
    /// Checks a key. Surrounding white space, which pasting adds, is removed.
    ///
    /// # Errors
    ///
    /// The half that is invalid.
    pub fn new(key_id: &str, application_key: &str) -> Result<Self, CredentialsError> {
        let key_id = key_id.trim();
        let application_key = application_key.trim();
        // `/` and `,` terminate the key ID in `Credential=<id>/<date>/…,`.
        if key_id.is_empty()
            || !key_id
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'/' && b != b',')
        {
            return Err(CredentialsError::KeyId);
        }
        if application_key.is_empty() || !application_key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CredentialsError::ApplicationKey);
        }
        let aws = AwsCredentials::new(key_id, application_key, None, None, SECRET_STORE);
        Ok(Self {
            identity: aws.into(),
        })
    }

    /// The key ID.
    #[must_use]
    pub fn key_id(&self) -> &str {
        let aws = self.identity.data::<AwsCredentials>();
        aws.map_or("", AwsCredentials::access_key_id)
    }

    /// The application key, for what derives keys from it.
    pub(in crate::s3) fn application_key(&self) -> &str {
        let aws = self.identity.data::<AwsCredentials>();
        aws.map_or("", AwsCredentials::secret_access_key)
    }

    /// The key in the signer's form.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_pasted_key_is_not_part_of_it() {
        let key = Credentials::new(" 0014f4a6c0a1b2c0000000001\n", "\tK001abc/def+ghi\r\n")
            .expect("a key");
        let inside = key
            .identity()
            .data::<AwsCredentials>()
            .expect("AWS credentials");
        assert_eq!(inside.access_key_id(), "0014f4a6c0a1b2c0000000001");
        assert_eq!(inside.secret_access_key(), "K001abc/def+ghi");
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        for (id, key, error) in [
            ("", "secret", CredentialsError::KeyId),
            (" ", "secret", CredentialsError::KeyId),
            ("a b", "secret", CredentialsError::KeyId),
            ("a/b", "secret", CredentialsError::KeyId),
            ("a,b", "secret", CredentialsError::KeyId),
            ("ä", "secret", CredentialsError::KeyId),
            ("id", "", CredentialsError::ApplicationKey),
            ("id", " \n", CredentialsError::ApplicationKey),
            ("id", "se cret", CredentialsError::ApplicationKey),
        ] {
            assert_eq!(
                Credentials::new(id, key).err(),
                Some(error),
                "{id:?} {key:?}"
            );
        }
    }

    #[test]
    fn debug_output_has_no_half_of_the_key() {
        let text = format!("{:?}", Credentials::new("k3y-1d", "s3cr3t").expect("a key"));
        assert!(
            !text.contains("k3y-1d") && !text.contains("s3cr3t"),
            "{text}"
        );
    }
}
