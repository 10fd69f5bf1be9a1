//! B2's own event notifications: up to 50 events in one request
//! (<https://www.backblaze.com/docs/cloud-storage-event-notifications-reference-guide>).

use b2_edge_core::s3::object_key::ObjectKey;
use serde::Deserialize;
use serde_json::Value;

use super::location::Location;
use super::notification::{Task, malformed, task_of};
use crate::failure::Failure;

/// The types of events after which an object is there. A replica is none of them: the thumbnail of its original is
/// replicated too.
const CREATED: [&str; 3] = [
    "b2:ObjectCreated:Upload",
    "b2:ObjectCreated:MultipartUpload",
    "b2:ObjectCreated:Copy",
];

/// The most events in one request.
const MAX_EVENTS: usize = 50;

#[derive(Deserialize)]
struct Notification {
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "eventType")]
    kind: String,
    bucket_name: Option<String>,
    object_name: Option<String>,
}

/// Reads a notification with `events`. They tell of no content type: the extension of a name decides.
///
/// # Errors
///
/// 400 for what is no notification of B2.
pub(super) fn read(body: Value) -> Result<Vec<Task>, Failure> {
    let notification: Notification =
        serde_json::from_value(body).map_err(|error| malformed(error.to_string()))?;
    if notification.events.len() > MAX_EVENTS {
        return Err(malformed(format!("more than {MAX_EVENTS} events")));
    }
    notification.events.iter().map(Event::task).collect()
}

impl Event {
    fn task(&self) -> Result<Task, Failure> {
        if !CREATED.contains(&self.kind.as_str()) {
            return Ok(Task::Skip("not_an_upload"));
        }
        let (Some(bucket), Some(name)) = (&self.bucket_name, &self.object_name) else {
            return Err(malformed("an event without bucketName or objectName"));
        };
        let no_object = || Failure::bad_request("no_object", "objectName cannot be requested");
        let key = ObjectKey::from_decoded(name).map_err(|_| no_object())?;
        let location = Location::new(bucket, key).map_err(|_| no_object())?;
        Ok(task_of(location, false))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An event with the fields that B2 documents.
    fn event(event_type: &str, name: &str) -> Value {
        json!({
            "accountId": "e85c6a500333",
            "bucketId": "aea8c5bc362ae55070130333",
            "bucketName": "media",
            "eventId": "8f5b9c1e",
            "eventTimestamp": 1_684_793_309_123_u64,
            "eventType": event_type,
            "eventVersion": 1,
            "matchedRuleName": "thumbnails",
            "objectName": name,
            "objectSize": 10_495_842,
            "objectVersionId": "4_zaea8c5bc362ae55070130333_f117c7bd5d6c6597c",
        })
    }

    fn make(key: &str) -> Task {
        let key = ObjectKey::from_decoded(key).expect("a key");
        Task::Make(Location::new("media", key).expect("a location"))
    }

    #[test]
    fn each_event_is_a_task() {
        let body = json!({"events": [
            event("b2:ObjectCreated:Upload", "in/a b+ä%2F.png"),
            event("b2:ObjectCreated:MultipartUpload", "big.JPG"),
            event("b2:ObjectCreated:Copy", "copy.webp"),
            event("b2:ObjectCreated:Upload", "in/cat_tn.png"),
            event("b2:ObjectCreated:Upload", "notes.txt"),
            event("b2:ObjectCreated:Replica", "in/cat.png"),
            event("b2:ObjectDeleted:Delete", "in/cat.png"),
            {"eventType": "b2:TestEvent"},
        ]});
        assert_eq!(
            read(body),
            Ok(vec![
                make("in/a b+ä%2F.png"),
                make("big.JPG"),
                make("copy.webp"),
                Task::Skip("is_thumbnail"),
                Task::Skip("not_an_image"),
                Task::Skip("not_an_upload"),
                Task::Skip("not_an_upload"),
                Task::Skip("not_an_upload"),
            ])
        );
        assert_eq!(read(json!({"events": []})), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let many = vec![event("b2:ObjectCreated:Upload", "a.png"); 51];
        for body in [
            json!({"events": 7}),
            json!({"events": [{}]}),
            json!({"events": [{"eventType": "b2:ObjectCreated:Upload"}]}),
            json!({"events": [event("b2:ObjectCreated:Upload", "a/../b.png")]}),
            json!({"events": many}),
        ] {
            let failure = read(body.clone()).expect_err("no notification");
            assert_eq!(failure.status, 400, "{body}");
        }
    }
}
