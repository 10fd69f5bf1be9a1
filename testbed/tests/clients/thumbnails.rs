//! An upload with boto3 whose webhook is the render service, which puts a thumbnail beside it.

use std::time::Duration;

use b2_edge_testbed::{Origin, OriginSpec, RenderService, Request, ViceroyConfig};
use jpeg_encoder::{ColorType, Encoder};
use serde_json::json;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::command;
use crate::stage::Target;
use crate::table::{Failure, Outcome};

/// An address instead of a name, which boto3 finds.
const S3_HOST: &str = "127.0.0.1";

const BUCKET: &str = "thumbnails-us";

const PUT: &str = "import boto3, sys\n\
    s3 = boto3.client('s3', endpoint_url=sys.argv[1])\n\
    s3.put_object(Bucket=sys.argv[2], Key=sys.argv[3], Body=open(sys.argv[4], 'rb'), ContentType='image/jpeg')";

/// How long the webhook may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// Uploads a picture, and waits for its thumbnail.
pub(crate) async fn with_boto3(target: &Target) -> Outcome {
    if target.is_tls() {
        // The endpoint of this application is not behind the front.
        return Err(Failure::Unsupported);
    }
    let spec = OriginSpec::new("us_origin", BUCKET, "us-west-004");
    let origin = Origin::start(spec).expect("an origin");
    let options = [("RESIZE_OPTIONS", r#"{"width": 40, "fit": "inside"}"#)];
    let service = RenderService::start(&[&origin], &options).expect("the service starts");
    let config = json!({
        "origins": ["us_origin"],
        "s3": {"host": S3_HOST, "webhook": {
            "url": "https://render.example/thumbnail", "header": "X-RisingCloud-Auth",
        }},
    });
    let edge = ViceroyConfig::new()
        .origin(&origin)
        .config(&config.to_string())
        .backend("webhook", &service.url(), "render.example")
        .secret("webhook_header_value", RenderService::api_key());
    let edge = edge.start().await.expect("Viceroy starts");
    let file = target.path("cat.jpg");
    std::fs::write(&file, picture()).expect("written");
    let mut python = Command::new("python3");
    python
        .args(["-c", PUT, &format!("http://{S3_HOST}:{}", edge.port())])
        .args([BUCKET, "in/a cat.jpg"])
        .arg(&file)
        .env("AWS_ACCESS_KEY_ID", &origin.spec().key_id)
        .env("AWS_SECRET_ACCESS_KEY", &origin.spec().application_key)
        .env("AWS_REGION", "us-west-004");
    command::run(python).await?;
    let started = Instant::now();
    while origin.etag_of("in/a cat_tn.jpg").is_none() {
        if started.elapsed() > SOON {
            return Err("there is no thumbnail".to_owned().into());
        }
        sleep(Duration::from_millis(50)).await;
    }
    let request = Request::get("/in/a%20cat_tn.jpg").header("host", "www.example.com");
    let thumbnail = request.send(edge.port()).await.expect("a response");
    match b2_edge_jpeg::read_header(&thumbnail.body) {
        Ok(header) if (header.width, header.height) == (40, 20) => Ok(()),
        other => Err(format!("the thumbnail: {other:?}").into()),
    }
}

/// A grey JPEG of 200 by 100 pixels.
fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 90)
        .encode(&vec![90; 200 * 100], 200, 100, ColorType::Luma)
        .expect("a JPEG");
    bytes
}
