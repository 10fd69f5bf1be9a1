//! The `s3` settings.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::s3_endpoint::client::Grant;

/// The name of the secret that signs notifications.
pub const WEBHOOK_SECRET: &str = "webhook_secret";

/// The name of the secret with the value of the header `s3.webhook.header`.
pub const WEBHOOK_HEADER_VALUE: &str = "webhook_header_value";

/// The `s3` settings. The endpoint is off while there is no host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    /// `s3.host`: the host whose requests are S3's, in lower case and without a port. The hosts below it are those of
    /// buckets.
    pub host: Option<String>,
    /// `s3.clients`: who may do what. `None`: the key of each origin opens its own bucket.
    pub clients: Option<BTreeMap<String, Grant>>,
    /// `s3.aws_chunked`: what happens to a body in `aws-chunked`.
    pub aws_chunked: AwsChunked,
    /// `s3.checksum_limit_bytes`: the longest body whose CRC is verified.
    pub checksum_limit: u64,
    /// `s3.signed_chunk_limit_bytes`: the longest body whose chunk signatures, SHA-1 or SHA-256 are verified.
    pub signed_chunk_limit: u64,
    /// `s3.webhook`: who is told of requests.
    pub webhook: WebhookSettings,
}

/// What happens to a body in `aws-chunked` whose chunks are not signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AwsChunked {
    /// It is decoded and verified, and sent without it.
    #[default]
    Decode,
    /// It is passed on as it is, to a store that decodes and verifies it.
    Pass,
}

impl AwsChunked {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Pass => "pass",
        }
    }
}

/// The `s3.webhook` settings. The webhook is off while there is no URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    /// `s3.webhook.backend`: the backend that takes notifications.
    pub backend: String,
    /// `s3.webhook.url`: where they are posted to, without what is not visible ASCII.
    pub url: Option<String>,
    /// `s3.webhook.for`: the words for the requests that are told of.
    pub events: Vec<String>,
    /// `s3.webhook.header`: the header with the secret `webhook_header_value`.
    pub header: Option<http::HeaderName>,
    /// `s3.webhook.attempts`: how often a notification is sent, at most.
    pub attempts: u64,
    /// `s3.webhook.timeout_ms`: how long the receiver has to respond.
    pub timeout: Duration,
}

impl Default for S3Settings {
    fn default() -> Self {
        Self {
            host: None,
            clients: None,
            aws_chunked: AwsChunked::default(),
            checksum_limit: 32 * 1024 * 1024,
            signed_chunk_limit: 16 * 1024 * 1024,
            webhook: WebhookSettings::default(),
        }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            backend: "webhook".to_owned(),
            url: None,
            events: vec!["write".to_owned(), "delete".to_owned()],
            header: None,
            attempts: 2,
            timeout: Duration::from_secs(5),
        }
    }
}
