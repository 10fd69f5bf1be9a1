//! Notifications of uploads, in the two forms that there are: of the S3 endpoint's webhook, which tells of a request,
//! and of B2's own event notifications, which tell of objects.

use b2_edge_core::http::content_type::by_extension;
use serde::Deserialize;
use serde_json::Value;

use super::b2_event;
use super::location::{Location, NoLocation};
use crate::failure::Failure;

/// What is done about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// A thumbnail is made.
    Make(Location),
    /// Nothing, for this reason.
    Skip(&'static str),
}

/// The event of the S3 endpoint's webhook. Fields that do not matter are not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    content_type: Option<String>,
    method: String,
    status: u16,
    url: String,
}

/// Reads a notification. `endpoint` is the host of the endpoint that the objects must be at.
///
/// # Errors
///
/// 400 for what is no notification, or tells of another host.
pub(crate) fn read(body: &[u8], endpoint: &str) -> Result<Vec<Task>, Failure> {
    let body: Value = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    if body.get("events").is_some() {
        return b2_event::read(body);
    }
    let event: Event =
        serde_json::from_value(body).map_err(|error| malformed(error.to_string()))?;
    event.task(endpoint).map(|task| vec![task])
}

impl Event {
    fn task(&self, endpoint: &str) -> Result<Task, Failure> {
        if self.method != "PUT" {
            return Ok(Task::Skip("not_a_put"));
        }
        if !(200..300).contains(&self.status) {
            return Ok(Task::Skip("not_successful"));
        }
        // A part of an upload, an access control list, …: none of them is an object.
        if self.query().is_some_and(|query| query != "x-id=PutObject") {
            return Ok(Task::Skip("not_an_object"));
        }
        let content_type = self.content_type.as_deref();
        let content_type = content_type.filter(|content_type| !is_generic(content_type));
        if content_type.is_some_and(|content_type| !is_image(content_type)) {
            return Ok(Task::Skip("not_an_image"));
        }
        let location = Location::of_url(&self.url, endpoint).map_err(|error| match error {
            NoLocation::Host => {
                Failure::bad_request("host_not_allowed", "The host of url is not B2_ENDPOINT's")
            }
            NoLocation::Path => Failure::bad_request("no_object", "url is not that of an object"),
        })?;
        Ok(task_of(location, content_type.is_some()))
    }

    fn query(&self) -> Option<&str> {
        let (_, query) = self.url.split_once('?')?;
        (!query.is_empty()).then_some(query)
    }
}

/// The task for an object. If its type is not known, its extension decides whether it is an image.
pub(super) fn task_of(location: Location, is_image: bool) -> Task {
    if location.is_thumbnail() {
        return Task::Skip("is_thumbnail");
    }
    if is_image || has_extension_of_image(location.key.as_str()) {
        Task::Make(location)
    } else {
        Task::Skip("not_an_image")
    }
}

/// Whether a type says nothing: clients send these for files of which they do not know the type.
fn is_generic(content_type: &str) -> bool {
    matches!(
        content_type,
        "" | "application/octet-stream" | "binary/octet-stream"
    )
}

fn is_image(content_type: &str) -> bool {
    let start = content_type.trim_start().get(.."image/".len());
    start.is_some_and(|start| start.eq_ignore_ascii_case("image/"))
}

fn has_extension_of_image(key: &str) -> bool {
    let content_type = by_extension(key);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"image/"))
}

pub(super) fn malformed(message: impl Into<String>) -> Failure {
    Failure::bad_request("malformed_request", message.into())
}

#[cfg(test)]
mod tests {
    use b2_edge_core::s3::object_key::ObjectKey;
    use serde_json::json;

    use super::*;

    const ENDPOINT: &str = "s3.us-west-004.backblazeb2.com";

    /// The example of docs/webhooks.md.
    fn upload() -> Value {
        json!({
            "contentLength": 8_388_608,
            "contentType": "image/png",
            "method": "PUT",
            "signatureTimestamp": "20261126T080000Z",
            "status": 200,
            "url": "https://s3.us-west-004.backblazeb2.com/media/in/cat.png",
        })
    }

    fn read_one(body: &Value) -> Result<Task, Failure> {
        let mut tasks = read(body.to_string().as_bytes(), ENDPOINT)?;
        assert_eq!(tasks.len(), 1);
        Ok(tasks.remove(0))
    }

    fn make(key: &str) -> Task {
        let key = ObjectKey::from_decoded(key).expect("a key");
        Task::Make(Location::new("media", key).expect("a location"))
    }

    #[test]
    fn a_successful_put_of_an_image_is_a_task() {
        for (field, value) in [
            ("status", json!(200)),
            ("status", json!(204)),
            ("contentType", json!("Image/JPEG; q=1")),
            ("contentType", json!(null)),
            ("contentLength", json!(null)),
            (
                "url",
                json!("https://s3.us-west-004.backblazeb2.com/media/in/cat.png?x-id=PutObject"),
            ),
            ("something", json!("new")),
        ] {
            let mut body = upload();
            body[field] = value;
            assert_eq!(read_one(&body), Ok(make("in/cat.png")), "{body}");
        }
    }

    #[test]
    fn other_events_are_skipped() {
        let url = |path: &str| json!(format!("https://{ENDPOINT}/media/{path}"));
        for (field, value, reason) in [
            ("method", json!("DELETE"), "not_a_put"),
            ("method", json!("POST"), "not_a_put"),
            ("status", json!(199), "not_successful"),
            ("status", json!(300), "not_successful"),
            ("status", json!(403), "not_successful"),
            ("contentType", json!("text/html"), "not_an_image"),
            ("contentType", json!("imagery/png"), "not_an_image"),
            ("url", url("in/cat_tn.png"), "is_thumbnail"),
            (
                "url",
                url("in/cat.png?partNumber=1&uploadId=x"),
                "not_an_object",
            ),
            ("url", url("in/cat.png?acl"), "not_an_object"),
        ] {
            let mut body = upload();
            body[field] = value;
            assert_eq!(read_one(&body), Ok(Task::Skip(reason)), "{body}");
        }
    }

    #[test]
    fn without_a_type_the_extension_decides() {
        for (name, task) in [
            ("cat.JPG", make("cat.JPG")),
            ("cat.webp", make("cat.webp")),
            ("cat", Task::Skip("not_an_image")),
            ("cat.pdf", Task::Skip("not_an_image")),
        ] {
            for content_type in [
                json!(null),
                json!(""),
                json!("application/octet-stream"),
                json!("binary/octet-stream"),
            ] {
                let mut body = upload();
                body["contentType"] = content_type.clone();
                body["url"] = json!(format!("https://{ENDPOINT}/media/{name}"));
                let read = read_one(&body);
                assert_eq!(read, Ok(task.clone()), "{name} {content_type}");
            }
        }
    }

    #[test]
    fn what_is_no_notification_is_refused() {
        for (field, value, part) in [
            (
                "url",
                json!("https://evil.example/media/cat.png"),
                "B2_ENDPOINT",
            ),
            ("url", json!(format!("https://{ENDPOINT}/media/")), "object"),
            ("url", json!(7), "invalid type"),
            ("status", json!("ok"), "invalid type"),
            ("method", json!(null), "invalid type"),
        ] {
            let mut body = upload();
            body[field] = value;
            let failure = read_one(&body).expect_err(field);
            assert_eq!(failure.status, 400);
            assert!(failure.message.contains(part), "{body}: {failure:?}");
        }
        for missing in ["url", "status", "method"] {
            let mut body = upload();
            body.as_object_mut().expect("an object").remove(missing);
            let failure = read_one(&body).expect_err(missing);
            assert!(failure.message.contains(missing), "{failure:?}");
        }
        for body in [&b"{"[..], b"", b"[]", b"7"] {
            assert_eq!(read(body, ENDPOINT).expect_err("no JSON").status, 400);
        }
    }
}
