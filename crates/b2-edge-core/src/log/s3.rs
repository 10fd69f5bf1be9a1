//! What the log says about a request to the S3 endpoint.

use std::time::Duration;

use serde::Serialize;

/// The log endpoint that gets every notification, where the service has one.
pub const EVENT_LOG_ENDPOINT: &str = "b2_edge_events";

/// The outcome of a notification that the receiver took.
pub const DELIVERED: &str = "delivered";

/// Log field `s3`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoggedS3 {
    /// The client whose key signed the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The name of the operation in S3's API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
    /// The bucket that the request names, if the service has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}

/// Log field `webhook`: what became of the notification.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedWebhook {
    /// `delivered`, or why it was not.
    pub outcome: &'static str,
    /// The ID of the event.
    pub event_id: String,
    /// The status of the last response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How often it was sent.
    pub attempts: u64,
    /// How long that took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

fn milliseconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(super::milliseconds(*duration))
}
